"""Sphinx extension: ``lang`` on text in the other language, for screen readers.

On English pages this is every run of Hangul, on Korean pages every work in a list of works. English
terms in Korean sentences are loan words and are not marked. `printed_tables` marks those of tables.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..plain.printed_tables import HANGUL

NO_PROSE = (nodes.literal_block, nodes.raw, nodes.math, nodes.math_block, nodes.comment)


class MarkHangul(SphinxPostTransform):
    """Wrap each run of Hangul on an English page, and inline code without other letters."""

    default_priority = 820
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's text."""
        if self.app.config.language != "en":
            return
        for text in list(self.document.findall(nodes.Text)):
            parent, parts = text.parent, HANGUL.split(text.astext())
            if len(parts) == 1 or isinstance(parent, NO_PROSE):
                continue
            if isinstance(parent, nodes.literal):
                if not re.search("[A-Za-z0-9]", text.astext()):
                    parent["classes"].append("language-ko")  # docutils writes this as lang="ko"
                continue
            place = parent.index(text)
            parent[place : place + 1] = [
                nodes.inline("", part, classes=["language-ko"]) if number % 2 else nodes.Text(part)
                for number, part in enumerate(parts)
                if part
            ]


class MarkWorks(SphinxPostTransform):
    """Mark the works listed on a Korean page as English."""

    default_priority = 820
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's lists of works."""
        if self.app.config.language == "ko":
            for work in self.document.findall(nodes.citation):
                work["classes"].append("language-en")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.add_post_transform(MarkHangul)
    app.add_post_transform(MarkWorks)
    return {"parallel_read_safe": True}
