"""Sphinx extension: figures that a reader moves, by scripts that are loaded when they come near.

Below ``_static/moving`` are the frame, with what the equations call; one script for each name in
`_ext.equations` that a figure uses; and each figure's script, with its drawing and its words in the
language of the page. ``static/moving.js`` loads those that the page's HTML names. What a figure
calls ``later.NAME`` is a script that it fetches only when its reader asks for it. The page itself
has the still as an image, which is fetched when it comes near: opening the page stays light.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..equations import equation, later
from ..plain.moving import MOVING, in_language, moves, name_of, script_of
from ..texts import texts
from . import diagrams
from .web_assets import address_with_version

FRAME = "frame"
_USED = re.compile(r"\bequations\.(\w+)")
_LATER = re.compile(r"\blater\.(\w+)")
#: A page without scripts is light, whatever the system prefers.
_DARK = re.compile(r"^@media \(prefers-color-scheme: dark\).*\n", re.MULTILINE)


def equations_of(name: str) -> list[str]:
    """Return the names in `_ext.equations` that a figure's script uses."""
    return sorted(set(_USED.findall(script_of(name).read_text("utf-8"))))


def later_of(name: str) -> list[str]:
    """Return the names of the files that a figure may fetch later."""
    used = sorted(set(_LATER.findall(script_of(name).read_text("utf-8"))))
    return [f"later-{entry}" for entry in used]


def scripts_of(name: str) -> list[str]:
    """Return the names of the files that a figure needs, in the order of loading."""
    return [FRAME, *(f"equations-{used}" for used in equations_of(name)), name]


def script(name: str, language: str) -> str:
    """Return the text of one of these files."""
    if name.startswith("equations-"):
        return equation(name.removeprefix("equations-"))
    if name.startswith("later-"):
        return later(name.removeprefix("later-"), language)
    own = script_of(name).read_text("utf-8")
    if name == FRAME:
        runtime = files("lessons_lib.trace").joinpath("runtime.js").read_text("utf-8")
        return f"{own}\n{runtime}"
    given = {"words": texts(language)["moving"][name], "drawing": drawing(name, language)}
    written = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    return f"moving.given[{json.dumps(name)}] = {written};\n\n{own}"


def picture_of(name: str, language: str) -> Path:
    """Return the path of a figure's picture in a language."""
    return in_language(diagrams.FIGURES / f"{name}.svg", language)


def drawing(name: str, language: str) -> str:
    """Return a figure's picture as part of a page."""
    svg = ElementTree.parse(picture_of(name, language)).getroot()
    return re.sub(r">\s+<", "><", diagrams.inline(svg, "", f"{name}-"))


def write_scripts(app: Sphinx) -> None:
    """Write all scripts before the pages, which contain their addresses."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static", "moving")
    shutil.rmtree(folder, ignore_errors=True)  # files of an earlier build
    folder.mkdir(parents=True)
    figures = [path.stem for path in sorted(MOVING.glob("*.js")) if path.stem != FRAME]
    for name in sorted({file for one in figures for file in scripts_of(one) + later_of(one)}):
        (folder / f"{name}.js").write_text(script(name, app.config.language), "utf-8")
    for name in figures:
        still = picture_of(name, app.config.language).read_text("utf-8")
        (folder / f"{name}.svg").write_text(_DARK.sub("", still), "utf-8")


class PlaceStills(SphinxPostTransform):
    """Show the still of a figure that moves, in a box that names the figure and its scripts."""

    default_priority = 4  # before other diagrams become part of the page
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's images."""
        for image in list(self.document.findall(nodes.image)):
            if moves(image["uri"]):
                diagrams.warn_of_faults(image, diagrams.FIGURES / Path(image["uri"]).name)
                name = name_of(image["uri"])
                box = still(self.app, self.env.docname, name, image.get("alt", ""))
                image.replace_self(nodes.raw("", box, format="html"))


def still(app: Sphinx, page: str, name: str, alt: str) -> str:
    """Return the box of a figure on a page."""
    folder = Path(app.outdir, "_static", "moving")
    below = f"{'../' * page.count('/')}_static/moving"
    picture, *scripts = (
        f"{below}/{address_with_version(folder / file)}"
        for file in (f"{name}.svg", *(f"{script}.js" for script in scripts_of(name)))
    )
    svg = ElementTree.parse(folder / f"{name}.svg").getroot()
    later = "".join(
        f' data-later="{below}/{address_with_version(folder / f"{file}.js")}"'
        f' data-kilobytes="{len(gzip.compress((folder / f"{file}.js").read_bytes())) / 1000:.0f}"'
        for file in later_of(name)
    )
    return (
        f'<div class="moving" data-figure="{name}" data-scripts="{" ".join(scripts)}"{later}>'
        f'<img loading="lazy" src="{picture}" alt="{escape(alt, quote=True)}"'
        f' width="{svg.get("width")}" height="{svg.get("height")}"></div>'
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.connect("builder-inited", write_scripts)
    app.add_post_transform(PlaceStills)
    return {"parallel_read_safe": True}
