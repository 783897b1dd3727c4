"""Functions for the layouts of all libraries: the order of blocks, and one or two biases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import gru, lstm, rnn
from .._check import arguments as validation
from ..arrays import Array, join, zeros_like
from ..cell import Cell

#: The order of the blocks in this library's parameters; the plain RNN has one block.
GATES = {rnn.Params: "h", lstm.Params: "ifgo", gru.Params: "rzn", gru.ParamsBefore: "rzn"}


def reorder_gates(array: Array, source: str, target: str, axis: int = 0) -> Array:
    """Put the gates' blocks into another order.

    Parameters
    ----------
    array : array of shape (..., gates · H, ...)
    source, target : str
        A letter for each block, in the given and in the wanted order: ``"ifgo"`` is torch's order
        of an LSTM, ``"ifog"`` that of many lecture notes.
    axis : int, optional
        The axis of the blocks.

    Returns
    -------
    array of the shape of `array`

    Raises
    ------
    ValueError
        The letters are not the same in both, or the axis does not divide into as many blocks.
    """
    if len(set(source)) != len(source) or sorted(source) != sorted(target):
        raise ValueError(f"target: got {target!r}, expected each letter of {source!r} once")
    length = array.shape[axis]
    if length % len(source):
        raise ValueError(f"array: got {length} along axis {axis}, expected {len(source)} blocks")
    before = (slice(None),) * (axis % len(array.shape))
    width = length // len(source)
    starts = [width * source.index(gate) for gate in target]
    return join([array[(*before, slice(k, k + width))] for k in starts], axis=axis)


def require(library: str, cell: Cell, cells: tuple[Cell, ...]) -> None:
    """Reject a cell that the library does not have."""
    validation.check_cell(cell)
    if cell not in cells:
        names = ", ".join(known.name for known in cells)
        raise ValueError(f"cell: got {cell.name}, expected one that {library} has: {names}")


def from_two_biases(cell: Cell, matrices: Sequence[Array], b_x: Array, b_h: Array) -> Any:
    """Make the cell's Params from its matrices and two biases.

    Parameters
    ----------
    cell : Cell
    matrices : sequence of arrays
        In the cell's order.
    b_x, b_h : arrays
        The biases of the input's product and of the product with h. They are added, except in a
        GRU whose reset gate multiplies the candidate's part of the second one.
    """
    params = join_biases(cell, matrices, b_x, b_h)
    validation.check_array("weights.W_ih", params.W_ih, None)
    validation.check_params("weights", cell, params, params.W_ih)
    return params


def join_biases(cell: Cell, matrices: Sequence[Array], b_x: Array, b_h: Array) -> Any:
    """Do what `from_two_biases` does, without its checks."""
    b, more = b_x + b_h, {}
    if cell == gru.CELL:
        H = b.shape[0] // 3
        b, more["b_hn"] = join([b[: 2 * H], b_x[2 * H :]]), b_h[2 * H :]
    arrays = dict(zip(cell.matrices, matrices, strict=True))
    return cell.params_type(b=b, **arrays, **more)


def to_two_biases(cell: Cell, params: Any) -> tuple[Array, Array]:
    """Return the biases of the input's product and of the product with h: zeros if not needed."""
    validation.check_params("params", cell, params, None)
    if not isinstance(params, gru.Params):
        return params.b, zeros_like(params.b)
    return params.b, join([zeros_like(params.b[: -len(params.b_hn)]), params.b_hn])
