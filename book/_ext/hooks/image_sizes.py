"""Sphinx extension: each picture's size in the page, so that text does not jump when it loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator


class SizeImages(SphinxPostTransform):
    """Write width and height of pictures without a size, and load them when they are near."""

    default_priority = 850
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's pictures."""
        for image in self.document.findall(nodes.image):
            path = Path(self.app.srcdir, image["uri"])
            if path.suffix == ".png" and path.exists() and "width" not in image:
                image["pixels"] = Image.open(path).size
                image["loading"] = "lazy"


def visit_image(writer: HTML5Translator, node: nodes.image) -> None:
    """Write the size as attributes; docutils' style would also apply on narrow screens."""
    HTML5Translator.visit_image(writer, node)
    if "pixels" in node:
        width, height = node["pixels"]
        size = f'<img width="{width}" height="{height}" '
        writer.body[-1] = writer.body[-1].replace("<img ", size, 1)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.add_post_transform(SizeImages)
    app.add_node(nodes.image, override=True, html=(visit_image, HTML5Translator.depart_image))
    return {"parallel_read_safe": True}
