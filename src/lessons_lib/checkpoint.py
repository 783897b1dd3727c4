"""Backpropagation through time that keeps few steps and recomputes the others.

`forward` keeps only the state before every k-th step; `backward` runs each stretch of k steps again
to obtain its caches. With k = √T, about 2 √T steps are kept instead of T, at the cost of a second
forward pass.

References
----------
Griewank (1992), "Achieving logarithmic growth of temporal and spatial complexity in reverse
automatic differentiation", Optimization Methods and Software 1(1), whose scheme recurs deeper.
Chen, Xu, Zhang and Guestrin (2016), "Training deep nets with sublinear memory cost", arXiv
1604.06174.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isqrt
from typing import Any, NamedTuple

from . import scan
from ._check import arguments as validation
from .arrays import Array, join
from .cell import Cell, Gradients, State
from .masks import NO_MASKS, Masks
from .nested import add


class Checkpoints(NamedTuple):
    """What `forward` keeps for `backward`.

    Attributes
    ----------
    x : array of shape (T, N, D)
        The input.
    states : list of states
        The state before step 0, `every`, 2 · `every`, ….
    every : int
    masks : Masks
    """

    x: Array
    states: list[State]
    every: int
    masks: Masks = NO_MASKS


def forward(
    cell: Cell,
    params: Any,
    x: Array,
    state: State | None = None,
    every: int | None = None,
    masks: Masks = NO_MASKS,
) -> tuple[Array, State, Checkpoints]:
    """Run a cell over a sequence as `scan.forward` does, but keep few states and no caches.

    Parameters
    ----------
    cell, params, x, state, masks
        As for `scan.forward`.
    every : int, optional
        Steps from one kept state to the next; √T, rounded down, by default.

    Returns
    -------
    y, state
        As from `scan.forward`.
    checkpoints : Checkpoints
        What `backward` needs.

    Raises
    ------
    TypeError, ValueError
        As for `scan.forward`; also if `every` is not a positive integer.
    """
    validation.check_forward(cell, params, x, state, masks)
    every = isqrt(x.shape[0]) if every is None else every
    validation.check_sizes(every=every)
    state = scan.zero_state(cell, params, x) if state is None else state
    y, states = [], []
    for start in range(0, x.shape[0], every):
        states.append(state)
        end = start + every
        y_part, state, _ = scan.forward(
            cell, params, x[start:end], state, masks.between(start, end)
        )
        y.append(y_part)
    return join(y, axis=0), state, Checkpoints(x, states, every, masks)


def backward(
    cell: Cell,
    params: Any,
    checkpoints: Checkpoints,
    dy: Array,
    dstate: State | None = None,
) -> Gradients:
    """Backpropagate through time, stretch by stretch from the last, recomputing each.

    Parameters
    ----------
    checkpoints : Checkpoints
        As returned by `forward`.
    cell, params, dy, dstate
        As for `scan.backward`.

    Returns
    -------
    grads, dx, dstate0
        As from `scan.backward`, equal to rounding.

    Raises
    ------
    TypeError, ValueError
        As for `scan.backward`.
    """
    x, states, every, masks = checkpoints
    validation.check_output_gradient(dy, (*x.shape[:2], cell.output_width(params)), x)
    grads, dx = None, []
    for k in reversed(range(len(states))):
        stretch = slice(k * every, (k + 1) * every)
        now = masks.between(stretch.start, stretch.stop)
        _, _, cache = scan.forward(cell, params, x[stretch], states[k], now)
        part, dx_part, dstate = scan.backward(cell, params, cache, dy[stretch], dstate)
        grads = part if grads is None else add(grads, part)
        dx.append(dx_part)
    assert dstate is not None  # forward has rejected T = 0
    return grads, join(dx[::-1], axis=0), dstate


def held_bytes(tuples: Iterable[tuple[Array, ...]]) -> int:
    """Return the bytes of all distinct arrays in tuples of arrays.

    Parameters
    ----------
    tuples : iterable
        Step caches, as in a Trace's ``steps``, or states, as in ``Checkpoints.states``. An array
        that is in two of them, such as h at the end of one step and the start of the next, counts
        once.
    """
    return sum({id(array): array.nbytes for arrays in tuples for array in arrays}.values())
