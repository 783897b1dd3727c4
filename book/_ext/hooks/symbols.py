"""Sphinx extension: a symbol's meaning on its first formula of a page, for ``static/popover.js``.

The meanings are those of the tables in section ``intro-notation``.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..plain.chapters import chapter_numbers
from ..plain.glossary import sources
from ..texts import texts
from .particles import PARTICLE, fitting
from .search_data import formula_text

NOTATION = "(intro-notation)="
PAGE = "book/intro"
_FORMULA = re.compile(r"\$([^$]+)\$")
_ASIDE = re.compile(r" ?\([^()]*\{ref\}[^()]*\)")
_CHAPTER = re.compile(rf"\{{ref\}}`([\w-]+)`({PARTICLE}|)")
_ROW = re.compile(r"^\| (\$[^|]*) \| ([^|]*) \|", re.MULTILINE)
_OF_CHAPTER = re.compile(r"^\| \{ref\}`([\w-]+)` \| (\$[^|]*) \|$", re.MULTILINE)
_SYMBOLS = r"\$[^$]+\$(?:, \$[^$]+\$)*"
_LETTER = re.compile(rf"({_SYMBOLS}): (.*?)(?=[,;] {_SYMBOLS}: |$)")


@functools.cache
def meanings(root: Path, language: str, page: str) -> dict[str, str]:
    """Return what each symbol means on a page, by TeX: ``h_t, c_t: hidden …``.

    The notation has two tables. A row of the first holds symbols and what they mean in the whole
    book; a row of the second holds a chapter and what letters mean there, which takes precedence.
    """
    path = root / f"{PAGE}.ipynb"
    texts = sources(path, language) if path.exists() else []
    tables = "\n".join(text for text in texts if NOTATION in text)
    rows = _ROW.findall(tables)
    for chapter, letters in _OF_CHAPTER.findall(tables):
        if page.rpartition("/")[2] == chapter:
            rows += _LETTER.findall(letters)
    found = {}
    for symbols, meaning in rows:
        row = f"{symbols}: {_chapters_named(_ASIDE.sub('', meaning), root, language)}"
        said = _FORMULA.sub(lambda formula: formula_text(formula[1]), row)
        found.update(dict.fromkeys(_FORMULA.findall(symbols), said))
    return found


def _chapters_named(meaning: str, root: Path, language: str) -> str:
    """Replace references to chapters by their numbers: a popover has no links."""
    numbers = {page.rpartition("/")[2]: n for page, n in chapter_numbers(root).items()}

    def named(reference: re.Match[str]) -> str:
        name = texts(language)["names"]["chapter_alone"].format(number=numbers[reference[1]])
        return name + fitting(reference[2], name)

    return _CHAPTER.sub(named, meaning)


class MarkSymbols(SphinxPostTransform):
    """Mark a symbol's first formula on a page, if it consists of the symbol alone."""

    default_priority = 790  # before a formula is wrapped with the text after it
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's inline formulas."""
        if self.env.docname == PAGE:
            return
        root, language = Path(self.app.srcdir), self.config.language
        left = dict(meanings(root, language, self.env.docname))
        for formula in self.document.findall(nodes.math):
            if isinstance(formula.parent, nodes.paragraph) and formula.astext() in left:
                formula["meaning"] = left.pop(formula.astext())


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_post_transform(MarkSymbols)
    return {"parallel_read_safe": True}
