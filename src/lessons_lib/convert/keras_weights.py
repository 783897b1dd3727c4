"""The weights of Keras's SimpleRNN, LSTM and GRU: a list of arrays, matrices transposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import gru, lstm, rnn
from ..cell import Cell
from ..nested import map_leaves
from .layouts import GATES, from_two_biases, reorder_gates, require, to_two_biases

KERAS_CELLS = (rnn.CELL, rnn.CELL_RELU, lstm.CELL, gru.CELL, gru.CELL_BEFORE)
KERAS_GATES = {**GATES, gru.Params: "zrn", gru.ParamsBefore: "zrn"}


def from_keras(cell: Cell, weights: Sequence[Any]) -> Any:
    """Convert the weights of Keras's SimpleRNN, LSTM or GRU.

    Parameters
    ----------
    cell : Cell
        The cell that Keras's layer computes: ``gru.cell(reset="before")`` for
        ``reset_after=False``.
    weights : sequence of arrays
        ``layer.get_weights()``: kernel, recurrent kernel, and bias if there is one. Those of a
        Bidirectional are both directions' one after the other: convert each half by itself.

    Returns
    -------
    the cell's Params of NumPy arrays

    Raises
    ------
    ValueError, TypeError
        Keras has no such cell, or a shape is not the cell's.
    """
    require("Keras", cell, KERAS_CELLS)
    if len(weights) not in (2, 3):
        raise ValueError(f"weights: got {len(weights)} arrays, expected kernels and a bias")
    kind = cell.params_type
    W_ih, W_hh, *bias = (
        reorder_gates(np.asarray(a), KERAS_GATES[kind], GATES[kind], axis=-1) for a in weights
    )
    b_x, *b_h = np.atleast_2d(*bias) if bias else [np.zeros_like(W_ih[0])]
    return from_two_biases(cell, (W_ih.T, W_hh.T), b_x, b_h[0] if b_h else np.zeros_like(b_x))


def to_keras(cell: Cell, params: Any) -> list[np.ndarray]:
    """Return the argument of ``set_weights`` of Keras's layer; the inverse of `from_keras`."""
    require("Keras", cell, KERAS_CELLS)
    kind = cell.params_type
    params = map_leaves(_as_array, params)
    b_x, b_h = to_two_biases(cell, params)
    bias = np.stack([b_x, b_h]) if kind is gru.Params else b_x
    kernels = (np.asarray(getattr(params, name)).T for name in cell.matrices)
    return [reorder_gates(a, GATES[kind], KERAS_GATES[kind], axis=-1) for a in (*kernels, bias)]


def _as_array(array: Any) -> Any:
    """Return an array; a tensor that requires a gradient has to be detached."""
    return array.detach().cpu().numpy() if hasattr(array, "detach") else array
