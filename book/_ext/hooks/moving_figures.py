"""Sphinx extension: figures that a reader moves, by scripts that are loaded when they come near.

Below ``_static/moving`` are the frame, with what the equations call; one script for each name in
`_ext.equations` that a figure uses; and each figure's script, with its words in the language of the
page. ``static/moving.js`` loads those that the page's HTML names.
"""

from __future__ import annotations

import json
import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..equations import equation
from ..plain.moving import MOVING, moves, script_of
from ..texts import texts
from .web_assets import address_with_version

FRAME = "frame"
_USED = re.compile(r"\bequations\.(\w+)")


def equations_of(name: str) -> list[str]:
    """Return the names in `_ext.equations` that a figure's script uses."""
    return sorted(set(_USED.findall(script_of(name).read_text("utf-8"))))


def scripts_of(name: str) -> list[str]:
    """Return the names of the files that a figure needs, in the order of loading."""
    return [FRAME, *(f"equations-{used}" for used in equations_of(name)), name]


def script(name: str, language: str) -> str:
    """Return the text of one of these files."""
    if name.startswith("equations-"):
        return equation(name.removeprefix("equations-"))
    own = script_of(name).read_text("utf-8")
    said = texts(language)["moving"].get(name, {})
    if name == FRAME:
        runtime = files("lessons_lib.trace").joinpath("runtime.js").read_text("utf-8")
        return f"{own}\nmoving.words = {_json(said)};\n\n{runtime}"
    return f"moving.words_of[{json.dumps(name)}] = {_json(said)};\n\n{own}"


def _json(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def write_scripts(app: Sphinx) -> None:
    """Write all scripts before the pages, which contain their addresses."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static", "moving")
    shutil.rmtree(folder, ignore_errors=True)  # files of an earlier build
    folder.mkdir(parents=True)
    figures = [path.stem for path in sorted(MOVING.glob("*.js")) if path.stem != FRAME]
    for name in sorted({file for figure in figures for file in scripts_of(figure)}):
        (folder / f"{name}.js").write_text(script(name, app.config.language), "utf-8")


class MarkFigures(SphinxPostTransform):
    """Put a box around the picture of a figure that moves; it names the figure and its scripts."""

    default_priority = 4  # before the picture becomes part of the page
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's images."""
        folder = Path(self.app.outdir, "_static", "moving")
        up = "../" * self.env.docname.count("/")
        for image in list(self.document.findall(nodes.image)):
            if not moves(image["uri"]):
                continue
            name = Path(image["uri"]).stem
            addresses = " ".join(
                f"{up}_static/moving/{address_with_version(folder / f'{file}.js')}"
                for file in scripts_of(name)
            )
            box = f'<div class="moving" data-figure="{name}" data-scripts="{addresses}">'
            opened, closed = (nodes.raw("", text, format="html") for text in (box, "</div>"))
            image.replace_self([opened, image.deepcopy(), closed])


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.connect("builder-inited", write_scripts)
    app.add_post_transform(MarkFigures)
    return {"parallel_read_safe": True}
