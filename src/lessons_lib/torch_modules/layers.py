"""`RNN`, `GRU` and `LSTM`: torch.nn's layers with dropout's six variants and a choice of engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

from ..cell import Cell
from ..convert.torch_layers import TORCH_LAYERS, cell_of_mode
from ..dropout import Dropout, StackMasks
from .autocast import in_autocast, run_by_hand_in_autocast, run_kernel_in_autocast
from .autograd import run_by_hand
from .dropout_setting import DropoutSetting, no_class
from .engines import check_engine, text_of
from .kernel import KernelCall, forward_in_place
from .leaving import as_leaf
from .masks import (
    between_layers,
    draw_masks,
    example_masks,
    kernel_serves,
    run_kernel,
    sample,
    sizes_of_input,
)

#: torch's kernels, each with the mode of the layers that call it.
_KERNELS = {getattr(torch, layer.mode.lower()): layer.mode for layer in TORCH_LAYERS}
#: The engines that leave to the kernel what it can compute.
_BY_KERNEL = ("auto", "kernel")
DrawMasks = Callable[[Cell, KernelCall], StackMasks | None]


def _cell_of(kernel: Any, call: KernelCall) -> Cell:
    """Return the cell of a kernel call."""
    widths = {int(state.shape[-1]) for state in call.states}  # tensors while torch.jit traces
    return cell_of_mode(_KERNELS[kernel], projected=len(widths) > 1)


def _no_masks(cell: Cell, call: KernelCall) -> None:
    """Draw no masks."""


def _answer(
    engine: str, draw_masks: DrawMasks, kernel: Any, call: KernelCall
) -> tuple[torch.Tensor, ...]:
    """Compute a kernel call: by the kernel if the engine allows it and it can, or by hand."""
    if call.x.is_complex():
        raise TypeError(
            f"input: got dtype {call.x.dtype}; the equations and the masks are those of real "
            "numbers, so complex ones need engine='kernel', no variant and no masks"
        )
    cell = _cell_of(kernel, call)
    masks = draw_masks(cell, call)
    by_hand = partial(run_by_hand, cell, masks=masks, engine=engine)
    autocast = in_autocast(call.x.device.type)
    if engine in _BY_KERNEL and (masks is None or kernel_serves(masks)):
        by_kernel = partial(_run_kernel, kernel, call, masks)
        return run_kernel_in_autocast(kernel, call, by_kernel, by_hand) if autocast else by_kernel()
    return run_by_hand_in_autocast(kernel, call, by_hand) if autocast else by_hand(call)


def _run_kernel(kernel: Any, call: KernelCall, masks: StackMasks | None) -> Any:
    return kernel(*call.args()) if masks is None else run_kernel(kernel, call, masks)


class _Layer(DropoutSetting):
    """Add dropout variants and ``engine`` to one of torch.nn's recurrent layers."""

    _engine = "auto"  # on the class, because torch.nn's layers can become ours

    def _set_up(self, dropout: Any, engine: str) -> None:
        self.engine = engine
        self.variant = dropout if isinstance(dropout, Dropout) else None

    def _cell(self) -> Cell:
        """Return the equations that the layer computes."""
        layer: Any = self
        return cell_of_mode(layer.mode, projected=layer.proj_size > 0)

    @property
    def engine(self) -> str:
        """What computes the layer, see `engines`; setting it changes neither weights nor masks."""
        return self._engine

    @engine.setter
    def engine(self, value: str) -> None:
        self._engine = check_engine(value)

    def forward(
        self,
        input: Any,
        hx: Any = None,
        masks: StackMasks | None = None,  # not keyword-only, which exporters do not know
        generator: torch.Generator | None = None,
    ) -> Any:
        """Run the layer; arguments and results are torch.nn's, with two more arguments.

        Parameters
        ----------
        input, hx
            As for torch.nn's layer.
        masks : StackMasks, optional
            Masks from `sample_masks`; used in training and evaluation alike, instead of the layer's
            dropout.
        generator : torch.Generator, optional
            Draws the masks; the device's default generator if not given. Not allowed in a function
            that `torch.utils.checkpoint` runs again in the backward pass; pass `masks` instead.

        Raises
        ------
        RuntimeError
            A generator is given, and the forward pass is repeated in the backward pass: the
            generator could not draw the same masks again. Or this version of torch calls its
            kernel in an unknown way, so that masks and engine would have no effect.
        """
        if isinstance(input, torch.fx.Proxy):
            return as_leaf(self, input, hx)
        run = super().forward  # type: ignore[misc]
        plain = self.variant is None and masks is None and generator is None
        # not by name: a parametrization would compute the weight once more
        device = self._flat_weights[0].device.type  # type: ignore[attr-defined]
        if plain and self._engine in _BY_KERNEL and not in_autocast(device):
            return run(input, hx)
        order = input.sorted_indices if isinstance(input, PackedSequence) else None
        draw = _no_masks if plain else partial(draw_masks, self, masks, generator, order)
        return forward_in_place(run, input, hx, _KERNELS, partial(_answer, self._engine, draw))

    def sample_masks(self, input: Any, generator: torch.Generator | None = None) -> StackMasks:
        """Draw the masks of one training run, to be passed to `forward` any number of times.

        Parameters
        ----------
        input : tensor or PackedSequence
            As for `forward`; only its sizes are used.
        generator : torch.Generator, optional
            The device's default generator if not given.

        Returns
        -------
        StackMasks
            The masks of ``dropout=``; those of a float act between the layers, as in torch.nn.

        Raises
        ------
        ValueError
            The layer does not accept this input.
        """
        variant = self.variant or between_layers(self.dropout)
        weight = self._flat_weights[0]  # type: ignore[attr-defined]
        return sample(variant, sizes_of_input(self, input), generator, weight, self._engine)

    def extra_repr(self) -> str:
        """Return torch.nn's text, the variant, and the engine; of a plain layer torch.nn's text."""
        text = super().extra_repr()  # type: ignore[misc]
        if self.variant is not None:
            text = f"{text}, dropout={self.variant!r}"
        elif self._engine == "auto":
            return text
        by_kernel = self.variant is None or kernel_serves(example_masks(self))
        weight = self._flat_weights[0]  # type: ignore[attr-defined]
        return f"{text}, engine={text_of(self._engine, by_kernel, weight)}"


