"""Read the figures that code cells draw, and set their labels in a language, without Sphinx.

A code cell stores what it draws as SVG (`lessons_lib.lab.svg`), with labels in both languages. A
``figure`` whose path is ``#`` and the cell's id gives it a number, a caption and an alt text::

    ```{figure} #lag-figure
    :name: fig-lag
    :alt: …
    Caption.
    ```
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from xml.etree import ElementTree

from lessons_lib.lab import labels

from ..one_language import Cell, Notebook
from .myst_blocks import Block, MarkupError, parse, walk

SVG = "http://www.w3.org/2000/svg"
FORM = "image/svg+xml"
SIZE = 11.0  # of letters, unless the drawing has another
ENLARGED = 1.5  # where there is room: a drawing is as wide as a telephone

ElementTree.register_namespace("", SVG)


def figures_of(text: str) -> Iterator[Block]:
    """Yield the figures of a Markdown cell that show a code cell's drawing."""
    for block in walk(parse(text)):
        if block.name == "figure" and block.argument.startswith("#"):
            yield block


def drawing_of(cell: Cell) -> str:
    """Return the SVG that a code cell stores, ``""`` if there is none."""
    found = [output["data"][FORM] for output in cell["outputs"] if FORM in output.get("data", {})]
    return "".join(found[0]) if found else ""


def translate(svg: str, language: str, alt: str) -> ElementTree.Element:
    """Return a drawing with its labels in ``language``, described by ``alt``."""
    root = ElementTree.fromstring(svg)
    for text in root.iter(f"{{{SVG}}}text"):
        label = text.attrib.pop("data-label", "")
        if not labels.is_in_both(label):
            continue
        words = labels.typeset(labels.half(label, language), float(text.get("font-size", SIZE)))
        new = ElementTree.fromstring(f'<text xmlns="{SVG}">{words}</text>')
        text[:], text.text = new[:], new.text
    for style in root.iter(f"{{{SVG}}}style"):  # which may have changed since the cell was executed
        style.text = (files("lessons_lib.lab") / "plot.css").read_text("utf-8")
    width, height = (float(number) for number in root.get("viewBox", "").split()[2:])
    root.set("width", f"{ENLARGED * width:.0f}")
    root.set("height", f"{ENLARGED * height:.0f}")
    root.set("role", "img")
    root.set("aria-label", alt)
    return root


def translate_drawings(notebook: Notebook, language: str) -> None:
    """Set the stored drawings of a notebook in one language in that language's words, in place.

    Raises
    ------
    MarkupError
        A figure names no code cell that draws.
    """
    for figure, cell in figures_and_cells(notebook):
        alt = figure.options.get("alt", "")
        root = translate(drawing_of(cell), language, alt)
        drawing = ElementTree.tostring(root, encoding="unicode")
        for output in cell["outputs"]:
            if FORM in output.get("data", {}):
                output["data"][FORM] = drawing
                output["metadata"].setdefault(FORM, {})["alt"] = alt


def take_drawings(notebook: Notebook) -> dict[str, str]:
    """Take the drawings that figures show out of the cells' outputs; return them by the cells' ids.

    A figure shows its drawing itself: JupyterLab shows no SVG output of a notebook that was
    downloaded, and the site sets it above the caption.
    """
    cells = [cell for _, cell in figures_and_cells(notebook)]
    drawings = {cell["id"]: drawing_of(cell) for cell in cells}
    for cell in cells:
        cell["outputs"] = [o for o in cell["outputs"] if FORM not in o.get("data", {})]
    return drawings


def figures_and_cells(notebook: Notebook) -> Iterator[tuple[Block, Cell]]:
    """Yield each figure of a notebook in one language that shows a drawing, and the cell that drew.

    Raises
    ------
    MarkupError
        A figure names no code cell that draws.
    """
    cells = {cell.get("id"): cell for cell in notebook["cells"] if cell["cell_type"] == "code"}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "markdown" or "{figure}" not in source_of(cell):
            continue
        for figure in figures_of(source_of(cell)):
            drawn = cells.get(figure.argument.removeprefix("#"))
            if drawn is None or not drawing_of(drawn):
                raise MarkupError(f"figure {figure.argument}: no code cell of that id draws")
            yield figure, drawn


def source_of(cell: Cell) -> str:
    """Return a cell's text, which a notebook may store as a list of lines."""
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
