"""Find which known mistakes give exactly what came; where none do, say only what the numbers show.

A mistake is named where the reference with that mistake in it returns the learner's own numbers, in
every case, and where results that are wrong in another way are none that the mistake would change.
So nothing is guessed. Of two mistakes that no numbers can tell apart, both are named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

from lessons_lib.verify.diagnosis import Cause, find_cause

from .compare import Attempt, gap, worst
from .mistake import Mistake, Named
from .mutation import ClashError

Predict = Callable[[tuple[Mistake, ...], Named], Named]
#: The mistakes of one explanation.
Explanation = tuple[Mistake, ...]


class Diagnosis(NamedTuple):
    """Explanations that fit equally well, each a mistake or two, and the results explained."""

    explanations: list[Explanation]
    explained: frozenset[str]


def diagnose(
    predict: Predict,
    mistakes: Sequence[Mistake],
    attempts: Sequence[Attempt],
    wrong: Sequence[str],
    tolerance: float,
) -> Diagnosis:
    """Look for one mistake that explains all that is wrong, then two, then one that does in part.

    Parameters
    ----------
    predict : callable
        ``predict(mistakes, arguments)`` returns the results of the reference with the mistakes.
    mistakes : sequence of Mistake
    attempts : sequence of Attempt
    wrong : sequence of str
        The results that are wrong in an attempt.
    tolerance : float
        As of `compare.gap`.
    """
    # zeros are what many a mistake returns, and a function that is not yet written
    telling = [name for name in wrong if any(a.came[name].any() for a in attempts)]

    def fitting(explanation: Explanation) -> frozenset[str]:
        """Return the wrong results that it explains; none if another is not as it would be."""
        left = set(telling)
        for attempt in reversed(attempts):  # the last is the smallest
            found = _predicted(predict, explanation, attempt.arguments)
            if found is None:
                return frozenset()
            left -= {n for n in left if gap(attempt.came[n], found[n]) > tolerance}
            if not left or not all(
                gap(attempt.expected[name], found[name]) <= tolerance
                for name in found
                if name not in left
            ):
                return frozenset()
        return frozenset(left)

    singles: list[Explanation] = [(mistake,) for mistake in mistakes]
    explained = {explanation: fitting(explanation) for explanation in singles}
    if len(best := max(explained.values(), key=len, default=frozenset())) < len(wrong):
        for pair in combinations(mistakes, 2):
            if not pair[0].excludes or pair[0].excludes != pair[1].excludes:
                found = fitting(pair)
                if len(found) == len(wrong):  # for a part of them two are too free a choice
                    explained[pair] = found
        best = max(explained.values(), key=len, default=frozenset())
    if not best:
        return Diagnosis([], frozenset())
    return Diagnosis([e for e, found in explained.items() if len(found) == len(best)], best)


def _predicted(predict: Predict, explanation: Explanation, arguments: Named) -> Named | None:
    try:
        return predict(explanation, arguments)
    except (ClashError, ValueError, IndexError):  # shapes that do not fit, as of swapped axes
        return None


def observe(name: str, attempts: Sequence[Attempt], tolerance: float) -> Cause | None:
    """Say what the numbers of a wrong result show, or None where they show nothing."""
    attempt = worst(name, attempts)
    came, expected = attempt.came[name], attempt.expected[name]
    for other, array in attempt.expected.items():
        if other != name and gap(came, array) <= tolerance:
            return Cause("another", {"other": other})
    for axis in range(came.ndim):
        if gap(came.sum(axis=axis), expected) <= tolerance:
            return Cause("not_summed", {"axis": axis})
    if came.shape != expected.shape:
        if came.ndim == 2 and gap(came.T, expected) <= tolerance:
            return Cause("transposed", {})
        return None
    for letter, size in attempt.sizes.items():
        if size > 1 and gap(came * size, expected) <= tolerance:
            return Cause("divided", {"letter": letter})
    came_by, expected_by = (
        {k.removeprefix("d"): v for k, v in named.items()}
        for named in (attempt.came, attempt.expected)
    )
    if any(came_by[k].shape != v.shape for k, v in expected_by.items()):
        came_by, expected_by = {name: came}, {name: expected}
    return find_cause(name.removeprefix("d"), came_by, expected_by, tolerance)
