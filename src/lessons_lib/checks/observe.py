"""Describe what the numbers of a wrong result show by themselves, whatever the mistake."""

from __future__ import annotations

from collections.abc import Sequence

from lessons_lib.verify.diagnosis import Cause, find_cause

from .compare import Attempt, gap, worst

#: Causes that must be visible in every case with a wrong result; others need not be, for example an
#: order in time is not visible in one step.
_EVERYWHERE = ("another", "divided", "factor", "sign", "transposed", "extra_axis", "not_summed")


def observe(name: str, attempts: Sequence[Attempt], tolerance: float) -> Cause | None:
    """Return the finding in a wrong result's numbers, or None."""
    having = [attempt for attempt in attempts if name in attempt.expected]
    off = [a for a in having if gap(a.actual[name], a.expected[name]) > tolerance]
    shown = _divided(name, off, tolerance) or _one(name, worst(name, off), tolerance)
    if shown is None:
        return None
    others = [_one(name, attempt, tolerance) for attempt in off]
    if shown.kind in _EVERYWHERE and shown.kind != "divided":
        return shown if all(_alike(shown, other) for other in others) else None
    if shown.kind == "last_step_right" and not name.startswith("d"):
        return None  # what comes back from later steps is a gradient
    told = [other for other in others if other]
    return shown if shown.kind == "divided" or all(o.kind == shown.kind for o in told) else None


def _alike(cause: Cause, other: Cause | None) -> bool:
    if other is None:
        return False
    if cause.kind == "not_summed":  # in a case with one sequence, only the axis remains
        return other.kind in ("not_summed", "extra_axis") and cause.values == other.values
    if cause.kind != other.kind:
        return False
    if cause.kind == "factor":
        return abs(cause.values["ratio"] - other.values["ratio"]) < 1e-6
    return cause.values == other.values


def _divided(name: str, off: Sequence[Attempt], tolerance: float) -> Cause | None:
    """Look for a size by which the result is divided in every case."""
    for letter in off[0].sizes:
        sizes = [attempt.sizes[letter] for attempt in off]
        if len(set(sizes)) > 1 and all(
            isinstance(size, int) and gap(a.actual[name] * size, a.expected[name]) <= tolerance
            for a, size in zip(off, sizes, strict=True)
        ):
            return Cause("divided", {"letter": letter})
    return None


def _one(name: str, attempt: Attempt, tolerance: float) -> Cause | None:
    actual, expected = attempt.actual[name], attempt.expected[name]
    for other, array in attempt.expected.items():
        if other != name and array.any() and gap(actual, array) <= tolerance:
            return Cause("another", {"other": other})
    if actual.ndim == expected.ndim + 1:
        for axis in range(actual.ndim):
            if gap(actual.sum(axis=axis), expected) <= tolerance:
                one = actual.shape[axis] == 1
                return Cause("extra_axis" if one else "not_summed", {"axis": axis})
    if actual.shape != expected.shape:
        if actual.ndim == 2 and gap(actual.T, expected) <= tolerance:
            return Cause("transposed", {})
        return None
    actual_by, expected_by = (
        {k.removeprefix("d"): v for k, v in named.items()}
        for named in (attempt.actual, attempt.expected)
    )
    if any(actual_by[k].shape != v.shape for k, v in expected_by.items()):
        short = name.removeprefix("d")
        actual_by, expected_by = {short: actual}, {short: expected}
    return find_cause(name.removeprefix("d"), actual_by, expected_by, tolerance)
