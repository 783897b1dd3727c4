"""Linear recurrences h_t = a_t ⊙ h_{t−1} + b_t: a loop, a parallel scan, and its backward pass.

Two steps in a row are again one such step::

    a' (a h + b) + b' = (a' a) h + (a' b + b')

so that steps are pairs (a, b) with an associative operation, `combine`. `prefixes` combines the
first 1, 2, …, T pairs in ⌈log₂ T⌉ rounds instead of T. The gradient of h is a linear recurrence,
too, from the last step to the first.

Everything here takes NumPy arrays and torch tensors, real or complex. `forward` and `backward` are
those of `scan` for the cells that are linear in their state, so that this module is a ``loop`` for
`stack`.

References
----------
Kogge and Stone (1973), "A parallel algorithm for the efficient solution of a general class of
recurrence equations", IEEE Transactions on Computers C-22(8).
Martin and Cundy (2018), "Parallelizing linear recurrent neural nets over sequence length", ICLR,
arXiv 1709.04057.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from typing import Any, NamedTuple

from . import scan as steps
from ._check import arguments as validation
from ._check.recurrences import check_like, check_pair, check_trace
from .arrays import Array, array_namespace, join, stack, zeros_like
from .cell import Cell, Gradients, State
from .masks import NO_MASKS, Masks, dropped_weights, renew, renew_backward
from .weights import input_gradient

#: What is combined: the pair (a, b) of a step, or any other tuple of arrays with time first.
Element = tuple[Array, ...]


def combine(first: Element, second: Element) -> Element:
    """Return the pair that does two steps in a row: h → a h + b, then h → a' h + b'."""
    (a, b), (a_next, b_next) = first, second
    return a_next * a, a_next * b + b_next


def combine_logs(first: Element, second: Element) -> Element:
    """Return the same for logarithms (log a, log b) of positive numbers, of which none is formed.

    log(a' b + b') is computed from log a' + log b and log b' without leaving logarithms.
    """
    (log_a, log_b), (log_a_next, log_b_next) = first, second
    xp = array_namespace(log_a)
    return log_a_next + log_a, xp.logaddexp(log_a_next + log_b, log_b_next)


def prefixes(
    elements: Element, operation: Callable[[Element, Element], Element] = combine
) -> Element:
    """Combine the first 1, 2, …, T elements: an inclusive associative scan by doubling.

    Before a round, place t holds the last ``distance`` elements up to t, combined (or all, if there
    are fewer); the round combines it with the place ``distance`` before it, and the distance
    doubles. There are ⌈log₂ T⌉ rounds, in each of which all places are independent.

    Parameters
    ----------
    elements : tuple of arrays of shape (T, ...)
        One element for each step.
    operation : callable, optional
        ``operation(first, second)`` combines elements, for all steps at once; it has to be
        associative and need not be commutative. `combine` by default.

    Returns
    -------
    tuple of arrays of shape (T, ...)
    """
    T, distance = elements[0].shape[0], 1
    while distance < T:
        earlier = tuple(array[: T - distance] for array in elements)
        later = tuple(array[distance:] for array in elements)
        combined = operation(earlier, later)
        done = (array[:distance] for array in elements)
        elements = tuple(join(parts, axis=0) for parts in zip(done, combined, strict=True))
        distance *= 2
    return elements


def loop(a: Array, b: Array, h_0: Array | None = None) -> Array:
    """Return all h_t = a_t ⊙ h_{t−1} + b_t, one step after another: T rounds.

    Parameters
    ----------
    a, b : array of shape (T, ...)
        Real or complex.
    h_0 : array of shape (...), optional
        The state before the first step; zero by default.

    Returns
    -------
    array of shape (T, ...)

    Raises
    ------
    TypeError, ValueError
        An argument's type, dtype, device or shape does not fit; the message names it.
    """
    check_pair(a, b, h_0)
    h = zeros_like(b[0]) if h_0 is None else h_0
    states = []
    for t in range(a.shape[0]):
        h = a[t] * h + b[t]
        states.append(h)
    return stack(states)


def scan(a: Array, b: Array, h_0: Array | None = None) -> Array:
    """Return what `loop` returns, by a scan in ⌈log₂ T⌉ rounds; arguments and errors are the same.

    It does more arithmetic than the loop, about T log₂ T operations instead of T, so it is faster
    only where those of one round run in parallel.

    Examples
    --------
    >>> import numpy as np
    >>> from lessons_lib import linear
    >>> a = np.array([[0.5], [0.5], [2.0]])  # (T, H)
    >>> b = np.array([[1.0], [1.0], [1.0]])
    >>> linear.scan(a, b)[:, 0].tolist()  # h = a h + b, from 0: 1, 0.5 + 1, 3 + 1
    [1.0, 1.5, 4.0]
    """
    check_pair(a, b, h_0)
    a_all, b_all = prefixes((a, b), combine)
    return b_all if h_0 is None else a_all * h_0 + b_all


def chunks(a: Array, b: Array, h_0: Array | None = None, size: int | None = None) -> Array:
    """Return what `loop` returns, by chunks of `size` steps: about 2 √T rounds.

    All chunks run their steps at the same time, from 0; then a loop over the chunks' ends finds
    where each one starts.

    Parameters
    ----------
    a, b, h_0
        As for `loop`.
    size : int, optional
        Number of steps of a chunk; √T, rounded up, by default.

    Returns
    -------
    array of shape (T, ...)

    Raises
    ------
    TypeError, ValueError
        As for `loop`; also if `size` is not a positive integer.
    """
    check_pair(a, b, h_0)
    T = a.shape[0]
    size = isqrt(T - 1) + 1 if size is None else size
    validation.check_sizes(size=size)
    a, b = _in_chunks(a, size, 1), _in_chunks(b, size, 0)
    pairs = [(a[:, 0], b[:, 0])]
    for k in range(1, size):
        pairs.append(combine(pairs[-1], (a[:, k], b[:, k])))
    ends = loop(*pairs[-1], h_0)
    first = zeros_like(ends[:1]) if h_0 is None else h_0[None]
    starts = join([first, ends[:-1]], axis=0)
    xp = array_namespace(a)
    y = xp.stack([a_k * starts + b_k for a_k, b_k in pairs], axis=1)
    return xp.reshape(y, (-1, *y.shape[2:]))[:T]


def _in_chunks(array: Array, size: int, fill: int) -> Array:
    """Return an array of shape (T, ...) as (chunks, size, ...), filled up at the end."""
    missing = -array.shape[0] % size
    if missing:
        rest = zeros_like(array, (missing, *array.shape[1:])) + fill
        array = join([array, rest], axis=0)
    return array_namespace(array).reshape(array, (-1, size, *array.shape[1:]))


def scan_backward(
    a: Array, y: Array, dy: Array, h_0: Array | None = None
) -> tuple[Array, Array, Array]:
    """Return the gradients of a, b and h_0: the backward pass of `loop`, `scan` and `chunks`.

    The gradient of h_t is dh_t = dy_t + a_{t+1} ⊙ dh_{t+1}, a linear recurrence from the end, and
    therefore another scan. For complex numbers the gradient is torch's, ∂L/∂Re + i ∂L/∂Im, so that
    the factors are conjugate.

    Parameters
    ----------
    a : array of shape (T, ...)
    y : array of shape (T, ...)
        All h_t, as `loop` returns them.
    dy : array of shape (T, ...)
        Gradient of the loss with respect to y.
    h_0 : array of shape (...), optional
        As given to `loop`.

    Returns
    -------
    da, db : arrays of shape (T, ...)
    dh_0 : array of shape (...)

    Raises
    ------
    TypeError, ValueError
        An argument's type, dtype, device or shape does not fit; the message names it.
    """
    check_pair(a, y, h_0, "y")
    check_like("dy", dy, a)
    xp = array_namespace(a)
    a_next = join([a[1:], zeros_like(a[:1])], axis=0)  # no step follows the last
    dh = xp.flip(scan(xp.flip(_conjugate(a_next), axis=0), xp.flip(dy, axis=0)), axis=0)
    first = zeros_like(y[:1]) if h_0 is None else h_0[None]
    h_prev = join([first, y[:-1]], axis=0)
    return dh * _conjugate(h_prev), dh, dh[0] * _conjugate(a[0])


def _conjugate(x: Array) -> Array:
    xp = array_namespace(x)
    return xp.conj(x) if xp.isdtype(x.dtype, "complex floating") else x


def scan_logs(log_a: Array, log_b: Array, log_h_0: Array | None = None) -> Array:
    """Return all log h_t of a recurrence of positive numbers, by a scan of their logarithms.

    Products become sums, so that nothing overflows or underflows. a, b and h_0 have to be positive.

    Parameters
    ----------
    log_a, log_b : array of shape (T, ...)
    log_h_0 : array of shape (...), optional
        By default h_0 is zero.

    Returns
    -------
    array of shape (T, ...)

    Raises
    ------
    TypeError, ValueError
        An argument's type, dtype, device or shape does not fit; the message names it.

    References
    ----------
    Heinsen (2023), "Efficient parallelization of a ubiquitous sequential computation", arXiv
    2311.06281, computes the same from two cumulative sums.
    """
    check_pair(log_a, log_b, log_h_0, "log_b", "log_a", "log_h_0")
    log_as, log_bs = prefixes((log_a, log_b), combine_logs)
    if log_h_0 is None:
        return log_bs
    return array_namespace(log_a).logaddexp(log_as + log_h_0, log_bs)


@dataclass(frozen=True)
class LinearCell(Cell):
    """A cell that is linear in its state: h_t = a_t ⊙ h_{t−1} + b_t, with a and b from the input.

    Attributes
    ----------
    pairs : callable
        ``pairs(projected, masks)`` returns ((a, b), parts) for one step or for all of them; parts
        is a NamedTuple of what `pairs_backward` needs.
    pairs_backward : callable
        ``pairs_backward(parts, da, db, masks)`` returns the gradient of what `project` returned.
    """

    pairs: Callable[..., tuple[tuple[Array, Array], Any]] = None  # type: ignore[assignment]
    pairs_backward: Callable[..., Array] = None  # type: ignore[assignment]


class Trace(NamedTuple):
    """What `forward` keeps for `backward`: its arguments, y, a, and what `pairs` keeps."""

    cell: str
    x: Array
    masks: Masks
    h_0: Array
    y: Array
    a: Array
    parts: Any


def forward(
    cell: Cell, params: Any, x: Array, state: State | None = None, masks: Masks = NO_MASKS
) -> tuple[Array, State, Trace]:
    """Run a linear cell over a sequence by a parallel scan.

    Arguments and results are those of `scan.forward`, equal to rounding; only the cache differs.

    Raises
    ------
    TypeError, ValueError
        As from `scan.forward`; also if the cell is not a `LinearCell`.
    """
    cell = _linear(cell)
    validation.check_forward(cell, params, x, state, masks)
    (h_0,) = steps.zero_state(cell, params, x) if state is None else state
    params = dropped_weights(params, masks)
    (a, b), parts = cell.pairs(cell.project(params, x, masks), masks)
    (a,), (b,) = renew((1,), (a,), masks), renew((0,), (b,), masks)  # zoneout's steps are linear
    y = scan(a, b, h_0)
    return y, (y[-1],), Trace(cell.name, x, masks, h_0, y, a, parts)


def backward(
    cell: Cell, params: Any, cache: Trace, dy: Array, dstate: State | None = None
) -> Gradients:
    """Backpropagate through `forward` by a scan from the end.

    Arguments and results are those of `scan.backward`, equal to rounding.

    Raises
    ------
    TypeError, ValueError
        As from `scan.backward`; also if the cell is not a `LinearCell`.
    """
    cell = _linear(cell)
    check_trace(cache, Trace, cell)
    validation.check_params("params", cell, params, cache.x)
    validation.check_output_gradient(dy, tuple(cache.y.shape), cache.x)
    if dstate is not None:
        validation.check_state("dstate", cell, dstate, [tuple(cache.h_0.shape)], cache.x)
        dy = join([dy[:-1], dy[-1:] + dstate[0]], axis=0)
    masks = cache.masks
    params = dropped_weights(params, masks)
    da, db, dh_0 = scan_backward(cache.a, cache.y, dy, cache.h_0)
    (da,), (db,) = renew_backward((da,), masks), renew_backward((db,), masks)
    dprojected = cell.pairs_backward(cache.parts, da, db, masks)
    grads = cell.weight_gradients(params, cache.x, cache.parts, dprojected, masks)
    dx = input_gradient(params, dprojected, masks)
    return dropped_weights(grads, masks), dx, (dh_0,)


def _linear(cell: Any) -> LinearCell:
    """Return the cell; reject one that is not linear in its state."""
    if not isinstance(cell, LinearCell):
        name = cell.name if isinstance(cell, Cell) else repr(cell)
        raise TypeError(f"cell: got {name}, expected a LinearCell, such as min_gru.CELL")
    return cell
