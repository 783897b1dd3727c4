"""A check of one function: what it is given, what it must return, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons_lib._check import arguments as validation

from . import compare, student
from .compare import Attempt
from .diagnose import Diagnosis, diagnose, observe
from .mistake import Mistake, Named
from .mutation import library
from .report import Finding, Report, Texts
from .texts import language

#: Bound of the difference between right results, relative to the largest element.
TOLERANCE = 1e-9

#: Sizes by letter, such as T, N, D and H, and what else a case is drawn with.
Sizes = Mapping[str, Any]


def _everything(results: Named, arguments: Named) -> Named:
    return results


@dataclass(frozen=True)
class Check:
    """Runs a learner's function on random cases and says what is wrong with it.

    Call it with the function; `print` it to see what the function is to take and return.

    Attributes
    ----------
    name : str
    shapes : mapping of str to str
        The arguments in their order, by name, and what is said of each: a shape, most often.
    results : tuple of str
        The names of what is returned, in their order.
    draw : callable
        ``draw(generator, **sizes)`` returns the arguments by name.
    reference : callable
        ``reference(library, arguments)`` returns the results by name, from the library's functions.
    mistakes : tuple of Mistake
        The known ones.
    sizes : tuple of mappings
        One for each case; no two letters have the same size.
    tolerance : float
        Bound of the difference, relative to a result's largest element.
    square, swapped : mapping and Mistake, optional
        Sizes at which that mistake, which the shapes refuse elsewhere, can be seen.
    compared : callable, optional
        ``compared(results, arguments)`` returns what of the results is compared.
    """

    name: str
    shapes: Mapping[str, str]
    results: tuple[str, ...]
    draw: Callable[..., Named]
    reference: Callable[[Any, Named], Named]
    mistakes: tuple[Mistake, ...]
    sizes: tuple[Sizes, ...]
    tolerance: float = TOLERANCE
    square: Sizes | None = None
    swapped: Mistake | None = None
    compared: Callable[[Named, Named], Named] = _everything

    def __str__(self) -> str:
        lines = [f"{self.name}({', '.join(self.shapes)}) -> {', '.join(self.results)}"]
        return "\n".join(lines + [f"    {name}: {text}" for name, text in self.shapes.items()])

    def __call__(
        self,
        function: Callable[..., Any],
        lang: str | None = None,
        seed: int = 0,
        time_limit: float = 10.0,
    ) -> Report:
        """Check a function.

        Parameters
        ----------
        function : callable
            Takes the arguments in their order, NumPy arrays of float64 or torch tensors, and
            returns the results in theirs. What it does otherwise is part of the report.
        lang : "ko" or "en", optional
            The report's language; the locale's if not given.
        seed : int, optional
            Other seeds draw other cases.
        time_limit : float, optional
            Seconds for one call.

        Returns
        -------
        Report
            True where the function is right; `str` of it is for the learner.

        Raises
        ------
        ValueError
            `lang` is neither "ko" nor "en".
        TypeError
            `seed` is no integer.
        """
        lang = language(lang)
        validation.check_integer("seed", seed)
        findings = self._findings(function, seed, time_limit)
        return Report(self.name, tuple(findings), len(self.sizes), lang)

    def _findings(self, function: Any, seed: int, limit: float) -> list[Finding]:
        if finding := student.unfit(function, self.shapes):
            return [finding]
        calls, attempts = [], []
        for number, sizes in enumerate(self.sizes):
            attempt, call = self._attempt(function, sizes, (seed, number), limit)
            calls.append(call)
            if call.failure:
                break
            attempts.append(attempt)
        findings = [call.failure] if call.failure else []
        if attempts:
            findings += self._judged(function, attempts, seed, limit)
        else:
            findings += self._explained(self._swapped(function, seed, limit))
        return [*findings, *student.changed_arguments(calls), *calls[0].notes]

    def _judged(
        self, function: Any, attempts: list[Attempt], seed: int, limit: float
    ) -> list[Finding]:
        off = compare.gaps(attempts)
        wrong = [name for name in off if off[name] > max(self.tolerance, compare.IMPRECISE)]
        if not wrong:
            return compare.imprecise(attempts, self.tolerance)
        right = [name for name in off if name not in wrong]
        findings = [compare.describe(name, attempts) for name in wrong]
        findings += [Finding("right", {"names": ", ".join(right)})] if right else []
        return findings + self._causes(function, attempts, wrong, seed, limit)

    def _attempt(
        self, function: Any, sizes: Sizes, seed: tuple[int, int], limit: float
    ) -> tuple[Attempt, student.Call]:
        arguments = self.draw(np.random.default_rng(seed), **sizes)
        expected = self.predict((), arguments)
        call = student.call(function, arguments, tuple(expected), limit)
        came = call.results if call.failure else self.compared(call.results, arguments)
        return Attempt(sizes, arguments, expected, came), call

    def _causes(
        self, function: Any, attempts: list[Attempt], wrong: list[str], seed: int, limit: float
    ) -> list[Finding]:
        found = self._diagnose(self.mistakes, attempts, wrong)
        if not found.explanations and any(name in compare.wrong_shapes(attempts) for name in wrong):
            found = self._swapped(function, seed, limit)
        findings = self._explained(found)
        for name in wrong:
            finite = np.isfinite(compare.worst(name, attempts).came[name]).all()
            if finite and name not in found.explained:
                cause = observe(name, attempts, compare.IMPRECISE)
                findings.append(
                    Finding("observed", {"name": name, "text": Finding(*cause, "shown")})
                    if cause
                    else Finding("unknown", {"name": name})
                )
        return findings

    def _diagnose(
        self, mistakes: Sequence[Mistake], attempts: list[Attempt], wrong: Sequence[str]
    ) -> Diagnosis:
        return diagnose(self.predict, mistakes, attempts, wrong, compare.IMPRECISE)

    def _explained(self, found: Diagnosis) -> list[Finding]:
        kinds = ["mistake"] + ["or_else"] * len(found.explanations)
        return [
            Finding(kind, {"text": Texts(explanation)})
            for kind, explanation in zip(kinds, found.explanations, strict=False)
        ]

    def _swapped(self, function: Any, seed: int, limit: float) -> Diagnosis:
        """Try the function where T = N, at which shapes do not refuse axes that are swapped."""
        if self.square is None or self.swapped is None:
            return Diagnosis([], frozenset())
        attempt, call = self._attempt(function, self.square, (seed, len(self.sizes)), limit)
        if call.failure:
            return Diagnosis([], frozenset())
        return self._diagnose([self.swapped], [attempt], list(attempt.expected))

    def predict(self, mistakes: tuple[Mistake, ...], arguments: Named) -> Named:
        """Return what the reference computes with these mistakes in it."""
        lib = library(frozenset(edit for mistake in mistakes for edit in mistake.edits))
        changed = arguments
        for mistake in mistakes:
            changed = mistake.before(changed)
        results = self.reference(lib, changed)
        for mistake in reversed(mistakes):
            results = mistake.after(results)
        return self.compared(results, arguments)
