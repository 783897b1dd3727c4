"""A known mistake: what it changes in the reference, and what to tell the learner."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .mutation import Edit

#: Arguments or results by name.
Named = dict[str, Any]


def _as_it_is(values: Named) -> Named:
    return values


@dataclass(frozen=True)
class Mistake:
    """A change of the reference, and its name in both languages.

    Attributes
    ----------
    name : str
    ko, en : str
        What is wrong and where to look, without the line that would be right.
    edits : tuple of Edit
        Changes of the library's source.
    before, after : callables
        Change the arguments by name before the reference sees them, and its results after.
    excludes : str
        Two mistakes with the same word here do not occur together.
    """

    name: str
    ko: str
    en: str
    edits: tuple[Edit, ...] = ()
    before: Callable[[Named], Named] = _as_it_is
    after: Callable[[Named], Named] = _as_it_is
    excludes: str = ""

    def text(self, lang: str) -> str:
        """Return the text in one language, "ko" or "en"."""
        return self.ko if lang == "ko" else self.en


def edit(name: str, changes: Iterable[tuple[str, str, str]], ko: str, en: str) -> Mistake:
    """Make a mistake of changes of the source alone: function, old text, new text."""
    return Mistake(name, ko, en, tuple(Edit(*change) for change in changes))
