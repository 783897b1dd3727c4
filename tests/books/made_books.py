"""The books that `make books` has made, and the site that they were made from."""

from __future__ import annotations

import functools
import re
import unicodedata
from copy import copy
from pathlib import Path

import pytest
from _ext.books.chapters import pages_of_book, title_of
from _ext.hooks.web_assets import ROOT
from _ext.one_language import LANGUAGES
from _ext.plain.books import file_name
from bs4 import BeautifulSoup, Tag

SITE = ROOT / "_build" / "site"

each_language = pytest.mark.parametrize("language", LANGUAGES)


def made(language: str, kind: str) -> Path:
    """Return the path of a book."""
    path = SITE / language / file_name(language, kind)
    if not path.exists():
        pytest.fail(f"{path} is not there: run `make test-books`, or `make books` first")
    return path


@functools.cache
def articles(language: str) -> dict[str, Tag]:
    """Return the text of each page of the site that is in the books, by the page's name."""
    found = {}
    for page in pages_of_book(ROOT):
        soup = BeautifulSoup((SITE / language / f"{page}.html").read_text("utf-8"), "html.parser")
        article = soup.article
        assert article
        for mark in article.select(".headerlink, .about, .sections-here, .formula.narrow"):
            mark.decompose()
        found[page] = article
    return found


def heading_tags(language: str, levels: tuple[str, ...]) -> list[Tag]:
    """Return the headings of the site's pages outside solutions, in order."""
    return [
        heading
        for article in articles(language).values()
        for heading in article.find_all(levels)
        if not heading.find_parent("details", class_="solution")
    ]


def headings(language: str, levels: tuple[str, ...] = ("h1", "h2", "h3")) -> list[str]:
    """Return the titles of the site's pages and sections outside solutions, in order."""
    return [title_of(heading) for heading in heading_tags(language, levels)]


def longest_words(heading: Tag) -> str:
    """Return the letters of the longest part of a title between its formulas."""
    parts = copy(heading)
    for formula in parts.select(".math"):
        formula.replace_with("|")
    return max(map(letters, parts.get_text().split("|")), key=len)


def letters(text: str) -> str:
    """Return a text's letters and digits alone, in one form of Unicode."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text))
