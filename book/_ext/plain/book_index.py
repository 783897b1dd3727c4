"""Index every label of the book in one language: its page, title and number.

Numbers run through the whole book in the order of its table of contents, as in Sphinx.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import nbformat
from sphinx_external_toc.parsing import parse_toc_yaml

from ..one_language import Cell, Notebook, keep_language
from ..texts import texts
from .citations import Bibliography
from .myst_blocks import Block, MarkupError, parse, walk
from .terms import GLOSSARY, label_of

_COUNTED = {
    "figure": "figure",
    "list-table": "table",
    "exercise": "exercise",
    "exercise-start": "exercise",
}


@dataclass(frozen=True)
class Target:
    """The target of a label: page, title in the index's language, kind and number if counted."""

    page: str
    title: str
    kind: str = ""
    number: int = 0


@dataclass
class BookIndex:
    """The labels, page titles and citations of the book in one language."""

    language: str
    bibliography: Bibliography
    targets: dict[str, Target]
    titles: dict[str, str]
    cited: dict[str, list[str]]
    numbers: Mapping[str, int]

    def target(self, label: str) -> Target:
        """Return where the label leads.

        Raises
        ------
        MarkupError
            The book has no such label.
        """
        if label not in self.targets:
            raise MarkupError(f"label {label!r} is nowhere in the book")
        return self.targets[label]

    def numbered(self, label: str) -> str:
        """Return the numbered name of a label's target: ``Fig. 3``, ``연습문제 2``.

        Raises
        ------
        MarkupError
            The book has no such label, or its target has no number.
        """
        target = self.target(label)
        if target.kind not in _COUNTED.values():
            raise MarkupError(f"label {label!r} names nothing that has a number")
        return f"{self.word(target.kind)} {target.number}"

    def word(self, name: str) -> str:
        """Return the word that the index's language has for a figure, an exercise, a note …."""
        return texts(self.language)["copies"][name]

    def link(self, page: str, label: str) -> str:
        """Return the address of a label relative to a page: ``#label``, ``lstm.ipynb#label``."""
        target = self.target(label)
        return f"#{label}" if target.page == page else f"{address(page, target.page)}#{label}"


def address(page: str, other: str) -> str:
    """Return the relative address of another page's notebook."""
    return posixpath.relpath(other, posixpath.dirname(page)) + ".ipynb"


def pages_of(root: Path) -> list[str]:
    """Return the names of the book's pages, in the order of ``_toc.yml``, without a suffix."""
    return list(parse_toc_yaml(root / "_toc.yml"))


def read_notebook(path: Path) -> Notebook:
    """Return the notebook stored at the path."""
    return nbformat.read(path, as_version=4)


def pages_before_appendix(root: Path) -> list[str]:
    """Return the pages in order, without the appendix."""
    return [page for page in pages_of(root) if not page.startswith("book/appendix/")]


def index_book(
    notebooks: Mapping[str, Notebook],
    language: str,
    bibliography: Bibliography,
    numbers: Mapping[str, int] = MappingProxyType({}),
) -> BookIndex:
    """Return the `BookIndex` of the pages, given in the order of the table of contents.

    `numbers` are those of the chapters (`chapters.chapter_numbers`); without, none has one.

    Raises
    ------
    MarkupError
        Markup that the book does not use, or a label given twice; names page and cell.
    """
    index = BookIndex(language, bibliography, {}, {}, {}, numbers)
    counts: Counter[str] = Counter()
    for page, notebook in notebooks.items():
        index.cited[page] = []
        for cell in keep_language(notebook, language)["cells"]:
            if cell["cell_type"] == "markdown":
                try:
                    _index_cell(index, page, parse(cell["source"]), counts)
                except MarkupError as error:
                    raise MarkupError(f"{place(page, cell)}: {error}") from None
    return index


def place(page: str, cell: Cell) -> str:
    """Return the name of a notebook's cell for a message."""
    return f"{page}.ipynb, cell {cell.get('id', '?')}"


def _index_cell(index: BookIndex, page: str, blocks: list[Block], counts: Counter[str]) -> None:
    waiting: list[str] = []  # labels before the block that they name
    for block in walk(blocks):
        if block.kind == "target":
            waiting.append(block.label)
            continue
        if block.kind == "comment":
            continue
        explained = page == GLOSSARY and block.kind == "list_item"
        if explained and (term := label_of(block.children[0].source)):
            index.targets[term] = Target(page, "")
        if block.name == "h1":
            index.titles.setdefault(page, block.source)
        kind = "equation" if block.kind == "math" else _COUNTED.get(block.name, "")
        if kind == "equation" and not block.label:
            kind = ""
        if kind:
            counts[kind] += 1
        for label in [*waiting, block.label] if block.label else waiting:
            if label in index.targets:
                raise MarkupError(f"label {label!r} is also in {index.targets[label].page}.ipynb")
            index.targets[label] = Target(page, title(block), kind, counts[kind])
        waiting.clear()
        for span in block.spans:
            if span.name.startswith("cite:"):
                index.cited[page] += [key.strip() for key in span.value.split(",")]
    if waiting:
        raise MarkupError(f"label {waiting[0]!r} names no block")


def title(block: Block) -> str:
    """Return the text with which a reference names a block: a heading, a caption, a title."""
    if block.name == "figure":
        return block.source.split("\n\n")[0].replace("\n", " ")
    return block.source if block.kind == "heading" else block.argument
