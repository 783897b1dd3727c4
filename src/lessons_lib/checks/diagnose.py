"""Find the known mistakes that explain the results exactly; otherwise only describe the numbers.

A mistake is named if the reference with that mistake returns the learner's numbers in every case,
and if the mistake would not change the results that are wrong in another way. Nothing is guessed.
If no numbers can tell two mistakes apart, both are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from .compare import Attempt, gap
from .mistake import Mistake, Named

Predict = Callable[[tuple[Mistake, ...], Named], Named]
#: The mistakes of one explanation.
Explanation = tuple[Mistake, ...]
#: The results that each explanation explains.
Fits = dict[Explanation, frozenset[str]]
#: This many slips are named if their numbers are equal.
_EQUAL = 2


class Group(NamedTuple):
    """Explanations that fit equally well, each a mistake or several, and the results explained.

    `alone` says that the other results do not show the mistake.
    """

    explanations: list[Explanation]
    explained: frozenset[str]
    alone: bool = False


class _Seen(NamedTuple):
    """Whether a mistake changes a result, and whether the result is what it predicts."""

    changes: bool
    fits: bool


class Diagnosis(NamedTuple):
    """The findings: one group for each set of results with a common cause."""

    groups: list[Group]

    @property
    def explained(self) -> frozenset[str]:
        """The results that have an explanation."""
        return frozenset().union(*(group.explained for group in self.groups))


class Search:
    """Search for explanations of the results of a learner's function.

    Parameters
    ----------
    predict : callable
        ``predict(mistakes, arguments)`` returns the results of the reference with the mistakes.
    attempts : sequence of Attempt
    wrong : sequence of str
        The results that are wrong in an attempt.
    tolerance : float
        As for `compare.gap`.
    """

    def __init__(
        self,
        predict: Predict,
        attempts: Sequence[Attempt],
        wrong: Sequence[str],
        tolerance: float,
    ) -> None:
        # few steps first: they are fast, and refuse most
        self._attempts = sorted(attempts, key=lambda a: sum(v.size for v in a.expected.values()))
        self._predict, self._tolerance = predict, tolerance
        self._wrong = frozenset(wrong)
        # many mistakes return zeros, and so does an unwritten function
        right = any(a.actual[n].any() for a in attempts for n in a.actual if n not in wrong)
        self._telling = frozenset(
            n for n in wrong if right or any(a.actual[n].any() for a in attempts if n in a.actual)
        )
        self._singles: dict[Mistake, list[dict[str, _Seen]]] = {}
        #: Predictions for the first attempt, which refuses most explanations.
        self._first: dict[Explanation, Named | None] = {}

    def explain(
        self,
        mistakes: Sequence[Mistake],
        slips: Callable[[], Sequence[Mistake]] = tuple,
        clear: frozenset[str] = frozenset(),
        together: bool = False,
    ) -> Diagnosis:
        """Look for one mistake, for several conventions, for a slip, for two mistakes; for parts.

        A part of the results is explained by a mistake that the others do not show only if the
        first searches find nothing. The results in `clear` need no such explanation. If all results
        are made `together`, none is explained apart from the others.
        """
        found: Fits = {(mistake,): self._fitting((mistake,)) for mistake in mistakes}
        if not (whole := self._whole(found)):
            found |= {e: self._fitting(e) for e in _conventions(mistakes)}
            whole = self._whole(found)
        if not whole:
            more: Fits = {(slip,): self._fitting((slip,)) for slip in slips()}
            whole = _told_apart(self._whole(more))[:_EQUAL]
        if not whole:
            pairs: Fits = {e: self._fitting(e) for e in combinations(mistakes, 2) if self._may(*e)}
            whole = self._whole(pairs)  # two mistakes explain too easily a part alone
        if whole:
            return Diagnosis([Group(whole, self._wrong)])
        if together:
            return Diagnosis([])
        parts = self._in_parts(found)
        return Diagnosis(
            [*parts.groups, *self._alone(parts.explained | clear, (*mistakes, *slips()))]
        )

    def _alone(self, explained: frozenset[str], mistakes: Sequence[Mistake]) -> list[Group]:
        """Explain each of the other results by itself, as if it were computed apart."""
        groups: dict[tuple[Explanation, ...], frozenset[str]] = {}
        for name in sorted(self._telling - explained):
            if not any(a.actual[name].any() for a in self._attempts if name in a.actual):
                continue
            fits = [(mistake,) for mistake in mistakes if self._explains(mistake, name)]
            curated = [e for e in fits if not e[0].slip]
            if some := tuple(_told_apart(curated or fits)[:_EQUAL]):
                groups[some] = groups.get(some, frozenset()) | {name}
        return [Group(list(some), names, True) for some, names in groups.items()]

    def _explains(self, mistake: Mistake, name: str) -> bool:
        """Whether the result is as the mistake makes it, and no other is wrong in another way."""
        changes = False
        for attempt in (a for a in self._attempts if name in a.actual):
            found = self._predicted((mistake,), attempt.arguments)
            if found is None or not self._near(attempt.actual[name], found.get(name)):
                return False
            if not all(self._agrees(other, attempt, found) for other in found):
                return False
            changes |= not self._near(attempt.expected[name], found[name])
        return changes

    def _agrees(self, name: str, attempt: Attempt, found: Named) -> bool:
        """Whether a result is right, as found, or not touched by what was found."""
        actual, expected = attempt.actual.get(name), attempt.expected.get(name)
        return any(
            self._near(*both)
            for both in ((actual, expected), (actual, found[name]), (expected, found[name]))
        )

    def explain_with(self, first: Mistake, others: Sequence[Mistake]) -> Diagnosis:
        """Look for one mistake, alone or together with one of the others, and nothing else."""
        for explanations in ([(first,)], [(first, other) for other in others]):
            if whole := self._whole({e: self._fitting(e) for e in explanations}):
                return Diagnosis([Group(whole, self._wrong)])
        return Diagnosis([])

    def _whole(self, found: Fits) -> list[Explanation]:
        whole = [e for e, names in found.items() if names and names == self._wrong]
        # what changes nothing can be added to anything
        return [e for e in whole if not any(set(other) < set(e) for other in whole)]

    def _in_parts(self, found: Fits) -> Diagnosis:
        """Explain as many results as one explanation can, then as many of the rest."""
        groups: list[Group] = []
        left = self._wrong
        while best := max((n for n in found.values() if n and n <= left), key=len, default=None):
            same = [e for e, names in found.items() if names == best]
            groups.append(Group([e for e in same if len(e) == min(map(len, same))], best))
            left -= best
        return Diagnosis(groups)

    def _fitting(self, explanation: Explanation) -> frozenset[str]:
        """Return the wrong results that it explains; none if it contradicts another result."""
        left, alone = self._telling, all(mistake.each for mistake in explanation)
        for attempt in self._attempts:
            found = self._predicted(explanation, attempt.arguments)
            if found is None:
                return frozenset()
            left = frozenset(n for n in left if self._fits(n, attempt, found))
            others = [name for name in found if name not in left]
            untouched = alone or all(
                self._near(attempt.expected.get(name), found[name]) for name in others
            )
            if not left or not untouched:
                return frozenset()
        return left

    def _fits(self, name: str, attempt: Attempt, found: Named) -> bool:
        return name not in attempt.actual or self._near(attempt.actual[name], found.get(name))

    def _near(self, actual: object, found: object) -> bool:
        if actual is None or found is None:
            return False
        return gap(actual, found) <= self._tolerance  # type: ignore[arg-type]

    def _predicted(self, explanation: Explanation, arguments: Named) -> Named | None:
        if arguments is not self._attempts[0].arguments:
            return self._prediction(explanation, arguments)
        if explanation not in self._first:
            self._first[explanation] = self._prediction(explanation, arguments)
        return self._first[explanation]

    def _prediction(self, explanation: Explanation, arguments: Named) -> Named | None:
        try:
            return self._predict(explanation, arguments)
        except Exception:  # shapes that do not fit, or a slip that cannot run
            return None

    def _may(self, first: Mistake, second: Mistake) -> bool:
        """Whether two mistakes may together explain all that is wrong.

        In a case in which one of them changes nothing, the other alone must fit.
        """
        if first.excludes and first.excludes == second.excludes:
            return False
        cases = list(zip(self._seen(first), self._seen(second), strict=True))
        for one, other in cases:
            for a, b in _both(one, other):
                if not (a.changes or b.fits) or not (b.changes or a.fits):
                    return False
        changed = {n for both in cases for seen in both for n, how in seen.items() if how.changes}
        return changed >= self._wrong

    def _seen(self, mistake: Mistake) -> list[dict[str, _Seen]]:
        """Return, for each attempt and result, what a mistake by itself makes of it."""
        if mistake not in self._singles:
            self._singles[mistake] = [self._seen_in(mistake, attempt) for attempt in self._attempts]
        return self._singles[mistake]

    def _seen_in(self, mistake: Mistake, attempt: Attempt) -> dict[str, _Seen]:
        found = self._predicted((mistake,), attempt.arguments) or {}
        seen = {}
        for name in set(found) & set(attempt.expected):
            actual, expected = attempt.actual[name], attempt.expected[name]
            right = mistake.each and self._near(actual, expected)
            fits = right or self._near(actual, found[name])
            seen[name] = _Seen(not self._near(expected, found[name]), fits)
        return seen


def _told_apart(explanations: Sequence[Explanation]) -> list[Explanation]:
    """Leave out mistakes that have the same text as another one."""
    texts = {tuple(mistake.text("en") for mistake in one): one for one in explanations[::-1]}
    return list(texts.values())[::-1]


def _both(one: dict[str, _Seen], other: dict[str, _Seen]) -> Iterator[tuple[_Seen, _Seen]]:
    return ((one[name], other[name]) for name in set(one) & set(other))


def _conventions(mistakes: Sequence[Mistake]) -> Iterator[Explanation]:
    """Yield combinations of two or three conventions of other books and libraries."""
    known = [mistake for mistake in mistakes if mistake.convention]
    for count in (2, 3):
        for some in combinations(known, count):
            words = [mistake.excludes for mistake in some if mistake.excludes]
            if len(set(words)) == len(words):
                yield some
