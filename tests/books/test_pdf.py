"""The PDFs: headings, letters of our own typefaces, links, outline, page numbers, nothing cut."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

import pikepdf
import pypdfium2
from _ext.books.chapters import SOLUTIONS
from _ext.texts import texts
from made_books import (
    articles,
    each_language,
    heading_tags,
    headings,
    letters,
    longest_words,
    made,
)

FAMILIES = re.compile(r"/[A-Z]{6}\+(Pretendard|DejaVuSans|STIXGeneral|KaTeX_)[\w-]*")
WIDTH, HEIGHT = 595, 842  # A4 in points
MARGIN, FOOT = 20 / 25.4 * 72, 50


class Line(NamedTuple):
    bottom: float
    right: float
    text: str


@functools.cache
def pages(language: str) -> list[str]:
    """Return the text of each page."""
    document = pypdfium2.PdfDocument(made(language, "pdf"))
    return [page.get_textpage().get_text_range() for page in document]


def lines(page: pypdfium2.PdfPage) -> list[Line]:
    """Return the lines of a page above the page's number, from above, with their places."""
    text = page.get_textpage()
    found = []
    for number in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(number)
        if bottom > FOOT:
            found.append(Line(bottom, right, text.get_text_bounded(left, bottom, right, top)))
    return sorted(found, key=lambda line: -line.bottom)


def opened(language: str) -> pikepdf.Pdf:
    return pikepdf.open(made(language, "pdf"))


def numbers_of_pages(pdf: pikepdf.Pdf) -> dict[tuple[int, int], int]:
    return {page.objgen: number for number, page in enumerate(pdf.pages, start=1)}


def outline(items: pikepdf.OutlineItem) -> Iterator[pikepdf.OutlineItem]:
    for item in items:
        yield item
        yield from outline(item.children)


@each_language
def test_a_book_is_small_and_a4(language):
    assert made(language, "pdf").stat().st_size < 8e6
    with opened(language) as pdf:
        assert 150 < len(pdf.pages) < 450
        assert {tuple(round(float(x)) for x in page.mediabox) for page in pdf.pages} == {
            (0, 0, WIDTH, HEIGHT)
        }


@each_language
def test_a_book_says_its_language_and_title_and_is_tagged(language):
    with opened(language) as pdf:
        assert str(pdf.Root.Lang).startswith(language)
        assert pdf.Root.MarkInfo.Marked
        assert len(str(pdf.docinfo["/Title"])) > 5


@each_language
def test_every_heading_of_the_site_is_printed_in_order(language):
    text, at = letters("".join(pages(language))), 0
    for heading in heading_tags(language, ("h1", "h2", "h3")):
        found = text.find(longest_words(heading), at)
        assert found >= 0, f"{heading}: not in the PDF, or before the heading above it"
        at = found


@each_language
def test_the_outline_has_every_heading_in_the_order_of_pages(language):
    with opened(language) as pdf:
        numbers = numbers_of_pages(pdf)
        with pdf.open_outline() as top:
            items = list(outline(top.root))
        titles = [letters(item.title) for item in items]
        at = 0
        for title in headings(language, ("h1", "h2")):
            assert letters(title) in titles[at:], title
            at = titles.index(letters(title), at)
        of_pages = [numbers[page_of(pdf, item.destination).objgen] for item in items]
    assert of_pages == sorted(of_pages)


def page_of(pdf: pikepdf.Pdf, destination: pikepdf.Object) -> pikepdf.Object:
    """Return the page that a destination, or the name of one, leads to."""
    if isinstance(destination, pikepdf.Array):
        return destination[0]
    return pdf.Root.Dests[f"/{str(destination).removeprefix('/')}"][0]


