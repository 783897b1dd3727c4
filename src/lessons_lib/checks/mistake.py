"""A known mistake: its changes to the reference, and the key of its text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .mutation import Edit
from .texts import say

#: Arguments or results by name.
Named = dict[str, Any]


def _as_it_is(values: Named) -> Named:
    return values


@dataclass(frozen=True)
class Mistake:
    """A change of the reference, and the key of its text.

    Attributes
    ----------
    key : str
        The key of its text in the catalogues: what is wrong and where to look, without the correct
        line.
    edits : tuple of Edit
        Changes of the library's source.
    before, after : callables
        Change the arguments by name before the reference sees them, and its results after.
    excludes : str
        Two mistakes with the same word here do not occur together.
    values : mapping
        Values for the text's placeholders.
    label : str
        The mistake's name, if the last part of the key is not unique.
    each : bool
        Whether it may affect only some results, for example a mean in one gradient.
    convention : bool
        Whether it is correct elsewhere: another order of gates, axes or weights.
    slip : bool
        Whether it was made from the source; it then has one edit at most.
    """

    key: str
    edits: tuple[Edit, ...] = ()
    before: Callable[[Named], Named] = _as_it_is
    after: Callable[[Named], Named] = _as_it_is
    excludes: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    label: str = ""
    each: bool = False
    convention: bool = False
    slip: bool = False

    @property
    def name(self) -> str:
        """Its name among the mistakes of one check, such as "no-output-gate"."""
        return self.label or self.key.rpartition(".")[2]

    def text(self, lang: str) -> str:
        """Return the text in one language, "ko" or "en"."""
        return say(self.key, self.values, lang)


def edit(key: str, *changes: tuple[str, str, str, str], **options: Any) -> Mistake:
    """Make a mistake from changes of the source; each holds the arguments of an `Edit`."""
    return Mistake(key, tuple(Edit(*change) for change in changes), **options)
