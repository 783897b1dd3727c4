"""Check gradients against finite differences; `diagnosis` finds the likely cause of a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from array_api_compat import is_numpy_array

from ..arrays import Array
from .diagnosis import likely_cause
from .difference import relative_difference

__all__ = ["check_gradients", "numerical_gradient", "relative_difference"]


def numerical_gradient(loss: Callable[[], float], x: Array, step: float = 1e-6) -> np.ndarray:
    """Differentiate a loss with respect to each element of an array by central differences.

    Each element in turn is changed by ±`step` to compute (loss(x + step) − loss(x − step)) / (2 ·
    step), and then restored, even if `loss` raises an error. The error is of order step² from the
    formula and 1e-16 / step from rounding: about 1e-10 at the default, in float64.

    Parameters
    ----------
    loss : callable
        Takes no arguments and returns a number; uses `x` from the enclosing scope.
    x : NumPy array of float64, of any shape
    step : float, optional

    Returns
    -------
    NumPy array of the shape of `x`

    Raises
    ------
    TypeError
        `x` is not a NumPy array of float64; differences in lower precision show nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from lessons_lib.verify.gradients import numerical_gradient
    >>> x = np.array([1.0, -2.0])
    >>> numerical_gradient(lambda: float((x**2).sum()), x).round(6).tolist()
    [2.0, -4.0]
    """
    _check_float64("x", x)
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        value = x[index]
        try:
            x[index] = value + step
            above = loss()
            x[index] = value - step
            below = loss()
        finally:
            x[index] = value
        gradient[index] = (above - below) / (2 * step)
    return gradient


def check_gradients(
    loss: Callable[[], float],
    arrays: Mapping[str, np.ndarray],
    gradients: Mapping[str, np.ndarray],
    tolerance: float = 1e-6,
    step: float = 1e-6,
) -> dict[str, float]:
    """Compare gradients with central differences; report where they differ.

    Parameters
    ----------
    loss : callable
        Takes no arguments and returns a number; uses `arrays` from the enclosing scope.
    arrays : mapping of names to NumPy arrays of float64
    gradients : mapping of the same names to arrays of the same shapes
        The gradients to be checked.
    tolerance : float, optional
        Largest relative difference allowed.
    step : float, optional
        As in `numerical_gradient`.

    Returns
    -------
    dict of str to float
        The relative difference by name, all at most `tolerance`.

    Raises
    ------
    ValueError
        Names or shapes of `gradients` are not those of `arrays`.
    TypeError
        An array is not a NumPy array, or one of `arrays` is not of float64.
    AssertionError
        A gradient is wrong; the message names each such array, its worst element, both values and,
        if the numbers determine one, a likely cause.
    """
    if set(arrays) != set(gradients):
        raise ValueError(f"gradients: got {sorted(gradients)}, expected {sorted(arrays)}")
    for name, x in arrays.items():
        _check_pair(name, x, gradients[name])
    expected = {name: numerical_gradient(loss, x, step) for name, x in arrays.items()}
    differences = {name: relative_difference(gradients[name], expected[name]) for name in arrays}
    off = [name for name in arrays if not differences[name] <= tolerance]  # also true for NaN
    if off:
        lines = []
        for name in off:
            cause = likely_cause(name, gradients, expected, tolerance)
            text = _describe(name, gradients[name], expected[name], differences[name])
            lines.append(f"{text}; likely cause: {cause}" if cause else text)
        raise AssertionError("\n".join(lines))
    return differences


def _check_float64(name: str, x: Array) -> None:
    if not is_numpy_array(x) or x.dtype != np.float64:
        actual = x.dtype if is_numpy_array(x) else type(x).__name__
        raise TypeError(f"{name}: got {actual}, expected a NumPy array of float64")


def _check_pair(name: str, x: np.ndarray, gradient: np.ndarray) -> None:
    _check_float64(f"arrays[{name!r}]", x)
    if not is_numpy_array(gradient):
        raise TypeError(
            f"gradients[{name!r}]: got {type(gradient).__name__}, expected a NumPy array"
        )
    if gradient.shape != x.shape:
        raise ValueError(f"gradients[{name!r}]: got shape {gradient.shape}, expected {x.shape}")


def _describe(name: str, actual: np.ndarray, expected: np.ndarray, difference: float) -> str:
    gap = np.abs(actual - expected)
    index = tuple(int(k) for k in np.unravel_index(np.argmax(gap), gap.shape))
    return (
        f"gradient of {name}: relative difference {difference:.1e}; farthest off at {index}: "
        f"got {actual[index]:.6g}, finite differences give {expected[index]:.6g}"
    )
