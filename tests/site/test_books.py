"""Chapters of the books to take along, made from pages of a small site."""

import json
import zipfile

import pytest
from _ext.books import chapters, epub, folder
from _ext.books.about import Book
from _ext.plain import books
from _ext.plain.mathml import SIGN, valid

DIAGRAM = """<svg xmlns="http://www.w3.org/2000/svg" class="diagram" width="9" height="9"
viewBox="0 0 9 9"><style>.a{}</style><defs><marker id="arrow" markerWidth="3"></marker></defs>
<path class="a" d="M0 0" marker-end="url(#arrow)"/><use href="#arrow"/></svg>"""
FORMULA = """<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>h</mi></mrow>
<annotation>h_t</annotation></semantics></math></span><span class="katex-html">h</span></span>"""
FIRST = f"""<article><section id="first"><h1>1. First<a class="headerlink" href="#first">¶</a></h1>
<aside class="about">5 min</aside>
<p class="pair-a">A <a href="second.html#place">link</a>, a <a href="appendix/gone.html#x">dead
one</a>, the <a href="https://example.org">web</a>, itself: <a href="#eq">eq</a>.</p>
<div class="math" id="eq"><div class="formula wide">{FORMULA}</div>
<div class="formula narrow">{FORMULA}</div></div>
<details class="folded"><summary>Setup, 1 line</summary><pre>import numpy</pre></details>
<figure><img class="plot" src="../_static/figures/line.svg?v=1" alt="A line"></figure>
<div class="quick-question admonition"><p class="admonition-title">Quick question</p><p>Which?</p>
<details class="answer right"><summary>this</summary><div class="reason"><p>It is.</p></div>
</details>
<details class="answer"><summary>that</summary><div class="reason"><p>Not that.</p></div></details>
</div>
<div class="exercise admonition" id="ex-a"><p class="admonition-title" role="heading">
<span class="caption-number">Exercise 3 </span>(Easy)</p><p>Do it.</p>
<details class="dropdown"><summary>Hint</summary><p>Like so.</p></details></div>
<details class="solution" id="book/first-solution-1"><summary>Solution to Exercise 3</summary>
<p>Done.</p></details></section></article>"""
SECOND = """<article><section id="second"><h1>2. Second</h1>
<section id="place"><h2>A place</h2><p><a href="first.html">First</a></p></section>
</section></article>"""
BOOK = Book("en", "A & B", "Claim.", "Version 1", "Someone", "CC BY", "2026-01-01T00:00:00Z")


@pytest.fixture
def root(tmp_path):
    """Return the folder of a book of two chapters, with the page of each on its site."""
    toc = "format: jb-book\nroot: book/first\nparts:\n  - chapters:\n      - file: book/second\n"
    (tmp_path / "_toc.yml").write_text(f"{toc}      - file: book/library\n", "utf-8")
    site = tmp_path / "site" / "en"
    (site / "book").mkdir(parents=True)
    (tmp_path / "book").mkdir()
    for name, page in (("first", FIRST), ("second", SECOND)):
        (tmp_path / "book" / f"{name}.ipynb").write_text(json.dumps({}), "utf-8")
        (site / "book" / f"{name}.html").write_text(page, "utf-8")
    (site / "_static" / "figures").mkdir(parents=True)
    (site / "_static" / "figures" / "line.svg").write_text(DIAGRAM, "utf-8")
    return tmp_path


@pytest.fixture
def book(root):
    return chapters.read_book(root, root / "site", "en")


def test_only_notebooks_are_in_the_book(root, book):
    assert chapters.pages_of_book(root) == ["book/first", "book/second"]
    assert [chapter.name for chapter in book] == ["first", "second", "solutions"]
    assert book[0].title == "1. First"


def test_controls_are_gone_and_code_is_open(book):
    text = str(book[0].body)
    assert "5 min" not in text
    assert "Setup" not in text
    assert "import numpy" in text
    assert "¶" not in text
    assert "narrow" not in text
    assert "pair-a" not in text


