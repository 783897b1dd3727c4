"""Rules for computed figures: named, described and labelled in both languages, and legible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from xml.etree import ElementTree

import numpy as np
from _ext.one_language import LANGUAGES, keep_language
from _ext.plain.drawings import FORM, SIZE, SVG, drawing_of, figures_of, translate
from _ext.plain.figure_comparison import points
from _ext.plain.myst_blocks import MarkupError
from _ext.plain.printed_tables import MARK
from code_rules import code_cells
from pair_rules import Notebook, Problems, Rule, markdown_cells

from lessons_lib.lab import labels

Box = tuple[float, float, float, float]


def _figures(notebook: Notebook) -> Iterator[tuple[Any, Any]]:
    """Yield the computed figures of a notebook, each with its cell."""
    for cell in markdown_cells(notebook):
        with suppress(MarkupError):  # `pair_rules.readable` says so
            yield from ((cell, figure) for figure in figures_of(cell.source))


def drawings_shown(notebook: Notebook) -> Problems:
    """A cell that draws is named by one figure in each language, after the cell."""
    for language in LANGUAGES:
        kept: Any = keep_language(notebook, language)
        named = Counter(figure.argument.removeprefix("#") for _, figure in _figures(kept))
        for cell in code_cells(kept):
            count = sum(FORM in output.get("data", {}) for output in cell.outputs)
            if count > 1:
                yield cell.id, f"draws {count} figures; a caption describes one"
            if count and named[cell.id] != 1:
                yield cell.id, f"draws, and {named[cell.id]} figures in {language} show it, not one"
        at = {cell.id: place for place, cell in enumerate(kept.cells)}
        drawn = {cell.id for cell in code_cells(kept) if drawing_of(cell)}
        for cell, figure in _figures(kept):
            name = figure.argument.removeprefix("#")
            if name not in drawn:
                yield cell.id, f"figure #{name}: no code cell of that id draws"
            elif at[name] > at[cell.id]:
                yield cell.id, f"figure #{name} stands before the cell that draws it"


def labels_in_both(notebook: Notebook) -> Problems:
    """Every label with words is written in both languages."""
    for cell in code_cells(notebook):
        drawing = drawing_of(cell)
        texts = ElementTree.fromstring(drawing).iter(f"{{{SVG}}}text") if drawing else ()
        for label in sorted({text.get("data-label", "") for text in texts}):
            if labels.has_words(label) and not labels.is_in_both(label):
                yield cell.id, f"draws the label {label!r}, expected '한국어 · English'"


def labels_legible(notebook: Notebook) -> Problems:
    """In both languages no text leaves the drawing, covers another or lies on a curve."""
    for cell in code_cells(notebook):
        for language in LANGUAGES if drawing_of(cell) else ():
            for fault in illegible(drawing_of(cell), language):
                yield cell.id, f"draws a figure where in {language} {fault}"


def illegible(drawing: str, language: str) -> Iterator[str]:
    """Yield the faults in the places of a drawing's texts in one language."""
    root = translate(drawing, language, "")
    width, height = (float(number) for number in root.get("viewBox", "").split()[2:])
    texts = list(root.iter(f"{{{SVG}}}text"))
    placed = [("".join(text.itertext()).strip("\u200b"), *_box(text)) for text in texts]
    for k, (label, left, top, right, bottom) in enumerate(placed):
        if left < -1 or top < -1 or right > width + 1 or bottom > height + 1:
            yield f"{label!r} leaves the drawing"
        for other, left2, top2, right2, bottom2 in placed[:k]:
            if min(right, right2) - max(left, left2) > 1 < min(bottom, bottom2) - max(top, top2):
                yield f"{label!r} covers {other!r}"
    curves = list(_curves(root))
    for label, *box in placed:
        if any(_crosses(curve, *box) for curve in curves):
            yield f"{label!r} lies on a curve"


def _box(text: ElementTree.Element) -> Box:
    """Return left, top, right and bottom of a text, with the widths that `labels` estimates."""
    x, y, size = (float(text.get(name, SIZE)) for name in ("x", "y", "font-size"))
    length = labels.length(text.text or "", size)
    for part in text:
        length += labels.length(part.text or "", float(part.get("font-size", size)))
        length += labels.length(part.tail or "", size)
    start = {"middle": -0.5, "end": -1.0}.get(text.get("text-anchor", ""), 0.0) * length
    up, down = 0.75 * size, 0.2 * size
    if "rotate(-90" in text.get("transform", ""):
        return x - up, y - start - length, x + down, y - start
    return x + start, y - up, x + start + length, y + down


def _curves(root: ElementTree.Element) -> Iterator[np.ndarray]:
    """Yield closely spaced points of each drawn line, without grid and axes."""
    for path in root.iter(f"{{{SVG}}}path"):
        names, commands = path.get("class", "").split(), path.get("d", "")
        if "cells" in names or not any(name in "s1 s2 s3 s4 s5 s6" for name in names):
            continue
        for piece in commands.split("M")[1:]:
            corners = points(f"M{piece}")
            step = np.linspace(0, 1, 20)[:, None, None]
            yield (corners[:-1] + step * np.diff(corners, axis=0)).reshape(-1, 2)


def _crosses(curve: np.ndarray, left: float, top: float, right: float, bottom: float) -> bool:
    x, y = curve.T
    return bool(((x > left) & (x < right) & (y > top) & (y < bottom)).any())


def heads_in_both(notebook: Notebook) -> Problems:
    """Heads and caption of a printed table are in both languages if they contain words."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            html = "".join(output.get("data", {}).get("text/html", ""))
            table = ElementTree.fromstring(html) if html.startswith(MARK) else ()
            for part in table:
                for head in [part] if part.tag == "caption" else part.iter("th"):
                    if "data-label" not in head.attrib and labels.has_words(head.text or ""):
                        yield cell.id, f"prints the head {head.text!r}, expected '한국어 · English'"


RULES: tuple[Rule, ...] = (drawings_shown, labels_in_both, labels_legible, heads_in_both)
