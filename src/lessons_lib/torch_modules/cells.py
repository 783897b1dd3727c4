"""`RNNCell`, `GRUCell` and `LSTMCell`: torch.nn's cells with dropout's variants, for decoders.

    cell = LSTMCell(3, 5, dropout=VariationalDropout(0.2, 0.3))
    masks = cell.sample_masks(steps=20, sequences=8)  # once for a run
    for t in range(20):
        h, c = cell(x[t], (h, c), masks=masks.at(t))
        y = h if masks.y is None else h * masks.at(t).y  # what the next layer reads

With the same masks, the steps equal those of the layer; `cell_steps` says what computes them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ..cell import Cell, State
from ..convert.torch_layers import cell_of_mode
from ..dropout import Dropout, Sizes
from ..masks import NO_MASKS, NO_STACK_MASKS, Masks, StackMasks, act_nowhere, dropped
from .cell_steps import take_compiled_step, take_step
from .dropout_setting import DropoutSetting, no_class
from .leaving import as_leaf
from .masks import cast, sample


class _Cell(DropoutSetting):
    """Add dropout variants to one of torch.nn's cells."""

    def _set_up(self, dropout: Dropout | None) -> None:
        no_class(dropout)
        self.variant = dropout

    def _cell(self) -> Cell:
        layer: Any = self
        return cell_of_mode(layer._mode())

    def forward(
        self,
        input: torch.Tensor,
        hx: Any = None,
        masks: StackMasks | None = None,
        generator: torch.Generator | None = None,
    ) -> Any:
        """Take one step; arguments and results are torch.nn's, with two more arguments.

        Parameters
        ----------
        input, hx
            As for torch.nn's cell.
        masks : StackMasks, optional
            Those of this step: ``masks.at(t)`` of masks from `sample_masks`. They are used in
            training and evaluation alike. The mask of the output, ``masks.y``, is left to the
            caller, because h goes on to the next step undropped.
        generator : torch.Generator, optional
            Draws the masks; the device's default generator if not given.

        Raises
        ------
        TypeError, ValueError
            As for torch.nn's cell; the masks do not fit; or there are none in training and the
            variant keeps its masks for the whole sequence, so that a step cannot draw them.
        """
        if isinstance(input, torch.fx.Proxy):
            return as_leaf(self, input, hx)
        if self.variant is None and masks is None:
            return super().forward(input, hx)  # type: ignore[misc]
        if masks is None:
            self._check_input(input)
            step = self._masks(input, generator)
            if step is NO_STACK_MASKS:
                return super().forward(input, hx)  # type: ignore[misc]
        else:
            step = masks
        new = take_compiled_step(self, input, hx, step, timed=masks is None)
        if new is None:
            new = self._step(input, hx, step.at(0) if masks is None else step)
        return new if len(new) > 1 else new[0]

    def _step(self, input: torch.Tensor, hx: Any, masks: StackMasks) -> State:
        """Return the state after a step; reject arguments that do not fit."""
        self._check_input(input)
        x = input[None] if input.ndim == 1 else input
        masks = _fitting(masks, self._sizes(1, x.shape[0]), x)
        state = self._state(input, hx)
        x = dropped(x, masks.input(0))
        new = take_step(self, self._cell(), self._kernel(), x, state, masks.network(0, 0))
        return new if input.ndim == 2 else tuple(part[0] for part in new)

    def sample_masks(
        self, steps: int, sequences: int, generator: torch.Generator | None = None
    ) -> StackMasks:
        """Draw the masks of a run of several steps.

        Parameters
        ----------
        steps, sequences : int
            T and N.
        generator : torch.Generator, optional
            The device's default generator if not given.

        Returns
        -------
        StackMasks
            Those of a layer; `StackMasks.at` gives the masks of one step.
        """
        variant = self.variant or Dropout()
        sizes = self._sizes(steps, sequences)
        return sample(variant, sizes, generator, self.weight_ih)  # type: ignore[attr-defined]

    def extra_repr(self) -> str:
        """Return torch.nn's text and the variant."""
        text = super().extra_repr()  # type: ignore[misc]
        return text if self.variant is None else f"{text}, dropout={self.variant!r}"

    def _sizes(self, steps: int, sequences: int) -> Sizes:
        cell: Any = self
        return _sizes_of(cell._mode(), steps, sequences, cell.input_size, cell.hidden_size)

    def _check_input(self, input: torch.Tensor) -> None:
        D = self.input_size  # type: ignore[attr-defined]
        if input.ndim not in (1, 2) or input.shape[-1] != D:
            raise ValueError(f"input: got shape {tuple(input.shape)}, expected (N, {D}) or ({D},)")

    def _state(self, input: torch.Tensor, hx: Any) -> State:
        """Return the state with an axis of sequences; reject one that does not fit."""
        names = self._cell().state_names
        expected = (*input.shape[:-1], self.hidden_size)  # type: ignore[attr-defined]
        if hx is None:
            state = tuple(input.new_zeros(expected) for _ in names)
        else:
            state = tuple(hx) if len(names) > 1 else (hx,)
        if len(state) != len(names) or any(part.shape != expected for part in state):
            actual = ", ".join(str(tuple(part.shape)) for part in state)
            raise ValueError(f"hx: got {actual}, expected {expected} for {' and '.join(names)}")
        return state if input.ndim == 2 else tuple(part[None] for part in state)

    def _masks(self, input: torch.Tensor, generator: torch.Generator | None) -> StackMasks:
        """Return the masks of this step, with the axis of time; `NO_STACK_MASKS` if none act."""
        cell: Any = self
        variant = self.variant
        assert variant is not None
        if not cell.training:
            return _in_evaluation(variant)
        if not _draws_each_step(variant):
            raise ValueError(
                f"masks: got none, but {variant!r} keeps its masks for the whole sequence: draw "
                "them once with sample_masks(steps, sequences) and pass masks.at(t) to step t"
            )
        sequences = input.shape[0] if input.ndim == 2 else 1
        return sample(variant, self._sizes(1, sequences), generator, cell.weight_ih)

    def _kernel(self) -> Callable[..., Any]:
        layer: Any = self
        return getattr(torch, f"{layer._mode().lower()}_cell")


