"""A check of one function: its arguments, its expected results, and their comparison."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lessons_lib._check import arguments as validation

from . import compare, student
from .compare import Attempt
from .diagnose import Diagnosis, Search
from .mistake import Mistake, Named
from .mutation import library
from .observe import observe
from .probes import Probe, Sizes, probes
from .report import Finding, Report, Texts
from .texts import language

#: Largest difference between correct results, relative to the largest element.
TOLERANCE = 1e-9


class Special(NamedTuple):
    """A case that is tried only if the ordinary cases are correct.

    Attributes
    ----------
    kind : str
        The name of its text in the table "when" of the texts.
    sizes : mapping
    change : callable
        Changes the drawn arguments.
    """

    kind: str
    sizes: Sizes
    change: Callable[[Named], Named] = lambda arguments: arguments


class Runs(NamedTuple):
    """The outcome of the ordinary cases: attempts, calls, and why a call gave no results."""

    attempts: list[Attempt]
    calls: list[student.Call]
    failure: Finding | None


def _everything(results: Named, arguments: Named) -> Named:
    return results


@dataclass(frozen=True)
class Check:
    """Run a learner's function on random cases and report what is wrong with it.

    Call it with the function; `print` it to see which arguments and results the function should
    have.

    Attributes
    ----------
    name : str
    shapes : mapping of str to str
        The arguments in order, by name, each with its description, usually a shape.
    results : tuple of str
        The names of the results, in order.
    draw : callable
        ``draw(generator, **sizes)`` returns the arguments by name.
    reference : callable
        ``reference(library, arguments)`` returns the results by name, from the library's functions.
    mistakes : tuple of Mistake
        The known mistakes.
    sizes : tuple of mappings
        One for each case; no two letters have the same size.
    special : tuple of Special, optional
        Large values, zeros and the like.
    tolerance : float
        Largest difference, relative to a result's largest element.
    square, swapped : mapping and Mistake, optional
        Sizes at which that mistake is visible; at other sizes the shapes would not fit.
    compared : callable, optional
        ``compared(results, arguments)`` returns the parts of the results that are compared.
    builds_on : tuple of str, optional
        The checked functions that a learner's function may call.
    """

    name: str
    shapes: Mapping[str, str]
    results: tuple[str, ...]
    draw: Callable[..., Named]
    reference: Callable[[Any, Named], Named]
    mistakes: tuple[Mistake, ...]
    sizes: tuple[Sizes, ...]
    special: tuple[Special, ...] = ()
    tolerance: float = TOLERANCE
    square: Sizes | None = None
    swapped: Mistake | None = None
    compared: Callable[[Named, Named], Named] = _everything
    builds_on: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.name}({', '.join(self.shapes)}) -> {', '.join(self.results)}"]
        return "\n".join(lines + [f"    {name}: {text}" for name, text in self.shapes.items()])

    def __call__(
        self,
        function: Callable[..., Any],
        lang: str | None = None,
        seed: int = 0,
        time_limit: float = 10.0,
        carry: bool = False,
    ) -> Report:
        """Check a function.

        Parameters
        ----------
        function : callable
            Takes the arguments in order, NumPy arrays of float64 or torch tensors, and returns the
            results in order. It runs in a process of its own.
        lang : "ko" or "en", optional
            The report's language; the locale's by default.
        seed : int, optional
            Another seed draws other cases.
        time_limit : float, optional
            Seconds for one call.
        carry : bool, optional
            If the function is wrong, try it with the library's functions instead of those that it
            builds on, so that a mistake in one function is counted once.

        Returns
        -------
        Report
            True if the function is correct; its `str` is for the learner.

        Raises
        ------
        ValueError
            `lang` is neither "ko" nor "en".
        TypeError
            `seed` is not an integer.
        """
        lang = language(lang)
        validation.check_integer("seed", seed)

        def learner(replaced: Mapping[str, Any]) -> student.Learner:
            return student.learner_of(function, tuple(self.shapes), replaced)

        return self.of(learner, lang, seed, time_limit, carry)

    @property
    def right(self) -> Right:
        """The library's own function in the form of this check, to build on."""
        return Right(self.name)

    def of(
        self,
        learner: Callable[[Mapping[str, Any]], student.Learner],
        lang: str,
        seed: int,
        time_limit: float,
        carry: bool,
    ) -> Report:
        """Check the results of `learner`, with replacements for names that its function uses."""
        report = _Judge(self, learner({}), seed, time_limit).report(lang)
        if report or not (carry and self.builds_on):
            return report
        again = learner({name: Right(name) for name in self.builds_on})
        carried = _Judge(self, again, seed, time_limit).report(lang) if again.replaced else report
        if not carried:
            return min(report, carried, key=lambda one: len(one.wrong))
        names = ", ".join(again.replaced)
        return Report(self.name, (Finding("carried", {"names": names}),), len(self.sizes), lang)

    def predict(self, mistakes: tuple[Mistake, ...], arguments: Named) -> Named:
        """Return the results of the reference with these mistakes in it."""
        lib = library(frozenset(edit for mistake in mistakes for edit in mistake.edits))
        changed = arguments
        for mistake in mistakes:
            changed = mistake.before(changed)
        results = self.reference(lib, changed)
        for mistake in reversed(mistakes):
            results = mistake.after(results)
        return self.compared(results, arguments)


