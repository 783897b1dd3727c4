"""What the layouts of all libraries share: blocks in some order, and one or two biases."""

from __future__ import annotations

from typing import Any

from .. import gru, lstm, rnn, scan
from .._check import arguments as validation
from ..arrays import Array, join, zeros_like

#: The order of the blocks in this library's parameters; the plain RNN has one block.
GATES = {rnn.Params: "h", lstm.Params: "ifgo", gru.Params: "rzn", gru.ParamsBefore: "rzn"}


def reorder_gates(array: Array, source: str, target: str, axis: int = 0) -> Array:
    """Put the gates' blocks into another order.

    Parameters
    ----------
    array : array of shape (..., gates · H, ...)
    source, target : str
        A letter for each block, as the blocks stand and as they shall stand: ``"ifgo"`` is torch's
        order of an LSTM, ``"ifog"`` that of many lecture notes.
    axis : int, optional
        The axis that the blocks lie along.

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


def require(library: str, cell: scan.Cell, cells: tuple[scan.Cell, ...]) -> None:
    """Refuse a cell that the library does not have."""
    validation.check_cell(cell)
    if cell not in cells:
        names = ", ".join(known.name for known in cells)
        raise ValueError(f"cell: got {cell.name}, expected one that {library} has: {names}")


def from_two_biases(
    cell: scan.Cell, W_ih: Array, W_hh: Array, b_x: Array, b_h: Array, **more: Array
) -> Any:
    """Make the cell's Params of two biases: the input's, and that of the product with h.

    They are added, but in a GRU whose reset gate multiplies the candidate's second one.
    """
    b = b_x + b_h
    if cell.params_type is gru.Params:
        H = W_hh.shape[1]
        b, more["b_hn"] = join([b[: 2 * H], b_x[2 * H :]]), b_h[2 * H :]
    params = cell.params_type(W_ih, W_hh, b, **more)
    validation.check_array("weights.W_ih", W_ih, None)
    validation.check_params("weights", cell, params, W_ih)
    return params


def to_two_biases(cell: scan.Cell, params: Any) -> tuple[Array, Array]:
    """Return the input's bias and that of the product with h: zeros, where nothing is needed."""
    validation.check_params("params", cell, params, None)
    if not isinstance(params, gru.Params):
        return params.b, zeros_like(params.b)
    return params.b, join([zeros_like(params.b[: -len(params.b_hn)]), params.b_hn])
