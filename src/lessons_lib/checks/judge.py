"""Run a learner's function through the cases of a check, and say what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import compare, student
from .compare import Attempt
from .diagnose import Diagnosis, Search
from .mistake import Named
from .observe import CLEAR, observe
from .probes import Probe, Sizes, probes
from .report import Finding, Report, Texts


class Runs(NamedTuple):
    """The outcome of the ordinary cases: attempts, calls, why a call gave no results, its sizes."""

    attempts: list[Attempt]
    calls: list[student.Call]
    failure: Finding | None
    sizes: Sizes


class Judge:
    """One learner's function under one check: a `Check`, whose module imports this one."""

    def __init__(self, check: Any, learner: student.Learner, seed: int, time_limit: float) -> None:
        self.check, self.learner, self.seed, self.limit = check, learner, seed, time_limit

    def report(self, lang: str) -> Report:
        """Run all cases; return what was found."""
        check, learner = self.check, self.learner
        if learner.unfit:
            return Report(check.name, (learner.unfit,), len(check.sizes), lang, check.results)
        findings, wrong = self._findings()
        return Report(check.name, tuple(findings), len(check.sizes), lang, tuple(wrong))

    def _findings(self) -> tuple[list[Finding], Sequence[str]]:
        runs = self._run()
        notes = [*student.changed_arguments(runs.calls), *runs.calls[-1].notes]
        if not runs.attempts:
            causes = self._named(self._swapped())
            return [*causes, *_failed(runs), *notes], self.check.results
        findings, wrong = self._judged(runs.attempts)
        if runs.failure:
            condition = [] if wrong else self._only_there(runs)
            return [*condition, *_failed(runs), *findings, *notes], self.check.results
        if not findings:
            findings, wrong = self._special()
        return findings + notes, wrong

    def _run(self) -> Runs:
        attempts: list[Attempt] = []
        calls = []
        for number, sizes in enumerate(self._cases()):
            arguments = self.check.draw(np.random.default_rng((self.seed, number)), **sizes)
            attempt, call = self._attempt(sizes, arguments)
            calls.append(call)
            if call.failure:
                return Runs(attempts, calls, call.failure, attempt.sizes)
            attempts.append(attempt)
        return Runs(attempts, calls, None, attempt.sizes)

    def _cases(self) -> Sequence[Sizes]:
        return self.check.sizes

    def _attempt(self, sizes: Sizes, arguments: Named) -> tuple[Attempt, student.Call]:
        expected = self.check.predict((), arguments)
        call = self.learner.call(arguments, expected, self.limit)
        actual = call.results
        if not call.failure:
            actual = self.check.compared(actual, arguments)
        given = {k: arguments[k] for k in sizes if isinstance(arguments.get(k), int)}
        return Attempt({**sizes, **given}, arguments, expected, actual), call

    def _judged(self, attempts: list[Attempt]) -> tuple[list[Finding], list[str]]:
        off = compare.gaps(attempts)
        wrong = [name for name in off if off[name] > max(self.check.tolerance, compare.IMPRECISE)]
        if not wrong:
            findings = compare.imprecise(attempts, self.check.tolerance)
            return findings, list(off) if findings else []
        right = [name for name in off if name not in wrong]
        return [
            *self._causes(attempts, wrong),
            *compare.places(wrong, attempts),
            *([Finding("right", {"names": ", ".join(right)})] if right else []),
        ], wrong

    def _causes(self, attempts: list[Attempt], wrong: list[str]) -> list[Finding]:
        """Return the known causes; an error in this code is not the learner's."""
        try:
            return self._diagnosed(attempts, wrong)
        except Exception:
            return [Finding("unknown", {"names": ", ".join(wrong)})]

    def _diagnosed(self, attempts: list[Attempt], wrong: list[str]) -> list[Finding]:
        shown = {name: observe(name, attempts, compare.IMPRECISE) for name in wrong}
        clear = frozenset(name for name, cause in shown.items() if cause and cause.kind in CLEAR)
        slips = tuple if len(clear) == len(wrong) else self.check.slips
        search, together = self._search(attempts, wrong), self.check.together
        found = search.explain(self.check.mistakes, slips, clear, together)
        if not found.groups and any(name in compare.wrong_shapes(attempts) for name in wrong):
            found = self._swapped()
        findings, unknown = self._named(found), []
        for name in wrong:
            if name in found.explained:
                continue
            if cause := shown[name]:
                values = {"name": name, "text": Finding(*cause, "shown")}
                findings.append(Finding("observed", values))
            elif _comparable(name, attempts):
                unknown.append(name)
        if unknown:
            findings.append(Finding("unknown", {"names": ", ".join(unknown)}))
        if unknown or not findings:
            worst = compare.worst((unknown or wrong)[0], attempts)
            findings += self._changing(worst, attempts) or self._conditions(attempts, wrong)
        return findings

    def _changing(self, attempt: Attempt, attempts: list[Attempt]) -> list[Finding]:
        """Say so if a second call returns something else, or an argument has no effect."""
        again, call = self._attempt(attempt.sizes, attempt.arguments)
        if call.failure:
            return []
        if not _same(again.actual, attempt.actual):
            return [Finding("varies", {})]
        unused = self._unused(attempt)
        if unused:  # in one case it may be by chance, for example where nothing is clipped
            largest = max(attempts, key=lambda a: sum(v.size for v in a.expected.values()))
            unused = [name for name in self._unused(largest) if name in unused]
        values = {"names": ", ".join(unused), "sizes": compare.sizes_text(attempt.sizes)}
        return [Finding("unused", values)] if unused else []

    def _unused(self, attempt: Attempt) -> list[str]:
        """Return the arguments without an effect on the results, if others have one."""
        other = self.check.draw(np.random.default_rng((self.seed, 55)), **attempt.sizes)
        unused, used = [], False
        for name in attempt.arguments:
            given = attempt.arguments | {name: _other(other[name], attempt.arguments[name])}
            changed, call = self._attempt(attempt.sizes, given)
            same = not call.failure and _same(changed.actual, attempt.actual)
            if same and not _same(changed.expected, attempt.expected):
                unused.append(name)
            used |= not same
        return unused if used else []

    def _search(self, attempts: list[Attempt], wrong: Sequence[str]) -> Search:
        return Search(self.check.predict, attempts, wrong, compare.IMPRECISE)

    def _named(self, found: Diagnosis) -> list[Finding]:
        findings = []
        for group in found.groups:
            for number, explanation in enumerate(group.explanations):
                usual = all(mistake.convention for mistake in explanation)
                kind = "or_else" if number else "convention" if usual else "mistake"
                values: dict[str, Any] = {"text": Texts(explanation), "of": ""}
                if group.alone or any(mistake.each for mistake in explanation):
                    values["of"] = f" [{', '.join(sorted(group.explained))}]"
                findings.append(Finding(kind, values))
        return findings

    def _swapped(self) -> Diagnosis:
        """Try the function at T = N, at which swapped axes still have fitting shapes."""
        square, swapped = self.check.square, self.check.swapped
        if square is None or swapped is None:
            return Diagnosis([])
        arguments = self.check.draw(np.random.default_rng((self.seed, 99)), **square)
        attempt, call = self._attempt(square, arguments)
        if call.failure:
            return Diagnosis([])
        usual = [mistake for mistake in self.check.mistakes if mistake.convention]
        search = self._search([attempt], list(attempt.expected))
        return search.explain_with(swapped, usual)

    def _conditions(self, attempts: list[Attempt], wrong: list[str]) -> list[Finding]:
        """Return the most informative condition under which all results are correct."""
        for probe in probes(attempts[0].sizes, attempts[0].arguments):
            if self._right_under(probe, wrong):
                return [Finding("right_if", {"when": probe.finding})]
        return []

    def _right_under(self, probe: Probe, wrong: list[str]) -> bool:
        """Return whether all is correct in several draws of a case, which one may be by chance."""
        return all(self._right_in(probe, wrong, number) for number in (77, 78, 79))

    def _right_in(self, probe: Probe, wrong: list[str], number: int) -> bool:
        """Return whether all is correct in a draw, and not because wrong results are zero there."""
        drawn = self.check.draw(np.random.default_rng((self.seed, number)), **probe.sizes)
        attempt, call = self._attempt(probe.sizes, probe.change(drawn))
        expected = [attempt.expected[name] for name in wrong if name in attempt.expected]
        if call.failure or not any(array.any() for array in expected):
            return False
        return max(compare.gaps([attempt]).values()) <= compare.IMPRECISE

    def _only_there(self, runs: Runs) -> list[Finding]:
        return [Finding("right_elsewhere", {"sizes": compare.sizes_text(runs.sizes)})]

    def _special(self) -> tuple[list[Finding], list[str]]:
        for number, case in enumerate(self.check.special):
            rng = np.random.default_rng((self.seed, 200 + number))
            arguments = case.change(self.check.draw(rng, **case.sizes))
            attempt, call = self._attempt(case.sizes, arguments)
            when = Finding("only", {"when": Finding(case.kind, {}, "when")})
            if call.failure:
                return [when, call.failure, *call.notes], list(self.check.results)
            off = compare.gaps([attempt])
            if wrong := [name for name in off if off[name] > compare.IMPRECISE]:
                return [when, *compare.places(wrong, [attempt]), *call.notes], wrong
        return [], []


def _other(drawn: Any, given: Any) -> Any:
    """Return another value of an argument: another draw, or a number beside it."""
    if isinstance(given, bool):
        return not given
    if isinstance(given, int):
        return given - 1 if given > 1 else given + 1
    return given / 2 if isinstance(given, float) else drawn


def _same(some: Named, others: Named) -> bool:
    return set(some) == set(others) and all(
        np.array_equal(some[name], others[name], equal_nan=True) for name in some
    )


def _comparable(name: str, attempts: Sequence[Attempt]) -> bool:
    """Return whether a result has the right shape and is finite; otherwise that is the fault."""
    attempt = compare.worst(name, attempts)
    same = attempt.actual[name].shape == attempt.expected[name].shape
    return same and bool(np.isfinite(attempt.actual[name]).all())


def _failed(runs: Runs) -> list[Finding]:
    return [runs.failure] if runs.failure else []
