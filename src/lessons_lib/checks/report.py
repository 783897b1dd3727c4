"""The findings of a check, and their text for the learner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .texts import say

#: Kinds of findings that do not fail the check.
_REMARKS = ("right", "printed", "warned", "carried")
#: Kinds of findings that name a cause.
_NAMED = ("mistake", "convention", "or_else")


class Finding(NamedTuple):
    """One finding: the kind and table of its text, and values for the text's placeholders."""

    kind: str
    values: Mapping[str, Any]
    table: str = "report"

    def text(self, lang: str) -> str:
        """Return the text in one language, with nested texts in that language."""
        values = {k: v.text(lang) if hasattr(v, "text") else v for k, v in self.values.items()}
        return say(f"{self.table}.{self.kind}", values, lang)


class Texts(NamedTuple):
    """Several texts one after another."""

    parts: tuple[Any, ...]

    def text(self, lang: str) -> str:
        """Return the texts in one language."""
        return " ".join(part.text(lang) for part in self.parts)


@dataclass(frozen=True)
class Report:
    """The result of a check; true if the function is correct.

    Attributes
    ----------
    name : str
        The name of the check.
    findings : tuple of Finding
    cases : int
        The number of cases that the function had to pass.
    lang : str
        "ko" or "en".
    wrong : tuple of str
        The results that are wrong in some case; all results if none could be compared.
    """

    name: str
    findings: tuple[Finding, ...]
    cases: int
    lang: str
    wrong: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the function is correct in all cases."""
        return all(finding.kind in _REMARKS for finding in self.findings)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The names of the known mistakes that were recognised."""
        found = [f for f in self.findings if f.kind in _NAMED]
        return tuple(mistake.name for f in found for mistake in f.values["text"].parts)

    def right(self, *names: str) -> bool:
        """Whether these results are correct in all cases; all results if none is named."""
        return self.passed or (bool(names) and not set(names) & set(self.wrong))

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        verdict = Finding("passed" if self.passed else "not_passed", {"cases": self.cases})
        head = f"{'✓' if self.passed else '✗'} {self.name}: {verdict.text(self.lang)}"
        return "\n".join([head, *(f"  {finding.text(self.lang)}" for finding in self.findings)])

    __repr__ = __str__

    def raise_if_failed(self) -> None:
        """Raise an error unless the function is correct.

        Raises
        ------
        AssertionError
            The function is not correct; the message is the report's text.
        """
        if not self.passed:
            raise AssertionError(f"\n{self}")
