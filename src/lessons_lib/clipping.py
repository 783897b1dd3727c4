"""The norm of gradients, and gradient clipping by norm and by value.

References
----------
Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural networks",
ICML, algorithm 1.
"""

from __future__ import annotations

import math
from typing import Any

from array_api_compat import array_namespace

from .arrays import Array
from .nested import leaves, map_leaves


def global_norm(grads: Any) -> float:
    """Return the Euclidean norm of all elements of all arrays together.

    Parameters
    ----------
    grads : Params, or any tuples and lists of arrays
    """
    return math.hypot(*(_norm(array) for array in leaves(grads)))


def clip_by_norm(grads: Any, max_norm: float) -> Any:
    """Shorten gradients whose global norm is above a bound; leave shorter ones as they are.

    The direction stays: g becomes max_norm · g / ‖g‖, but only where ‖g‖ > max_norm.

    Parameters
    ----------
    grads : Params, or any tuples and lists of arrays
    max_norm : float

    Returns
    -------
    fresh arrays in the same form

    Raises
    ------
    ValueError
        `max_norm` is not a positive number, or the norm is NaN or infinite: such a gradient has no
        direction to keep.

    Examples
    --------
    >>> import numpy as np
    >>> from lessons_lib.clipping import clip_by_norm, global_norm
    >>> grads = [np.array([3.0, 0.0]), np.array([4.0])]
    >>> global_norm(grads), global_norm(clip_by_norm(grads, 1.0))
    (5.0, 1.0)
    """
    _check_bound("max_norm", max_norm)
    norm = global_norm(grads)
    if not math.isfinite(norm):
        raise ValueError(f"grads: got a norm of {norm}, expected a finite one")
    factor = max_norm / norm if norm > max_norm else 1.0
    return map_leaves(lambda array: array * factor, grads)


def clip_by_value(grads: Any, limit: float) -> Any:
    """Cut each element to the range from −limit to limit; the direction changes.

    Parameters
    ----------
    grads : Params, or any tuples and lists of arrays
    limit : float

    Returns
    -------
    fresh arrays in the same form; NaN stays NaN

    Raises
    ------
    ValueError
        `limit` is not a positive number.
    """
    _check_bound("limit", limit)
    return map_leaves(lambda array: array_namespace(array).clip(array, -limit, limit), grads)


def _norm(array: Array) -> float:
    # the squares of elements of at most 1 cannot overflow, as those of an exploded gradient do
    largest = float(abs(array).max()) if math.prod(array.shape) else 0.0
    if largest == 0 or not math.isfinite(largest):
        return largest
    return largest * float(((array / largest) ** 2).sum()) ** 0.5


def _check_bound(name: str, value: float) -> None:
    if not value > 0:  # NaN is rejected too
        raise ValueError(f"{name}: got {value}, expected a number above 0")
