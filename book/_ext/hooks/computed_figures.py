"""Sphinx extension: computed figures in the page's language, typeface and colours.

A code cell's drawing appears where a ``figure`` names the cell, with its caption and number.
`_ext.plain.drawings` reads the figures.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..plain.drawings import source_of, take_drawings, translate_drawings

_DIRECTIVE = re.compile(r"^([ \t]*[`~:]{3,}\{figure\}[ \t]+)#([\w-]+)[ \t]*$", re.MULTILINE)


def move_to_captions(app: Sphinx, docname: str, source: list[str]) -> None:
    """Remove the drawings from the cells' outputs, and let their figures show them as files."""
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    notebook = json.loads(source[0])
    translate_drawings(notebook, app.config.language)
    drawings = take_drawings(notebook)
    if not drawings:
        return
    folder = drawings_folder(app) / docname
    folder.mkdir(parents=True, exist_ok=True)
    for name, drawing in drawings.items():
        (folder / f"{name}.svg").write_text(drawing, "utf-8")
    address = "/" + folder.relative_to(app.srcdir).as_posix()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = _DIRECTIVE.sub(rf"\1{address}/\2.svg", source_of(cell))
    source[0] = json.dumps(notebook)


def drawings_folder(app: Sphinx) -> Path:
    """Return the folder of the drawings in the site's language, beside Sphinx's memory."""
    return Path(app.doctreedir, "drawings")


class PlaceDrawings(SphinxPostTransform):
    """Write the drawings beside the page, as images that are fetched as the reader comes near.

    Then a script (``static/page.js``) puts them into the page, so that its typeface and colours
    apply to them; without scripts they are dark on white, as the page is.
    """

    default_priority = 4  # before diagrams, which are SVG files too
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's images."""
        page = self.env.docname
        folder = Path(self.app.outdir, "_static", "figures")
        folder.mkdir(parents=True, exist_ok=True)
        prefix = page.replace("/", "-")
        for stale in folder.glob(f"{prefix}-*.svg"):
            stale.unlink()
        for image in list(self.document.findall(nodes.image)):
            path = Path(self.app.srcdir, image["uri"])
            if not path.is_relative_to(drawings_folder(self.app)):
                continue
            svg = ElementTree.parse(path).getroot()
            drawing = ElementTree.tostring(svg, encoding="unicode").replace("\n", "")
            name = f"{prefix}-{path.stem}.svg"
            (folder / name).write_text(drawing, "utf-8")
            up = "../" * page.count("/")
            mark = sha256(drawing.encode()).hexdigest()[:8]
            shown = (
                f'<img class="plot" loading="lazy" src="{up}_static/figures/{name}?v={mark}"'
                f' width="{svg.get("width")}" height="{svg.get("height")}"'
                f' alt="{escape(svg.get("aria-label", ""), quote=True)}">'
            )
            image.replace_self(nodes.raw("", shown, format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.connect("source-read", move_to_captions, priority=600)  # after one language is kept
    app.add_post_transform(PlaceDrawings)
    return {"parallel_read_safe": True}
