"""Sphinx extension: chapters have numbers, in titles and wherever running text names them.

Without a text, a reference ``{ref}`lstm``` becomes 4장 「LSTM: 장단기 메모리」; a text is kept.
Notebooks contain no chapter numbers, so a chapter that moves gets its new number everywhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..plain import chapters


def count_chapters(app: Sphinx) -> None:
    """Keep the chapters' numbers with the pages."""
    app.env.chapter_numbers = chapters.chapter_numbers(Path(app.srcdir))


class NumberTitles(SphinxTransform):
    """Write a chapter's number before its title."""

    default_priority = 300

    def apply(self, **kwargs: Any) -> None:
        """Change the page's first title, which menus and links use."""
        number = self.app.env.chapter_numbers.get(self.env.docname)
        title = next(iter(self.document.findall(nodes.title)), None)
        if number and title is not None:
            title.insert(0, nodes.Text(chapters.numbered(number, "")))


class NameTargets(SphinxPostTransform):
    """Give references to pages and sections the full name if they have no text."""

    default_priority = 9  # before references are resolved (10)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's references."""
        labels = self.env.domains["std"].data["labels"]
        for reference in list(self.document.findall(pending_xref)):
            if reference.get("reftype") != "ref" or reference["refexplicit"]:
                continue
            if (target := labels.get(reference["reftarget"])) is None:
                continue  # Sphinx warns about it
            page, anchor, title = target
            words = self._name(page, anchor, title)
            before = reference.parent.astext().partition(reference.astext())[0]
            words = chapters.at_start(words, before)
            reference["refexplicit"] = True
            reference.children = [nodes.inline("", words, classes=["std", "std-ref"])]

    def _name(self, page: str, anchor: str, title: str) -> str:
        language, number = self.config.language, self.env.chapter_numbers.get(page)
        if title == self.env.titles[page].astext():
            bare = chapters.unnumbered(number, title)
            return chapters.name_of_page(language, number, bare)
        elsewhere = number if page != self.env.docname else None
        return chapters.name_of_section(language, elsewhere, title)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.connect("builder-inited", count_chapters)
    app.add_transform(NumberTitles)
    app.add_post_transform(NameTargets)
    return {"parallel_read_safe": True}
