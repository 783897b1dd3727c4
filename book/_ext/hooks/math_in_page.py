"""Sphinx extension: formulas set when the site is built, by KaTeX, so that pages need no script.

Each formula is in the page twice: as it looks, and as MathML for screen readers.

This replaces sphinxcontrib-katex, which links a style sheet on another server or a second copy of
KaTeX, writes formulas that KaTeX cannot set into the page in red instead of failing the build, and
cannot serve the slides, which are made without Sphinx.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from ..node import NODE
from ..plain.mathml import valid
from ..plain.narrow_formulas import breakable, one_column
from . import web_assets

WORKER = Path(__file__).parents[2] / "site" / "katex-worker.js"

logger = logging.getLogger(__name__)


class Typesetter:
    """A Node process that sets one formula at a time; its answers are remembered."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.known: dict[tuple[str, bool], str] = {}

    def html(self, tex: str, display: bool) -> str:
        """Return the formula as HTML.

        Raises
        ------
        ValueError
            KaTeX does not understand the formula; the message says where.
        """
        if (tex, display) not in self.known:
            answer = self._ask({"tex": tex, "display": display})
            if "error" in answer:
                raise ValueError(answer["error"])
            self.known[tex, display] = valid(answer["html"])
        return self.known[tex, display]

    def _ask(self, question: dict[str, Any]) -> dict[str, str]:
        if self.process is None:
            command = [str(NODE), str(WORKER), str(web_assets.packages() / "katex")]
            self.process = subprocess.Popen(
                command, text=True, encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SphinxError(f"the typesetting process ended with {self.process.wait()}")
        return json.loads(line)

    def close(self) -> None:
        """End the process, if one was started."""
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


typesetter = Typesetter()


def _typeset(node: nodes.Element, tex: str, display: bool = True) -> str:
    try:
        return typesetter.html(tex, display)
    except ValueError as error:
        logger.warning("formula: %s", error, location=node)
        return f"<code>{node.astext()}</code>"


def visit_inline(writer: Any, node: nodes.Element) -> None:
    """Write a formula within a line."""
    attributes = {"CLASS": "math"}
    if "meaning" in node:
        attributes = {"CLASS": "math symbol", "data-meaning": node["meaning"], "tabindex": "0"}
    writer.body.append(writer.starttag(node, "span", "", **attributes))
    writer.body.append(_typeset(node, node.astext(), display=False) + "</span>")
    raise nodes.SkipNode


def visit_block(writer: Any, node: nodes.Element) -> None:
    """Write a display formula, with its number if it has one."""
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    narrow = one_column(node.astext())
    size = "formula wide" if narrow else "formula"
    writer.body.append(f'<div class="{size}">{_typeset(node, breakable(node.astext()))}</div>')
    if narrow:  # shown instead of the other on the narrowest screens
        writer.body.append(f'<div class="formula narrow">{_typeset(node, narrow)}</div>')
    if node["number"]:
        writer.body.append(f'<span class="eqno">({get_node_equation_number(writer, node)})')
        writer.add_permalink_ref(node, _("Link to this equation"))
        writer.body.append("</span>")
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_block, None))
    app.connect("build-finished", lambda _app, _error: typesetter.close())
    return {"parallel_read_safe": True, "parallel_write_safe": False}
