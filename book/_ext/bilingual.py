"""Sphinx extension: build one language of the notebooks that hold two.

A page is read with the other language's cells left out. Every top-level block that comes from a
prose pair carries the class ``pair-<id of the pair>``, and a heading's explicit label is its only
anchor, so that the two sites have the same anchors and a page can find its twin's paragraphs.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from docutils import nodes
from one_language import Cell, keep_language, pair_of
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

PAIR_MARK = "pair:"


def read_one_language(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace the notebook that Sphinx has just read by its copy in the site's language."""
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    notebook = keep_language(json.loads(source[0]), app.config.language)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            _mark_pair(cell)
        else:
            _describe_image(cell, app.config.language)
    source[0] = json.dumps(notebook)


def _mark_pair(cell: Cell) -> None:
    """Put a MyST comment before the cell's text: what follows belongs to this pair, or to none."""
    text = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    cell["source"] = f"% {PAIR_MARK} {pair_of(cell) or ''}\n\n{text}"


def _describe_image(cell: Cell, language: str) -> None:
    """Hand the cell's alt text in ``language`` to MyST-NB, under the key where it looks for one."""
    alt = cell["metadata"].get("alt", {}).get(language)
    if alt:
        cell["metadata"].setdefault("mystnb", {}).setdefault("image", {})["alt"] = alt


def keep_outputs_out_of_site(app: Sphinx) -> None:
    """Let MyST-NB unpack the stored figures beside Sphinx's memory, not beside the site's folder.

    Its own choice is the parent of the output folder, which is what gets published here.
    """
    outputs = Path(app.doctreedir, "outputs")
    app.env.mystnb_config = app.env.mystnb_config.copy(output_folder=str(outputs))


class PairClasses(SphinxTransform):
    """Turn the marks into classes, before other transforms move blocks about."""

    default_priority = 5

    def apply(self, **kwargs: Any) -> None:  # noqa: ARG002
        """Walk the document once, in reading order."""
        self._mark_children(self.document, "")

    def _mark_children(self, parent: nodes.Element, pair: str) -> str:
        for block in list(parent.children):
            if isinstance(block, nodes.comment) and block.astext().startswith(PAIR_MARK):
                pair = block.astext().removeprefix(PAIR_MARK).strip()
                parent.remove(block)
            elif isinstance(block, nodes.section):
                pair = self._mark_children(block, pair)
            elif block.get("nb_element") == "cell_code":
                pair = ""
            elif pair and not isinstance(block, nodes.Invisible):
                block["classes"].append(f"pair-{pair}")
        return pair


class LabelsAreAnchors(SphinxTransform):
    """Keep only the explicit ids of a heading that has any: those made from its words differ."""

    default_priority = 262  # after docutils has handed the labels to the sections (260)

    def apply(self, **kwargs: Any) -> None:  # noqa: ARG002
        """Drop the ids that docutils made from the words of labelled headings."""
        explicit = {
            anchor
            for name, anchor in self.document.nameids.items()
            if anchor and self.document.nametypes.get(name)
        }
        for section in self.document.findall(nodes.section):
            labels = [anchor for anchor in section["ids"] if anchor in explicit]
            if labels:
                section["ids"] = labels


def fingerprint_of_this_folder() -> int:
    """Return a number that changes with this folder's code, for Sphinx to compare with its memory.

    Sphinx builds anew only what changed, and does not count changes in a project's own extensions.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return zlib.crc32(b"".join(source.read_bytes() for source in sources))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.connect("source-read", read_one_language)
    app.connect("builder-inited", keep_outputs_out_of_site, priority=900)  # after MyST-NB
    app.add_transform(PairClasses)
    app.add_transform(LabelsAreAnchors)
    return {"parallel_read_safe": True, "env_version": fingerprint_of_this_folder()}
