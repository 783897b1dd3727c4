"""The learning paths of the front page, with the titles and reading times of their sections."""

from __future__ import annotations

import tomllib
from itertools import groupby
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from ..plain.chapters import unnumbered
from .page_facts import reading_seconds

PATHS = Path(__file__).parents[2] / "site" / "paths.toml"


def learning_paths(app: Sphinx, texts: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """Return the paths with their chapters; each chapter has its sections.

    Parameters
    ----------
    app : Sphinx
    texts : dict
        Name and introduction of each path in the language of the site.
    """
    found = []
    for name, labels in tomllib.loads(PATHS.read_text("utf-8")).items():
        sections = [section for label in labels if (section := _section(app, label))]
        minutes = sum(section["minutes"] for section in sections)
        found.append(
            {
                **texts[name],
                "name": name,
                "minutes": minutes,
                "sections": len(sections),
                "chapters": _chapters(app, sections),
            }
        )
    return [path for path in found if path["chapters"]]


def _section(app: Sphinx, label: str) -> dict[str, Any] | None:
    """Return a section's page, title and minutes; nothing if the book does not have it."""
    page, anchor, title = app.env.domaindata["std"]["labels"].get(label, ("", "", ""))
    if not page:
        return None
    doctree = app.env.get_doctree(page)
    [node] = [part for part in doctree.findall(nodes.section) if anchor in part["ids"]]
    minutes = max(1, round(reading_seconds(node, app.config.language) / 60))
    return {"page": page, "anchor": anchor, "title": title, "minutes": minutes}


def _chapters(app: Sphinx, sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the sections by chapter, as often as a path comes to it."""
    chapters = []
    for page, of_page in groupby(sections, key=lambda section: section["page"]):
        number = app.env.chapter_numbers.get(page)
        title = unnumbered(number, app.env.titles[page].astext())
        chapters.append({"page": page, "number": number, "title": title, "sections": list(of_page)})
    return chapters
