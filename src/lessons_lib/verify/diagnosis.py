"""Find the likely mistake behind a wrong gradient from its numbers, if they support one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from .difference import relative_difference

#: The blocks of the matrices and of b, by their number: the GRU's and the LSTM's.
GATES = {3: "rzn", 4: "ifgo"}

Arrays = Mapping[str, np.ndarray]
Near = Callable[[np.ndarray, np.ndarray], bool]

#: The text for each kind of cause.
TEXTS = {
    "not_finite": "it is not finite",
    "zero": "it is zero: nothing was added to it",
    "sign": "the sign",
    "factor": "a factor: it is {ratio:.4g} times what it should be, everywhere",
    "transposed": "it is transposed",
    "late": "off by one in time: what stands at t belongs to t − 1",
    "early": "off by one in time: what stands at t belongs to t + 1",
    "backwards": "time runs backwards",
    "last_step_right": (
        "only the last step is right: a term that comes back from step t + 1 is missing"
    ),
    "one_step": "only step {step} is wrong",
    "order": "the blocks stand in the order {order}",
    "blocks": "of the blocks {gates} only these are wrong: {wrong}",
    "partner": (
        "that of b is right, which is made of the same da; look at what da is multiplied by, "
        "the state before the step: it may be off by one in time"
    ),
}


class Cause(NamedTuple):
    """A likely cause: its kind, which is a key of `TEXTS`, and the details for its text."""

    kind: str
    values: Mapping[str, Any]


def likely_cause(name: str, actual: Arrays, expected: Arrays, tolerance: float) -> str | None:
    """Return the text of the cause that `find_cause` finds, or None."""
    cause = find_cause(name, actual, expected, tolerance)
    return TEXTS[cause.kind].format(**cause.values) if cause else None


def find_cause(name: str, actual: Arrays, expected: Arrays, tolerance: float) -> Cause | None:
    """Return the likely cause of one wrong gradient, or None if its numbers do not determine one.

    Parameters
    ----------
    name : str
        The gradient in question.
    actual, expected : mappings of names to NumPy arrays
        All gradients, as they are and as they should be.
    tolerance : float
        Largest relative difference of arrays that count as equal.
    """

    def near(a: np.ndarray, b: np.ndarray) -> bool:
        return relative_difference(a, b) <= tolerance

    a, b = actual[name], expected[name]
    if not np.isfinite(a).all():
        return Cause("not_finite", {})
    if not a.any():
        return Cause("zero", {})
    return (
        _as_a_whole(a, b, near)
        or _along_time(a, b, near)
        or _by_blocks(name, actual, expected, near)
        or _by_the_others(name, actual, expected, near)
    )


def _as_a_whole(a: np.ndarray, b: np.ndarray, near: Near) -> Cause | None:
    if near(a, -b):
        return Cause("sign", {})
    ratio = float(np.vdot(b, a) / np.vdot(b, b)) if b.any() else 0.0
    if ratio and near(a, ratio * b):
        return Cause("factor", {"ratio": ratio})
    if a.ndim == 2 and a.shape[0] == a.shape[1] and near(a.T, b):
        return Cause("transposed", {})
    return None


def _along_time(a: np.ndarray, b: np.ndarray, near: Near) -> Cause | None:
    """Look for a cause along the first axis of an array (T, N, ·), such as the gradient of x."""
    if a.ndim != 3 or len(a) < 3:
        return None
    if near(a[1:], b[:-1]):
        return Cause("late", {})
    if near(a[:-1], b[1:]):
        return Cause("early", {})
    if near(a[::-1], b):
        return Cause("backwards", {})
    wrong = [t for t in range(len(a)) if not near(a[t], b[t])]
    if wrong == [*range(len(a) - 1)]:
        return Cause("last_step_right", {})
    return Cause("one_step", {"step": wrong[0]}) if len(wrong) == 1 else None


def _by_blocks(name: str, actual: Arrays, expected: Arrays, near: Near) -> Cause | None:
    """Look for a cause in the gates' blocks; only the shape of W_hh determines their number."""
    if name not in ("W_ih", "W_hh", "b") or "W_hh" not in actual:
        return None
    rows, columns = actual["W_hh"].shape
    gates = GATES.get(rows // columns, "") if rows % columns == 0 else ""
    if not gates:
        return None
    ours, theirs = (np.split(arrays[name], len(gates)) for arrays in (actual, expected))
    fits = [[near(mine, other) for other in theirs] for mine in ours]
    for order in permutations(range(len(gates))):
        if all(fits[k][gate] for k, gate in enumerate(order)):
            return Cause("order", {"order": " ".join(gates[k] for k in order)})
    wrong = [gate for k, gate in enumerate(gates) if not fits[k][k]]
    if len(wrong) < len(gates):
        return Cause("blocks", {"gates": " ".join(gates), "wrong": " ".join(wrong)})
    return None


def _by_the_others(name: str, actual: Arrays, expected: Arrays, near: Near) -> Cause | None:
    if name == "W_hh" and "b" in actual and near(actual["b"], expected["b"]):
        return Cause("partner", {})
    return None
