"""Sphinx extension: put SVG diagrams into the page, so that its colours apply to them.

A diagram has classes instead of colours. ``book/figures/figure.css`` defines how the classes look,
in the colours of ``book/site/tokens.toml``. Run as a script, this module copies both into every
SVG, so that a file looks right on its own:

    python -m _ext.hooks.diagrams book/figures
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from ..tokens import file_style

FIGURES = Path(__file__).parents[2] / "figures"
FITS = 480  # a drawing of at most this width is legible in the column of a phone
STYLE = FIGURES / "figure.css"
SVG = "http://www.w3.org/2000/svg"
DRAWN = {
    "svg", "style", "defs", "g", "marker", "clipPath", "use",
    "path", "line", "polyline", "polygon", "rect", "circle", "ellipse", "text", "tspan",
}  # fmt: skip
LOOKS = re.compile(r"style|color|opacity|fill.*|stroke.*|font.*|text-anchor|dominant-baseline|on.*")

logger = logging.getLogger(__name__)
ElementTree.register_namespace("", SVG)


def faults(svg: ElementTree.Element) -> list[str]:
    """Return the reasons why a diagram cannot be put into a page, one sentence each."""
    found = []
    if svg.tag != f"{{{SVG}}}svg" or svg.get("class") != "diagram" or not svg.get("viewBox"):
        found.append('the first line is not <svg xmlns="…" class="diagram" viewBox="…">')
    for element in svg.iter():
        name = str(element.tag).removeprefix(f"{{{SVG}}}")
        if name not in DRAWN:
            found.append(f"<{name}> is not among the elements of a diagram")
        for attribute, value in element.attrib.items():
            if is_measure(element, attribute):
                continue
            if LOOKS.fullmatch(attribute):
                found.append(f"<{name} {attribute}=…>: looks are said by classes only")
            if attribute.endswith("href") and not value.startswith("#"):
                found.append(f"<{name} {attribute}={value!r}> leads out of the file")
    return found


def is_measure(element: ElementTree.Element, attribute: str) -> bool:
    """Return whether an attribute shows a value: the width of a line that a reader can move."""
    measured = re.fullmatch(r"stroke-width: [\d.]+(px)?;?", element.get("style", ""))
    return bool(attribute == "style" and measured and element.get("data-part"))


def inline(svg: ElementTree.Element, alt: str, prefix: str) -> str:
    """Return the diagram as part of a page: an image named ``alt``, with unique ids."""
    for parent in list(svg.iter()):
        for style in parent.findall(f"{{{SVG}}}style"):
            parent.remove(style)
    for element in svg.iter():
        for attribute, value in element.attrib.items():
            if attribute == "id":
                element.set("id", prefix + value)
            elif attribute.endswith("href"):
                element.set(attribute, "#" + prefix + value.removeprefix("#"))
            else:
                element.set(attribute, value.replace("url(#", f"url(#{prefix}"))
    # On a narrow screen a diagram shrinks to the column; one drawn wider than that scrolls.
    if float(svg.get("width", 0)) > FITS:
        svg.set("style", f"min-width: {FITS}px")
    svg.set("role", "img")
    svg.set("aria-label", alt)
    return ElementTree.tostring(svg, encoding="unicode")


def warn_of_faults(image: nodes.image, path: Path) -> None:
    """Warn, which fails the build, of what a page cannot show."""
    wrong = faults(ElementTree.parse(path).getroot())
    for fault in wrong + ([] if image.get("alt") else ["the figure has no :alt: text"]):
        logger.warning("%s: %s", image["uri"], fault, location=image)


class InlineDiagrams(SphinxPostTransform):
    """Replace the images that are diagrams of this book with their drawings."""

    default_priority = 5
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's images; their numbers on the page keep ids unique."""
        for number, image in enumerate(list(self.document.findall(nodes.image))):
            path = Path(self.app.srcdir, image["uri"])
            if path.suffix != ".svg" or not path.is_relative_to(Path(self.app.srcdir)):
                continue
            svg = ElementTree.parse(path).getroot()
            warn_of_faults(image, path)
            drawing = inline(svg, image.get("alt", ""), f"{path.stem}-{number}-")
            image.replace_self(nodes.raw("", drawing, format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.add_post_transform(InlineDiagrams)
    return {"parallel_read_safe": True}


def with_style(text: str, style: str) -> str:
    """Return an SVG file's text with its one style element filled with ``style``."""
    return re.sub(r"<style>.*?</style>", lambda _: f"<style>{style}</style>", text, flags=re.S)


def own_style() -> str:
    """Return the style sheet that a diagram's file carries."""
    looks = STYLE.read_text("utf-8")
    return file_style(looks) + looks


def main(folder: Path) -> int:
    """Give every SVG in a folder the shared style; print the faults of each."""
    status = 0
    for path in sorted(folder.glob("*.svg")):
        text = path.read_text("utf-8")
        styled = with_style(text, own_style())
        path.write_text(styled, "utf-8")
        print(f"{path}: {'style renewed' if styled != text else 'unchanged'}")
        for fault in faults(ElementTree.fromstring(styled)):
            print(f"{path}: {fault}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FIGURES))
