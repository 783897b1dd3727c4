"""The relative difference of two arrays, as used in the whole project."""

from __future__ import annotations

import math

from array_api_compat import array_namespace

from ..arrays import Array


def relative_difference(a: Array, b: Array) -> float:
    """Return max|a − b| / max(|a|, |b|) over all elements; 0 if both arrays are zero.

    Parameters
    ----------
    a, b : arrays of one shape

    Returns
    -------
    float
        NaN if an element is NaN or infinite; NaN is below no tolerance.

    Raises
    ------
    ValueError
        The shapes differ; broadcasting would compare unrelated elements.
    """
    if tuple(a.shape) != tuple(b.shape):
        raise ValueError(f"b: got shape {tuple(b.shape)}, expected {tuple(a.shape)} as of a")
    if math.prod(a.shape) == 0:
        return 0.0
    xp = array_namespace(a, b)
    scale = float(xp.max(xp.abs(xp.stack([a, b]))))
    if not math.isfinite(scale):
        return math.nan
    return float(xp.max(xp.abs(a - b))) / scale if scale > 0 else 0.0
