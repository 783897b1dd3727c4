"""Functions for changed lines, available in each changed module beside its own names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from lessons_lib.arrays import Array, relu, sigmoid, tanh, zeros_like

__all__ = [
    "added",
    "aliased",
    "carried",
    "carried_back",
    "every_output",
    "first_sequence",
    "first_state",
    "from_its_end",
    "h_from",
    "h_masked",
    "hardtanh",
    "identity",
    "last_state",
    "later_caches",
    "logit",
    "mean_over",
    "mixed_from",
    "np",
    "relu",
    "restarted",
    "sigmoid",
    "softsign",
    "state_after",
    "tanh",
    "with_first",
    "zeros_like",
]


def later_caches(cell: Any, params: Any, cache: Any) -> list[Any]:
    """Return the steps' caches with the hidden state after each step instead of before it."""
    later = []
    for x, step in zip(cache.x, cache.steps, strict=True):
        (h, *_), _ = cell.step(params, cell.project(params, x), _before(cell, step))
        later.append(step._replace(h_prev=h))
    return later


def restarted(cell: Any, params: Any, window: Any, start: int, state: Any = None) -> Any:
    """Return a window of a run; if it is not the first, from a state of zeros or another one."""
    if start == 0:
        return window
    state = state or tuple(zeros_like(array) for array in first_state(cell, window.steps, ()))
    return window._replace(steps=_run(cell, params, window.x, state)[1])


def first_state(cell: Any, steps: list[Any], state: Any) -> Any:
    """Return the state before the first step taken; `state` if no step was taken."""
    return _before(cell, steps[0]) if steps else state


def _before(cell: Any, step: Any) -> Any:
    """Return the state before a step, from its cache."""
    return tuple(getattr(step, f"{name}_prev") for name in cell.state_names)


def _run(cell: Any, params: Any, x: Array, state: Any) -> tuple[Any, list[Any]]:
    """Return the state after steps from a state, and the steps' caches."""
    steps = []
    for x_t in x:
        state, step = cell.step(params, cell.project(params, x_t), state)
        steps.append(step)
    return state, steps


def identity(a: Array) -> Array:
    """Return the argument, as a replacement for an activation function."""
    return a


def hardtanh(a: Array) -> Array:
    """Return the argument, cut at −1 and 1."""
    return np.clip(a, -1, 1)


def softsign(a: Array) -> Array:
    """Return a / (1 + |a|)."""
    return a / (1 + abs(a))


def h_masked(new: Any, masks: Any) -> Any:
    """Return a new state with the mask of h_{t−1} on h itself."""
    return new if masks.h is None else (new[0] * masks.h, *new[1:])


def h_from(c: Array, cache: Any, new: Any) -> Any:
    """Return a new state whose h is computed from another cell state."""
    return (cache.o * tanh(c), *new[1:])


def aliased(steps: list[Any]) -> list[Any]:
    """Return an RNN's steps whose states, but the initial one, are all the last one."""
    last = steps[-1].h
    return [
        step._replace(h=last, h_prev=last if t else step.h_prev) for t, step in enumerate(steps)
    ]


def logit(value: Array) -> Array:
    """Return the pre-activation of a sigmoid's value."""
    return np.log(value / (1 - value))


def mixed_from(taken: Any, kept: Any, read: Any) -> Any:
    """Return a GRU's step that keeps one state and whose gates have read another."""
    (h,), cache = taken
    return (h + cache.z * (kept[0] - read[0]),), cache


def last_state(cell: Any, params: Any, cache: Any) -> Array:
    """Return the hidden state after the last step of a run."""
    return later_caches(cell, params, cache)[-1].h_prev


def with_first(cache: Any, h: Array) -> Any:
    """Return a run with another hidden state before its first step."""
    first, *others = cache.steps
    return cache._replace(steps=[first._replace(h_prev=h), *others])


