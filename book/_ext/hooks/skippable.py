"""Sphinx extension: sections that may be skipped say so, and why, below their title.

`_ext.plain.skippable` describes the mark. The page's list of sections shows it, too.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..plain.skippable import CLASS
from ..texts import words


class WriteMarks(SphinxPostTransform):
    """Write each mark as one line: the words of the site's language, and the reason."""

    default_priority = 890
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's marks."""
        said = words(self.app.config.language)["may_be_skipped"]
        for mark in list(self.document.findall(nodes.note)):
            if CLASS in mark["classes"]:
                [reason] = mark.children
                assert isinstance(reason, nodes.paragraph)
                line = nodes.paragraph("", "", classes=[CLASS])
                line += [nodes.strong("", f"{said}."), nodes.Text(" "), *reason.children]
                mark.replace_self(line)


def mark_in_list(app: Sphinx, page: str, list_of_sections: nodes.Element) -> None:
    """Add the words to the links of a page's list of sections."""
    said = words(app.config.language)["may_be_skipped"]
    anchors = skippable(app.env.get_doctree(page))
    for link in list_of_sections.findall(nodes.reference):
        if link.get("anchorname", "").removeprefix("#") in anchors:
            link += nodes.inline("", said, classes=[CLASS])


def skippable(doctree: nodes.document) -> set[str]:
    """Return the anchors of the sections that may be skipped."""
    return {
        anchor
        for mark in doctree.findall(nodes.note)
        if CLASS in mark["classes"] and isinstance(mark.parent, nodes.section)
        for anchor in mark.parent["ids"]
    }


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_post_transform(WriteMarks)
    return {"parallel_read_safe": True}
