"""The loop over time and its backward pass, shared by all cells.

`forward` runs a cell over a sequence; `backward` is backpropagation through time (BPTT);
`truncated_backward` is its truncated form. Each cell's module binds them under the same names.

Examples
--------
>>> import numpy as np
>>> from lessons_lib import lstm_peepholes, scan
>>> cell = lstm_peepholes.CELL  # any cell
>>> params = cell.init_params(3, 5, np.random.default_rng(0))  # D, H
>>> x = np.ones((7, 2, 3))  # (T, N, D)
>>> y, state, cache = scan.forward(cell, params, x)
>>> grads, dx, dstate0 = scan.backward(cell, params, cache, np.ones_like(y))
>>> y.shape, dx.shape
((7, 2, 5), (7, 2, 3))
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from ._check import arguments as validation
from .arrays import Array, join, stack, zeros_like
from .cell import Cell, Gradients, State, Trace
from .masks import NO_MASKS, Masks, dropped_weights, masked_step, masked_step_backward
from .nested import add
from .weights import input_gradient


def forward(
    cell: Cell, params: Any, x: Array, state: State | None = None, masks: Masks = NO_MASKS
) -> tuple[Array, State, Trace]:
    """Run a cell over a sequence.

    Parameters
    ----------
    cell : Cell
    params : the cell's Params
    x : array of shape (T, N, D)
        T steps of N sequences with D features.
    state : tuple of arrays of shape (N, H), optional
        The initial state; zeros by default.
    masks : Masks, optional
        The masks of dropout, as the variants in `dropout` draw them.

    Returns
    -------
    y : array of shape (T, N, H)
        The hidden state after each step.
    state : tuple of arrays of shape (N, H)
        The state after the last step.
    cache : Trace
        What `backward` needs.

    Raises
    ------
    TypeError, ValueError
        An argument's type, dtype, device or shape does not fit; the message names it.
    """
    validation.check_forward(cell, params, x, state, masks)
    if state is None:
        state = zero_state(cell, params, x)
    params = dropped_weights(params, masks)
    projected = cell.project(params, x, masks)  # (T, N, ·): one product for all steps
    y, steps = [], []
    for t in range(x.shape[0]):
        state, cache = masked_step(cell, params, projected[t], state, masks.at(t))
        y.append(state[0])
        steps.append(cache)
    return stack(y), state, Trace(cell.name, x, steps, masks)


def zero_state(cell: Cell, params: Any, x: Array) -> State:
    """Return the initial state that `forward` uses by default.

    Parameters
    ----------
    cell : Cell
    params : the cell's Params
    x : array of shape (T, N, D)

    Returns
    -------
    tuple of zeros of shape (N, H), of the dtype and on the device of `x`
    """
    N = x.shape[1]
    return tuple(zeros_like(x, (N, width)) for width in cell.state_widths(params))


def backward(
    cell: Cell, params: Any, cache: Trace, dy: Array, dstate: State | None = None
) -> Gradients:
    """Backpropagate through time, for any loss of the results of `forward`.

    Parameters
    ----------
    cell : Cell
    params : the cell's Params
        As given to `forward`.
    cache : Trace
        As returned by `forward`.
    dy : array of shape (T, N, H)
        Gradient of the loss with respect to y.
    dstate : tuple of arrays of shape (N, H), optional
        Gradient of the loss with respect to the last state, without the part that goes through
        y; zeros by default.

    Returns
    -------
    grads : the cell's Params
        Gradients of the parameters.
    dx : array of shape (T, N, D)
        Gradient of the input.
    dstate0 : tuple of arrays of shape (N, H)
        Gradient of the state before the first step.

    Raises
    ------
    TypeError, ValueError
        An argument's type, dtype, device or shape does not fit; the message names it.
    """
    validation.check_backward(cell, params, cache, dy, dstate)
    if dstate is None:
        dstate = zero_state(cell, params, cache.x)
    params = dropped_weights(params, cache.masks)
    da = []
    for t in reversed(range(len(cache.steps))):
        dstate = (dy[t] + dstate[0], *dstate[1:])  # h_t is read twice: as y_t and by step t + 1
        da_t, dstate = masked_step_backward(cell, params, cache.steps[t], dstate, cache.masks.at(t))
        da.append(da_t)
    all_da = stack(da[::-1])
    grads = cell.weight_gradients(params, cache.x, cache.stacked, all_da, cache.masks)
    dx = input_gradient(params, all_da, cache.masks)
    return dropped_weights(grads, cache.masks), dx, dstate


def truncated_backward(
    cell: Cell,
    params: Any,
    cache: Trace,
    dy: Array,
    dstate: State | None = None,
    *,
    k1: int,
    k2: int | None = None,
) -> Gradients:
    """Backpropagate through at most `k2` steps, once every `k1` steps: TBPTT(k1, k2).

    The forward pass is not cut, only gradients are. With k1 = k2 = T this is `backward`.

    Parameters
    ----------
    cell : Cell
    params, cache, dy, dstate
        As for `backward`.
    k1 : int
        Steps between two backward passes; each one includes the losses of its k1 newest steps.
    k2 : int, optional
        Number of steps that a pass goes back, at least k1; k1 by default. Cuts are at multiples of
        k1, so that a last pass with fewer new steps goes back less far.

    Returns
    -------
    grads, dx, dstate0
        As from `backward`, summed over the passes.

    Raises
    ------
    TypeError, ValueError
        As for `backward`; also if k1 or k2 is not a positive integer, or k2 < k1.

    References
    ----------
    Williams and Peng (1990), "An efficient gradient-based algorithm for on-line training of
    recurrent network trajectories", Neural Computation 2(4), section 3: BPTT(h; h′).
    """
    validation.check_backward(cell, params, cache, dy, dstate)
    k1, k2 = validation.check_window(k1, k2)
    T = len(cache.steps)
    total: Gradients | None = None
    for first_new in range(0, T, k1):
        end = min(first_new + k1, T)
        start = max(0, first_new - (k2 - k1))
        window = _window(cache, start, end)
        dy_window = join([zeros_like(dy[start:first_new]), dy[first_new:end]], axis=0)
        last = dstate if end == T else None
        grads, dx, dstate0 = backward(cell, params, window, dy_window, last)
        dx = join([zeros_like(cache.x[:start]), dx, zeros_like(cache.x[end:])], axis=0)
        if start > 0:  # cut: nothing reaches the state before the first step
            dstate0 = tuple(zeros_like(d) for d in dstate0)
        part = (grads, dx, dstate0)
        total = part if total is None else add(total, part)
    assert total is not None  # check_backward has rejected T = 0
    return total


def _window(cache: Trace, start: int, end: int) -> Trace:
    return cache._replace(
        x=cache.x[start:end], steps=cache.steps[start:end], masks=cache.masks.between(start, end)
    )


def bind(cell: Cell) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """Return `forward`, `backward` and `truncated_backward` for one cell: `cell` is left out.

    The functions belong to the module of the cell's `step`. If they keep their names there, they
    can be pickled.
    """
    return _bound(forward, cell), _bound(backward, cell), _bound(truncated_backward, cell)


def _bound(function: Callable[..., Any], cell: Cell) -> Callable[..., Any]:
    # not functools.partial, whose help() is partial's own and not the function's
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(cell, *args, **kwargs)

    call.__module__ = cell.step.__module__
    call.__doc__ = (function.__doc__ or "").replace("    cell : Cell\n", "")
    signature = inspect.signature(function)
    call.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=list(signature.parameters.values())[1:]
    )
    return call
