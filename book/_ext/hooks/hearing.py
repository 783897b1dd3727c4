"""Sphinx extension: pages for screen readers.

Exercises are headings, the signs after headings are not read, and roles that ARIA has withdrawn or
forbids are removed.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

#: The roles that docutils gives to lists of works.
WITHDRAWN = re.compile(r' role="(?:doc-biblioentry|list)"')
EXERCISE = re.compile(r'(<div class="exercise[^>]*>\s*<p class="admonition-title")')


def spoken(body: str) -> str:
    """Return the page's HTML, prepared for screen readers."""
    body = WITHDRAWN.sub("", body)
    # The same address is in the list of sections, which the keyboard reaches.
    body = body.replace('class="headerlink"', 'class="headerlink" aria-hidden="true" tabindex="-1"')
    return EXERCISE.sub(r'\1 role="heading" aria-level="3"', body)


def change_body(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Change the page before its facts are added."""
    if doctree:
        context["body"] = spoken(context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.connect("html-page-context", change_body)
    return {"parallel_read_safe": True}
