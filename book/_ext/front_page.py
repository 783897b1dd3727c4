"""Sphinx extension: each language's front page, ``index.html``, and the page for lost readers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import diagrams
from docutils import nodes
from interface import words
from sphinx.application import Sphinx

TEXTS = Path(__file__).parent.parent / "site" / "front.toml"
PICTURE = "proof-chain.svg"


def chapters(app: Sphinx) -> list[dict[str, str]]:
    """Return the book's chapters: page, title and the first thing that one learns there."""
    found = []
    for part in app.config.external_site_map.root.subtrees[:1]:
        for item in part.items:
            page = str(item)
            title = app.env.titles[page].astext()
            found.append({"page": page, "title": title, "promise": promise(app, page)})
    return found


def promise(app: Sphinx, page: str) -> str:
    """Return the first point of a chapter's first list, which says what one will be able to do."""
    first = next(iter(app.env.get_doctree(page).findall(nodes.bullet_list)), None)
    return " ".join(first.children[0].astext().split()) if first else ""


def front_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Add the front page."""
    texts = tomllib.loads(TEXTS.read_text("utf-8"))[app.config.language]
    found = chapters(app)
    repository = app.config.repository
    drawing = diagrams.FIGURES / PICTURE
    picture = ElementTree.parse(drawing).getroot()
    context = {
        "title": "",
        "front": texts,
        "description": f"{texts['claim']} {texts['lead']}"[:155].rsplit(" ", 1)[0] + "…",
        "chapters": found,
        "launchers": repository.launchers(f"{app.config.language}/{app.config.master_doc}.ipynb"),
        "library": f"{repository.address}/tree/{repository.branch}/src/lessons_lib",
        "picture": diagrams.inline(picture, texts["picture"], "front-"),
    }
    yield "index", context, "front-page.html"
    yield "404", {"title": words(app.config.language)["not_found"]}, "not-found.html"


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.connect("html-collect-pages", front_page)
    return {"parallel_read_safe": True}