def _rate(dropout: Any) -> Any:
    """Return the rate for torch.nn's layer."""
    no_class(dropout)
    return 0.0 if isinstance(dropout, Dropout) else dropout


class RNN(_Layer, torch.nn.RNN):
    """Elman's recurrent network, a drop-in replacement for `torch.nn.RNN`.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    num_layers : int, optional
    nonlinearity : {"tanh", "relu"}, optional
    bias : bool, optional
    batch_first : bool, optional
        Whether input and output are (N, T, ·) instead of (T, N, ·).
    dropout : float or Dropout, optional
        Rate of the dropout on the outputs of each layer except the last, as in torch.nn; or one of
        the six dropouts of `lessons_lib.dropout`, called the layer's variant. Variants that act
        outside the steps keep torch's kernel, which cannot compute the others:
        `NonRecurrentDropout`, `WeightDrop`, and `VariationalDropout` of the input alone in one
        direction. The attributes `dropout` and `variant` may be set later.
    bidirectional : bool, optional
    device, dtype : optional
        Device and dtype of the parameters.
    engine : {"auto", "kernel", "by_hand", "compiled"}, optional
        What computes the layer: by default torch's kernel if it can, otherwise compiled code if
        llvmlite is installed, otherwise this library's forward and backward passes; see `engines`.
        All give the same results. On a GPU, cuDNN's kernel has no second derivatives; the layer by
        hand has them.

    Raises
    ------
    TypeError, ValueError
        As for torch.nn.RNN; also if `engine` is not one of the four, or the dropout acts on a value
        that the layer lacks, such as the cell state of a GRU.

    Examples
    --------
    >>> import torch
    >>> from lessons_lib.dropout import VariationalDropout
    >>> from lessons_lib.torch_modules import RNN
    >>> layer = RNN(3, 5, nonlinearity="relu", dropout=VariationalDropout(0.2, 0.3))
    >>> output, h_n = layer(torch.randn(7, 2, 3))  # (T, N, D)
    >>> output.shape, h_n.shape
    (torch.Size([7, 2, 5]), torch.Size([1, 2, 5]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float | Dropout = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        engine: str = "auto",
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            nonlinearity=nonlinearity,
            bias=bias,
            batch_first=batch_first,
            dropout=_rate(dropout),
            bidirectional=bidirectional,
            device=device,
            dtype=dtype,
        )
        self._set_up(dropout, engine)


class GRU(_Layer, torch.nn.GRU):
    """The gated recurrent unit (GRU), a drop-in replacement for `torch.nn.GRU`.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    num_layers : int, optional
    bias, batch_first, bidirectional : bool, optional
        As for torch.nn. With `batch_first`, input and output are (N, T, ·) instead of (T, N, ·).
    dropout : float or Dropout, optional
        Rate between layers, as in torch.nn; or one of the six dropouts of `lessons_lib.dropout`.
    device, dtype : optional
        Device and dtype of the parameters.
    engine : {"auto", "kernel", "by_hand", "compiled"}, optional
        What computes the layer: by default torch's kernel if it can. `RNN` says more.

    Raises
    ------
    TypeError, ValueError
        As for torch.nn.GRU; also if `engine` is not one of the four, or the dropout acts on a value
        that the layer lacks, such as the cell state of a GRU.

    Examples
    --------
    >>> import torch
    >>> from lessons_lib.dropout import RecurrentDropout
    >>> from lessons_lib.torch_modules import GRU
    >>> layer = GRU(3, 5, num_layers=2, bidirectional=True, dropout=RecurrentDropout(0.25))
    >>> output, h_n = layer(torch.randn(7, 2, 3))  # (T, N, D)
    >>> output.shape, h_n.shape  # both directions; two layers times two directions
    (torch.Size([7, 2, 10]), torch.Size([4, 2, 5]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float | Dropout = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        engine: str = "auto",
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias=bias,
            batch_first=batch_first,
            dropout=_rate(dropout),
            bidirectional=bidirectional,
            device=device,
            dtype=dtype,
        )
        self._set_up(dropout, engine)


class LSTM(_Layer, torch.nn.LSTM):
    """The long short-term memory (LSTM), a drop-in replacement for `torch.nn.LSTM`.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    num_layers : int, optional
    bias, batch_first, bidirectional : bool, optional
        As for torch.nn. With `batch_first`, input and output are (N, T, ·) instead of (T, N, ·).
    dropout : float or Dropout, optional
        Rate between layers, as in torch.nn; or one of the six dropouts of `lessons_lib.dropout`.
    device, dtype : optional
        Device and dtype of the parameters.
    proj_size : int, optional
        Width of the projected hidden state, less than `hidden_size`; 0 for no projection.
    engine : {"auto", "kernel", "by_hand", "compiled"}, optional
        What computes the layer: by default torch's kernel if it can. `RNN` says more.

    Raises
    ------
    TypeError, ValueError
        As for torch.nn.LSTM; also if `engine` is not one of the four, or the dropout acts on a
        value that the layer lacks, such as the cell state of a GRU.

    Examples
    --------
    >>> import torch
    >>> from lessons_lib.dropout import Zoneout
    >>> from lessons_lib.torch_modules import LSTM
    >>> layer = LSTM(3, 5, dropout=Zoneout(h=0.05, c=0.5))  # was torch.nn.LSTM(3, 5)
    >>> output, (h_n, c_n) = layer(torch.randn(7, 2, 3))  # (T, N, D)
    >>> output.sum().backward()
    >>> output.shape, c_n.shape
    (torch.Size([7, 2, 5]), torch.Size([1, 2, 5]))

    The parameters are those of torch.nn.LSTM, and without a variant so are the results:

    >>> theirs = torch.nn.LSTM(3, 5)
    >>> theirs.load_state_dict(layer.state_dict())
    <All keys matched successfully>
    >>> layer.variant = None
    >>> x = torch.randn(7, 2, 3)
    >>> torch.allclose(layer(x)[0], theirs(x)[0])
    True
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float | Dropout = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        *,
        engine: str = "auto",
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias=bias,
            batch_first=batch_first,
            dropout=_rate(dropout),
            bidirectional=bidirectional,
            proj_size=proj_size,
            device=device,
            dtype=dtype,
        )
        self._set_up(dropout, engine)
