"""The way of a gradient back through time: how much arrives at each lag, along which paths."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import lstm
from .._check import arguments as validation
from ..arrays import stack, zeros_like
from ..cell import Cell, State, Trace
from ..masks import dropped_weights, masked_step_backward


def state_gradients(cell: Cell, params: Any, cache: Trace, dstate: State) -> State:
    """Propagate a gradient of the last state back step by step, and keep it at each step.

    Parameters
    ----------
    cell : Cell
    params : the cell's Params
    cache : Trace
        As returned by `forward`, of T steps.
    dstate : tuple of arrays of shape (N, H)
        Gradient of the loss with respect to the last state.

    Returns
    -------
    tuple of arrays of shape (T + 1, N, H)
        Gradients of the loss with respect to the state `lag` steps before the last: index 0 is
        `dstate`, index T belongs to the state before the first step.

    Raises
    ------
    TypeError, ValueError
        An argument's type, dtype, device or shape does not fit; the message names it.
    """
    dy = zeros_like(cache.x, (*cache.x.shape[:2], cell.output_width(params)))
    validation.check_backward(cell, params, cache, dy, dstate)
    arrived = [dstate]
    params = dropped_weights(params, cache.masks)
    for t in reversed(range(len(cache.steps))):
        _, dstate = masked_step_backward(cell, params, cache.steps[t], dstate, cache.masks.at(t))
        arrived.append(dstate)
    return tuple(stack(part) for part in zip(*arrived, strict=True))


class CellJacobian(NamedTuple):
    """The derivative of an LSTM's last cell state with respect to an earlier one, in two parts.

    Attributes
    ----------
    kept : array of shape (T + 1, N, H)
        Π f, the product of the forget gates, one number per unit: the path along the cell state.
    rest : array of shape (T + 1, N, H, H)
        The sum of all other paths, which pass through h and W_hh. Row k holds the derivatives of
        unit k's last cell state.
    """

    kept: np.ndarray
    rest: np.ndarray


def split_cell_jacobian(params: lstm.Params, x: np.ndarray) -> CellJacobian:
    """Split ∂c_T / ∂c_{T−lag} into Π f and all other paths, for every lag from 0 to T.

    c_{T−lag} varies while h_{T−lag} is held fixed; c_T depends on it through every later h too.

    Parameters
    ----------
    params : lstm.Params of NumPy arrays
    x : array of shape (T, N, D)

    Returns
    -------
    CellJacobian
    """
    T, N, _ = x.shape
    H = lstm.CELL.sizes(params)["H"]
    # one copy of each sequence per unit k, in which only unit k of c_T has a gradient: row k
    _, _, cache = lstm.forward(params, np.repeat(x, H, axis=1))
    row = np.tile(np.eye(H, dtype=x.dtype), (N, 1))
    _, dc = state_gradients(lstm.CELL, params, cache, (np.zeros_like(row), row))
    forget = np.stack([step.f[::H] for step in reversed(cache.steps)])
    kept = np.cumprod(np.concatenate([np.ones((1, N, H)), forget]), axis=0)
    rest = dc.reshape(T + 1, N, H, H) - kept[..., None] * np.eye(H)
    return CellJacobian(kept, rest)