#: All checks by name; the package adds them.
CHECKS: dict[str, Check] = {}


class Right:
    """The library's function in a learner's form, which can be sent to a process."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *arguments: Any) -> Any:
        """Return the correct results in order; as tensors if given tensors."""
        check = CHECKS[self.name]
        torch = sys.modules.get("torch")
        tensors = torch is not None and any(isinstance(a, torch.Tensor) for a in arguments)
        named = dict(zip(check.shapes, map(_plain, arguments), strict=True))
        results = tuple(check.reference(library(), named).values())
        if tensors:
            results = tuple(map(torch.from_numpy, results))  # type: ignore[union-attr]
        return results if len(results) > 1 else results[0]


class _Judge:
    """Run one learner's function through the cases of a check."""

    def __init__(
        self, check: Check, learner: student.Learner, seed: int, time_limit: float
    ) -> None:
        self.check, self.learner, self.seed, self.limit = check, learner, seed, time_limit

    def report(self, lang: str) -> Report:
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
                return Runs(attempts, calls, call.failure)
            attempts.append(attempt)
        return Runs(attempts, calls, None)

    def _cases(self) -> Sequence[Sizes]:
        return self.check.sizes

    def _attempt(self, sizes: Sizes, arguments: Named) -> tuple[Attempt, student.Call]:
        expected = self.check.predict((), arguments)
        call = self.learner.call(arguments, tuple(expected), self.limit)
        came = call.results
        if not call.failure:
            came = self.check.compared(came, arguments)
        return Attempt(sizes, arguments, expected, came), call

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
        found = self._search(attempts, wrong).explain(self.check.mistakes)
        if not found.groups and any(name in compare.wrong_shapes(attempts) for name in wrong):
            found = self._swapped()
        findings, unknown = self._named(found), []
        for name in wrong:
            if name in found.explained:
                continue
            if cause := observe(name, attempts, compare.IMPRECISE):
                shown = {"name": name, "text": Finding(*cause, "shown")}
                findings.append(Finding("observed", shown))
            elif _comparable(name, attempts):
                unknown.append(name)
        if unknown:
            findings.append(Finding("unknown", {"names": ", ".join(unknown)}))
        if unknown or not findings:
            findings += self._conditions(attempts, wrong)
        return findings

    def _search(self, attempts: list[Attempt], wrong: Sequence[str]) -> Search:
        return Search(self.check.predict, attempts, wrong, compare.IMPRECISE)

    def _named(self, found: Diagnosis) -> list[Finding]:
        findings = []
        for group in found.groups:
            for number, explanation in enumerate(group.explanations):
                usual = all(mistake.convention for mistake in explanation)
                kind = "or_else" if number else "convention" if usual else "mistake"
                values: dict[str, Any] = {"text": Texts(explanation), "of": ""}
                if any(mistake.each for mistake in explanation):
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
        """Return whether all is correct in a case, and not because wrong results are zero there."""
        drawn = self.check.draw(np.random.default_rng((self.seed, 77)), **probe.sizes)
        attempt, call = self._attempt(probe.sizes, probe.change(drawn))
        expected = [attempt.expected[name] for name in wrong if name in attempt.expected]
        if call.failure or not any(array.any() for array in expected):
            return False
        return max(compare.gaps([attempt]).values()) <= compare.IMPRECISE

    def _only_there(self, runs: Runs) -> list[Finding]:
        sizes = self._cases()[len(runs.attempts)]
        text = ", ".join(f"{letter} = {size}" for letter, size in sizes.items())
        return [Finding("right_elsewhere", {"sizes": text})]

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


def _comparable(name: str, attempts: Sequence[Attempt]) -> bool:
    """Return whether a result has the right shape and is finite; otherwise that is the fault."""
    attempt = compare.worst(name, attempts)
    same = attempt.came[name].shape == attempt.expected[name].shape
    return same and bool(np.isfinite(attempt.came[name]).all())


def _failed(runs: Runs) -> list[Finding]:
    return [runs.failure] if runs.failure else []


def _plain(value: Any) -> Any:
    return np.asarray(value.detach()) if hasattr(value, "detach") else value
