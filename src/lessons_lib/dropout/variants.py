"""Six ways to apply dropout inside an LSTM, each from its paper.

D(a) is a ⊙ m / (1 − p), where m is 0 with probability p and 1 otherwise (inverted scaling), so that
the mean stays and evaluation changes nothing. Variants that scale differently say so. Each draws
its masks in the shapes that `Masks` explains: an axis of length 1 is shared.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._check.arguments import check_word
from ..arrays import Array, join
from ..masks import Masks
from .draws import Draw, scale
from .variant import Dropout, Sizes

#: Whether kept values are rescaled in training.
SCALED_IN = {"training": True, "evaluation": False}


@dataclass(frozen=True)
class NonRecurrentDropout(Dropout):
    """Dropout on the connections from layer to layer, never on those from step to step.

    Layer l reads D(h_t^{l−1}), with a mask for each step; its own h_{t−1} is not dropped. The input
    of the first layer and the output of the last one are dropped, too: L + 1 places, while
    torch.nn's ``dropout=`` has the L − 1 between the layers.

    Parameters
    ----------
    rate : float
        p, from 0 to 1.
    input, output : bool, optional
        Whether the first input and the last output are dropped; if both are False, this is
        torch.nn's ``dropout=``.

    References
    ----------
    Zaremba, Sutskever and Vinyals (2014), "Recurrent neural network regularization", arXiv
    1409.2329, section 3.2, which does not say when it scales; this class uses inverted scaling.

    Examples
    --------
    >>> import numpy as np
    >>> from lessons_lib.dropout import NonRecurrentDropout, Sizes
    >>> sizes = Sizes(T=20, N=8, D=16, H=32)
    >>> masks = NonRecurrentDropout(0.5).sample(sizes, np.random.default_rng(0))
    >>> masks.x.shape, np.unique(masks.x).tolist()  # for each step; 1 / (1 - p) keeps the mean
    ((20, 8, 16), [0.0, 2.0])
    """

    rate: float
    input: bool = True
    output: bool = True

    def sites(self) -> tuple[str, ...]:
        """Return the sites."""
        return ("x", "output") if self.output else ("x",)

    def input_mask(self, draw: Draw, sizes: Sizes, layer: int) -> Array | None:
        """Draw a mask for each step."""
        if layer == 0 and not self.input:
            return None
        return draw.mask(self.rate, (sizes.T, sizes.N, sizes.D))

    def output_mask(self, draw: Draw, sizes: Sizes) -> Array | None:
        """Draw a mask for each step."""
        if not self.output:
            return None
        return draw.mask(self.rate, (sizes.T, sizes.N, sizes.directions * sizes.width))


@dataclass(frozen=True)
class RNNDrop(Dropout):
    """A mask on the cell state, the same for the whole sequence: c_t = m ⊙ (f c_{t−1} + i g).

    A dropped unit is zero from the first step to the last; a kept one has its memory as without
    dropout.

    Parameters
    ----------
    rate : float
        p, from 0 to 1.
    scaled : {"h", "c"}, optional
        The state that is rescaled. "h", the default: the hidden state, once per step and outside
        the memory. "c": the cell state, again at each step, so that a factor is raised to the power
        of T: it explodes in training and decays in evaluation.
    scaled_in : {"training", "evaluation"}, optional
        Whether to scale by 1 / (1 − p) in training, the default, or by 1 − p in evaluation.

    References
    ----------
    Moon, Choi, Lee and Song (2015), "RNNDrop: a novel dropout for RNNs in ASR", ASRU, section 3,
    gives the mask. Descriptions differ on the scaling; the default neither explodes nor decays.

    Examples
    --------
    >>> import numpy as np
    >>> from lessons_lib.dropout import RNNDrop, Sizes
    >>> sizes = Sizes(T=20, N=8, D=16, H=32)
    >>> masks = RNNDrop(0.5).sample(sizes, np.random.default_rng(0))
    >>> masks.c.shape, masks.y  # one mask for all steps; what the output is multiplied by
    ((1, 8, 32), 2.0)
    """

    rate: float
    scaled: str = "h"
    scaled_in: str = "training"

    def __post_init__(self) -> None:
        """Reject an invalid rate or word."""
        super().__post_init__()
        check_word("RNNDrop: scaled", self.scaled, ("h", "c"))
        check_word("RNNDrop: scaled_in", self.scaled_in, SCALED_IN)

    def sites(self) -> tuple[str, ...]:
        """Return the sites."""
        return ("c", "y") if self.scaled == "h" else ("c",)

    def network_masks(self, draw: Draw, sizes: Sizes) -> Masks:
        """Draw one mask for the sequence."""
        inverted = SCALED_IN[self.scaled_in]
        of_c = inverted and self.scaled == "c"
        c = draw.mask(self.rate, (1, sizes.N, sizes.H), inverted=of_c)
        of_h = inverted and self.scaled == "h" and self.rate > 0
        return Masks(c=c, y=scale(self.rate) if of_h else None)

    def evaluation_masks(self) -> Masks:
        """Return a factor if values are rescaled in evaluation, else no masks."""
        if SCALED_IN[self.scaled_in] or self.rate == 0:
            return Masks()
        left = 1 - self.rate
        return Masks(y=left) if self.scaled == "h" else Masks(c=left)


@dataclass(frozen=True)
class VariationalDropout(Dropout):
    """One mask on the input and one on h_{t−1} for each sequence, the same at all of its steps.

    Every layer reads D(x_t) and D(h_{t−1}); c_{t−1} is not dropped.

    Parameters
    ----------
    input, hidden : float
        Rates of the masks on each layer's input and on h_{t−1}.
    output : float, optional
        Rate of the mask of the last output; `input` by default, as in the paper.
    tied : bool, optional
        Whether the gates share a mask. If each gate has masks of its own, each takes a product of
        its own, with as many multiplications in total.

    References
    ----------
    Gal and Ghahramani (2016), "A theoretically grounded application of dropout in recurrent neural
    networks", NIPS, arXiv 1512.05287, section 4.1, which evaluates both forms; its best language
    model is the untied one. It also drops whole word types from an embedding (section 4.2): a mask
    on the embedding's rows, which is left to the caller.

    Examples
    --------
    >>> import numpy as np
    >>> from lessons_lib.dropout import Sizes, VariationalDropout
    >>> sizes = Sizes(T=20, N=8, D=16, H=32)
    >>> masks = VariationalDropout(0.2, 0.3).sample(sizes, np.random.default_rng(0))
    >>> masks.x.shape, masks.h.shape  # one mask each for all steps
    ((1, 8, 16), (1, 8, 32))
    >>> masks = VariationalDropout(0.2, 0.3, tied=False).sample(sizes, np.random.default_rng(0))
    >>> masks.h.shape  # one for each of four gates
    (1, 4, 8, 32)
    """

    input: float
    hidden: float
    output: float | None = None
    tied: bool = True

    def sites(self) -> tuple[str, ...]:
        """Return the sites."""
        return ("x", "h", "output")

    def network_masks(self, draw: Draw, sizes: Sizes) -> Masks:
        """Draw one mask for the sequence, or one for each gate."""
        gates = () if self.tied else (sizes.gates,)
        return Masks(
            x=draw.mask(self.input, (1, *gates, sizes.N, sizes.D)),
            h=draw.mask(self.hidden, (1, *gates, sizes.N, sizes.width)),
        )

    def output_mask(self, draw: Draw, sizes: Sizes) -> Array | None:
        """Draw one mask for the sequence."""
        rate = self.input if self.output is None else self.output
        return draw.mask(rate, (1, sizes.N, sizes.directions * sizes.width))


@dataclass(frozen=True)
class WeightDrop(Dropout):
    """DropConnect on the recurrent weights: D(W_hh), drawn once per forward pass.

    All steps and all sequences of the batch share the mask, which drops connections, not units.
    Parameters are never changed.

    Parameters
    ----------
    rate : float
        p, from 0 to 1.
    matrices : tuple of {"W_hh", "W_ih", "W_hr"}, optional
        Which weights are dropped; the paper drops W_hh.
    rows : bool, optional
        Whether whole rows are dropped, as by ``variational=True`` of the paper's code: all
        connections to one pre-activation of a unit.

    References
    ----------
    Merity, Keskar and Socher (2018), "Regularizing and optimizing LSTM language models", ICLR,
    arXiv 1708.02182, section 2. Wan et al. (2013), "Regularization of neural networks using
    DropConnect", ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from lessons_lib.dropout import Sizes, WeightDrop
    >>> sizes = Sizes(T=20, N=8, D=16, H=32)
    >>> masks = WeightDrop(0.5).sample(sizes, np.random.default_rng(0))
    >>> masks.W_hh.shape  # (4H, H): all sequences share it
    (128, 32)
    """

    rate: float
    matrices: tuple[str, ...] = ("W_hh",)
    rows: bool = False

    def __repr__(self) -> str:
        """Return the call that makes it; `rows` only if it is chosen."""
        more = ", rows=True" if self.rows else ""
        return f"WeightDrop(rate={self.rate}, matrices={self.matrices}{more})"

    def __post_init__(self) -> None:
        """Reject an invalid rate or matrices."""
        super().__post_init__()
        if not isinstance(self.matrices, tuple) or not self.matrices:
            raise TypeError(
                f"WeightDrop: matrices: got {self.matrices!r}, expected a tuple of names"
            )
        for name in self.matrices:
            check_word("WeightDrop: matrices", name, ("W_hh", "W_ih", "W_hr"))

    def sites(self) -> tuple[str, ...]:
        """Return the sites."""
        return self.matrices

    def network_masks(self, draw: Draw, sizes: Sizes) -> Masks:
        """Draw a mask of each matrix."""
        rows = sizes.gates * sizes.H
        shapes = {
            "W_ih": (rows, sizes.D),
            "W_hh": (rows, sizes.width),
            "W_hr": (sizes.width, sizes.H),
        }
        return Masks(**{name: self._mask(draw, shapes[name]) for name in self.matrices})

    def _mask(self, draw: Draw, shape: tuple[int, int]) -> Array | None:
        if not self.rows:
            return draw.mask(self.rate, shape)
        mask = draw.mask(self.rate, (shape[0], 1))
        return None if mask is None else join([mask] * shape[1])


@dataclass(frozen=True)
class RecurrentDropout(Dropout):
    """Dropout on the candidate: c_t = f c_{t−1} + i D(g_t).

    The memory itself is not dropped, so that a mask for each step does not destroy it. In the GRU,
    the mask is on the candidate n, which is added to z h_{t−1}.

    Parameters
    ----------
    rate : float
        p, from 0 to 1.
    per_sequence : bool, optional
        One mask for all steps of a sequence instead of one for each.
    scaled_in : {"training", "evaluation"}, optional
        Whether to scale by 1 / (1 − p) in training, the default, or by 1 − p in evaluation, as in
        the paper.

    References
    ----------
    Semeniuta, Severyn and Barth (2016), "Recurrent dropout without memory loss", COLING, arXiv
    1603.05118, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from lessons_lib.dropout import RecurrentDropout, Sizes
    >>> sizes = Sizes(T=20, N=8, D=16, H=32)
    >>> RecurrentDropout(0.25).sample(sizes, np.random.default_rng(0)).g.shape  # for each step
    (20, 8, 32)
    >>> RecurrentDropout(0.25, per_sequence=True).sample(sizes, np.random.default_rng(0)).g.shape
    (1, 8, 32)
    """

    rate: float
    per_sequence: bool = False
    scaled_in: str = "training"

    def __post_init__(self) -> None:
        """Reject an invalid rate or word."""
        super().__post_init__()
        check_word("RecurrentDropout: scaled_in", self.scaled_in, SCALED_IN)

    def sites(self) -> tuple[str, ...]:
        """Return the sites."""
        return ("g",)

    def network_masks(self, draw: Draw, sizes: Sizes) -> Masks:
        """Draw a mask for each step, or one for the sequence."""
        steps = 1 if self.per_sequence else sizes.T
        inverted = SCALED_IN[self.scaled_in]
        return Masks(g=draw.mask(self.rate, (steps, sizes.N, sizes.H), inverted))

    def evaluation_masks(self) -> Masks:
        """Return the factor 1 − p if values are rescaled in evaluation, else no masks."""
        plain = SCALED_IN[self.scaled_in] or self.rate == 0
        return Masks() if plain else Masks(g=1 - self.rate)


@dataclass(frozen=True, kw_only=True)
class Zoneout(Dropout):
    """Units that keep their old state for a step: h_{t−1} with rate `h`, c_{t−1} with rate `c`.

    A mask for each step chooses between the old state and the new one; nothing is set to zero. The
    new h is computed from the new c, even where the old c is kept. In evaluation the state is the
    expectation, z s_{t−1} + (1 − z) s̃_t for rate z.

    Parameters
    ----------
    h, c : float, optional
        Rates; `c` only for a cell with a cell state. The paper uses 0.05 and 0.5 for characters of
        Penn Treebank, 0.15 and 0.15 for permuted MNIST.

    References
    ----------
    Krueger et al. (2017), "Zoneout: regularizing RNNs by randomly preserving hidden activations",
    ICLR, arXiv 1606.01305, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from lessons_lib.dropout import Sizes, Zoneout
    >>> sizes = Sizes(T=20, N=8, D=16, H=32)
    >>> zoneout = Zoneout(h=0.05, c=0.5)
    >>> masks = zoneout.sample(sizes, np.random.default_rng(0))
    >>> masks.keep_h.shape, masks.keep_c.shape  # for each step
    ((20, 8, 32), (20, 8, 32))
    >>> zoneout.evaluation_masks().keep_c  # the share of the old cell state
    0.5
    """

    h: float = 0.0
    c: float = 0.0

    def sites(self) -> tuple[str, ...]:
        """Return the sites."""
        return ("keep_h", "keep_c") if self.c > 0 else ("keep_h",)

    def network_masks(self, draw: Draw, sizes: Sizes) -> Masks:
        """Draw for each step which units keep their state."""
        T, N = sizes.T, sizes.N
        return Masks(
            keep_h=draw.dropped(self.h, (T, N, sizes.width)) if self.h > 0 else None,
            keep_c=draw.dropped(self.c, (T, N, sizes.H)) if self.c > 0 else None,
        )

    def evaluation_masks(self) -> Masks:
        """Return the shares of the old state."""
        return Masks(keep_h=self.h or None, keep_c=self.c or None)
