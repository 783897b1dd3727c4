"""The names of a term in the glossary, and each term's address."""

from __future__ import annotations

import re

GLOSSARY = "book/appendix/glossary"
_HEAD = re.compile(r"(?:\*\*)?(?P<name>[^*(:]+?)(?:\*\*)?(?: ?\((?P<other>[^)]+)\))?: ")


def names_of(name: str, other: str | None) -> tuple[str, ...]:
    """Return a term's names in both languages, in one order for both."""
    return tuple(sorted(set(re.split(", ", f"{name}, {other or name}"))))


def address_of(names: tuple[str, ...]) -> str:
    """Return the address of a term by its names: ``term-forget-gate``.

    It is made of the longest English name, so both languages have the same.
    """
    english = max((n for n in names if not re.search("[가-힣]", n)), key=len, default=names[0])
    return "term-" + re.sub(r"[^a-z0-9]+", "-", english.lower()).strip("-")


def label_of(line: str) -> str:
    """Return the address of the term that a line of the glossary explains, ``""`` if none."""
    match = _HEAD.match(line)
    return address_of(names_of(match["name"], match["other"])) if match else ""
