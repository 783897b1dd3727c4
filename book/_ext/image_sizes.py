"""Sphinx extension: each picture's size in the page, so that text does not jump when it loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


class SizeImages(SphinxPostTransform):
    """Write width and height of the pictures that carry none, and load them when they are near."""

    default_priority = 850
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's pictures."""
        for image in self.document.findall(nodes.image):
            path = Path(self.app.srcdir, image["uri"])
            if path.suffix == ".png" and path.exists() and "width" not in image:
                width, height = Image.open(path).size
                image["width"], image["height"] = str(width), str(height)
                image["loading"] = "lazy"


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_post_transform(SizeImages)
    return {"parallel_read_safe": True}
