"""Backpropagation through time that keeps few steps and computes the others again.

`forward` keeps the state before every k-th step only; `backward` runs each stretch of k steps once
more for its caches. With k = √T some 2 √T steps are held where `scan.forward` holds T, for the
price of a second forward pass.

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
from .masks import Masks, between
from .weights import add


class Checkpoints(NamedTuple):
    """What `forward` keeps for `backward`.

    Attributes
    ----------
    x : array of shape (T, N, D)
        The input.
    states : list of states
        The state before step 0, `every`, 2 · `every`, ….
    every : int
    masks : Masks, or None
    """

    x: Array
    states: list[scan.State]
    every: int
    masks: Masks | None = None


def forward(
    cell: scan.Cell,
    params: Any,
    x: Array,
    state: scan.State | None = None,
    every: int | None = None,
    masks: Masks | None = None,
) -> tuple[Array, scan.State, Checkpoints]:
    """Run a cell over a sequence as `scan.forward` does, but keep few states and no caches.

    Parameters
    ----------
    cell, params, x, state, masks
        As for `scan.forward`.
    every : int, optional
        Steps from one kept state to the next; √T, rounded down, if not given.

    Returns
    -------
    y, state
        As from `scan.forward`.
    checkpoints : Checkpoints
        What `backward` needs.

    Raises
    ------
    TypeError, ValueError
        As `scan.forward`; `every` is no positive integer.
    """
    validation.check_forward(cell, params, x, state, masks)
    every = isqrt(x.shape[0]) if every is None else every
    validation.check_sizes(every=every)
    state = scan.zero_state(cell, params, x) if state is None else state
    y, states = [], []
    for start in range(0, x.shape[0], every):
        states.append(state)
        end = start + every
        own = between(masks, start, end)
        y_part, state, _ = scan.forward(cell, params, x[start:end], state, own)
        y.append(y_part)
    return join(y, axis=0), state, Checkpoints(x, states, every, masks)


def backward(
    cell: scan.Cell,
    params: Any,
    checkpoints: Checkpoints,
    dy: Array,
    dstate: scan.State | None = None,
) -> scan.Gradients:
    """Backpropagate through time, stretch by stretch from the last, each computed once more.

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
        As `scan.backward`.
    """
    x, states, every, masks = checkpoints
    validation.check_output_gradient(dy, (*x.shape[:2], params.W_hh.shape[1]), x)
    grads, dx = None, []
    for k in reversed(range(len(states))):
        stretch = slice(k * every, (k + 1) * every)
        own = between(masks, stretch.start, stretch.stop)
        _, _, cache = scan.forward(cell, params, x[stretch], states[k], own)
        part, dx_part, dstate = scan.backward(cell, params, cache, dy[stretch], dstate)
        grads = part if grads is None else add(grads, part)
        dx.append(dx_part)
    assert dstate is not None  # forward has refused T = 0
    return grads, join(dx[::-1], axis=0), dstate


def held_bytes(tuples: Iterable[tuple[Array, ...]]) -> int:
    """Return the bytes of all distinct arrays in tuples of arrays.

    Parameters
    ----------
    tuples : iterable
        Step caches, as in a Trace's ``steps``, or states, as in ``Checkpoints.states``. An array
        that stands in two of them, such as h as one step's end and the next one's start, counts
        once.
    """
    return sum({id(array): array.nbytes for arrays in tuples for array in arrays}.values())