def mean_over(total: Any, windows: int) -> Any:
    """Return gradients, those of the weights divided by the number of windows."""
    grads, *others = total
    return type(grads)(*(array / windows for array in grads)), *others


def added(taken: Any, state: Any) -> Any:
    """Return a step's results with the state before it added to the new one."""
    new, cache = taken
    return tuple(a + b for a, b in zip(new, state, strict=True)), cache


def every_output(layers: Any) -> list[Array]:
    """Return the outputs of each layer of a stacked RNN that has one direction."""
    return [np.stack([step.h for step in one.stretches[0][2].steps]) for (one,) in layers]


class first_sequence:  # noqa: N801 - it is called in changed lines like a function
    """The caches of all steps, for the first sequence of the batch."""

    def __init__(self, steps: Any) -> None:
        self._steps = steps

    def __getattr__(self, name: str) -> Array:
        return getattr(self._steps, name)[:, :1]


def from_its_end(cell: Any, params: Any, window: Any) -> Any:
    """Return a window that starts from the state in which it ends."""
    state = first_state(cell, window.steps, ())
    for _ in range(2):
        state, steps = _run(cell, params, window.x, state)
    return window._replace(steps=steps)


def reread(cell: Any, params: Any, trace: Any, x: Array) -> Any:
    """Return a run whose steps are taken again, from the same states, with another input."""
    steps = []
    for x_t, step in zip(x, trace.steps, strict=True):
        steps.append(cell.step(params, cell.project(params, x_t), _before(cell, step))[1])
    return trace._replace(x=x, steps=steps)


def carried(
    cell: Any, params: Any, trace: Any, start: int, end: int, k: int, hand: Callable[..., Any]
) -> Any:
    """Return a window of a run in which `hand(state, before, first)` is the state handed on.

    `state` is that after a window's last step, `before` the one before that step, and `first` the
    one with which the run started.
    """
    first = state = before = first_state(cell, trace.steps, ())
    steps = []
    for t in range(end):
        if t and t % k == 0:
            state = hand(state, before, first)
        before = state
        state, step = cell.step(params, cell.project(params, trace.x[t]), state)
        steps.append(step)
    return trace._replace(x=trace.x[start:end], steps=steps[start:end])


def carried_back(cell: Any, params: Any, trace: Any, start: int, end: int, k: int) -> Any:
    """Return a window if the windows are run from the last to the first, handing on the state."""
    state = first_state(cell, trace.steps, ())
    for begin in reversed(range(start, len(trace.steps), k)):
        x = trace.x[begin : begin + k]
        state, steps = _run(cell, params, x, state)
    return trace._replace(x=x, steps=steps)


def state_after(cell: Any, params: Any, trace: Any, t: int) -> Any:
    """Return the state after a step of a run."""
    before = first_state(cell, trace.steps[t:], ())
    return cell.step(params, cell.project(params, trace.x[t]), before)[0]


class Border(NamedTuple):
    """The border below step t: the gradients of the state that may be handed on to step t − 1.

    `given` are those of the last state, `received` those that step t received from step t + 1,
    and `new` those that it should hand on.
    """

    t: int
    T: int
    k: int
    given: Any
    received: Any
    new: Any


def backward_by_steps(
    scan: Any, run: tuple[Any, Any, Any], dy: Array, dstate: Any, k: int, handed: Callable[..., Any]
) -> Any:
    """Return the gradients of a run if each step hands on what `handed` returns for its border."""
    cell, params, trace = run
    given, T, all_dx = dstate, len(trace.steps), []
    total: Any = None
    for t in reversed(range(T)):
        now = slice(t, t + 1)
        window = trace._replace(x=trace.x[now], steps=trace.steps[now])
        grads, dx, new = scan.backward(cell, params, window, dy[now], dstate)
        total = grads if total is None else type(grads)(*map(np.add, total, grads))
        all_dx.append(dx)
        dstate = handed(Border(t, T, k, given, dstate, new))
    return total, np.concatenate(all_dx[::-1]), dstate
