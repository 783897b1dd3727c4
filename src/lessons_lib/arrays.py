"""The array functions that the equations need, for NumPy arrays and torch tensors alike.

Everything is functional: no call writes into an array, so that autograd can follow the code that
NumPy runs. torch is never imported here; a tensor brings its own functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import array_api_compat.numpy
import numpy as np
from array_api_compat import device

#: A NumPy array or a torch tensor.
Array: TypeAlias = Any


class Symbol:
    """Base class of the objects that replace arrays while the operations on them are recorded.

    The checks of arguments accept it with any dtype. It has the operators of an array and
    ``__array_namespace__``; its shape may consist of sizes that are known by their letters only.
    """


def array_namespace(*arrays: Array) -> Any:
    """Return the functions of the arrays' library; fast for NumPy, because each step calls this."""
    if isinstance(arrays[0], np.ndarray):
        return array_api_compat.numpy
    return array_api_compat.array_namespace(*arrays)


def tanh(x: Array) -> Array:
    """Return the hyperbolic tangent of each element."""
    return array_namespace(x).tanh(x)


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(−x)) of each element.

    Computed as (1 + tanh(x / 2)) / 2, the same function, because exp(−x) overflows for large −x.
    """
    return 0.5 + 0.5 * tanh(0.5 * x)


def log_sigmoid(x: Array) -> Array:
    """Return log(1 / (1 + exp(−x))) of each element, accurate where the sigmoid rounds to 0."""
    xp = array_namespace(x)
    log_or_0 = xp.where(x <= 0, x, zeros_like(x))
    return log_or_0 - xp.log(1 + xp.exp(xp.where(x <= 0, x, -x)))


def relu(x: Array) -> Array:
    """Return max(x, 0) of each element, NaN of NaN; its derivative at 0 is 0, as in torch."""
    return where_positive(x, x)


def where_positive(x: Array, values: Array) -> Array:
    """Return `values` where x is positive or NaN, and 0 elsewhere, even for infinity and NaN."""
    return array_namespace(x).where(x <= 0, zeros_like(values), values)


def split(x: Array, parts: int) -> tuple[Array, ...]:
    """Cut the last axis into equal parts, in order.

    Parameters
    ----------
    x : array of shape (..., parts · H)
    parts : int

    Returns
    -------
    tuple of `parts` arrays of shape (..., H)
        Views of `x` where the library can make them.
    """
    width = x.shape[-1] // parts
    return tuple(x[..., k * width : (k + 1) * width] for k in range(parts))


def join(parts: Sequence[Array], axis: int = -1) -> Array:
    """Concatenate arrays along an axis; along the last one it undoes `split`.

    A single array is returned unchanged.
    """
    if len(parts) == 1:
        return parts[0]
    return array_namespace(*parts).concat(list(parts), axis=axis)


def stack(steps: Sequence[Array]) -> Array:
    """Stack T arrays of shape (...) along a new first axis, the time: shape (T, ...)."""
    return array_namespace(*steps).stack(list(steps), axis=0)


def zeros_like(x: Array, shape: tuple[int, ...] | None = None) -> Array:
    """Return zeros with the dtype and device of `x`, of its shape unless another is given."""
    xp = array_namespace(x)
    return xp.zeros(x.shape if shape is None else shape, dtype=x.dtype, device=device(x))


def rows(x: Array) -> Array:
    """Flatten all axes but the last: (T, N, K) becomes (T·N, K)."""
    return array_namespace(x).reshape(x, (-1, x.shape[-1]))


def product(x: Array, matrix: Array) -> Array:
    """Multiply each row of x, (..., K), by a matrix (K, M), in one product for all leading axes."""
    return array_namespace(x).reshape(rows(x) @ matrix, (*x.shape[:-1], matrix.shape[1]))


def columns_first(matrix: Array) -> Array:
    """Return a copy with contiguous columns instead of rows, for products with its `.T`."""
    transposed, xp = matrix.T, array_namespace(matrix)
    return xp.reshape(xp.reshape(transposed, (-1,)), transposed.shape).T


def sum_of_outer_products(left: Array, right: Array) -> Array:
    """Sum left_tn right_tnᵀ over all steps t and sequences n, as a single matrix product.

    Parameters
    ----------
    left : array of shape (..., K)
    right : array of shape (..., M)
        The leading axes are those of `left`.

    Returns
    -------
    array of shape (K, M)
    """
    return rows(left).T @ rows(right)


def sum_over_rows(x: Array) -> Array:
    """Sum over all axes but the last: (T, N, K) becomes (K,)."""
    return array_namespace(x).sum(rows(x), axis=0)