@each_language
def test_every_link_leads_to_a_page_or_to_the_web(language):
    inner = outer = 0
    with opened(language) as pdf:
        numbers = numbers_of_pages(pdf)
        for page in pdf.pages:
            for note in page.get("/Annots", []):
                if "/Dest" in note:
                    assert page_of(pdf, note.Dest).objgen in numbers
                    inner += 1
                else:
                    assert re.match(r"https?://", str(note.A.URI)), note.A
                    outer += 1
    links = [link for a in articles(language).values() for link in a.select("a[href]")]
    assert outer >= sum(str(link["href"]).startswith("http") for link in links) > 50
    assert inner > 1000


@each_language
def test_letters_are_those_of_the_books_typefaces_and_none_is_missing(language):
    with opened(language) as pdf:
        fonts = [x for x in pdf.objects if isinstance(x, pikepdf.Dictionary)]
        fonts = [x for x in fonts if x.get("/Type") == "/Font"]
        for font in fonts:
            if font.Subtype == "/Type3":
                continue  # drawn in the file itself
            assert FAMILIES.fullmatch(str(font.BaseFont)), f"{font.BaseFont}: the machine's own"
        for font in fonts:
            if "/FontDescriptor" in font and font.Subtype != "/Type3":
                assert "/FontFile2" in font.FontDescriptor
        for number, page in enumerate(pdf.pages, start=1):
            assert not missing_glyphs(page), f"page {number}: a letter that no typeface has"


def missing_glyphs(page: pikepdf.Page) -> int:
    """Return how often a page shows glyph 0, the sign for a letter that a typeface lacks."""
    found, kind = 0, ""
    for operands, operator in pikepdf.parse_content_stream(page, "Tf Tj TJ"):
        if str(operator) == "Tf":
            kind = str(page.Resources.Font[operands[0]].Subtype)
        elif kind == "/Type0":
            parts = operands[0] if str(operator) == "TJ" else [operands[0]]
            codes = b"".join(bytes(x) for x in parts if isinstance(x, pikepdf.String))
            found += sum(codes[i : i + 2] == b"\0\0" for i in range(0, len(codes), 2))
    return found


@each_language
def test_the_list_of_contents_says_the_right_pages(language):
    text = [letters(page) for page in pages(language)]
    first = next(
        n
        for n, page in enumerate(text)
        if n > 1 and page.startswith(letters(headings(language)[0]))
    )
    listed = "".join(text[1:first])
    for title in [*headings(language, ("h1",)), texts(language)["printed"][SOLUTIONS]]:
        starts = (n for n, page in enumerate(text, start=1) if page.startswith(letters(title)))
        number = next(n for n in starts if n > first)
        assert f"{letters(title)}{number}" in listed, f"{title} is on page {number}"


@each_language
def test_no_heading_is_alone_at_a_pages_foot(language):
    titles = {letters(title) for title in headings(language)}
    for number, page in enumerate(pypdfium2.PdfDocument(made(language, "pdf")), start=1):
        found = lines(page)
        assert not found or letters(found[-1].text) not in titles or number < 7, (number, found[-1])


@each_language
def test_nothing_is_wider_than_the_text(language):
    """Long code, formulas and tables; half a point for the edges of italic letters."""
    for number, page in enumerate(pypdfium2.PdfDocument(made(language, "pdf")), start=1):
        for line in lines(page):
            assert line.right < WIDTH - MARGIN + 3, (number, line)


@each_language
def test_solutions_are_at_the_end(language):
    title = texts(language)["printed"][SOLUTIONS]
    start = [
        n for n, page in enumerate(pages(language)) if letters(page).startswith(letters(title))
    ]
    exercises = [e for a in articles(language).values() for e in a.select("details.solution")]
    text = [letters(page) for page in pages(language)]
    for solution in exercises:
        words = [p.get_text() for p in solution.select("p") if not p.select(".katex, code, a")]
        if words and len(longest := letters(max(words, key=len))) > 25:
            assert longest[:25] not in "".join(text[: start[0]])
            assert longest[:25] in "".join(text[start[0] :])
