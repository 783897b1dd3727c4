"""One language's book as a PDF: chapters in one page, printed by Chromium.

Chromium can number pages and repeat a chapter's title at their heads, but it cannot write on which
page a place is. So the book is printed twice: the first time to find the pages, the second time
with their numbers in the list of contents and where the text leads to a solution.
"""

from __future__ import annotations

import html
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import pikepdf
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Page, sync_playwright

from ..hooks.web_assets import ROOT, packages
from ..texts import texts
from .about import Book
from .chapters import Chapter, title_of

STYLE = ROOT / "book" / "site" / "books"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: Whole fonts, of which the PDF keeps what it shows: family, weight, style, file.
PRETENDARD = "dist/public/static/alternative/Pretendard-{}.ttf"
FONTS = (
    ("Pretendard", 400, "normal", "pretendard", PRETENDARD.format("Regular")),
    ("Pretendard", 600, "normal", "pretendard", PRETENDARD.format("SemiBold")),
    ("Code", 400, "normal", "matplotlib", "DejaVuSansMono.ttf"),
    ("Code", 700, "normal", "matplotlib", "DejaVuSansMono-Bold.ttf"),
    ("Code", 400, "italic", "matplotlib", "DejaVuSansMono-Oblique.ttf"),
    ("Letters", 400, "normal", "matplotlib", "STIXGeneral.ttf"),
    ("Letters", 400, "italic", "matplotlib", "STIXGeneralItalic.ttf"),
    ("Letters", 700, "normal", "matplotlib", "STIXGeneralBol.ttf"),
    ("Signs", 400, "normal", "matplotlib", "DejaVuSans.ttf"),  # what the others do not have
)


def find_browser() -> str:
    """Return the path of a browser on this machine.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise FileNotFoundError(f"no browser: looked for {', '.join(BROWSERS)}")
    return path


def joined(chapters: Sequence[Chapter], book: Book) -> str:
    """Return the whole book as one page, which expects ``site.css`` beside it."""
    said = texts(book.language)["printed"]
    heads = [running_head(chapter) for chapter in chapters]
    style = "\n".join([fonts(), (STYLE / "pdf.css").read_text("utf-8"), *heads])
    for chapter in chapters:
        for formula in chapter.body.select(".katex"):
            say(formula)
        for link in chapter.body.select(".leads-to > a"):
            link.insert_after(page_of(str(link["href"]), said["page"]))
    title = html.escape(book.title)
    cover = (
        f'<section class="cover"><h1 class="name">{title}</h1><p>{html.escape(book.claim)}</p>'
        f"<p class='edition'>{html.escape(book.edition)}</p></section>"
    )
    bodies = "".join(chapter.body.decode() for chapter in chapters)
    return (
        f'<!DOCTYPE html><html lang="{book.language}"><head><meta charset="utf-8">'
        f"<title>{title}</title>"
        f'<link rel="stylesheet" href="site.css"><style>{style}</style></head>'
        f'<body class="reading">{cover}{contents(chapters, said)}'
        f"<main><article>{bodies}</article></main></body></html>"
    )


def running_head(chapter: Chapter) -> str:
    """Return the rules that repeat a chapter's title on its pages but the first."""
    title = json.dumps(chapter.title, ensure_ascii=False)
    return (
        f"@page {chapter.name} {{ @top-center {{ content: {title} }} }}\n"
        f"@page {chapter.name}:first {{ @top-center {{ content: none }} }}\n"
        f"#{chapter.name} {{ page: {chapter.name} }}"
    )


def say(formula: Tag) -> None:
    """Let a formula be one image with its source as its name, instead of hundreds of parts.

    Its MathML would be in the file a second time, and in copied text.
    """
    assert formula.annotation
    if formula.find_parent(["h1", "h2", "h3"]):  # whose letters the outline shows
        for shown in formula.select(".katex-html"):
            del shown["aria-hidden"]
    else:
        formula["role"] = "img"
        formula["aria-label"] = formula.annotation.get_text()
    for hidden in formula.select(".katex-mathml"):
        hidden.decompose()


