"""Write the one-language copies of the book's notebooks, or execute the notebooks in place.

Usage: ``notebooks.py copies [--to DIR]`` and ``notebooks.py execute [NOTEBOOK ...]``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nbformat

from .one_language import LANGUAGES, Cell, Notebook, keep_language
from .plain.book_index import BookIndex, index_book, pages_of, place, read_notebook
from .plain.chapters import chapter_numbers
from .plain.citations import Bibliography
from .plain.colab import add_installation, wheel_address
from .plain.drawings import take_drawings, translate_drawings
from .plain.execution import ExecutionError, execute
from .plain.myst_blocks import MarkupError
from .plain.plain_markdown import CellWriter
from .plain.printed_tables import translate_tables

ROOT = Path(__file__).resolve().parents[2]
BIBLIOGRAPHY = "book/appendix/references.bib"


def one_language_copy(notebook: Notebook, page: str, index: BookIndex, folder: Path) -> Notebook:
    """Return the notebook in the index's language, as plain Markdown and with its outputs.

    Parameters
    ----------
    notebook
        The notebook in both languages.
    page
        Its name in the table of contents.
    index
        The labels of the whole book in the language of the copy.
    folder
        The folder to which the paths of its figures are relative.

    Raises
    ------
    MarkupError
        Markup that the book does not use, or that leads nowhere; names page and cell.
    """
    copy = keep_language(notebook, index.language)
    try:
        translate_drawings(copy, index.language)
        translate_tables(copy, index.language)
    except MarkupError as error:
        raise MarkupError(f"{page}.ipynb: {error}") from None
    writer = CellWriter(page, index, folder, take_drawings(copy))
    count = 0
    for cell in copy["cells"]:
        tags = [tag for tag in cell["metadata"].pop("tags", []) if tag not in LANGUAGES]
        if tags:
            cell["metadata"]["tags"] = tags
        if cell["cell_type"] == "markdown":
            try:
                cell["source"] = writer.plain(cell["source"])
            except MarkupError as error:
                raise MarkupError(f"{place(page, cell)}: {error}") from None
        elif cell["cell_type"] == "code":
            count += 1
            _number(cell, count)
            if writer.folding:
                cell["metadata"]["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
    copy["cells"] = [c for c in copy["cells"] if c["source"] or c["cell_type"] != "markdown"]
    return copy


def write_copies(root: Path, to: Path) -> None:
    """Write ``ko/…`` and ``en/…`` copies of the book's notebooks, and no others, below ``to``."""
    pages = pages_of(root)
    notebooks = {page: read_notebook(root / f"{page}.ipynb") for page in pages}
    bibliography = Bibliography(root / BIBLIOGRAPHY)
    wheel = wheel_address()
    for language in LANGUAGES:
        for stale in (to / language).rglob("*.ipynb"):
            stale.unlink()
        index = index_book(notebooks, language, bibliography, chapter_numbers(root))
        for page, notebook in notebooks.items():
            copy = one_language_copy(notebook, page, index, (root / page).parent)
            add_installation(copy, language, wheel)
            path = to / language / f"{page}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(nbformat.from_dict(copy), path)
            print(path, flush=True)


def _number(cell: Cell, count: int) -> None:
    cell["execution_count"] = count
    for output in cell["outputs"]:
        if output["output_type"] == "execute_result":
            output["execution_count"] = count


def main(arguments: list[str] | None = None) -> int:
    """Run one of the two commands; return the exit code."""
    parser = argparse.ArgumentParser(prog="notebooks.py", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    copies = commands.add_parser("copies", help="write the one-language copies")
    copies.add_argument("--to", type=Path, default=ROOT / "_build" / "notebooks")
    run = commands.add_parser("execute", help="execute notebooks and store their outputs")
    run.add_argument("notebooks", type=Path, nargs="*", help="default: all of the book")
    options = parser.parse_args(arguments)
    try:
        if options.command == "copies":
            write_copies(ROOT, options.to)
        else:
            execute(options.notebooks or [ROOT / f"{page}.ipynb" for page in pages_of(ROOT)])
    except (MarkupError, ExecutionError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
