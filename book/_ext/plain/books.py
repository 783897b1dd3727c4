"""Where the books to take along are: beside each language's front page, or above both."""

from __future__ import annotations

from pathlib import Path

KINDS = ("pdf", "epub")
ZIP = "rnn-lessons.zip"  # the site in both languages
SHEET_PAGE = "book/exam"


def file_name(language: str, kind: str) -> str:
    """Return the name of a book's file: ``rnn-lessons-ko.pdf``."""
    return f"rnn-lessons-{language}.{kind}"


def are_there(site: Path, language: str) -> bool:
    """Return whether the site has all that a language's front page offers."""
    books = [site / language / file_name(language, kind) for kind in KINDS]
    return all(path.exists() for path in [*books, site / ZIP])


def sheet_name(language: str) -> str:
    """Return the name of the exam sheet's file: ``rnn-exam-ko.pdf``."""
    return f"rnn-exam-{language}.pdf"
