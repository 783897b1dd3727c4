"""The exam sheets: two A4 pages, readable letters, no missing glyph, nothing outside its column."""

from __future__ import annotations

import functools

import pikepdf
import pypdfium2
import pytest
from _ext.books.sheet import read_sheet
from _ext.plain.books import SHEET_PAGE, sheet_name
from bs4 import BeautifulSoup
from made_books import SITE, each_language, letters
from test_pdf import FAMILIES, HEIGHT, WIDTH, missing_glyphs

SMALLEST = 8.5  # points
MARGIN, GAP = 10 / 25.4 * 72, 6 / 25.4 * 72
COLUMN = (WIDTH - 2 * MARGIN - GAP) / 2


@functools.cache
def opened(language: str) -> pypdfium2.PdfDocument:
    path = SITE / language / sheet_name(language)
    if not path.exists():
        pytest.fail(f"{path} is not there: run `make test-books`, or `make exam` first")
    return pypdfium2.PdfDocument(path)


def font_sizes(page: pypdfium2.PdfPage) -> dict[float, str]:
    """Return the letters in each size on a page, outside formulas; the size is that on paper."""
    found: dict[float, str] = {}
    text = page.get_textpage()
    kinds = [pypdfium2.raw.FPDF_PAGEOBJ_TEXT]
    for item in page.get_objects(filter=kinds, textpage=text):
        if "KaTeX" in item.get_font().get_base_name():
            continue  # indices are smaller
        size = item.get_font_size() * abs(item.get_matrix().d)
        found[round(size, 1)] = found.get(round(size, 1), "") + item.extract()
    assert text.count_chars() > 1000
    return found


@each_language
def test_a_sheet_has_two_a4_pages(language):
    document = opened(language)
    assert len(document) == 2
    assert {tuple(map(round, page.get_size())) for page in document} == {(WIDTH, HEIGHT)}


@each_language
def test_the_text_has_at_least_eight_and_a_half_points(language):
    for page in opened(language):
        for size, shown in font_sizes(page).items():
            assert size >= SMALLEST or not shown.strip(), (size, shown)


@each_language
def test_letters_are_those_of_the_books_typefaces_and_none_is_missing(language):
    with pikepdf.open(SITE / language / sheet_name(language)) as pdf:
        fonts = [x for x in pdf.objects if isinstance(x, pikepdf.Dictionary)]
        for font in fonts:
            if font.get("/Type") == "/Font" and font.Subtype != "/Type3":
                assert FAMILIES.fullmatch(str(font.BaseFont)), f"{font.BaseFont}: the machine's own"
        for number, page in enumerate(pdf.pages, start=1):
            assert not missing_glyphs(page), f"page {number}: a letter that no typeface has"


@each_language
def test_nothing_is_wider_than_its_column(language):
    """A line lies in one column, below the title; one point for the edges of italic letters."""
    for number, page in enumerate(opened(language)):
        text = page.get_textpage()
        for at in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(at)
            if number == 0 and bottom > HEIGHT - MARGIN - 20:
                continue  # the title
            start = MARGIN if left < MARGIN + COLUMN else MARGIN + COLUMN + GAP
            line = text.get_text_bounded(left, bottom, right, top)
            assert start - 1 <= left, (number, line)
            assert right <= start + COLUMN + 1, (number, line)
            assert bottom >= 20, (number, line)


@each_language
def test_a_sheet_has_the_headings_and_rows_of_the_page_in_order(language):
    printed, at = letters("".join(p.get_textpage().get_text_range() for p in opened(language))), 0
    section = read_sheet(SITE, language)
    headings = section.select("h3")
    assert len(headings) == 10
    for heading in headings:
        at = printed.find(letters(heading.get_text()), at)
        assert at >= 0, heading
    for cell in section.select("td"):
        if not cell.select(".katex, code"):
            assert letters(cell.get_text()) in printed, cell


@each_language
def test_the_pages_offer_the_sheet(language):
    for page, address in ((SHEET_PAGE, "../"), ("index", "")):
        soup = BeautifulSoup((SITE / language / f"{page}.html").read_text("utf-8"), "html.parser")
        [link] = soup.select(".take-sheet a")
        assert link["href"] == address + sheet_name(language)
