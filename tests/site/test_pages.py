"""A page of the site: what a notebook's cells become, in each language."""

import re

import pytest
from _ext import make_site
from _ext.hooks import bilingual, exercise_checks, folded_code
from bs4 import BeautifulSoup
from site_sample import SAMPLE, anchors, build_or_fail, make_book, pages_of, prose

HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="module")
def sample_site(tmp_path_factory):
    """Return the folder of the sample's site."""
    root = tmp_path_factory.mktemp("book")
    make_book(root, SAMPLE)
    build_or_fail(root)
    return root / "_build/site"


@pytest.fixture(scope="module")
def sample(sample_site):
    """Return the sample's page in each language."""
    return pages_of(sample_site, "book/sample.html")


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
        "pair-drawn-caption",
        "pair-ask",
        *["pair-task", "pair-task", "pair-names", "pair-help", "pair-help"],
    ]


def test_blocks_of_both_languages_carry_no_pair(sample):
    equation = sample["ko"].select_one("div.math")
    plot_cell = sample["ko"].select_one("div.cell")
    for block in (equation, plot_cell):
        assert not [name for name in block["class"] if name.startswith("pair-")]


def test_diagrams_stand_in_the_page_with_ids_of_their_own(sample):
    drawings = sample["en"].select("figure svg.diagram")
    assert [drawing["aria-label"] for drawing in drawings] == ["A line", "Another line"]
    assert all(drawing["role"] == "img" and not drawing.find("style") for drawing in drawings)
    ids = [element["id"] for element in sample["en"].find_all(id=True)]
    assert len(ids) == len(set(ids)), "an id occurs twice on the page"
    for drawing in drawings:
        marker = drawing.find("marker")["id"]
        assert drawing.find("path", class_="ink")["marker-end"] == f"url(#{marker})"
        assert drawing.find("use")["href"] == f"#{marker}"


def test_a_computed_figure_stands_in_its_caption_in_the_language_of_the_page(sample_site, sample):
    said = {"ko": ("내려가는 선", "시차 k", "그림 3"), "en": ("A falling line", "lag k", "Fig. 3")}
    for language, (alt, label, number) in said.items():
        page = sample[language]
        (picture,) = page.select("img.plot")
        figure = picture.find_parent("figure")
        assert (picture["loading"], picture["alt"]) == ("lazy", alt)
        assert figure.select_one("figcaption").text.strip().startswith(number)
        path = sample_site / language / "book" / picture["src"].split("?")[0]
        drawing = BeautifulSoup(path.read_text("utf-8"), "html.parser").svg
        assert drawing.find("text").text == label
        assert not drawing.find(attrs={"data-label": True})
        (cell,) = [each for each in page.select("div.cell") if "draw(h)" in each.text]
        assert "0.5" in cell.select_one(".cell_output").text
        assert not cell.find("svg")


def test_a_printed_table_and_its_code_are_in_the_language_of_the_page(sample):
    for language, words in {"ko": ["시차 ", "값"], "en": ["lag ", "value"]}.items():
        (cell,) = [each for each in sample[language].select("div.cell") if "table(" in each.text]
        heads = cell.select("table.printed th")
        assert [head.contents[0] for head in heads] == words
        assert heads[0].select_one(".katex annotation").text == "k"
        assert f'table("{words[1]}")' in cell.select_one(".cell_input").text


def test_answers_of_a_quick_question_open_to_their_reasons(sample):
    verdicts = {"ko": ["맞습니다.", "아닙니다."], "en": ["Right.", "Not quite."]}
    for language, page in sample.items():
        (question,) = page.select(".quick-question")
        answers = question.select("details.answer")
        assert ["right" in answer["class"] for answer in answers] == [True, False]
        assert not [answer for answer in answers if answer.has_attr("open")]
        said = [answer.select_one(".reason strong").text for answer in answers]
        assert said == verdicts[language]
        assert "✓" not in question.text
        assert answers[0].summary.select_one(".katex annotation").text == "f_t"
        assert not question.find("ol")


def test_particle_is_not_parted_from_its_formula_or_bracket(sample):
    pieces = {name: page.select("article .unbroken") for name, page in sample.items()}
    assert [piece.find(class_="katex") is not None for piece in pieces["ko"]] == [False, True]
    assert pieces["ko"][0].text == ")는"
    assert pieces["ko"][1].text.endswith("가")
    assert pieces["en"][0].text.endswith(",")


