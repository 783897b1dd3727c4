"""Decide which parts of a chapter slides show and which the speaker says, as plain data.

A heading begins a slide. The slide shows lists, tables, formulas, figures and code with visible
results; paragraphs and boxes go into the speaker's notes. Exercises and sources are left out. Parts
that do not fit continue on another slide, below the first and with the same heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from nbformat.v4 import new_markdown_cell

from ..one_language import Notebook, keep_language
from .book_index import BookIndex
from .drawings import FORM, drawing_of, translate_drawings
from .myst_blocks import Block, parse
from .plain_markdown import CellWriter
from .printed_tables import translate_tables
from .quick_questions import is_question

LEFT_OUT = ("-exercises", "-sources")  # endings of the labels of sections
WITHOUT_CODE = "without-code"  # the tag of a cell of which a slide shows the outputs only
LINES = 17  # the capacity of a slide, in lines of text
PICTURE, MOST, WIDTH = 14, 11, 80
_TALL = re.compile(r"\\(?:frac|sum|prod|begin\{.?matrix\})")
_SHOWN = ("bullet_list", "ordered_list", "table", "math", "figure", "list-table")


class Piece(NamedTuple):
    """A piece of a chapter: "heading", "shown" or "spoken", and its approximate number of lines."""

    role: str
    cell: Any
    lines: float = 0


def slide_cells(notebook: Notebook, page: str, index: BookIndex, folder: Path) -> list[Any]:
    """Return cells with nbconvert's metadata for slides."""
    cells: list[Any] = []
    heading, used, spoken = "", 0.0, []
    for role, cell, lines in [*_pieces(notebook, page, index, folder), Piece("heading", None)]:
        if role == "spoken":
            spoken.append(cell)
            continue
        if role == "heading":
            if used == 0 and spoken and heading:  # a section with only words shows the first
                cells.append(_marked(spoken.pop(0), "-"))
            cells += [_marked(each, "notes") for each in spoken]
            spoken, used = [], 0
            if cell is not None:
                heading = cell.source
                cells.append(_marked(cell, "subslide" if heading.startswith("###") else "slide"))
            continue
        if used and used + lines > LINES:
            cells.append(_marked(new_markdown_cell(heading), "subslide"))
            used = 0
        cells.append(_marked(cell, "-"))
        used += lines
        cells += [_marked(each, "notes") for each in spoken]
        spoken = []
    return cells


def _marked(cell: Any, kind: str) -> Any:
    cell.metadata["slideshow"] = {"slide_type": kind}
    return cell


def _pieces(notebook: Notebook, page: str, index: BookIndex, folder: Path) -> Iterator[Piece]:
    writer = CellWriter(page, index, folder)
    label, left_out = "", False
    kept = keep_language(notebook, index.language)
    translate_drawings(kept, index.language)
    translate_tables(kept, index.language)
    for cell in kept["cells"]:
        if cell["cell_type"] != "markdown":
            if cell.get("outputs") and not left_out:
                if drawing_of(cell):  # its code would take the room of its caption
                    cell["metadata"].setdefault("tags", []).append(WITHOUT_CODE)
                yield Piece("shown", cell, _code_lines(cell))
            continue
        lines = cell["source"].split("\n")
        for block in parse(cell["source"]):
            start, end = block.lines
            if block.kind == "target":
                label = block.label
            elif block.kind == "heading":
                if block.name != "h3":
                    left_out = label.endswith(LEFT_OUT)
                if not left_out:
                    yield Piece("heading", new_markdown_cell(writer.plain(lines[start])))
            elif not left_out and block.kind != "comment":
                text = writer.plain("\n".join(lines[start:end]))
                kind = block.name if block.kind == "directive" else block.kind
                role = "shown" if kind in _SHOWN or is_question(block) else "spoken"
                if text:
                    yield Piece(role, new_markdown_cell(text), _text_lines(block, text))


def _text_lines(block: Block, text: str) -> float:
    lines = [line for line in text.split("\n") if line.strip()]
    if block.name == "figure":
        return 1.5 if block.argument.startswith("#") else PICTURE
    if block.kind == "math":
        rows = text.split(r"\\")
        return 0.6 + sum(3.2 if _TALL.search(row) else 1.8 for row in rows)
    if text.startswith("|"):
        longest = [max(map(len, line.split("|"))) * line.count("|") / WIDTH for line in lines]
        return sum(0.5 + max(1, length) for length in longest)
    return sum(max(1, len(line) / WIDTH) * 1.3 for line in lines)


def _code_lines(cell: Any) -> float:
    """Return the approximate number of lines of code and outputs; long ones are scrolled."""
    total = (
        0.0
        if WITHOUT_CODE in cell["metadata"].get("tags", [])
        else min(MOST, cell["source"].count("\n") + 2.0)
    )
    for output in cell["outputs"]:
        data = output.get("data", {})
        text = data.get("text/markdown") or output.get("text") or data.get("text/plain", "")
        total += PICTURE - 2 if FORM in data else min(MOST, text.count("\n") + 2)
    return total
