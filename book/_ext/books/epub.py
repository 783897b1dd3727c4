"""A book as an EPUB 3: a file for each chapter, formulas in MathML, drawings in SVG."""

from __future__ import annotations

import html
import re
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from copy import copy
from pathlib import Path

from bs4 import Tag
from pygments.formatters import HtmlFormatter

from ..hooks import diagrams
from ..hooks.web_assets import CODE_LIGHT, ROOT
from ..texts import texts
from ..tokens import tokens
from .about import Book
from .chapters import SVG_NAMES, Chapter, title_of

MATHML, SVG = "http://www.w3.org/1998/Math/MathML", "http://www.w3.org/2000/svg"
_USE = re.compile(r"var\(--([\w-]+)(?:,[^()]*(?:\([^()]*\))?[^()]*)?\)")
_ONE_OF = re.compile(r"^(\S+) :is\(([^)]*)\)(?= {)", re.MULTILINE)

CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book/content.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>
"""
PAGE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"
 lang="{language}" xml:lang="{language}">
<head><meta charset="utf-8"/><title>{title}</title>
<link rel="stylesheet" type="text/css" href="book.css"/></head>
<body>{body}</body>
</html>
"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id"
 xml:lang="{language}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">{identifier}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:language>{language}</dc:language>
<dc:creator>{author}</dc:creator>
<dc:description>{claim}</dc:description>
<dc:rights>{rights}</dc:rights>
<meta property="dcterms:modified">{modified}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
</metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="style" href="book.css" media-type="text/css"/>
{items}
</manifest>
<spine>
{spine}
</spine>
</package>
"""


def write_epub(chapters: Sequence[Chapter], book: Book, to: Path) -> None:
    """Write the book; the chapters stay as they are."""
    pages = {"cover": _page(book, book.title, _cover(book))}
    homes = _homes(chapters)
    for chapter in chapters:
        pages[chapter.name] = _page(book, chapter.title, _body(chapter, homes))
    to.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(to, "w") as file:
        _add(file, "mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        _add(file, "META-INF/container.xml", CONTAINER)
        _add(file, "book/content.opf", _package(pages, book))
        _add(file, "book/nav.xhtml", _page(book, book.title, navigation(chapters, book)))
        _add(file, "book/book.css", style())
        for name, page in pages.items():
            _add(file, f"book/{name}.xhtml", page)


def _add(file: zipfile.ZipFile, name: str, text: str, how: int = zipfile.ZIP_DEFLATED) -> None:
    """Add a text with a fixed date, so that the same book is the same file."""
    entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    file.writestr(entry, text, how, 9)


def _page(book: Book, title: str, body: str) -> str:
    return PAGE.format(language=book.language, title=html.escape(title), body=body)


def _cover(book: Book) -> str:
    return (
        f'<section class="cover" epub:type="titlepage"><h1>{html.escape(book.title)}</h1>'
        f"<p>{html.escape(book.claim)}</p><p>{html.escape(book.edition)}</p></section>"
    )


def _homes(chapters: Iterable[Chapter]) -> dict[str, str]:
    """Return the chapter that each id is in."""
    return {
        str(element["id"]): chapter.name
        for chapter in chapters
        for element in [chapter.body, *chapter.body.find_all(id=True)]
    }


def _body(chapter: Chapter, homes: dict[str, str]) -> str:
    """Return a chapter as XHTML, whose links lead to the other chapters' files."""
    body = copy(chapter.body)
    for formula in body.select(".katex"):
        formula.replace_with(_mathml(formula))
    for link in body.select("a[href^='#']"):
        place = str(link["href"])[1:]
        home = homes[place]
        link["href"] = f"#{place}" if home == chapter.name else f"{home}.xhtml#{place}"
    for drawing in body.select("svg"):
        drawing["xmlns"] = SVG  # which HTML knows without
        for element in [drawing, *drawing.find_all(True)]:
            element.name = SVG_NAMES.get(element.name, element.name)
            element.attrs = {SVG_NAMES.get(name, name): at for name, at in element.attrs.items()}
    return body.decode(formatter="minimal")


def _mathml(formula: Tag) -> Tag:
    """Return a formula's MathML, with its source as the text for readers that do not know it."""
    math = formula.math
    assert math
    assert math.annotation
    math["alttext"] = math.annotation.get_text()
    math.annotation.decompose()
    assert math.semantics
    math.semantics.unwrap()
    math["xmlns"] = MATHML
    if formula.find_parent(class_="formula"):
        math["display"] = "block"
    return math.extract()


def navigation(chapters: Iterable[Chapter], book: Book) -> str:
    """Return the list of chapters and sections."""
    entries = []
    for chapter in chapters:
        inner = []
        for heading in chapter.body.select("h2"):
            section = heading.find_parent("section", id=True)
            assert section
            address = f"{chapter.name}.xhtml#{section['id']}"
            inner.append(f'<li><a href="{address}">{html.escape(title_of(heading))}</a></li>')
        below = f"<ol>{''.join(inner)}</ol>" if inner else ""
        title = html.escape(chapter.title)
        entries.append(f'<li><a href="{chapter.name}.xhtml">{title}</a>{below}</li>')
    name = texts(book.language)["printed"]["contents"]
    return f'<nav epub:type="toc" id="toc"><h1>{name}</h1><ol>{"".join(entries)}</ol></nav>'


def _package(pages: dict[str, str], book: Book) -> str:
    items, spine = [], []
    for name, page in pages.items():
        held = [kind for kind, tag in (("mathml", "<math"), ("svg", "<svg")) if tag in page]
        properties = f' properties="{" ".join(held)}"' if held else ""
        kind = f'media-type="application/xhtml+xml"{properties}'
        items.append(f'<item id="{name}" href="{name}.xhtml" {kind}/>')
        spine.append(f'<itemref idref="{name}"/>')
    spine.insert(1, '<itemref idref="nav"/>')
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"{book.title} {book.language}").urn
    said = {name: html.escape(str(value)) for name, value in book._asdict().items()}
    return PACKAGE.format(
        **said, identifier=identifier, items="\n".join(items), spine="\n".join(spine)
    )


def style() -> str:
    """Return the style sheet, with colours instead of variables, which few readers know."""
    parts = [
        (ROOT / "book" / "site" / "books" / "epub.css").read_text("utf-8"),
        diagrams.STYLE.read_text("utf-8"),
        (ROOT / "src" / "lessons_lib" / "lab" / "plot.css").read_text("utf-8"),
        HtmlFormatter(style=CODE_LIGHT).get_style_defs("pre"),
    ]
    text = _ONE_OF.sub(_each, "\n".join(parts))
    return _USE.sub(_value, text)


def _each(rule: re.Match[str]) -> str:
    return ", ".join(f"{rule[1]} {one.strip()}" for one in rule[2].split(","))


def _value(use: re.Match[str]) -> str:
    colours, letters = tokens()["colour"], tokens()["type"]
    return colours[use[1]][0] if use[1] in colours else letters[use[1]]
