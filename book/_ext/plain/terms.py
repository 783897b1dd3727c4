"""The names of a term in the glossary, and each term's address."""

from __future__ import annotations

import re

GLOSSARY = "book/appendix/glossary"
_HEAD = re.compile(r"(?:\*\*)?(?P<name>[^*(:]+?)(?:\*\*)?(?: ?\((?P<other>[^)]+)\))?: ")


def names_of(name: str, other: str | None) -> tuple[str, ...]:
    """Return a term's names in both languages, in one order for both."""
    return tuple(sorted(set(re.split(", ", f"{name}, {other or name}"))))


def label_of(line: str) -> str:
    """Return the address of the term that a line of the glossary explains, ``""`` if it does not.

    It is made of the longest English name, so both languages have the same: ``term-forget-gate``.
    """
    if (match := _HEAD.match(line)) is None:
        return ""
    names = names_of(match["name"], match["other"])
    english = max((n for n in names if not re.search("[가-힣]", n)), key=len, default=names[0])
    return "term-" + re.sub(r"[^a-z0-9]+", "-", english.lower()).strip("-")
