"""Sphinx extension: a table that is wider than the page scrolls in a box of its own.

The first column of a table whose corner is empty holds heads of rows, as the first row of columns.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


def head_rows(table: nodes.table) -> None:
    """Make heads of the first column if its own head is empty."""
    for group in table.findall(nodes.tgroup):
        corner = next((entry for head in group.findall(nodes.thead) for entry in head[0]), None)
        if corner is not None and not corner.astext().strip():
            next(iter(group.findall(nodes.colspec)))["stub"] = 1


class BoxTables(SphinxPostTransform):
    """Put each table into a box, which takes the mark of the table's pair."""

    default_priority = 860
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's tables."""
        for table in list(self.document.findall(nodes.table)):
            pairs = [name for name in table["classes"] if name.startswith("pair-")]
            table["classes"] = [name for name in table["classes"] if name not in pairs]
            head_rows(table)
            box = nodes.container("", table.deepcopy(), classes=["table-box", *pairs])
            table.replace_self(box)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_post_transform(BoxTables)
    return {"parallel_read_safe": True}
