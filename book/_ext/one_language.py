"""Keep one language of a notebook that holds two. Plain data in, plain data out: no Sphinx here.

A prose cell carries the tag ``ko`` or ``en``; its id is the pair's id and ``-ko`` or ``-en``.
Cells without such a tag (code, equations, directives) belong to both languages.
"""

from __future__ import annotations

import copy
from typing import Any

LANGUAGES = ("ko", "en")

Cell = dict[str, Any]
Notebook = dict[str, Any]


def language_of(cell: Cell) -> str | None:
    """Return ``"ko"`` or ``"en"`` for a cell in one language, None for a cell of both."""
    tags = cell.get("metadata", {}).get("tags", [])
    return next((language for language in LANGUAGES if language in tags), None)


def pair_of(cell: Cell) -> str | None:
    """Return the id that a cell shares with its twin in the other language, None without a twin."""
    language = language_of(cell)
    return cell.get("id", "").removesuffix(f"-{language}") if language else None


def keep_language(notebook: Notebook, language: str) -> Notebook:
    """Return a copy of the notebook with the cells of ``language`` and those of both.

    Raises
    ------
    ValueError
        ``language`` is not one of `LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language: got {language!r}, expected one of {', '.join(LANGUAGES)}")
    kept = copy.deepcopy(notebook)
    kept["cells"] = [cell for cell in kept["cells"] if language_of(cell) in (language, None)]
    return kept
