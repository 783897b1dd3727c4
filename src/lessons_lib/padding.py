"""Sequences of different lengths in one padded batch: reverse them, and run a cell over them.

The lengths cut time into stretches, in each of which the same sequences are running. The cell runs
over a stretch with only these, as torch does with a PackedSequence, so that padding is never
read: its contents, NaN included, reach no output and no gradient.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import scan
from .arrays import Array, array_namespace, columns_first, join, zeros_like
from .cell import Cell, Gradients, State
from .masks import NO_MASKS, Masks
from .nested import add


class Trace(NamedTuple):
    """What `forward` keeps for `backward`.

    Attributes
    ----------
    order : array of shape (N,), or slice
        The sequences from the longest to the shortest.
    back : array of shape (N,), or slice
        How to return from there to the original order.
    stretches : list of (start, end, scan.Trace)
        From step `start` to before `end` the first sequences in `order` are running.
    """

    order: Any
    back: Any
    stretches: list[tuple[int, int, scan.Trace]]


def reverse(x: Array, lengths: np.ndarray | None) -> Array:
    """Reverse each sequence within its length; padding stays where it is.

    Parameters
    ----------
    x : array of shape (T, N, D)
    lengths : array of shape (N,), or None if all are T

    Returns
    -------
    array of shape (T, N, D)
    """
    T, N = x.shape[:2]
    if lengths is None or np.all(lengths == T):
        return array_namespace(x).flip(x, axis=0)
    t = np.arange(T)[:, None]
    return x[np.where(t < lengths, lengths - 1 - t, t), np.arange(N)]


def forward(
    cell: Cell,
    params: Any,
    x: Array,
    state: State,
    lengths: np.ndarray | None,
    masks: Masks = NO_MASKS,
    loop: Any = scan,
) -> tuple[Array, State, Trace]:
    """Run a cell over a padded batch, like `scan.forward`, with the lengths of the sequences.

    Parameters
    ----------
    cell, params, x, state
        As for `scan.forward`.
    lengths : array of shape (N,), or None if all are T
    masks : Masks, optional
    loop : module, optional
        Whose `forward` runs a stretch: `scan`, or `trace.compiled`.

    Returns
    -------
    y : array of shape (T, N, H)
        Zeros after a sequence's end.
    state : tuple of arrays of shape (N, H)
        The state at the end of each sequence.
    cache : Trace
    """
    if loop is scan:  # each step multiplies by their transposes
        params = params._replace(
            **{name: columns_first(getattr(params, name)) for name in cell.recurrent}
        )
    T, N = x.shape[:2]
    if lengths is None:  # no sizes are compared, so that a traced call holds for other N
        y_all, state, trace = loop.forward(cell, params, x, state, masks)
        return y_all, state, Trace(slice(None), slice(None), [(0, T, trace)])
    order, back = _orders(lengths)
    x, state = x[:, order], _pick(state, order)
    masks = masks.of_sequences(order)
    y: list[Array] = []
    stretches, start = [], 0
    for end in np.union1d(lengths, T).tolist():
        running = int(np.sum(lengths > start))
        y_now, now, trace = loop.forward(
            cell,
            params,
            x[start:end, :running],
            _pick(state, slice(running)),
            masks.between(start, end).of_sequences(slice(running)),
        )
        state = _replace_first(state, now)
        y.append(_pad(y_now, N))
        stretches.append((start, end, trace))
        start = end
    return join(y, axis=0)[:, back], _pick(state, back), Trace(order, back, stretches)


def backward(
    cell: Cell, params: Any, cache: Trace, dy: Array, dstate: State, loop: Any = scan
) -> Gradients:
    """Backpropagate through `forward`; arguments and results are those of `scan.backward`.

    `dy` is not read after a sequence's end, and `dx` is zero there.
    """
    N = dy.shape[1]
    dy, dstate = dy[:, cache.order], _pick(dstate, cache.order)
    dx, total = [], None
    for start, end, trace in reversed(cache.stretches):
        running = trace.x.shape[1]
        grads, dx_now, now = loop.backward(
            cell, params, trace, dy[start:end, :running], _pick(dstate, slice(running))
        )
        dstate = _replace_first(dstate, now)
        dx.append(_pad(dx_now, N))
        total = grads if total is None else add(total, grads)
    return total, join(dx[::-1], axis=0)[:, cache.back], _pick(dstate, cache.back)


def _orders(lengths: np.ndarray) -> tuple[Any, Any]:
    """Return how to pick the sequences from the longest to the shortest, and how to go back."""
    if np.all(lengths[:-1] >= lengths[1:]):  # sorted already, and a slice copies nothing
        return slice(None), slice(None)
    order = np.argsort(-lengths, kind="stable")
    return order, np.argsort(order)


def _pick(state: State, sequences: Any) -> State:
    return tuple(array[sequences] for array in state)


def _replace_first(state: State, first: State) -> State:
    """Replace the arrays of the running sequences, which come first."""
    return tuple(
        join([new, old[new.shape[0] :]], axis=0) for new, old in zip(first, state, strict=True)
    )


def _pad(x: Array, N: int) -> Array:
    T, running, D = x.shape
    if running == N:
        return x
    return join([x, zeros_like(x, (T, N - running, D))], axis=1)
