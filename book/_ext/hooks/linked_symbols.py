"""Sphinx extension: symbols that light up together in equations, figures and source.

`_ext.plain.links` reads a chapter's table. Below a figure that the table names is an empty box,
which ``site/linked/linked.js`` fills with a list of the symbols when it comes near.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..plain.links import LINKED, as_set, groups_of
from ..texts import texts
from .web_assets import address_with_version


def table(page: str, language: str) -> list[dict[str, Any]]:
    """Return what the script needs of a page's table."""
    return [
        {
            "figure": group["figure"],
            "equations": [f"equation-{label}" for label in group["equations"]],
            "functions": [f"def {name.split('.')[1]}(" for name in group["source"]],
            "symbols": [
                {
                    "name": symbol["name"],
                    "formulas": [as_set(tex) for tex in symbol["formula"]],
                    "code": symbol["code"],
                    "symbol": symbol[language].rsplit("$", 2)[1],
                    "meaning": symbol[language],
                }
                for symbol in group["symbol"]
            ],
        }
        for group in groups_of(page)
    ]


def write_scripts(app: Sphinx) -> None:
    """Write the script with its words, and each chapter's table as a script."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static", "moving")
    own = (LINKED / "linked.js").read_text("utf-8")
    said = texts(app.config.language)["moving"]["linked"]
    (folder / "linked.js").write_text(f"{own}\nlinked.words = {_json(said)};\n", "utf-8")
    for path in LINKED.glob("*.toml"):
        script = f"linked.groups({_json(table(path.stem, app.config.language))});\n"
        (folder / f"linked-{path.stem}.js").write_text(script, "utf-8")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class PlaceLists(SphinxPostTransform):
    """Put an empty box below the pictures of the figures that a chapter's table names."""

    default_priority = 6  # after the pictures have been put into the page
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's figures."""
        page = self.env.docname
        wanted = {group["figure"] for group in groups_of(page)}
        folder = Path(self.app.outdir, "_static", "moving")
        below = f"{'../' * page.count('/')}_static/moving"
        for figure in self.document.findall(nodes.figure) if wanted else ():
            if not wanted.intersection(figure["ids"]):
                continue
            files = ("frame.js", "linked.js", f"linked-{Path(page).name}.js")
            scripts = " ".join(f"{below}/{address_with_version(folder / name)}" for name in files)
            box = f'<div class="linked" data-scripts="{scripts}"></div>'
            figure.insert(1, nodes.raw("", box, format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.connect("builder-inited", write_scripts, priority=600)  # after the moving figures' scripts
    app.add_post_transform(PlaceLists)
    return {"parallel_read_safe": True}
