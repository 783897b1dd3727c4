"""Sphinx extension: no line break between a formula or a bracket and the text attached to it.

A browser may break a line on both sides of a formula. But Korean attaches particles to the word
before them ($c_t$가), and no language starts a line with a comma, so such a formula keeps its tail.
It also keeps an opening bracket before it, with the word to which that is attached.
So does a closing bracket before Hangul, 게이트(gate)는: browsers break there despite ``keep-all``.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

LONGEST = 30  # in characters of TeX; a longer formula fills a narrow screen by itself
HEAD = re.compile(r"\S{0,8}[(\[“‘]$")
TAIL = re.compile(r"\S{1,12}(?=\s|$)")
BRACKET = re.compile(r"([)\]’”]+[가-힣]{1,8}[^\s가-힣]?)")


class KeepTails(SphinxPostTransform):
    """Wrap a short inline formula and the few characters around it in one unbroken piece."""

    default_priority = 800
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's inline formulas."""
        for formula in list(self.document.findall(nodes.math)):
            parent = formula.parent
            place = parent.index(formula)
            before = _text(parent.children[max(place - 1, 0) : place])
            after = _text(parent.children[place + 1 : place + 2])
            head, tail = HEAD.search(before), TAIL.match(after)
            if not (head or tail) or len(formula.astext()) > LONGEST:
                continue
            first, last = (found[0] if found else "" for found in (head, tail))
            piece = nodes.inline("", first, formula.deepcopy(), nodes.Text(last))
            piece["classes"].append("unbroken")
            start, end = place - bool(before), place + 1 + bool(after)
            outside = before.removesuffix(first), after.removeprefix(last)
            parent[start:end] = [nodes.Text(outside[0]), piece, nodes.Text(outside[1])]


def _text(neighbours: list[nodes.Node]) -> str:
    """Return the text of a formula's neighbour, empty if there is none or it is marked up."""
    return "".join(node for node in neighbours if isinstance(node, nodes.Text))


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
