"""Functions for changed lines, available in each changed module beside its own names."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons_lib.arrays import Array, relu, sigmoid, tanh, zeros_like

__all__ = [
    "first_state",
    "h_from",
    "h_masked",
    "hardtanh",
    "identity",
    "last_state",
    "later_caches",
    "mean_over",
    "np",
    "relu",
    "restarted",
    "sigmoid",
    "softsign",
    "tanh",
    "with_first",
    "zeros_like",
]


def later_caches(cell: Any, params: Any, cache: Any) -> list[Any]:
    """Return the steps' caches with the hidden state after each step instead of before it."""
    later = []
    for x, step in zip(cache.x, cache.steps, strict=True):
        state = tuple(getattr(step, f"{name}_prev") for name in cell.state_names)
        (h, *_), _ = cell.step(params, cell.project(params, x), state)
        later.append(step._replace(h_prev=h))
    return later


def restarted(cell: Any, params: Any, window: Any, start: int, state: Any = None) -> Any:
    """Return a window of a run; if it is not the first, from a state of zeros or another one."""
    if start == 0:
        return window
    state = state or tuple(zeros_like(array) for array in first_state(cell, window.steps, ()))
    steps = []
    for x_t in window.x:
        state, step = cell.step(params, cell.project(params, x_t), state)
        steps.append(step)
    return window._replace(steps=steps)


def first_state(cell: Any, steps: list[Any], state: Any) -> Any:
    """Return the state before the first step taken; `state` if no step was taken."""
    if not steps:
        return state
    return tuple(getattr(steps[0], f"{name}_prev") for name in cell.state_names)


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
