"""Sphinx extension: quick questions, whose answers show their reasons when they are opened.

Each answer is a ``details`` element: a tap or a key opens it without a script; a script also tells
the reason to screen readers (book/site/static/questions.js). `_ext.plain.quick_questions` parses
the questions.
"""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..plain.quick_questions import CLASS, RIGHT
from ..texts import words
from .search_data import formula_text


class FoldReasons(SphinxPostTransform):
    """Write each answer as a summary of its reason."""

    default_priority = 890
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's quick questions."""
        said = words(self.app.config.language)
        for box in list(self.document.findall(nodes.Admonition)):
            if isinstance(box, nodes.Element) and CLASS in box["classes"]:
                for answers in list(box.findall(nodes.enumerated_list)):
                    if answers.parent is box:
                        parts = [part for item in answers for part in _folded(item, said)]
                        box[box.index(answers) : box.index(answers) + 1] = parts


def _folded(item: nodes.Element, said: dict[str, Any]) -> list[nodes.Node]:
    answer, *reason = item.children
    assert isinstance(answer, nodes.Element)
    is_right = answer.astext().startswith(RIGHT)
    if is_right:
        first = answer[0]
        answer[0] = nodes.Text(first.astext().removeprefix(RIGHT))
    verdict = nodes.strong("", said["answer_right" if is_right else "answer_wrong"])
    start = reason[0] if reason else nodes.paragraph()
    if isinstance(start, nodes.paragraph):
        start[:0] = [verdict, nodes.Text(" ")]
    name = "answer right" if is_right else "answer"
    return [
        nodes.raw("", f'<details class="{name}"><summary{_label(answer)}>', format="html"),
        nodes.inline("", "", *answer.children),
        nodes.raw("", '</summary><div class="reason">', format="html"),
        *reason,
        nodes.raw("", "</div></details>", format="html"),
    ]


def _label(answer: nodes.Element) -> str:
    """Return the name of an answer that is a formula alone, which not all screen readers name."""
    texts = [text for text in answer.findall(nodes.Text) if not isinstance(text.parent, nodes.math)]
    if "".join(texts).strip():
        return ""
    return f' aria-label="{escape(formula_text(answer.astext()), quote=True)}"'


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_post_transform(FoldReasons)
    return {"parallel_read_safe": True}
