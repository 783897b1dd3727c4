"""Sphinx extension: how long each section takes to read, for the lists of a page's sections.

One file for all pages, so that no page grows; ``static/comforts.js`` writes the times.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from .page_facts import reading_seconds

FILE = "section-minutes.js"


def section_minutes(app: Sphinx, page: str) -> dict[str, int]:
    """Return the minutes of each section below the page's title, by its anchor."""
    doctree = app.env.get_doctree(page)
    title = next(iter(doctree.findall(nodes.section)), nodes.section())
    return {
        section["ids"][0]: max(1, round(reading_seconds(section, app.config.language) / 60))
        for section in title.children
        if isinstance(section, nodes.section) and section["ids"]
    }


def write_minutes(app: Sphinx, env: BuildEnvironment) -> None:
    """Write the times of all pages before the pages, which contain the file's address."""
    if app.builder.format != "html":
        return
    minutes = {page: section_minutes(app, page) for page in sorted(env.found_docs)}
    text = json.dumps(minutes, ensure_ascii=False, separators=(",", ":"))
    target = Path(app.outdir, "_static", FILE)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f'"use strict";\n\nconst section_minutes = {text};\n', "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.connect("env-updated", write_minutes)
    return {"parallel_read_safe": True}
