"""Describe what the numbers of a wrong result show by themselves, whatever the mistake."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from lessons_lib.verify.diagnosis import Cause, find_cause

from .compare import Attempt, gap, worst

#: Causes that must be visible in every case with a wrong result; others need not be, for example an
#: order in time is not visible in one step.
_EVERYWHERE = (
    *("another", "argument", "divided", "factor", "sign", "transposed"),
    *("extra_axis", "not_summed", "one_for_each", "summed_too", "zero"),
)
#: Causes along the first of three axes, if that is time.
_ALONG_TIME = ("late", "early", "backwards", "last_step_right", "one_step")
#: Causes that leave nothing to search for.
CLEAR = (
    *("another", "argument", "divided", "extra_axis", "factor"),
    *("not_summed", "sign", "summed_too"),
)


def observe(name: str, attempts: Sequence[Attempt], tolerance: float) -> Cause | None:
    """Return the finding in a wrong result's numbers, or None."""
    having = [attempt for attempt in attempts if name in attempt.expected]
    off = [a for a in having if gap(a.actual[name], a.expected[name]) > tolerance]
    if not off[0].expected[name].ndim:
        return None  # a single number
    shown = _divided(name, off, tolerance) or _one(name, worst(name, off), tolerance)
    if shown is None:
        return None
    if shown.kind == "factor" and len(off) == 1:
        return None  # in another case it may be another factor, as in clipping by a wrong norm
    others = [_one(name, attempt, tolerance) for attempt in off]
    if shown.kind in _EVERYWHERE and shown.kind != "divided":
        if not all(_alike(shown, other) for other in others):
            return None
        turned = shown.kind == "transposed" and "W_" not in name  # its text speaks of weights
        return Cause("axes_exchanged", {}) if turned else shown
    if shown.kind == "last_step_right" and not name.startswith("d"):
        return None  # what comes back from later steps is a gradient
    if shown.kind == "partner" and any(_wrong("dW_ih", a, tolerance) for a in attempts):
        return None  # then the gradient that both are made of may be wrong
    told = [other for other in others if other]
    return shown if shown.kind == "divided" or all(o == shown for o in told) else None


def _wrong(name: str, attempt: Attempt, tolerance: float) -> bool:
    return gap(attempt.actual[name], attempt.expected[name]) > tolerance


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
    """Look for sizes by whose product the result is divided in every case."""
    letters = [letter for letter in off[0].sizes if letter in "TNDH"]
    for count in (1, 2, 3):
        for some in combinations(letters, count):
            by = [math.prod(attempt.sizes[letter] for letter in some) for attempt in off]
            if len(set(by)) > 1 and all(
                gap(a.actual[name] * size, a.expected[name]) <= tolerance
                for a, size in zip(off, by, strict=True)
            ):
                return Cause("divided", {"letter": " · ".join(some)})
    return None


def _one_for_each(name: str, attempt: Attempt) -> Cause | None:
    """Tell which axis is left if a result of one axis has another length than it should."""
    actual, expected = attempt.actual[name], attempt.expected[name]
    sizes = {size: letter for letter, size in attempt.sizes.items() if letter in "TNDH"}
    if actual.ndim != 1 or expected.ndim != 1 or len(actual) not in sizes:
        return None
    return Cause("one_for_each", {"letter": sizes[len(actual)]})


def _one(name: str, attempt: Attempt, tolerance: float) -> Cause | None:
    actual, expected = attempt.actual[name], attempt.expected[name]
    if actual.ndim == expected.ndim + 1:
        for axis in range(actual.ndim):
            if gap(actual.sum(axis=axis), expected) <= tolerance:
                one = actual.shape[axis] == 1
                return Cause("extra_axis" if one else "not_summed", {"axis": axis})
    for kind, arrays in (("another", attempt.expected), ("argument", attempt.arguments)):
        for other, array in arrays.items():
            same = other != name and isinstance(array, np.ndarray) and array.any()
            if same and gap(actual, array) <= tolerance:
                return Cause(kind, {"other": other})
    for axis in range(expected.ndim if expected.ndim > 1 else 0):
        total = expected.sum(axis=axis, keepdims=True)
        fits = actual.shape in (expected.shape, total.shape) and expected.shape[axis] > 1
        if fits and gap(actual, np.broadcast_to(total, actual.shape)) <= tolerance:
            return Cause("summed_too", {"axis": axis})
    if actual.shape != expected.shape:
        if one_for_each := _one_for_each(name, attempt):
            return one_for_each
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
    found = find_cause(name.removeprefix("d"), actual_by, expected_by, tolerance)
    timeless = expected.shape[:1] != (attempt.sizes.get("T"),)
    return None if found and timeless and found.kind in _ALONG_TIME else found