def test_a_chapter_has_a_number_in_its_title_in_menus_and_in_the_text(sample):
    for language, title, names in (
        ("ko", "1. 표본", "1장 「표본」과 「게이트」를 보십시오. 제 말을"),
        ("en", "1. A sample", "Chapter 1, “A sample” and “Gates”. My words"),
    ):
        page = sample[language]
        assert page.h1.contents[0] == title
        assert page.title.text.startswith(title)
        assert page.select_one(".contents [aria-current]").text == title
        assert page.select_one("p.pair-names").text == names


def test_code_that_need_not_be_read_is_folded_behind_what_it_is(sample):
    for language, lines in (
        ("ko", ["준비 코드 3줄", "2가지 확인을 통과했습니다"]),
        ("en", ["Setup, 3 lines", "2 checks passed"]),
    ):
        folded = sample[language].select("article .cell > details.folded")
        assert [box.summary.text for box in folded] == lines
        assert all(box.pre and not box.has_attr("open") for box in folded)
    untagged = [c for c in SAMPLE if c["cell_type"] == "code" and "tags" not in c["metadata"]]
    assert len(sample["en"].select("article .cell > .cell_input")) == len(untagged)


@pytest.mark.parametrize(
    ("tag", "code", "line"),
    [
        ("check", "assert a", "1 check passed"),
        ("check", "for k in a:\n    assert k\nassert b", "2 checks passed"),
        ("check", "compare(a, b)", "Check, 1 lines"),
        ("plot", "plots.curves(\n    x, y\n)", "Code that draws the figure, 3 lines"),
        ("plot", "tables.table(heads, rows)", "Code that makes the table, 1 lines"),
    ],
)
def test_the_line_says_how_much_is_folded(tag, code, line):
    assert folded_code.summary(tag, code, "en") == line


def test_formulas_are_set_and_can_be_read_aloud(sample):
    for page in sample.values():
        formulas = page.select("article .math")
        assert len(formulas) >= 4
        for formula in formulas:
            assert formula.select_one("math annotation"), "no MathML"
            assert formula.select_one('.katex-html[aria-hidden="true"]')
        assert page.select_one("#equation-eq-sample .eqno").text.startswith("(1)")


def test_page_says_its_language_and_where_the_other_is(sample):
    for language, page in sample.items():
        other = "en" if language == "ko" else "ko"
        assert page.html["lang"] == language
        switch = page.select_one("a.language-switch")
        assert (switch["href"], switch["lang"]) == (f"../../{other}/book/sample.html", other)


def test_title_and_contents_are_in_the_language_of_the_page(sample):
    assert sample["ko"].title.text.endswith("RNN 레슨")
    assert sample["en"].title.text.endswith("RNN Lessons")
    captions = {
        name: page.select_one(".contents .caption-text").text for name, page in sample.items()
    }
    assert captions == {"ko": "부분", "en": "Part"}


def test_interface_speaks_korean_on_korean_pages(sample):
    spoken = {
        f"<{element.name} {attribute}={element[attribute]!r}>"
        for element in sample["ko"].body.find_all(True)
        for attribute in ("title", "aria-label", "placeholder")
        if element.has_attr(attribute) and element.get("lang") != "en"
        if re.search("[A-Za-z]{3}", element[attribute])
    }
    assert not spoken, "words to put into book/locale/ko.toml or the folder beside it"
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


def test_a_changed_style_or_word_makes_all_pages_anew(tmp_path, monkeypatch):
    make_book(tmp_path, SAMPLE)
    monkeypatch.setattr(bilingual, "__file__", str(tmp_path / "book/_ext/hooks/bilingual.py"))
    seen = {bilingual.fingerprint_of_machinery()}
    for name in ("site/styles/1-base.css", "site/templates/layout.html", "locale/ko.toml"):
        (tmp_path / "book" / name).write_text("changed", "utf-8")
        seen.add(bilingual.fingerprint_of_machinery())
    assert len(seen) == 4


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_check_of_a_readers_function_says_where_to_run_it(language):
    text = exercise_checks.sentence('print(checks.gru_step(my_step, lang="en"))', language)
    assert text is not None
    assert "<code>gru_step</code>" in text
    assert "<code>python -m lessons_lib.checks FILE.py</code>" in text
    assert exercise_checks.sentence("checks.gru_step(step).raise_if_failed()", language) is None
