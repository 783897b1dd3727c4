"""A check of one function: its arguments, its expected results, and their comparison."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lessons_lib._check import arguments as validation

from . import student
from .judge import Judge
from .mistake import Mistake, Named
from .mutation import library, slipped
from .probes import Sizes
from .report import Finding, Report
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
    together : bool, optional
        Whether one cause makes all results, so that none is explained by itself.
    slips : callable, optional
        Returns the slips that are searched if no known mistake explains the results.
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
    together: bool = False
    slips: Callable[[], tuple[Mistake, ...]] = tuple

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
        report = Judge(self, learner({}), seed, time_limit).report(lang)
        if report or not (carry and self.builds_on):
            return report
        again = learner({name: Right(name) for name in self.builds_on})
        carried = Judge(self, again, seed, time_limit).report(lang) if again.replaced else report
        if not carried:
            return min(report, carried, key=lambda one: len(one.wrong))
        names = ", ".join(again.replaced)
        return Report(self.name, (Finding("carried", {"names": names}),), len(self.sizes), lang)

    def predict(self, mistakes: tuple[Mistake, ...], arguments: Named) -> Named:
        """Return the results of the reference with these mistakes in it."""
        edits = [edit for mistake in mistakes for edit in mistake.edits]
        quick = len(edits) == 1 and all(mistake.slip for mistake in mistakes)
        lib = slipped(edits[0]) if quick else library(frozenset(edits))
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


def _plain(value: Any) -> Any:
    return np.asarray(value.detach()) if hasattr(value, "detach") else value
