"""`scan`'s passes for layers by hand: what is kept lies in few arrays, and only if it is read.

A layer keeps its arrays through autograd, which frees them with the graph, and which
`torch.utils.checkpoint` and `save_on_cpu` rely on. One array for all steps of each field of the
cell's cache makes that cheap. `stack` takes a `Loop` as its ``loop=``.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array, columns_first
from ..cell import Cell, Gradients, State
from ..masks import Masks, dropped_weights, masked_step, masked_step_backward
from ..trace.cells import fields_read, mask_kinds
from ..trace.recorder import RecordingError
from ..weights import input_gradient

#: Rows (steps times sequences) of a product with the input; more rows would not make it faster.
ROWS = 1024


class Trace(NamedTuple):
    """What `Loop.forward` keeps for `Loop.backward`.

    Attributes
    ----------
    cell : str
        The cell's name.
    x : array of shape (T, N, D)
    caches : the cell's Cache, of arrays of shape (T, N, ·)
        None instead of a field that the backward pass does not read.
    masks : Masks
    """

    cell: str
    x: Array
    caches: Any
    masks: Masks


class Loop:
    """The passes of `scan`, with the same arguments and results.

    Parameters
    ----------
    keep : bool, optional
        Whether a backward pass follows.
    """

    def __init__(self, keep: bool = True) -> None:
        self.keep = keep

    def forward(
        self, cell: Cell, params: Any, x: Array, state: State, masks: Masks
    ) -> tuple[Array, State, Trace | None]:
        """Run a cell over a sequence; y may share memory with the trace."""
        T, N = x.shape[:2]
        kept = _Kept(_read(cell, tuple(mask_kinds(cell, masks).items())), T) if self.keep else None
        params = dropped_weights(params, masks)
        params = params._replace(
            **{name: columns_first(getattr(params, name)) for name in cell.recurrent}
        )
        y = empty_like(x, (T, *state[0].shape))
        each = max(1, ROWS // max(N, 1))
        for start in range(0, T, each):
            stretch = masks.between(start, start + each)
            projected = cell.project(params, x[start : start + each], stretch)
            for t in range(start, min(start + each, T)):
                before = state
                state, cache = masked_step(cell, params, projected[t - start], before, masks.at(t))
                y[t] = state[0]
                if kept is not None:
                    kept.add(t, before, state, cache)
        return y, state, None if kept is None else Trace(cell.name, x, kept.caches(), masks)

    def backward(
        self, cell: Cell, params: Any, trace: Trace, dy: Array, dstate: State
    ) -> Gradients:
        """Backpropagate through `forward`, as `scan.backward` does."""
        _, x, caches, masks = trace
        params = dropped_weights(params, masks)
        all_da = None
        for t in reversed(range(x.shape[0])):
            dstate = (dy[t] + dstate[0], *dstate[1:])  # read twice: as y_t and by step t + 1
            cache = caches._make(None if field is None else field[t] for field in caches)
            da, dstate = masked_step_backward(cell, params, cache, dstate, masks.at(t))
            if all_da is None:
                all_da = empty_like(da, (x.shape[0], *da.shape))
            all_da[t] = da
        grads = cell.weight_gradients(params, x, caches, all_da, masks)
        return dropped_weights(grads, masks), input_gradient(params, all_da, masks), dstate


class _Kept:
    """The fields of the caches of all steps, and the states, which fields often are."""

    def __init__(self, read: tuple[str, ...] | None, T: int) -> None:
        self.read, self.T = read, T
        self.states: dict[int, Array] = {}
        self.fields: dict[int, Array] = {}
        self.homes: list[tuple[str, int]] = []

    def add(self, t: int, before: State, after: State, cache: Any) -> None:
        """Keep one step."""
        if t == 0:
            self._start(before, after, cache)
        for k, states in self.states.items():
            states[t + 1] = after[k]
        for k, field in self.fields.items():
            field[t] = cache[k]

    def _start(self, before: State, after: State, cache: Any) -> None:
        self.kind = type(cache)
        read = self.kind._fields if self.read is None else self.read
        for k, (name, array) in enumerate(zip(cache._fields, cache, strict=True)):
            self.homes.append(home := _home(name in read, array, before, after))
            kind, number = home
            if kind in ("before", "after") and number not in self.states:
                self.states[number] = empty_like(array, (self.T + 1, *array.shape))
                self.states[number][0] = before[number]
            elif kind == "field":
                self.fields[k] = empty_like(array, (self.T, *array.shape))

    def caches(self) -> Any:
        """Return the cell's Cache of all steps."""
        return self.kind._make(
            self.fields[k]
            if kind == "field"
            else None
            if kind == "unread"
            else self.states[number][:-1]
            if kind == "before"
            else self.states[number][1:]
            for k, (kind, number) in enumerate(self.homes)
        )


def _home(read: bool, array: Array, before: State, after: State) -> tuple[str, int]:
    """Return where a field is kept: among the states before or after the steps, or by itself."""
    if not read:
        return "unread", 0
    for kind, state in (("before", before), ("after", after)):
        for number, part in enumerate(state):
            if array is part:
                return kind, number
    return "field", 0


@functools.lru_cache(maxsize=256)
def _read(cell: Cell, kinds: tuple[tuple[str, str], ...]) -> tuple[str, ...] | None:
    """Return the fields that the backward pass reads; None, which means all, if it is unknown."""
    try:
        return fields_read(cell, dict(kinds))
    except RecordingError:
        return None


def empty_like(x: Array, shape: tuple[int, ...]) -> Array:
    """Return an array that is not filled yet, of the library, dtype and device of another."""
    if isinstance(x, np.ndarray):
        return np.empty(shape, x.dtype)
    return x.new_empty(shape)
