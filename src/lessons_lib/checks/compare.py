"""Compare a learner's results with the reference's, result by result, over all cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .mistake import Named
from .report import Finding

#: Differences below this, and above a check's tolerance, come from arithmetic in float32.
IMPRECISE = 1e-5
#: This many wrong results are shown with their places; the others are only named.
_PLACES = 2


class Attempt(NamedTuple):
    """A case, and the results of the learner's function for it."""

    sizes: Mapping[str, Any]
    arguments: Named
    expected: Named
    actual: Named


def gap(actual: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference, relative to the largest expected element.

    It is infinite if the shapes differ or an actual element is not finite.
    """
    if actual.shape != expected.shape:
        return np.inf
    scale = max(np.abs(expected).max(initial=0), 1e-3)  # rounding at zero does not count
    with np.errstate(invalid="ignore", over="ignore"):
        largest = np.abs(actual - expected).max(initial=0) / scale
    return float(largest) if np.isfinite(largest) else np.inf


def worst(name: str, attempts: Sequence[Attempt]) -> Attempt:
    """Return the first attempt in which a result is farthest off."""
    having = (attempt for attempt in attempts if name in attempt.expected)
    return max(having, key=lambda a: gap(a.actual[name], a.expected[name]))


def gaps(attempts: Sequence[Attempt]) -> dict[str, float]:
    """Return each result's largest difference over the attempts."""
    names = dict.fromkeys(name for attempt in attempts for name in attempt.expected)
    return {
        n: max(gap(a.actual[n], a.expected[n]) for a in attempts if n in a.expected) for n in names
    }


def places(names: Sequence[str], attempts: Sequence[Attempt]) -> list[Finding]:
    """Describe how wrong results differ: the first ones in full, the others by name."""
    found = [describe(name, attempts) for name in names[:_PLACES]]
    others = ", ".join(names[_PLACES:])
    return [*found, Finding("wrong_too", {"names": others})] if others else found


def describe(name: str, attempts: Sequence[Attempt]) -> Finding:
    """Describe how a wrong result differs."""
    attempt = worst(name, attempts)
    actual, expected = attempt.actual[name], attempt.expected[name]
    values = {"name": name, "sizes": sizes_text(attempt.sizes), "shape": expected.shape}
    if actual.shape != expected.shape:
        return Finding("wrong_shape", {**values, "actual": actual.shape})
    if not expected.ndim:
        numbers = {"actual": f"{actual:.10g}", "expected": f"{expected:.10g}"}
        return Finding("wrong_number", {**values, **numbers})
    if not np.isfinite(actual).all():
        index = np.argwhere(~np.isfinite(actual))[0]
        return Finding("not_finite_at", {**values, **_element(actual, index)})
    difference = np.abs(actual - expected)
    index = np.array(np.unravel_index(np.argmax(difference), difference.shape))
    return Finding(
        "wrong",
        {
            **values,
            **_element(actual, index),
            "expected": f"{expected[tuple(index)]:.4g}",
            "wrong": int((difference > 1e-9 * np.abs(expected).max()).sum()),
            "all": difference.size,
        },
    )


def sizes_text(sizes: Mapping[str, Any]) -> str:
    """Return the sizes of a case in words."""
    return ", ".join(f"{letter} = {size}" for letter, size in sizes.items())


def _element(actual: np.ndarray, index: np.ndarray) -> dict[str, str]:
    return {"index": f"[{', '.join(map(str, index))}]", "actual": f"{actual[tuple(index)]:.4g}"}


def imprecise(attempts: Sequence[Attempt], tolerance: float) -> list[Finding]:
    """Return a finding if results are correct only to float32 precision."""
    off = gaps(attempts)
    kinds_of = [(n, a.actual[n].dtype) for a in attempts for n in a.expected]
    low = {name for name, dtype in kinds_of if dtype.kind == "f" and dtype.itemsize < 8}
    names = [name for name in off if off[name] > tolerance or name in low]
    kinds = dict.fromkeys(str(a.actual[name].dtype) for a in attempts for name in names)
    values = {"names": ", ".join(names), "dtypes": ", ".join(kinds)}
    kind = "imprecise" if low else "digits_lost"
    return [Finding(kind, values)] if names else []


def wrong_shapes(attempts: Sequence[Attempt]) -> set[str]:
    """Return the results of a wrong shape in an attempt."""
    return {n for a in attempts for n in a.expected if a.actual[n].shape != a.expected[n].shape}
