"""Rules that keep a notebook's two languages equal, block by block.

A rule takes a notebook as stored and yields pairs of a cell's id and a description of the fault.
The other rules are in `code_rules` and `prose_rules`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from _ext.one_language import LANGUAGES, language_of, pair_of
from _ext.plain.myst_blocks import DIRECTIVES, Block, MarkupError, parse, role_target, walk
from nbformat.validator import iter_validate

Notebook = Any  # nbformat's nodes, whose fields are attributes too
Cell = Any
Problems = Iterator[tuple[str, str]]
Rule = Callable[[Notebook], Problems]


def read_as_stored(path: Path) -> Notebook:
    """Return the notebook without nbformat's repairs, which would hide a duplicate id."""
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


def blocks_of(cell: Cell) -> list[Block]:
    """Return a Markdown cell's blocks, without comments; none if it cannot be read."""
    return _blocks(cell["source"])


@cache
def _blocks(text: str) -> list[Block]:
    try:
        return [block for block in parse(text) if block.kind != "comment"]
    except MarkupError:
        return []  # `readable` says so


def markdown_cells(notebook: Notebook) -> list[Cell]:
    """Return the notebook's Markdown cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def twins(notebook: Notebook) -> Iterator[tuple[Cell, Cell]]:
    """Yield the complete pairs of adjacent cells."""
    for ko, en in zip(notebook.cells, notebook.cells[1:], strict=False):
        if (language_of(ko), language_of(en)) == ("ko", "en") and pair_of(ko) == pair_of(en):
            yield ko, en


def valid(notebook: Notebook) -> Problems:
    """Nbformat's schema holds, ids are there and unique, the kernel is Python's."""
    for name, count in Counter(cell.get("id", "no id") for cell in notebook.cells).items():
        if count > 1:
            yield name, f"id stands {count} times"
    for error in iter_validate(notebook, version=4, version_minor=5):
        yield "notebook", f"not valid: {error}"
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "notebook", "metadata.kernelspec.name is not python3"


def readable(notebook: Notebook) -> Problems:
    """Markdown cells hold only the MyST that the book uses."""
    for cell in markdown_cells(notebook):
        try:
            parse(cell.source)
        except MarkupError as error:
            yield cell.id, str(error)


def pairs_complete(notebook: Notebook) -> Problems:
    """A cell in Korean is followed by its twin in English, and no cell is without a twin."""
    paired = {cell.id for twin in twins(notebook) for cell in twin}
    for cell in notebook.cells:
        language = language_of(cell)
        if language is None:
            continue
        if all(one in cell.metadata.tags for one in LANGUAGES):
            yield cell.id, "carries both tags, ko and en"
        if not cell.id.endswith(f"-{language}"):
            yield cell.id, f"is tagged {language}, but its id does not end in -{language}"
        elif cell.id not in paired:
            yield (
                cell.id,
                f"has no twin: {pair_of(cell)}-ko and {pair_of(cell)}-en are not adjacent",
            )
    for ko, en in twins(notebook):
        if ko.cell_type != en.cell_type:
            yield ko.id, f"is a {ko.cell_type} cell, its twin a {en.cell_type} cell"


def same_blocks(notebook: Notebook) -> Problems:
    """Paragraph corresponds to paragraph, list to list, table to table, directive to directive."""
    for ko, en in twins(notebook):
        if ko.cell_type == "markdown":
            difference = _difference(blocks_of(ko), blocks_of(en), "")
            if difference:
                yield f"{ko.id} / {en.id}", difference


def _difference(ko: list[Block], en: list[Block], where: str) -> str:
    outlines = [[_describe(block) for block in blocks] for blocks in (ko, en)]
    if outlines[0] != outlines[1]:
        return f"{where}ko has {_listed(outlines[0])}; en has {_listed(outlines[1])}"
    for left, right in zip(ko, en, strict=True):
        inside = f"{where}in {_describe(left)}: "
        if difference := _difference(left.children, right.children, inside):
            return difference
    return ""


def _listed(words: list[str]) -> str:
    return ", ".join(words) or "nothing"


def _describe(block: Block) -> str:
    """Describe everything in a block that must be the same in both languages."""
    if block.kind == "directive":
        argument = block.argument
        if DIRECTIVES[block.name].argument == "title":
            argument = "with a title" if argument else ""
        fixed = [f":{k}: {v}" for k, v in sorted(block.options.items()) if k != "alt"]
        fixed += [":alt:"] if "alt" in block.options else []
        return " ".join(part for part in (f"{{{block.name}}}", argument, *fixed) if part)
    if block.kind == "target":
        return f"label ({block.label})="
    if block.kind == "table":
        rows = [row for row in block.walk() if row.kind == "tr"]
        return f"table of {len(rows)} × {len(rows[0].children)}"
    if block.kind in ("bullet_list", "ordered_list"):
        return f"{block.kind} of {len(block.children)}"
    return " ".join(part for part in (block.kind, block.name, block.label) if part)


def same_content(notebook: Notebook) -> Problems:
    """Citations, references, links, display formulas and listings: the same in both.

    The number of occurrences is free, and so are sentences, inline formulas and inline code: a
    paragraph is a pair, but each language has its own sentences.
    """
    for ko, en in twins(notebook):
        if ko.cell_type != "markdown":
            continue
        left, right = _content(blocks_of(ko)), _content(blocks_of(en))
        for side, more in (("ko", left - right), ("en", right - left)):
            for kind, value in sorted(more):
                yield f"{ko.id} / {en.id}", f"only {side} has the {kind} {value!r}"


def _content(blocks: list[Block]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for block in walk(blocks):
        if block.kind in ("math", "code"):
            found.add((block.kind, _without_words(block.source)))
        for span in block.spans:
            if span.name.startswith("cite:"):
                found |= {("citation", key) for key in re.split(r"\s*,\s*", span.value.strip())}
            elif span.kind == "role":
                found.add((span.name, role_target(span)))
            elif span.kind not in ("text", "code", "math"):
                found.add((f"inline {span.kind}", _without_words(span.value)))
    return found


def _without_words(tex: str) -> str:
    r"""Return the formula without the words in ``\text{…}``, which depend on the language."""
    return re.sub(r"\\text\{[^{}]*\}", r"\\text{}", " ".join(tex.split()))


def headings(notebook: Notebook) -> Problems:
    """Each language begins with its only h1; each heading has its own label directly before it."""
    for language in LANGUAGES:
        cells = [c for c in markdown_cells(notebook) if language_of(c) in (language, None)]
        blocks = [(cell, block) for cell in cells for block in blocks_of(cell)]
        tops = [cell.id for cell, block in blocks if block.name == "h1"]
        if len(tops) != 1 or [block.name for _, block in blocks[:2]] != ["", "h1"]:
            yield (tops or ["notebook"])[-1], f"{language}: a level-1 heading, once and at the top"
        for (_, before), (cell, block) in zip([(None, None), *blocks], blocks, strict=False):
            if block.kind != "heading":
                continue
            if before is None or before.kind != "target" or before not in blocks_of(cell):
                yield cell.id, f"no label directly before the heading {block.source!r}"
            elif not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", before.label):
                yield cell.id, f"label {before.label!r}: small letters, digits and single hyphens"


RULES: tuple[Rule, ...] = (valid, readable, pairs_complete, same_blocks, same_content, headings)