@functools.lru_cache(maxsize=64)
def _sizes_of(mode: str, T: int, N: int, D: int, H: int) -> Sizes:
    return Sizes(T, N, D, H, cell_of_mode(mode).gates)


@functools.lru_cache(maxsize=64)
def _in_evaluation(variant: Dropout) -> StackMasks:
    masks = variant.evaluation_stack()
    return NO_STACK_MASKS if act_nowhere(masks) else masks


@functools.lru_cache(maxsize=64)
def _draws_each_step(variant: Dropout) -> bool:
    """Return whether all masks of a variant are drawn anew at each step."""
    masks = variant.sample_stack(Sizes(2, 1, 1, 1), np.random.default_rng(0))
    network = masks.network(0, 0)
    if any(mask is not None for mask in network[-3:]):
        return False
    sites: tuple[Any, ...] = (masks.input(0), masks.y, *network)
    arrays = (mask for mask in sites if hasattr(mask, "shape"))
    return all(mask.shape[0] == 2 for mask in arrays)


#: Where masks of a step may act, by their names in messages.
_SITES = ("input", *Masks._fields)


def _fitting(masks: Any, sizes: Sizes, like: torch.Tensor) -> StackMasks:
    """Return masks in the dtype of a tensor; reject those that are not of one step of one cell."""
    networks = masks.networks if isinstance(masks, StackMasks) else ((), ())
    if len(networks) > 1 or (networks and len(networks[0]) != 1):
        raise TypeError(
            "masks: got those of no cell, expected masks.at(t) of masks from sample_masks"
        )
    network = networks[0][0] if networks else NO_MASKS
    drawn = [
        pair
        for pair in zip(_SITES, (masks.input(0), *network), strict=True)
        if isinstance(pair[1], torch.Tensor)
    ]
    for name, mask in drawn:
        _check_shape(name, tuple(mask.shape), sizes)
    kinds = {mask.dtype for _, mask in drawn} - {like.dtype, torch.bool}
    elsewhere = any(mask.device != like.device for _, mask in drawn)
    return cast(masks, like) if kinds or elsewhere else masks


