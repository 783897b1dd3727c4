"""Sphinx extension: build one language of the notebooks, which hold two.

A page is read without the cells of the other language. Every top-level block that comes from a
prose pair carries the class ``pair-<id of the pair>``, and a heading's explicit label is its only
anchor, so that the two sites have the same anchors and a page can find its twin's paragraphs.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from ..one_language import Cell, keep_language, pair_of

PAIR_MARK = "pair:"


def read_one_language(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace the notebook that Sphinx has just read with its copy in the site's language."""
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    notebook = keep_language(json.loads(source[0]), app.config.language)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            _mark_pair(cell)
    source[0] = json.dumps(notebook)


def _mark_pair(cell: Cell) -> None:
    """Put a MyST comment before the cell's text: which pair, if any, the next blocks belong to."""
    text = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    cell["source"] = f"% {PAIR_MARK} {pair_of(cell) or ''}\n\n{text}"


def keep_outputs_out_of_site(app: Sphinx) -> None:
    """Let MyST-NB unpack the stored figures next to Sphinx's cache, not next to the site's folder.

    Its default is the parent of the output folder, which is published here.
    """
    outputs = Path(app.doctreedir, "outputs")
    app.env.mystnb_config = app.env.mystnb_config.copy(output_folder=str(outputs))


class PairClasses(SphinxTransform):
    """Turn the marks into classes, before other transforms move blocks."""

    default_priority = 5

    def apply(self, **kwargs: Any) -> None:
        """Walk the document once, in reading order."""
        self._mark_children(self.document, "")

    def _mark_children(self, parent: nodes.Element, pair: str) -> str:
        for block in list(parent.children):
            if isinstance(block, nodes.comment) and block.astext().startswith(PAIR_MARK):
                pair = block.astext().removeprefix(PAIR_MARK).strip()
                parent.remove(block)
            elif isinstance(block, nodes.section):
                pair = self._mark_children(block, pair)
            elif pair and self._is_prose(block):
                block["classes"].append(f"pair-{pair}")
        return pair

    @staticmethod
    def _is_prose(block: nodes.Element) -> bool:
        """Return whether a block is visible and not a code cell, which belongs to both."""
        return not isinstance(block, nodes.Invisible) and block.get("nb_element") != "cell_code"


class LabelsAreAnchors(SphinxTransform):
    """Make a heading's labels its only anchors; anchors made from its words differ by language."""

    default_priority = 262  # after docutils has given the labels to the sections (260)

    def apply(self, **kwargs: Any) -> None:
        """Give each labelled section the ids of its labels, and no others."""
        document = self.document
        label_of = {
            anchor: name
            for name, anchor in document.nameids.items()
            if anchor and document.nametypes.get(name)
        }
        for section in document.findall(nodes.section):
            labels = [label_of[anchor] for anchor in section["ids"] if anchor in label_of]
            if labels:
                # If another heading's words had taken a label's id, the label got a number.
                section["ids"] = [nodes.make_id(label) for label in labels]
                document.nameids.update(zip(labels, section["ids"], strict=True))


class ExerciseAnchors(SphinxTransform):
    """Give the contents of a page's exercises different ids; sphinx-exercise uses one for all."""

    default_priority = 263  # after it has collected the exercises that span several cells (10)

    def apply(self, **kwargs: Any) -> None:
        """Name each content after its exercise or solution."""
        for section in self.document.findall(nodes.section):
            if section["ids"] in (["exercise-content"], ["solution-content"]):
                section["ids"] = [f"{section.parent['ids'][0]}-content"]


def fingerprint_of_machinery() -> int:
    """Return a number that changes with the code, templates, styles and words of the site.

    Sphinx compares it with the previous one. By default, Sphinx builds only the pages whose text
    changed, and if there are none it does not even copy a changed style.
    """
    book = Path(__file__).parents[2]
    patterns = [
        *("_ext/**/*.py", "site/*.*", "site/*/*", "locale/*.toml", "locale/*/*/*.po"),
        *("figures/figure.css", "verified.json"),
    ]
    sources = sorted(path for pattern in patterns for path in book.glob(pattern))
    return zlib.crc32(b"".join(source.read_bytes() for source in sources))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.connect("source-read", read_one_language)
    app.connect("builder-inited", keep_outputs_out_of_site, priority=900)  # after MyST-NB
    app.add_transform(PairClasses)
    app.add_transform(LabelsAreAnchors)
    app.add_transform(ExerciseAnchors)
    return {"parallel_read_safe": True, "env_version": fingerprint_of_machinery()}
