"""Keep one language of a notebook that holds two. This module works on plain data, without Sphinx.

A prose cell has the tag ``ko`` or ``en``; its id is the pair's id and ``-ko`` or ``-en``.
Cells without such a tag (code, equations, directives) belong to both languages. In their code a
string may be written in both, ``"시차 $k$ · lag $k$"``: then each language keeps its own half.
"""

from __future__ import annotations

import ast
import copy
import re
from typing import Any

from lessons_lib.lab import labels

LANGUAGES = ("ko", "en")
_LITERAL = re.compile(r"""([a-zA-Z]*('{3}|"{3}|'|"))(.*)(\2)""", re.DOTALL)

Cell = dict[str, Any]
Notebook = dict[str, Any]


def language_of(cell: Cell) -> str | None:
    """Return ``"ko"`` or ``"en"`` for a cell in one language, None for a cell in both."""
    tags = cell.get("metadata", {}).get("tags", [])
    return next((language for language in LANGUAGES if language in tags), None)


def pair_of(cell: Cell) -> str | None:
    """Return the id that a cell shares with its twin in the other language, None without a twin."""
    language = language_of(cell)
    return cell.get("id", "").removesuffix(f"-{language}") if language else None


def keep_language(notebook: Notebook, language: str) -> Notebook:
    """Return a copy of the notebook with the cells of ``language`` and those of both.

    Strings in code that are written in both languages become the half in ``language``.

    Raises
    ------
    ValueError
        ``language`` is not one of `LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language: got {language!r}, expected one of {', '.join(LANGUAGES)}")
    kept = copy.deepcopy(notebook)
    kept["cells"] = [cell for cell in kept["cells"] if language_of(cell) in (language, None)]
    for cell in kept["cells"]:
        if cell["cell_type"] == "code":
            whole = isinstance(cell["source"], str)
            source = half_strings(cell["source"] if whole else "".join(cell["source"]), language)
            cell["source"] = source if whole else source.splitlines(keepends=True)
    return kept


def half_strings(source: str, language: str) -> str:
    """Return Python code in which a string in both languages is its half in ``language``."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a command of IPython
        return source
    literals = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    ]
    text = source.encode()
    lines = text.splitlines(keepends=True)
    before = [
        0,
        *(sum(map(len, lines[:number])) for number in range(len(lines))),
    ]  # by line, from 1
    places = {
        (before[node.lineno] + node.col_offset, before[node.end_lineno] + node.end_col_offset)
        for node in literals
        if node.end_lineno is not None and node.end_col_offset is not None
    }
    for start, end in sorted(places, reverse=True):
        literal = _LITERAL.fullmatch(text[start:end].decode())
        if literal and labels.is_in_both(literal[3]):
            half = labels.half(literal[3], language)
            text = text[:start] + f"{literal[1]}{half}{literal[4]}".encode() + text[end:]
    return text.decode()
