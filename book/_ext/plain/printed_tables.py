"""Set the tables that cells print (`lessons_lib.lab.tables`) in a language, without Sphinx."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape

from lessons_lib.lab import labels

from ..one_language import Notebook

MARK = '<table class="printed">'
_IN_BOTH = re.compile(r' data-label="([^"]*)">[^<]*')
#: A run of Hangul with the signs inside it.
HANGUL = re.compile(r"([가-힣](?:[가-힣 ·,’‘]*[가-힣])?)")
_TEXT = re.compile(r">[^<]+")
_CODE = re.compile(r"`([^`<]+)`")
_FORMULA = re.compile(r"\$([^$]+)\$")


def translate_tables(notebook: Notebook, language: str) -> None:
    """Set the stored tables of a notebook in ``language``, names in backticks as code, in place."""

    def translated(html: str) -> str:
        html = _IN_BOTH.sub(lambda match: _shown(match[1], language), html)
        return _TEXT.sub(lambda text: _CODE.sub(r"<code>\1</code>", text[0]), html)

    _change(notebook, translated)


def set_formulas(notebook: Notebook, typeset: Callable[[str], str]) -> None:
    """Set the formulas in the stored tables of a notebook by ``typeset``, in place."""
    _change(notebook, lambda html: _FORMULA.sub(lambda match: typeset(unescape(match[1])), html))


def mark_hangul(notebook: Notebook) -> None:
    """Say of each run of Hangul in the stored tables that it is Korean, in place."""
    marked = r'<span lang="ko">\1</span>'
    _change(notebook, lambda html: _TEXT.sub(lambda text: HANGUL.sub(marked, text[0]), html))


def _shown(label: str, language: str) -> str:
    return f">{escape(labels.half(unescape(label), language), quote=False)}"


def _change(notebook: Notebook, change: Callable[[str], str]) -> None:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            html = "".join(output.get("data", {}).get("text/html", ""))
            if html.startswith(MARK):
                output["data"]["text/html"] = change(html)
