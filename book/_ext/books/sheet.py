"""The exam sheet as a PDF: the first part of the page ``exam`` on two A4 pages, in two columns."""

from __future__ import annotations

import html
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from ..plain.books import SHEET_PAGE
from ..texts import texts
from .about import Book
from .chapters import ON_SCREEN
from .pdf import STYLE, fonts, say

SECTION = "exam-sheet"
#: What a sheet of equations and tables does not need: the cells that check them.
CHECKS = "details.folded, div.cell"


def read_sheet(site: Path, language: str) -> Tag:
    """Return the section of the sheet of the built site, without controls, checks and links.

    Raises
    ------
    ValueError
        The page has no such section.
    """
    page = site / language / f"{SHEET_PAGE}.html"
    section = BeautifulSoup(page.read_text("utf-8"), "html.parser").find("section", id=SECTION)
    if not isinstance(section, Tag):
        raise ValueError(f"{page}: got no section {SECTION}, expected the exam sheet")
    for control in section.select(f"{ON_SCREEN}, {CHECKS}"):
        control.decompose()
    for link in section.select("a"):
        link.unwrap()
    for formula in section.select(".katex"):
        say(formula)
    return section


def sheet(section: Tag, book: Book, name: str) -> str:
    """Return the sheet as a page, which expects ``site.css`` beside it.

    Parameters
    ----------
    section : bs4.Tag
        As `read_sheet` returns it.
    book : Book
    name : str
        The title of the sheet.
    """
    rules = [(STYLE / f"{file}.css").read_text("utf-8") for file in ("pdf", "sheet")]
    style = "\n".join([fonts(), *rules])
    title = html.escape(name)
    return (
        f'<!DOCTYPE html><html lang="{book.language}"><head><meta charset="utf-8">'
        f"<title>{title}</title>"
        f'<link rel="stylesheet" href="site.css"><style>{style}</style></head>'
        f'<body class="reading"><main><article><h1>{title} <small>{html.escape(book.title)}'
        f" · {html.escape(book.edition)}</small></h1>{section.decode()}</article></main>"
        "</body></html>"
    )


def title(language: str) -> str:
    """Return the sheet's title."""
    return texts(language)["printed"]["sheet"]
