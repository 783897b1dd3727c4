"""The loop over time and its reverse, once, for any cell.

`forward` runs a cell over a sequence; `backward` is backpropagation through time (BPTT);
`truncated_backward` is its truncated form. The cells are in `rnn` and `lstm`, and each binds these
functions under the same names.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ._check import arguments as validation
from .arrays import Array, join, stack, zeros_like
from .masks import (
    Masks,
    add_kept,
    between,
    given,
    masked_weights,
    masked_weights_backward,
    renew,
    renew_backward,
)
from .weights import add, input_gradient, state_widths

State = tuple[Array, ...]
Gradients = tuple[Any, Array, State]


@dataclass(frozen=True)
class Cell:
    """A recurrent layer's equations for one step: five functions and what their arrays are called.

    Attributes
    ----------
    name : str
        Named in error messages; no two cells share one.
    state_names : tuple of str
        The arrays of the state, the one that is also the output first: ``("h",)``, ``("h", "c")``.
    params_type : NamedTuple class
        What `init_params` returns.
    param_shapes : callable
        ``param_shapes(input_size, hidden_size)`` returns the parameters' shapes by name; it takes
        proj_size third where the hidden state is projected.
    init_params : callable
        ``init_params(input_size, hidden_size, generator)`` returns fresh parameters.
    project : callable
        ``project(params, x)``: the input's part of the pre-activations, of one step or of all.
    step : callable
        ``step(params, projected, state)`` returns the new state and what `step_backward` needs.
    step_backward : callable
        ``step_backward(params, cache, dstate)`` returns da, the gradients of what `project`
        returned, and those of the previous state. More columns may follow in da for the cell's own
        `weight_gradients`.
    weight_gradients : callable
        ``weight_gradients(params, x, caches, da)`` returns the parameters' gradients, summed over
        the steps given, in one product for each matrix.
    sites : tuple of str, optional
        Where a step can take dropout's masks: of "h", "g" and "c" in `masks.Masks`. With any, the
        last four functions take the masks as one more argument; a cell without sites takes none.
    """

    name: str
    state_names: tuple[str, ...]
    params_type: Any
    param_shapes: Callable[..., dict[str, tuple[int, ...]]]
    init_params: Callable[..., Any]
    project: Callable[..., Array]
    step: Callable[..., tuple[State, Any]]
    step_backward: Callable[..., tuple[Array, State]]
    weight_gradients: Callable[..., Any]
    sites: tuple[str, ...] = ()


class Trace(NamedTuple):
    """What `forward` keeps for `backward`.

    Attributes
    ----------
    cell : str
        The cell's name.
    x : array of shape (T, N, D)
        The input.
    steps : list of T caches
        What each call of the cell's `step` returned for its reverse.
    masks : Masks, or None
        As given to `forward`.
    """

    cell: str
    x: Array
    steps: list[Any]
    masks: Masks | None = None


def forward(
    cell: Cell, params: Any, x: Array, state: State | None = None, masks: Masks | None = None
) -> tuple[Array, State, Trace]:
    """Run a cell over a sequence.

    Parameters
    ----------
    cell : Cell
    params : the cell's Params
    x : array of shape (T, N, D)
        T steps of N sequences with D features.
    state : tuple of arrays of shape (N, H), optional
        The state before the first step; zeros if not given.
    masks : Masks, optional
        Dropout's masks, as one of `dropout`'s variants draws them.

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
    params = masked_weights(params, masks)
    projected = cell.project(params, x, *given(masks))  # (T, N, ·): one product for all steps
    y, steps = [], []
    for t in range(x.shape[0]):
        state, cache = step(cell, params, projected[t], state, *given(masks, t))
        y.append(state[0])
        steps.append(cache)
    return stack(y), state, Trace(cell.name, x, steps, masks)


def step(
    cell: Cell, params: Any, projected: Array, state: State, *masks: Masks
) -> tuple[State, Any]:
    """Take the cell's step; where zoneout's masks say so, the old state stays."""
    new, cache = cell.step(params, projected, state, *masks)
    return renew(state, new, *masks), cache


def step_backward(
    cell: Cell, params: Any, cache: Any, dstate: State, *masks: Masks
) -> tuple[Array, State]:
    """Reverse `step`."""
    dnew = renew_backward(dstate, *masks)
    da, dold = cell.step_backward(params, cache, dnew, *masks)
    return da, add_kept(dold, dstate, *masks)


def zero_state(cell: Cell, params: Any, x: Array) -> State:
    """Return the state that `forward` starts from when it is given none.

    Parameters
    ----------
    cell : Cell
    params : the cell's Params
    x : array of shape (T, N, D)

    Returns
    -------
    tuple of zeros of shape (N, H), of the dtype and on the device of `x`
    """
    widths = state_widths(params, cell.state_names)
    return tuple(zeros_like(x, (x.shape[1], width)) for width in widths)


def backward(
    cell: Cell, params: Any, cache: Trace, dy: Array, dstate: State | None = None
) -> Gradients:
    """Backpropagate through time: the reverse of `forward`, for any loss of y and the last state.

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
        Gradient of the loss with respect to the last state, as far as it does not go through y;
        zeros if not given.

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
    masks, params = cache.masks, masked_weights(params, cache.masks)
    da = []
    for t in reversed(range(len(cache.steps))):
        dstate = (dy[t] + dstate[0], *dstate[1:])  # h_t is read twice: as y_t and by step t + 1
        da_t, dstate = step_backward(cell, params, cache.steps[t], dstate, *given(masks, t))
        da.append(da_t)
    all_da = stack(da[::-1])
    grads = cell.weight_gradients(params, cache.x, cache.steps, all_da, *given(masks))
    dx = input_gradient(params, all_da, *given(masks))
    return masked_weights_backward(grads, masks), dx, dstate


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

    The forward pass is whole; only gradients are cut. With k1 = k2 = T this is `backward`.

    Parameters
    ----------
    cell : Cell
    params, cache, dy, dstate
        As for `backward`.
    k1 : int
        Steps between two backward passes; each takes up the losses of its k1 newest steps.
    k2 : int, optional
        Steps that a pass goes back, at least k1; k1 if not given. Cuts lie on the grid of k1, so
        that a last pass of fewer new steps goes back fewer.

    Returns
    -------
    grads, dx, dstate0
        As from `backward`, summed over the passes.

    Raises
    ------
    TypeError, ValueError
        As `backward`; k1 or k2 is no positive integer, or k2 < k1.

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
        total = part if total is None else _add(total, part)
    assert total is not None  # check_backward has refused T = 0
    return total


def _window(cache: Trace, start: int, end: int) -> Trace:
    masks = between(cache.masks, start, end)
    return cache._replace(x=cache.x[start:end], steps=cache.steps[start:end], masks=masks)


def _add(total: Gradients, part: Gradients) -> Gradients:
    dstate0 = tuple(a + b for a, b in zip(total[2], part[2], strict=True))
    return add(total[0], part[0]), total[1] + part[1], dstate0


def bind(cell: Cell) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """Return `forward`, `backward` and `truncated_backward` for one cell: `cell` is left out."""
    return _bound(forward, cell), _bound(backward, cell), _bound(truncated_backward, cell)


def _bound(function: Callable[..., Any], cell: Cell) -> Callable[..., Any]:
    # not functools.partial, whose help() is partial's own and not the function's
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(cell, *args, **kwargs)

    call.__doc__ = (function.__doc__ or "").replace("    cell : Cell\n", "")
    signature = inspect.signature(function)
    call.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=list(signature.parameters.values())[1:]
    )
    return call
