"""Sphinx extension: each term of the glossary has an address, ``glossary.html#term-forget-gate``.

A text leads there by ``{ref}`망각 게이트 <term-forget-gate>```.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from ..plain.terms import GLOSSARY, label_of


class TermAddresses(SphinxTransform):
    """Give each of the glossary's items that explains a term its label."""

    default_priority = 261  # before labels are made anchors (262)

    def apply(self, **kwargs: Any) -> None:
        """Walk over the page's items."""
        if self.env.docname != GLOSSARY:
            return
        for item in self.document.findall(nodes.list_item):
            if label := label_of(item.astext()):
                item["ids"].append(label)
                item["names"].append(label)
                self.document.note_explicit_target(item)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_transform(TermAddresses)
    return {"parallel_read_safe": True}
