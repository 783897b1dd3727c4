"""Sphinx extension: tables that cells print, with heads and formulas as the page has them."""

from __future__ import annotations

import json
from typing import Any

from sphinx.application import Sphinx

from ..plain.printed_tables import MARK, mark_hangul, set_formulas, translate_tables
from .math_in_page import typesetter


def set_tables(app: Sphinx, docname: str, source: list[str]) -> None:
    """Set the tables of a page in the site's language, their formulas by KaTeX."""
    if not app.env.doc2path(docname).endswith(".ipynb") or json.dumps(MARK)[1:-1] not in source[0]:
        return
    notebook = json.loads(source[0])
    translate_tables(notebook, app.config.language)
    if app.config.language == "en":
        mark_hangul(notebook)
    set_formulas(notebook, lambda tex: typesetter.html(tex, display=False))
    source[0] = json.dumps(notebook)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.connect("source-read", set_tables, priority=610)  # after one language is kept
    return {"parallel_read_safe": True}
