"""Sphinx extension: below a cell that checks a reader's own function, say where to run it.

The pages show a check's answer to an unwritten function; the reader writes the function elsewhere.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..texts import words

#: The call of a check with the function that the reader writes.
CALL = re.compile(r"\bchecks\.(\w+)\(my_\w+")


def sentence(code: str, language: str) -> str | None:
    """Return the line below a cell, as HTML, or None if the cell checks no function."""
    called = CALL.search(code)
    if called is None:
        return None
    name = f"<code>{escape(called[1])}</code>"
    command = "<code>python -m lessons_lib.checks FILE.py</code>"
    return words(language)["where_to_check"].format(name=name, command=command)


class SayWhere(SphinxPostTransform):
    """Put the line below each such cell."""

    default_priority = 880
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's cells."""
        for code in list(self.document.findall(nodes.container)):
            if "cell_input" not in code.get("classes", []):
                continue
            if text := sentence(code.astext(), self.config.language):
                cell = code.parent
                place = cell.parent.index(cell) + 1
                cell.parent.insert(place, nodes.raw("", f"<p>{text}</p>", format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_post_transform(SayWhere)
    return {"parallel_read_safe": True}
