"""Rules for sections that may be skipped: below a heading, with a reason, on no path."""

from __future__ import annotations

import tomllib

from _ext.hooks.learning_paths import PATHS
from _ext.plain import skippable
from pair_rules import Notebook, Problems, Rule, blocks_of, markdown_cells


def marks_complete(notebook: Notebook) -> Problems:
    """A mark is a note directly below a heading, with its reason in one paragraph."""
    for cell in markdown_cells(notebook):
        for fault in skippable.faults(blocks_of(cell)):
            yield cell.id, f"the mark of a section that may be skipped {fault}"


def not_on_a_path(notebook: Notebook) -> Problems:
    """A section of a learning path is not one that may be skipped."""
    on_a_path = {
        label for path in tomllib.loads(PATHS.read_text("utf-8")).values() for label in path
    }
    for cell in markdown_cells(notebook):
        for label in skippable.labels(blocks_of(cell)):
            if label in on_a_path:
                yield cell.id, f"{label} may be skipped and is on a path of site/paths.toml"


RULES: tuple[Rule, ...] = (marks_complete, not_on_a_path)
