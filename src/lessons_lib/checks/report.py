"""What a check found, and its text for the learner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .texts import say

#: Kinds of findings that fail nothing.
_REMARKS = ("right", "printed", "warned", "carried")
#: Kinds of findings that name a cause.
_NAMED = ("mistake", "convention", "or_else")


class Finding(NamedTuple):
    """One thing to say: the kind and the table of its text, and what the text names."""

    kind: str
    values: Mapping[str, Any]
    table: str = "report"

    def text(self, lang: str) -> str:
        """Return the text in one language; what has texts of its own says it in that language."""
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
    """What a check found; true where the function is right.

    Attributes
    ----------
    name : str
        The check's.
    findings : tuple of Finding
    cases : int
        How many the function was to pass.
    lang : str
        "ko" or "en".
    wrong : tuple of str
        The results that are wrong in a case; all of them if there are none to compare.
    """

    name: str
    findings: tuple[Finding, ...]
    cases: int
    lang: str
    wrong: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the function is right in all cases."""
        return all(finding.kind in _REMARKS for finding in self.findings)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The names of the known mistakes that were recognised."""
        found = [f for f in self.findings if f.kind in _NAMED]
        return tuple(mistake.name for f in found for mistake in f.values["text"].parts)

    def right(self, *names: str) -> bool:
        """Whether these results are right in all cases, or all of them if none is named."""
        return self.passed or (bool(names) and not set(names) & set(self.wrong))

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        verdict = Finding("passed" if self.passed else "not_passed", {"cases": self.cases})
        head = f"{'✓' if self.passed else '✗'} {self.name}: {verdict.text(self.lang)}"
        return "\n".join([head, *(f"  {finding.text(self.lang)}" for finding in self.findings)])

    __repr__ = __str__

    def raise_if_failed(self) -> None:
        """Do nothing where the function is right.

        Raises
        ------
        AssertionError
            It is not; the message is the report's text.
        """
        if not self.passed:
            raise AssertionError(f"\n{self}")
