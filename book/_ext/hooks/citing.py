"""Sphinx extension: citations name one work each; in Korean text as Korean writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pybtex.richtext import Text
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

from ..plain.citations import letter_years
from ..texts import texts

STYLE = "author_year_ko"


def _persons() -> PersonStyle:
    phrases = texts("ko")["citations"]
    return PersonStyle(sep2=phrases["and"], other=Text(phrases["others"]))


@dataclass
class KoreanReferenceStyle(AuthorYearReferenceStyle):
    """Authors and year without a space between them, and Korean words for "and" and "et al."."""

    person: PersonStyle = field(default_factory=_persons)
    text_reference_sep: str = ""


def choose_style(_app: Sphinx, config: Config) -> None:
    """Take the Korean style for the Korean site."""
    if config.language == "ko":
        config.bibtex_reference_style = STYLE


def distinguish_years(_app: Sphinx, env: BuildEnvironment, *_docnames: Any) -> None:
    """Tell works of the same authors and year apart, before any page cites them."""
    letter_years(env.get_domain("cite").bibdata.data)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    register_plugin("sphinxcontrib.bibtex.style.referencing", STYLE, KoreanReferenceStyle)
    app.connect("config-inited", choose_style)
    app.connect("env-before-read-docs", distinguish_years)
    return {"parallel_read_safe": True}
