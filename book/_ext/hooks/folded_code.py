"""Sphinx extension: code that need not be read is folded behind a line that describes it.

A code cell's tag gives the reason: ``setup``, ``plot`` (the figure or
table stays visible) or ``check``. In
notebooks and in print all code is open.
"""

from __future__ import annotations

import ast
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..texts import words

TAGS = ("setup", "plot", "check")


def folded_as(cell: nodes.Element) -> str | None:
    """Return the tag because of which a cell is folded, None for an open cell."""
    return next((tag for tag in TAGS if f"tag_{tag}" in cell.get("classes", [])), None)


def summary(tag: str, code: str, language: str) -> str:
    """Return the line that describes a cell's folded code."""
    said = words(language)
    tree = ast.parse(code)
    checks = sum(isinstance(node, ast.Assert) for node in ast.walk(tree))
    if tag == "check" and checks:
        return said["fold_one_check" if checks == 1 else "fold_checks"].format(count=checks)
    kind = "table" if tag == "plot" and _prints_a_table(tree) else tag
    return said[f"fold_{kind}"].format(lines=code.count("\n") + 1)


def _prints_a_table(tree: ast.Module) -> bool:
    """Say whether the value of a cell is a table of `lessons_lib.lab.tables`."""
    last = tree.body[-1]
    call = last.value if isinstance(last, ast.Expr) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func) in ("table", "tables.table")


class FoldCode(SphinxPostTransform):
    """Put the code of tagged cells into a ``details`` element."""

    default_priority = 890
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's cells."""
        for cell in list(self.document.findall(nodes.container)):
            tag = folded_as(cell)
            inputs = (
                [c for c in cell.children if "cell_input" in c.get("classes", [])] if tag else []
            )
            for code in inputs:
                line = summary(tag or "", code.astext(), self.config.language)
                start = f'<details class="folded"><summary>{escape(line)}</summary>'
                place = cell.index(code)
                cell[place : place + 1] = [
                    nodes.raw("", start, format="html"),
                    code,
                    nodes.raw("", "</details>", format="html"),
                ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_post_transform(FoldCode)
    return {"parallel_read_safe": True}
