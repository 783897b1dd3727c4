"""The weights of Flax's cells: linen's kernel for each gate and side, or nnx's for each side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import gru, lstm, rnn
from ..cell import Cell
from .layouts import from_two_biases, require, to_two_biases

FLAX_CELLS = (rnn.CELL, rnn.CELL_RELU, lstm.CELL, gru.CELL)
FLAX_GATES = {rnn.Params: ("",), lstm.Params: tuple("ifgo"), gru.Params: tuple("rzn")}
#: Names with a bias: on x's side (i) in the RNN and the GRU, on h's side in the LSTM.
FLAX_BIASES = {
    rnn.Params: ("i",),
    lstm.Params: ("hi", "hf", "hg", "ho"),
    gru.Params: ("ir", "iz", "in", "hn"),
}


def from_flax(cell: Cell, weights: Mapping[str, Mapping[str, Any]]) -> Any:
    """Convert the weights of Flax's SimpleCell, LSTMCell, OptimizedLSTMCell or GRUCell.

    Parameters
    ----------
    cell : Cell
    weights : mapping of Flax's names to kernel and bias
        ``variables["params"]`` of a linen cell; of an nnx cell,
        ``nnx.to_pure_dict(nnx.state(cell, nnx.Param))``.

    Returns
    -------
    the cell's Params of NumPy arrays

    Raises
    ------
    ValueError, TypeError
        Flax has no such cell, a weight is missing, or its shape is not the cell's.
    """
    require("Flax", cell, FLAX_CELLS)
    gates = FLAX_GATES[cell.params_type]
    if "dense_i" in weights and "dense_h" in weights:  # nnx: the gates of a side in one kernel
        (W_ih, b_x), (W_hh, b_h) = (_join([weights[f"dense_{side}"]]) for side in "ih")
        return from_two_biases(cell, (W_ih, W_hh), b_x, b_h)
    weights = {name.rstrip("_"): part for name, part in weights.items()}  # nnx writes if_
    for name in (side + gate for side in "ih" for gate in gates):
        if name not in weights:
            raise ValueError(f"weights: got {sorted(weights)}, expected {name} among them")
    (W_ih, b_x), (W_hh, b_h) = (_join([weights[side + gate] for gate in gates]) for side in "ih")
    return from_two_biases(cell, (W_ih, W_hh), b_x, b_h)


def to_flax(cell: Cell, params: Any) -> dict[str, dict[str, np.ndarray]]:
    """Return the ``params`` of Flax's cell; the inverse of `from_flax`."""
    require("Flax", cell, FLAX_CELLS)
    gates, biases = FLAX_GATES[cell.params_type], FLAX_BIASES[cell.params_type]
    b_x, b_h = to_two_biases(cell, params)
    if cell == lstm.CELL:  # its only bias is on h's side
        b_x, b_h = b_h, b_x
    weights = {}
    for side, name, b in zip("ih", cell.matrices, (b_x, b_h), strict=True):
        W = np.asarray(getattr(params, name))
        kernels, parts = np.split(W, len(gates)), np.split(np.asarray(b), len(gates))
        for gate, kernel, bias in zip(gates, kernels, parts, strict=True):
            key = side + gate
            weights[key] = {"kernel": kernel.T, **({"bias": bias} if key in biases else {})}
    return weights


def _join(parts: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Return one side's matrix and bias; the bias is zero if Flax has none."""
    kernels = [np.asarray(part["kernel"]).T for part in parts]
    biases = [
        np.asarray(part.get("bias", np.zeros_like(k[:, 0])))
        for part, k in zip(parts, kernels, strict=True)
    ]
    return np.concatenate(kernels), np.concatenate(biases)
