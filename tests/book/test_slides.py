"""The slides: what they show and what the speaker says, in both languages, without a network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from _ext.notebooks import BIBLIOGRAPHY
from _ext.one_language import LANGUAGES
from _ext.plain.book_index import index_book, pages_of, read_notebook
from _ext.plain.citations import Bibliography
from _ext.plain.slide_cells import slide_cells
from _ext.slides import chapters_of, slides
from bs4 import BeautifulSoup
from nbformat.v4 import new_markdown_cell, new_output
from sample_book import PAGE, code, pair, printed, sample_notebook, write_book
from site_sample import DRAWING

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = chapters_of(ROOT)


@pytest.fixture(scope="module", params=LANGUAGES)
def book(request):
    """Return the book's index in one language, and its notebooks."""
    pages = {page: read_notebook(ROOT / f"{page}.ipynb") for page in pages_of(ROOT)}
    return index_book(pages, request.param, Bibliography(ROOT / BIBLIOGRAPHY)), pages


def sample_slides(folder, notebook, language="en"):
    """Return the cells of the sample's slides, as pairs of a slide type and a text."""
    write_book(folder, notebook)
    index = index_book({PAGE: notebook}, language, Bibliography(folder / BIBLIOGRAPHY))
    cells = slide_cells(notebook, PAGE, index, folder / "book")
    return [(cell.metadata.slideshow.slide_type, cell.source) for cell in cells]


def test_headings_begin_slides_and_paragraphs_are_said(tmp_path):
    cells = sample_slides(tmp_path, sample_notebook())
    kinds = {text.split("\n")[0]: kind for kind, text in cells}
    assert [text for kind, text in cells if kind == "slide"] == [
        "# Sample",
        "## The hidden state",
        "## Figure",
    ]
    assert kinds["- first $x_t$"] == kinds["| gate | value |"] == "-"
    assert any(kind == "-" and "tanh" in text for kind, text in cells)
    assert any(kind == "-" and "a circle" in text for kind, text in cells)
    assert any(kind == "notes" and text.startswith("By ") for kind, text in cells)
    assert any(kind == "notes" and "The memory is in" in text for kind, text in cells)


def test_one_language_and_no_other(tmp_path):
    shown = {lang: str(sample_slides(tmp_path, sample_notebook(), lang)) for lang in LANGUAGES}
    assert 'print(f"It is {x}")' in shown["en"]
    assert 'print(f"It is {x}")' not in shown["ko"]
    assert "값은 {x} 입니다" in shown["ko"]


def test_code_that_shows_nothing_is_left_out(tmp_path):
    notebook = sample_notebook()
    notebook.cells.append(code("quiet", "assert x == 2", 9))
    assert "assert x == 2" not in str(sample_slides(tmp_path, notebook))


def test_exercises_and_sources_are_left_out(tmp_path):
    notebook = sample_notebook()
    notebook.cells += [
        *pair("end", "(sample-exercises)=\n## 연습", "(sample-exercises)=\n## Exercises"),
        *pair("more", "(sample-more)=\n### 더", "(sample-more)=\n### More"),
        code("told", "print(3)", 9, [printed("3\n")]),
        *pair("last", "(sample-summary)=\n## 요약\n\n- 끝", "(sample-summary)=\n## Last\n\n- end"),
    ]
    texts = [text for _, text in sample_slides(tmp_path, notebook)]
    assert texts[-2:] == ["## Last", "- end"]
    assert not {"## Exercises", "### More", "print(3)"} & set(texts)


def test_what_does_not_fit_goes_on_below_under_the_same_heading(tmp_path):
    notebook = sample_notebook()
    notebook.cells = notebook.cells[:2]
    tall = r"\begin{aligned}" + r" a \\".join("bcdef") + r"\end{aligned}"
    notebook.cells += [new_markdown_cell(f"$$\n{tall}\n$$", id=f"eq{k}") for k in range(2)]
    kinds = [kind for kind, _ in sample_slides(tmp_path, notebook)]
    assert kinds.count("subslide") == 1
    assert sample_slides(tmp_path, notebook)[kinds.index("subslide")][1] == "# Sample"


def test_a_section_of_words_alone_shows_the_first_of_them(tmp_path):
    notebook = sample_notebook()
    notebook.cells += pair(
        "why", "(why)=\n## 왜\n\n첫째.\n\n둘째.", "(why)=\n## Why\n\nOne.\n\nTwo."
    )
    assert sample_slides(tmp_path, notebook)[-3:] == [
        ("slide", "## Why"),
        ("-", "One."),
        ("notes", "Two."),
    ]


def test_a_computed_figure_is_a_part_of_the_page(tmp_path):
    notebook = sample_notebook()
    output = new_output("display_data", data={"image/svg+xml": DRAWING})
    figure = "```{{figure}} #plot\n:name: fig-plot\n:alt: {}\n{}.\n```"
    notebook.cells += [
        code("plot", "x", 5, [output]),
        *pair("caption", figure.format("선", "크기"), figure.format("a line", "Size")),
    ]
    write_book(tmp_path, notebook)
    index = index_book({PAGE: notebook}, "en", Bibliography(tmp_path / BIBLIOGRAPHY))
    parsed = BeautifulSoup(slides(notebook, PAGE, index, tmp_path / "book"), "html.parser")
    drawing = parsed.select_one("section svg.plot")
    assert drawing["aria-label"] == "a line"
    assert not drawing.find_parent(class_="jp-Cell").select(".jp-InputArea")
    assert "Fig. 2. Size." in parsed.select_one(".slides").text


def test_each_chapter_has_the_same_slides_in_both_languages():
    pages = {page: read_notebook(ROOT / f"{page}.ipynb") for page in pages_of(ROOT)}
    heads: dict[str, list[tuple[int, int]]] = {}
    for language in LANGUAGES:
        index = index_book(pages, language, Bibliography(ROOT / BIBLIOGRAPHY))
        for page in CHAPTERS:
            cells = slide_cells(pages[page], page, index, (ROOT / page).parent)
            kinds = [cell.metadata.slideshow.slide_type for cell in cells]
            heads.setdefault(page, []).append((kinds.count("slide"), kinds.count("notes")))
            assert kinds.count("slide") >= 3, page  # the title and two sections
    assert all(ko == en for ko, en in heads.values()), heads


def test_a_page_asks_no_one_for_anything(book):
    index, pages = book
    page = "book/recurrence"
    html = slides(pages[page], page, index, ROOT / "book")
    parsed = BeautifulSoup(html, "html.parser")
    assert parsed.html["lang"] == index.language
    assert parsed.title.string == index.titles[page]
    asked = [
        tag.get("src") or tag.get("href") for tag in parsed.find_all(["script", "link", "img"])
    ]
    assert all(each is None or each.startswith(("../", "data:")) for each in asked), asked
    assert "mathjax" not in html.lower()
    assert "import " not in "".join(tag.text for tag in parsed.find_all(["script", "style"]))
    assert all(tag["alt"] for tag in parsed.find_all("img"))
    assert len(parsed.select(".slides > section > section")) > 10
    assert parsed.select("aside.notes")
    assert parsed.select(".katex")
    assert not parsed.find_all("a", href=True)
    for tag in parsed.find_all(["annotation", "pre", "code", "script"]):
        tag.decompose()  # formulas for readers of formulas, and code
    assert not re.search(r"\$|\\[a-z]+\{|\{[a-z]+\}`", parsed.text)
