"""The site: two languages from one set of notebooks, with the same pages and the same anchors."""

import contextlib
import io
import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import unquote, urlsplit

import diagrams
import interface
import make_site
import pytest
from bs4 import BeautifulSoup
from one_language import LANGUAGES
from sphinx.errors import ConfigError

ROOT = Path(__file__).parents[1]
HANGUL = re.compile("[가-힣]")
DIAGRAM = """<svg xmlns="http://www.w3.org/2000/svg" class="diagram" width="9" height="9"
viewBox="0 0 9 9"><style></style>
<defs><marker id="arrow"><path class="fill-ink" d="M0 0"/></marker></defs>
<path class="ink" d="M0 0L9 9" marker-end="url(#arrow)"/><use href="#arrow"/></svg>"""
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
PYTHON = {"language_info": {"name": "python"}}
FIGURE = "```{{figure}} figures/line.svg\n:name: fig-{0}\n:alt: {1}\n\n{1}\n```"


def prose(pair, korean, english):
    """Return the two cells of a pair."""
    return [
        {
            "cell_type": "markdown",
            "id": f"{pair}-{tag}",
            "metadata": {"tags": [tag]},
            "source": text,
        }
        for tag, text in (("ko", korean), ("en", english))
    ]


def markdown(name, source):
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def plot(name):
    """Return a code cell with a stored picture and its two descriptions."""
    data = {"image/png": PIXEL, "text/plain": "<Figure size 1x1>"}
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    cell = {"cell_type": "code", "id": name, "source": "plot(h)", "outputs": [output]}
    metadata = {"alt": {"ko": "은닉 상태의 그래프", "en": "Graph of the hidden state"}}
    return cell | {"metadata": metadata, "execution_count": 1}


SAMPLE = [
    *prose("top", "(sample)=\n# 표본", "(sample)=\n# A sample"),
    # The words of this English heading are another heading's label.
    *prose("one", "(first-label)=\n## 게이트\n\n글.", "(first-label)=\n## Gates\n\nText."),
    *prose(
        "two", "(gates)=\n## 둘째\n\n- 값 $c_t$가 큽니다.", "(gates)=\n## Second\n\n- $c_t$, large."
    ),
    markdown("equation", "$$h_t = 1$$ (eq-sample)"),
    *prose("pictures", FIGURE.format("a", "선"), FIGURE.format("a", "A line")),
    *prose("again", FIGURE.format("b", "또 선"), FIGURE.format("b", "Another line")),
    plot("plot"),
    markdown("start", "```{exercise-start}\n:label: ex-sample\n```"),
    *prose("task", "해 보십시오.\n\n| 가 |\n|---|\n| 1 |", "Try it.\n\n| A |\n|---|\n| 1 |"),
    markdown("end", "```{exercise-end}\n```"),
    markdown("solve", "```{solution} ex-sample\n:label: ex-sample-solution\n$1$\n```"),
    markdown("more", "```{exercise}\n:label: ex-more\n$2$\n```"),
    *prose("help", "```{tip}\n도움말\n```\n\n> 인용", "```{tip}\nHelp\n```\n\n> Quotation"),
]


def write_notebook(path, cells):
    notebook = {"cells": cells, "metadata": PYTHON, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), "utf-8")


def make_book(root, cells):
    """Write a book of one chapter that uses everything of this one but its chapters."""
    for name in (
        "_config.yml",
        "book/_ext",
        "book/site",
        "book/locale",
        "book/figures/favicon.svg",
    ):
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, target)
    (root / "book/appendix").mkdir()
    shutil.copy(ROOT / "book/appendix/references.bib", root / "book/appendix")
    (root / "book/figures/line.svg").write_text(DIAGRAM, "utf-8")
    (root / "_toc.yml").write_text(
        "{format: jb-book, root: book/start, "
        "parts: [{caption: 부분 · Part, chapters: [{file: book/sample}]}]}",
        "utf-8",
    )
    write_notebook(
        root / "book/start.ipynb", prose("start", "(start)=\n# 시작", "(start)=\n# Start")
    )
    write_notebook(root / "book/sample.ipynb", cells)