def _check_shape(name: str, shape: tuple[int, ...], sizes: Sizes) -> None:
    """Reject another shape; the axis of sequences may be 1, which all of them share."""
    width = sizes.D if name in ("input", "x", "W_ih") else sizes.H
    rows = sizes.gates * sizes.H if name.startswith("W_") else sizes.N
    if shape in ((rows, width), (1, width)):
        return
    if name in ("x", "h") and shape == (sizes.gates, sizes.N, width):
        return
    raise ValueError(
        f"masks: {name}: got shape {shape}, expected {(rows, width)}, that of one step: masks.at(t)"
    )


class RNNCell(_Cell, torch.nn.RNNCell):
    """One step of Elman's recurrent network, a drop-in replacement for `torch.nn.RNNCell`.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    bias : bool, optional
    nonlinearity : {"tanh", "relu"}, optional
    device, dtype : optional
        Device and dtype of the parameters.
    dropout : Dropout, optional
        A variant of `lessons_lib.dropout`.

    Raises
    ------
    TypeError, ValueError
        As for torch.nn.RNNCell; also if the variant acts on a site that the cell lacks.

    Examples
    --------
    >>> import torch
    >>> from lessons_lib.dropout import VariationalDropout
    >>> from lessons_lib.torch_modules import RNNCell
    >>> cell = RNNCell(3, 5, dropout=VariationalDropout(0.2, 0.3))
    >>> masks = cell.sample_masks(steps=7, sequences=2)  # once for a run
    >>> x, h = torch.randn(7, 2, 3), torch.zeros(2, 5)
    >>> for t in range(7):
    ...     h = cell(x[t], h, masks=masks.at(t))
    >>> h.shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
        *,
        dropout: Dropout | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, nonlinearity, device, dtype)
        self._set_up(dropout)

    def _mode(self) -> str:
        return f"RNN_{self.nonlinearity.upper()}"


class GRUCell(_Cell, torch.nn.GRUCell):
    """One step of the gated recurrent unit (GRU), a drop-in replacement for `torch.nn.GRUCell`.

    Parameters and errors are those of `RNNCell`, without `nonlinearity`.

    Examples
    --------
    >>> import torch
    >>> from lessons_lib.dropout import VariationalDropout
    >>> from lessons_lib.torch_modules import GRUCell
    >>> cell = GRUCell(3, 5, dropout=VariationalDropout(0.2, 0.3))
    >>> masks = cell.sample_masks(steps=7, sequences=2)  # once for a run
    >>> x, h = torch.randn(7, 2, 3), torch.zeros(2, 5)
    >>> for t in range(7):
    ...     h = cell(x[t], h, masks=masks.at(t))
    >>> h.shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        dropout: Dropout | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self._set_up(dropout)

    def _mode(self) -> str:
        return "GRU"


class LSTMCell(_Cell, torch.nn.LSTMCell):
    """One step of the long short-term memory (LSTM), a drop-in replacement for torch's `LSTMCell`.

    Parameters and errors are those of `RNNCell`, without `nonlinearity`.

    Examples
    --------
    >>> import torch
    >>> from lessons_lib.dropout import VariationalDropout
    >>> from lessons_lib.torch_modules import LSTMCell
    >>> cell = LSTMCell(3, 5, dropout=VariationalDropout(0.2, 0.3))
    >>> masks = cell.sample_masks(steps=7, sequences=2)  # once for a run
    >>> x, h, c = torch.randn(7, 2, 3), torch.zeros(2, 5), torch.zeros(2, 5)
    >>> for t in range(7):
    ...     h, c = cell(x[t], (h, c), masks=masks.at(t))
    >>> h.shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        dropout: Dropout | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self._set_up(dropout)

    def _mode(self) -> str:
        return "LSTM"
