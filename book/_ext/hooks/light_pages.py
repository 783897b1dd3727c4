"""Sphinx extension: what nobody sees is left out of a page, some 6 % of what a reader transfers.

Names, operators and spaces in code have the colour of all code and need no elements; a work that a
page cites ten times is described once (``static/popover.js`` finds it); signs behind headings need
no title. HTML knows the namespace of formulas and what their only annotation is; a hundredth of an
em is finer than a pixel. Cells of tables begin on the left anyway, and nothing here styles the
classes that Sphinx gives to a name in code.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

PLAIN = re.compile(r'<span class="(?:n|nn|o|p|w|pre)">([^<]*)</span>')
SIGN = re.compile(r'(<a class="headerlink"[^>]*?) title="[^"]*"')
WORK = re.compile(r'(<a class="reference internal" href="[^"]*") title="[^"]*">')
UNSEEN = re.compile(
    ' xmlns="http://www.w3.org/1998/Math/MathML"| encoding="application/x-tex"|(?<=em);(?=">)'
    '| style="text-align: left"| class="docutils literal notranslate"|margin-left:0em;'
)
LENGTH = re.compile(r"(?<=:)(-?\d*\.\d+)em(?=[;\"])")


def lighter(body: str) -> str:
    """Return the page's HTML without what nobody sees."""
    body = SIGN.sub(r"\1", PLAIN.sub(r"\1", body))
    body = UNSEEN.sub("", LENGTH.sub(_shorter, body))
    described: set[str] = set()

    def once(link: re.Match[str]) -> str:
        if link[0] in described:
            return f"{link[1]}>"
        described.add(link[0])
        return link[0]

    return WORK.sub(once, body)


def _shorter(length: re.Match[str]) -> str:
    """Write a length with two decimals and without zeros that say nothing."""
    written = f"{float(length[1]):.2f}".rstrip("0").rstrip(".")
    return re.sub(r"^(-?)0\.", r"\1.", written).replace("-0", "0") + "em"


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
