"""Compare a learner's results with the reference's, result by result, over all cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .mistake import Named
from .report import Finding

#: Differences below this, and above a check's own tolerance, come from arithmetic in float32.
IMPRECISE = 1e-5


class Attempt(NamedTuple):
    """A case, and what the learner's function made of it."""

    sizes: Mapping[str, int]
    arguments: Named
    expected: Named
    came: Named


def gap(came: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference, relative to the largest element expected.

    Infinite where the shapes differ or an element that came is not finite.
    """
    if came.shape != expected.shape:
        return np.inf
    scale = max(np.abs(expected).max(initial=0), 1e-3)  # rounding around a zero is no difference
    largest = np.abs(came - expected).max(initial=0) / scale
    return float(largest) if np.isfinite(largest) else np.inf


def worst(name: str, attempts: Sequence[Attempt]) -> Attempt:
    """Return the attempt in which a result is farthest off, the first of several."""
    return max(attempts, key=lambda a: gap(a.came[name], a.expected[name]))


def gaps(attempts: Sequence[Attempt]) -> dict[str, float]:
    """Return each result's largest difference over the attempts."""
    return {
        name: max(gap(a.came[name], a.expected[name]) for a in attempts)
        for name in attempts[0].expected
    }


def describe(name: str, attempts: Sequence[Attempt]) -> Finding:
    """Say how a wrong result differs."""
    attempt = worst(name, attempts)
    came, expected = attempt.came[name], attempt.expected[name]
    sizes = ", ".join(f"{letter} = {size}" for letter, size in attempt.sizes.items())
    values = {"name": name, "sizes": sizes, "shape": expected.shape}
    if came.shape != expected.shape:
        return Finding("wrong_shape", {**values, "came": came.shape})
    if not np.isfinite(came).all():
        index = np.argwhere(~np.isfinite(came))[0]
        return Finding("not_finite_at", {**values, **_element(came, index)})
    difference = np.abs(came - expected)
    index = np.array(np.unravel_index(np.argmax(difference), difference.shape))
    return Finding(
        "wrong",
        {
            **values,
            **_element(came, index),
            "expected": f"{expected[tuple(index)]:.4g}",
            "wrong": int((difference > 1e-9 * np.abs(expected).max()).sum()),
            "all": difference.size,
        },
    )


def _element(came: np.ndarray, index: np.ndarray) -> dict[str, str]:
    return {"index": f"[{', '.join(map(str, index))}]", "came": f"{came[tuple(index)]:.4g}"}


def imprecise(attempts: Sequence[Attempt], tolerance: float) -> list[Finding]:
    """Return a finding where results are right only to the digits of float32."""
    off = gaps(attempts)
    names = [
        name
        for name in off
        if off[name] > tolerance or any(a.came[name].dtype.itemsize < 8 for a in attempts)
    ]
    kinds = dict.fromkeys(str(a.came[name].dtype) for a in attempts for name in names)
    values = {"names": ", ".join(names), "dtypes": ", ".join(kinds)}
    return [Finding("imprecise", values)] if names else []


def wrong_shapes(attempts: Sequence[Attempt]) -> set[str]:
    """Return the results of a wrong shape in an attempt."""
    return {n for a in attempts for n in a.expected if a.came[n].shape != a.expected[n].shape}
