"""Sphinx extension: no line break between a formula or a bracket and the text attached to it.

A browser may break a line on both sides of a formula. But Korean attaches particles to the word
before them ($c_t$가), and no language starts a line with a comma, so such a formula keeps its tail.
So does a closing bracket before Hangul, 게이트(gate)는: browsers break there despite ``keep-all``.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

LONGEST = 30  # in characters of TeX; a longer formula fills a narrow screen by itself
TAIL = re.compile(r"\S{1,12}(?=\s|$)")
BRACKET = re.compile(r"([)\]’”]+[가-힣]{1,8}[^\s가-힣]?)")


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


class KeepBrackets(SphinxPostTransform):
    """Wrap a closing bracket and the Hangul after it in one unbroken piece."""

    default_priority = 810
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's text; titles are also shown where they cannot be wrapped."""
        for text in list(self.document.findall(nodes.Text)):
            unfit = (nodes.title, nodes.literal, nodes.literal_block, nodes.raw, nodes.math)
            parts = BRACKET.split(text.astext())
            if len(parts) == 1 or isinstance(text.parent, unfit):
                continue
            place = text.parent.index(text)
            text.parent[place : place + 1] = [
                nodes.inline("", part, classes=["unbroken"]) if number % 2 else nodes.Text(part)
                for number, part in enumerate(parts)
                if part
            ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_post_transform(KeepTails)
    app.add_post_transform(KeepBrackets)
    return {"parallel_read_safe": True}
