"""Where the books to take along are: beside each language's front page, or above both."""

from __future__ import annotations

from pathlib import Path

KINDS = ("pdf", "epub")
ZIP = "rnn-lessons.zip"  # the site in both languages


def file_name(language: str, kind: str) -> str:
    """Return the name of a book's file: ``rnn-lessons-ko.pdf``."""
    return f"rnn-lessons-{language}.{kind}"


def are_there(site: Path, language: str) -> bool:
    """Return whether the site has all that a language's front page offers."""
    books = [site / language / file_name(language, kind) for kind in KINDS]
    return all(path.exists() for path in [*books, site / ZIP])
