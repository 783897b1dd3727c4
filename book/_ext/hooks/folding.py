"""Sphinx extension: boxes that fold (``:class: dropdown``) as HTML's own ``details``.

Mouse, keyboard, a search in the page and a link into them open them, without a script.

This replaces sphinx-togglebutton, which needs a script to open folded boxes.
"""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


class FoldBoxes(SphinxPostTransform):
    """Write each folding box between the two tags, with its title as the summary."""

    default_priority = 900  # after the titles of exercises and solutions are complete
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's boxes, the inner ones first."""
        boxes = [box for box in self.document.findall(nodes.Element) if _folds(box)]
        for box in reversed(boxes):
            names = " ".join(dict.fromkeys([*box["classes"], "admonition"]))
            anchor = f' id="{escape(box["ids"][0])}"' if box["ids"] else ""
            titles = [child for child in box.children if isinstance(child, nodes.title)]
            title = escape(titles[0].astext() if titles else "")
            start = f'<details class="{escape(names)}"{anchor}><summary>{title}</summary>'
            rest = [child for child in box.children if child not in titles]
            parts = [nodes.raw("", start, format="html"), *rest]
            box.parent[box.parent.index(box) : box.parent.index(box) + 1] = [
                *parts,
                nodes.raw("", "</details>", format="html"),
            ]


def _folds(node: nodes.Element) -> bool:
    return isinstance(node, nodes.Admonition) and "dropdown" in node["classes"]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_post_transform(FoldBoxes)
    return {"parallel_read_safe": True}