def build_or_fail(root):
    """Build a book; where that fails, fail with Sphinx's warnings alone as the message."""
    lines = io.StringIO()
    with contextlib.redirect_stdout(lines):
        went_well = make_site.build(root)
    if not went_well:
        wrong = [
            line for line in lines.getvalue().splitlines() if re.search("WARN|ERROR|rror:", line)
        ]
        pytest.fail("\n".join(["the book does not build without warnings:", *wrong]), pytrace=False)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Return the sample's page in each language."""
    root = tmp_path_factory.mktemp("book")
    make_book(root, SAMPLE)
    build_or_fail(root)
    return pages_of(root / "_build/site", "book/sample.html")


@pytest.fixture(scope="module")
def site():
    """Return the folder of this book's own site, built where `make book` builds it."""
    build_or_fail(ROOT)
    return ROOT / "_build/site"


def pages_of(folder, name):
    return {
        language: BeautifulSoup((folder / language / name).read_text("utf-8"), "html.parser")
        for language in LANGUAGES
    }


def names_of_pages(folder):
    """Return the paths of a folder's pages; what lies under _static are the theme's templates."""
    pages = (path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    return sorted(page for page in pages if "_static/" not in page)


def anchors(page):
    headings = page.select("article section > :is(h1, h2, h3, h4)")
    return [heading.parent.get("id") for heading in headings]


# The sample: what a chapter may contain, and how it comes out.


def test_headings_have_their_labels_as_only_anchors(sample):
    for page in sample.values():
        assert anchors(page) == ["sample", "first-label", "gates"]
        assert not page.select("article section > span[id]"), "an anchor made from words"


def test_page_holds_one_language(sample):
    assert not HANGUL.search(sample["en"].select_one("article").text)
    assert "Second" not in sample["ko"].select_one("article").text


def test_blocks_of_a_pair_carry_its_class_in_both_languages(sample):
    marked = {}
    for language, page in sample.items():
        blocks = page.select("article [class*=pair-]")
        marks = [name for block in blocks for name in block["class"] if name.startswith("pair-")]
        marked[language] = [(mark, block.name) for mark, block in zip(marks, blocks, strict=True)]
    assert marked["ko"] == marked["en"]
    assert [mark for mark, _ in marked["ko"]] == [
        *[
            "pair-top",
            "pair-one",
            "pair-one",
            "pair-two",
            "pair-two",
            "pair-pictures",
            "pair-again",
        ],
        *["pair-task", "pair-task", "pair-help", "pair-help"],
    ]


def test_blocks_of_both_languages_carry_no_pair(sample):
    equation = sample["ko"].select_one("div.math")
    plot_cell = sample["ko"].select_one("div.cell")
    for block in (equation, plot_cell):
        assert not [name for name in block["class"] if name.startswith("pair-")]


def test_computed_picture_is_described_in_the_language_of_the_page(sample):
    alts = {language: page.select_one("div.cell img")["alt"] for language, page in sample.items()}
    assert alts == {"ko": "은닉 상태의 그래프", "en": "Graph of the hidden state"}


def test_diagrams_stand_in_the_page_with_ids_of_their_own(sample):
    drawings = sample["en"].select("figure svg")
    assert [drawing["aria-label"] for drawing in drawings] == ["A line", "Another line"]
    assert all(drawing["role"] == "img" and not drawing.find("style") for drawing in drawings)
    ids = [element["id"] for element in sample["en"].find_all(id=True)]
    assert len(ids) == len(set(ids)), "an id stands twice on the page"
    for drawing in drawings:
        marker = drawing.find("marker")["id"]
        assert drawing.find("path", class_="ink")["marker-end"] == f"url(#{marker})"
        assert drawing.find("use")["href"] == f"#{marker}"


def test_particle_is_not_parted_from_its_formula(sample):
    assert sample["ko"].select_one(".unbroken").text == r"\(c_t\)가"
    assert sample["en"].select_one(".unbroken").text == r"\(c_t\),"


def test_page_says_its_language_and_where_the_other_is(sample):
    for language, page in sample.items():
        other = "en" if language == "ko" else "ko"
        assert page.html["lang"] == language
        switch = page.select_one("a.language-switch")
        assert (switch["href"], switch["lang"]) == (f"../../{other}/book/sample.html", other)
        alternates = {link["hreflang"]: link["href"] for link in page.select("link[hreflang]")}
        assert alternates == {
            "ko": "../../ko/book/sample.html",
            "en": "../../en/book/sample.html",
            "x-default": "../../en/book/sample.html",
        }


def test_title_and_contents_are_in_the_language_of_the_page(sample):
    assert sample["ko"].title.text.endswith("RNN 레슨")
    assert sample["en"].title.text.endswith("RNN Lessons")
    captions = {name: page.select_one(".caption-text").text for name, page in sample.items()}
    assert captions == {"ko": "부분", "en": "Part"}


def test_interface_speaks_korean_on_korean_pages(sample):
    spoken = {
        f"<{element.name} {attribute}={element[attribute]!r}>"
        for element in sample["ko"].body.find_all(True)
        for attribute in ("title", "aria-label", "placeholder", "data-bs-title")
        if element.has_attr(attribute) and element.get("lang") != "en"
        if re.search("[A-Za-z]{3}", element[attribute])
    }
    assert not spoken, "words to put into book/locale/ko"
    text = {
        string.strip() for string in sample["ko"].body.find_all(string=re.compile("[A-Za-z]{4}"))
    }
    assert not {
        line for line in text if re.search("Skip|Back to|Click|Search|Exercise|Content", line)
    }


def test_a_warning_fails_the_build_each_time(tmp_path, capfd):
    make_book(tmp_path, [*SAMPLE, *prose("bad", "{ref}`nowhere`", "{ref}`nowhere`")])
    make_site.write_sphinx_configuration(tmp_path)
    for _ in range(2):
        assert not make_site.build_language(tmp_path, "ko")
        assert "undefined label: 'nowhere'" in capfd.readouterr().out


# The book itself.


def test_both_languages_have_the_same_pages(site):
    assert names_of_pages(site / "ko") == names_of_pages(site / "en")


def test_both_languages_have_the_same_anchors(site):
    for name in names_of_pages(site / "ko"):
        korean, english = (anchors(page) for page in pages_of(site, name).values())
        assert korean == english, f"{name}: the sections' ids differ"
        assert None not in korean, f"{name}: a heading has no label"


def test_links_within_the_site_lead_somewhere(site):
    broken = []
    for name in names_of_pages(site):
        page = BeautifulSoup((site / name).read_text("utf-8"), "html.parser")
        for element in page.find_all(["a", "link", "script", "img"]):
            address = urlsplit(element.get("href") or element.get("src") or "")
            if address.scheme or address.netloc or not address.path:
                continue
            if not (site / name).parent.joinpath(unquote(address.path)).exists():
                broken.append(f"{name}: {address.path}")
    assert not broken


def test_site_starts_with_a_choice_of_languages(site):
    page = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    assert [link["href"] for link in page.find_all("a")] == ["ko/index.html", "en/index.html"]
    for language in LANGUAGES:
        first = BeautifulSoup((site / language / "index.html").read_text("utf-8"), "html.parser")
        assert first.a["href"] == "book/intro.html"


def test_only_pages_are_published(site):
    assert sorted(path.name for path in site.iterdir()) == ["en", "index.html", "ko"]


# The parts.


def test_half_of_a_text_in_two_languages():
    assert interface.half("가 · A", "ko") == "가"
    assert interface.half("가 · A", "en") == "A"
    with pytest.raises(ConfigError, match=r"'Lessons': got 1 part\(s\)"):
        interface.half("Lessons", "ko")


def test_dark_colours_follow_the_switch_of_the_page():
    style = diagrams.page_style(diagrams.STYLE.read_text("utf-8"))
    assert "prefers-color-scheme" not in style
    assert 'html[data-theme="dark"] {\n  --fig-ink: #e8e8e8' in style
    with pytest.raises(ValueError, match="got 0 dark colour rules"):
        diagrams.page_style(".diagram { color: red }")


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ('<rect fill="red"/>', "<rect fill=…>: looks are said by classes only"),
        ("<image/>", "<image> is not among the elements of a diagram"),
        ('<use href="other.svg#a"/>', "<use href='other.svg#a'> leads out of the file"),
    ],
)
def test_faults_of_a_diagram_are_named(wrong, fault):
    assert diagrams.faults(ElementTree.fromstring(DIAGRAM)) == []
    svg = ElementTree.fromstring(DIAGRAM.replace("<use", f"{wrong}<use", 1))
    assert diagrams.faults(svg) == [fault]
