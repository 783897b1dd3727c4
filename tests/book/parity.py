"""The list of all rules for notebooks, and ways to make the sample chapter break one of them.

``PYTHONPATH=book python tests/book/parity.py NOTEBOOK ...`` checks notebooks, as pre-commit does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import code_rules
import figure_rules
import korean_spelling
import pair_rules
import prose_rules
import question_rules
import skip_rules
from nbformat.v4 import new_markdown_cell
from sample_book import cell_of, code, pair, sample_notebook

MODULES = (
    pair_rules,
    code_rules,
    prose_rules,
    korean_spelling,
    figure_rules,
    question_rules,
    skip_rules,
)
RULES = tuple(rule for module in MODULES for rule in module.RULES)


def broken_rules(notebook, name: str) -> list[str]:
    """Return the faults of a notebook, one line for each."""
    return [f"{name}, cell {cell}: {fault}" for rule in RULES for cell, fault in rule(notebook)]


def main(paths: list[str]) -> int:
    """Print the faults of these notebooks; return the exit code."""
    faults = [
        fault
        for path in paths
        for fault in broken_rules(pair_rules.read_as_stored(Path(path)), path)
    ]
    print(*faults, sep="\n", end="\n" if faults else "")
    return int(bool(faults))


def assert_refused(notebook, cell: str, words: str) -> None:
    """Assert that a fault names the cell and contains these words."""
    faults = broken_rules(notebook, "sample")
    assert any(f.startswith(f"sample, cell {cell}: ") and words in f for f in faults), faults


def rules_broken_by(notebooks) -> set:
    """Return the rules that at least one of the notebooks breaks."""
    return {rule for notebook in notebooks for rule in RULES if list(rule(notebook))}


def without(name: str):
    notebook = sample_notebook()
    notebook.cells.remove(cell_of(notebook, name))
    return notebook


def with_cells(*cells):
    notebook = sample_notebook()
    notebook.cells[-1:-1] = cells
    return notebook


def changed(name: str, **fields):
    notebook = sample_notebook()
    cell_of(notebook, name).update(fields)
    return notebook


def swapped(first: str, second: str):
    notebook = sample_notebook()
    at = [notebook.cells.index(cell_of(notebook, name)) for name in (first, second)]
    notebook.cells[at[0]], notebook.cells[at[1]] = notebook.cells[at[1]], notebook.cells[at[0]]
    return notebook


def define(source: str):
    """Return the sample with one more code cell, to define something."""
    return with_cells(code("more", source, 5))


def outputs(*stored):
    return changed("draw", outputs=list(stored))


def prose(ko: str, en: str):
    """Return the sample with one more pair of prose cells."""
    return with_cells(*pair("more", ko, en))


def shared(text: str):
    """Return the sample with one more Markdown cell, without a language."""
    return with_cells(new_markdown_cell(text, id="lone"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