def page_of(address: str, form: str) -> BeautifulSoup:
    """Return the place for the number of the page on which an address is."""
    before, after = form.split("{page}")
    mark = f'<a class="page-of" href="{address}" data-before="{before}" data-after="{after}"></a>'
    return BeautifulSoup(mark, "html.parser")


def contents(chapters: Sequence[Chapter], said: dict[str, str]) -> str:
    """Return the list of chapters and their sections, with places for the pages' numbers."""
    lines = []
    for chapter in chapters:
        lines.append(_line("chapter", f"#{chapter.name}", html.escape(chapter.title)))
        for heading in chapter.body.select("h2"):
            section = heading.find_parent("section", id=True)
            assert section
            lines.append(_line("section", f"#{section['id']}", html.escape(title_of(heading))))
    return f'<nav class="toc"><h1>{said["contents"]}</h1>{"".join(lines)}</nav>'


def _line(kind: str, address: str, title: str) -> str:
    number = f'<span class="page-of" data-page="{address}"></span>'
    return f'<p class="{kind}"><a href="{address}"><span>{title}</span>{number}</a></p>'


def fonts() -> str:
    """Return the rules that name the fonts' files."""
    places = {
        "pretendard": packages() / "pretendard",
        "matplotlib": Path(matplotlib.get_data_path(), "fonts", "ttf"),
    }
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style};'
        f' src: url("{(places[package] / file).as_uri()}"); }}'
        for family, weight, style, package, file in FONTS
    )


def write_pdf(text: str, book: Book, site: Path, to: Path) -> int:
    """Print a page that `joined` made; return the number of pages.

    Raises
    ------
    ValueError
        The numbers of pages have moved a place to another page, or a place has no page.
    """
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder, "book.html")
        file.write_text(text, "utf-8")
        static = site / "_static"
        style = (static / "site.css").read_text("utf-8")
        style = re.sub(r"@font-face\s*{\s*font-family: Pretendard.*?}", "", style, flags=re.S)
        style = style.replace("url(fonts/", f"url({static.as_uri()}/fonts/")
        Path(folder, "site.css").write_text(style, "utf-8")
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(file.as_uri())
        page.evaluate("document.fonts.ready.then(() => 1)")
        pages = places(_print(page))
        page.evaluate(_WRITE_NUMBERS, pages)
        printed = _print(page)
        browser.close()
    if moved := {place for place, number in places(printed).items() if pages[place] != number}:
        raise ValueError(f"numbers of pages: got other pages for {sorted(moved)[:5]} once written")
    to.parent.mkdir(parents=True, exist_ok=True)
    return _save(printed, book, to)


_WRITE_NUMBERS = """pages => {
  for (const mark of document.querySelectorAll(".page-of")) {
    const place = (mark.dataset.page || mark.getAttribute("href")).slice(1);
    if (!(place in pages)) throw new Error(`no page has the place ${place}`);
    mark.textContent = `${mark.dataset.before || ""}${pages[place]}${mark.dataset.after || ""}`;
  }
}"""


def _print(page: Page) -> bytes:
    return page.pdf(prefer_css_page_size=True, print_background=True, outline=True, tagged=True)


def places(pdf: bytes) -> dict[str, int]:
    """Return the page's number, from 1, of each place that a link of the PDF leads to."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        numbers = {page.objgen: number for number, page in enumerate(opened.pages, start=1)}
        named = opened.Root.get("/Dests", {})
        return {
            str(name).removeprefix("/"): numbers[target[0].objgen] for name, target in named.items()
        }


def _save(pdf: bytes, book: Book, to: Path) -> int:
    """Write the PDF as small as it can be without loss; return the number of its pages."""
    pikepdf.settings.set_flate_compression_level(9)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for name in ("/CreationDate", "/ModDate"):
            if name in opened.docinfo:
                del opened.docinfo[name]  # the same source makes the same file
        opened.docinfo["/Author"] = book.author
        opened.docinfo["/Subject"] = book.claim
        opened.remove_unreferenced_resources()
        opened.save(
            to,
            deterministic_id=True,
            recompress_flate=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
        return len(opened.pages)
