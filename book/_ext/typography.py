"""Sphinx extension: no line break between a formula and what is written onto it.

A browser may break a line on both sides of a formula. Korean writes particles onto the word before
them ($c_t$가), and no language starts a line with a comma: such a formula keeps its tail.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

LONGEST = 30  # in characters of TeX: a longer formula fills a narrow screen by itself
TAIL = re.compile(r"\S{1,12}(?=\s|$)")


class KeepTails(SphinxPostTransform):
    """Wrap a short inline formula and the few characters after it in one unbroken piece."""

    default_priority = 800
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's inline formulas."""
        for formula in list(self.document.findall(nodes.math)):
            parent = formula.parent
            place = parent.index(formula)
            following = parent.children[place + 1 : place + 2]
            text = "".join(node for node in following if isinstance(node, nodes.Text))
            tail = TAIL.match(text)
            if tail and len(formula.astext()) <= LONGEST:
                piece = nodes.inline("", "", formula.deepcopy(), nodes.Text(tail[0]))
                piece["classes"].append("unbroken")
                parent[place : place + 2] = [piece, nodes.Text(text[tail.end() :])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_post_transform(KeepTails)
    return {"parallel_read_safe": True}
