"""The glossary's entries, read from its notebook, for the search and for the tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from ..one_language import language_of
from .book_index import read_notebook
from .terms import names_of

GLOSSARY = Path(__file__).parents[2] / "appendix" / "glossary.ipynb"
_ENTRY = re.compile(r"^- \*\*(?P<name>[^*]+)\*\*(?: ?\((?P<other>[^)]+)\))?: (?P<rest>.*)$", re.M)


class Entry(NamedTuple):
    """One line of the glossary."""

    names: tuple[str, ...]  # the term's, in both languages
    aliases: tuple[str, ...]
    references: tuple[str, ...]


def sources(path: Path, language: str) -> list[str]:
    """Return a notebook's texts in one language."""
    return [
        cell["source"]
        for cell in read_notebook(path)["cells"]
        if cell["cell_type"] == "markdown" and language_of(cell) == language
    ]


def entries(language: str, path: Path = GLOSSARY) -> list[Entry]:
    """Return the entries in the order of the glossary."""
    found = []
    for match in _ENTRY.finditer("\n".join(sources(path, language))):
        aliases = re.findall(r"(?<!})`([^`]+)`", match["rest"])
        references = re.findall(r"\{ref\}`[^`]*<([\w-]+)>`", match["rest"])
        names = names_of(match["name"], match["other"])
        found.append(Entry(names, tuple(aliases), tuple(references)))
    return found