def test_links_lead_to_places_in_the_book(book):
    links = {link.get_text(): link["href"] for link in book[0].body.select("p > a")}
    assert links["link"] == "#second--place"
    assert links["web"] == "https://example.org"
    assert links["eq"] == "#first--eq"
    assert "dead\none" not in links
    assert book[1].body.select_one("p > a")["href"] == "#first"
    ids = [element["id"] for chapter in book for element in chapter.body.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_links_to_pages_that_are_not_in_the_book_lead_to_the_published_site(root):
    [first, *_] = chapters.read_book(root, root / "site", "en", "https://a.example")
    link = first.body.select_one("a[href*='gone']")
    assert link["href"] == "https://a.example/en/book/appendix/gone.html#x"


def test_pictures_become_drawings(book):
    [drawing] = book[0].body.select("svg")
    assert drawing["aria-label"] == "A line"
    assert not drawing.select("style")
    marker = drawing.marker["id"]
    assert drawing.path["marker-end"] == f"url(#{marker})"
    assert drawing.use["href"] == f"#{marker}"


def test_a_picture_that_is_no_drawing_is_refused(root):
    page = root / "site" / "en" / "book" / "first.html"
    page.write_text(FIRST.replace("line.svg?v=1", "line.png"), "utf-8")
    with pytest.raises(ValueError, match=r"got the image line\.png"):
        chapters.read_book(root, root / "site", "en")


def test_hints_solutions_and_answers_are_at_the_end(book):
    chapter, last = str(book[0].body), book[-1].body
    assert "Like so" not in chapter
    assert "Done." not in chapter
    assert "Not that" not in chapter
    assert [item.get_text() for item in book[0].body.select(".answers li")] == ["this", "that"]
    question, exercise = last.select(".solved")
    assert [item.get_text() for item in question.select("li")] == ["It is.", "Not that."]
    assert exercise.h3.get_text(" ", strip=True) == "Exercise 3 (Easy)"
    assert "Like so." in exercise.get_text()
    assert "Done." in exercise.get_text()
    assert "Solution to" not in exercise.get_text()
    there = {link["href"] for link in book[0].body.select(".leads-to a")}
    assert there == {f"#{question['id']}", f"#{exercise['id']}"}
    assert exercise.h3.a["href"] == "#first--ex-a"


def test_a_solution_without_its_exercise_is_refused(root):
    page = root / "site" / "en" / "book" / "first.html"
    page.write_text(FIRST.replace("Solution to Exercise 3", "Solution to Exercise 4"), "utf-8")
    with pytest.raises(ValueError, match="expected its exercise right before it"):
        chapters.read_book(root, root / "site", "en")


def test_an_epub_has_mathml_and_drawings_in_xml(book, tmp_path):
    homes = epub._homes(book)
    page = epub._body(book[0], homes)
    assert '<math alttext="h_t" display="block" xmlns="http://www.w3.org/1998/Math/MathML">' in page
    assert "katex" not in page
    assert 'xmlns="http://www.w3.org/2000/svg"' in page
    assert "viewBox" in page
    assert "markerWidth" in page
    assert 'href="second.xhtml#second--place"' in page
    epub.write_epub(book, BOOK, tmp_path / "a.epub")
    epub.write_epub(book, BOOK, tmp_path / "b.epub")
    assert (tmp_path / "a.epub").read_bytes() == (tmp_path / "b.epub").read_bytes()
    assert book[0].body.select(".katex"), "the PDF still needs them"


def test_an_epubs_style_needs_no_new_reader():
    sheet = epub.style()
    assert "var(" not in sheet
    assert ":is(" not in sheet
    assert ".diagram .ink, .diagram .soft, .diagram .a" in sheet


def test_the_sign_of_application_takes_no_place():
    arrow = f'<mover accent="true"><mi>LSTM</mi>{SIGN}<mo>→</mo></mover>'
    assert valid(arrow) == arrow.replace(SIGN, "")
    plain = (
        f"<mrow><mi>tanh</mi>{SIGN}<mfrac><mrow><mi>a</mi>{SIGN}<mi>b</mi></mrow></mfrac></mrow>"
    )
    assert valid(plain) == plain


def test_the_front_page_offers_both_books_or_none(tmp_path):
    (tmp_path / "ko").mkdir()
    (tmp_path / "ko" / books.file_name("ko", "pdf")).touch()
    assert not books.are_there(tmp_path, "ko")
    (tmp_path / "ko" / "rnn-lessons-ko.epub").touch()
    assert not books.are_there(tmp_path, "ko")
    (tmp_path / "rnn-lessons.zip").touch()
    assert books.are_there(tmp_path, "ko")


def test_the_zip_has_the_site_and_offers_no_book(tmp_path):
    offer = '<h1>A</h1>\n<p class="take-along"><a href="rnn-lessons-ko.pdf">PDF</a>\n</p>\n<p>b</p>'
    for name in ("404.html", "index.html", "ko/index.html", "ko/book/a.html", "ko/a.pdf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(offer, "utf-8")
    for name in (books.ZIP, "ko/rnn-lessons-ko.pdf", "ko/rnn-lessons-ko.epub"):
        (tmp_path / name).write_bytes(b"x")
    folder.write_zip(tmp_path, tmp_path / books.ZIP)
    with zipfile.ZipFile(tmp_path / books.ZIP) as file:
        names = ["index.html", "ko/a.pdf", "ko/book/a.html", "ko/index.html"]
        assert file.namelist() == [f"rnn-lessons/{name}" for name in names]
        assert file.read("rnn-lessons/ko/index.html") == b"<h1>A</h1>\n<p>b</p>"
