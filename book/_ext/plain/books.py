"""Where the books to take along are: beside each language's front page."""

from __future__ import annotations

from pathlib import Path

KINDS = ("pdf", "epub")


def file_name(language: str, kind: str) -> str:
    """Return the name of a book's file: ``rnn-lessons-ko.pdf``."""
    return f"rnn-lessons-{language}.{kind}"


def are_there(site: Path, language: str) -> bool:
    """Return whether the site has both books of a language."""
    return all((site / language / file_name(language, kind)).exists() for kind in KINDS)
