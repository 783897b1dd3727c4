"""The gate: every rule holds in every notebook of the book, and every rule can fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import code_rules
import parity
import prose_rules
import pytest
from book_index import index_book, pages_of
from citations import Bibliography
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from notebooks import BIBLIOGRAPHY
from one_language import LANGUAGES
from sample_book import cell_of, code, edited, image, pair, printed, sample_notebook

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "book").glob("**/[!.]*.ipynb"))
RULES = parity.RULES + code_rules.RULES + prose_rules.RULES


def broken_rules(notebook, name: str) -> list[str]:
    return [f"{name}, cell {cell}: {said}" for rule in RULES for cell, said in rule(notebook)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_rule_holds_in_the_book(path):
    problems = broken_rules(parity.read_as_stored(path), str(path.relative_to(ROOT)))
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


def test_the_table_of_contents_names_the_notebooks_and_no_others():
    pages = {ROOT / f"{page}.ipynb" for page in pages_of(ROOT)}
    assert pages == set(NOTEBOOKS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_are_unique_in_the_book(language):
    pages = {page: parity.read_as_stored(ROOT / f"{page}.ipynb") for page in pages_of(ROOT)}
    assert index_book(pages, language, Bibliography(ROOT / BIBLIOGRAPHY)).targets


def test_a_correct_notebook_passes():
    assert broken_rules(sample_notebook(), "sample") == []


def without(name: str):
    notebook = sample_notebook()
    notebook.cells.remove(cell_of(notebook, name))
    return notebook


def with_cells(*cells):
    notebook = sample_notebook()
    notebook.cells[-1:-1] = cells
    return notebook


def changed(name: str, **fields):
    notebook = sample_notebook()
    cell_of(notebook, name).update(fields)
    return notebook


def swapped(first: str, second: str):
    notebook = sample_notebook()
    at = [notebook.cells.index(cell_of(notebook, name)) for name in (first, second)]
    notebook.cells[at[0]], notebook.cells[at[1]] = notebook.cells[at[1]], notebook.cells[at[0]]
    return notebook


def define(source: str):
    """Return the sample with one more code cell, to define something."""
    return with_cells(code("more", source, 5))


def outputs(*stored):
    return changed("draw", outputs=list(stored))


def prose(ko: str, en: str):
    """Return the sample with one more pair of prose cells."""
    return with_cells(*pair("more", ko, en))


ERROR = new_output("error", ename="ValueError", evalue="bad", traceback=[])
WARNED = new_output("stream", name="stderr", text="careful\n")
DRAWN_SVG = new_output("display_data", data={"image/svg+xml": "<svg/>"})
LISTED = "- 하나\n- 둘\n\n문단"
FIGURE_EN = "```{figure} figures/cell.svg\n:name: fig-b\n:alt: round\nIt.\n```"

# What is broken, the cell that the message names, words of the message.
BROKEN: dict[str, tuple[Callable, str, str]] = {
    "twin missing": (lambda: without("state-en"), "state-ko", "no twin"),
    "twins apart": (lambda: swapped("title-en", "state-ko"), "title-ko", "has no twin"),
    "English first": (lambda: swapped("title-ko", "title-en"), "title-en", "has no twin"),
    "both tags": (
        lambda: changed("title-ko", metadata={"tags": ["ko", "en"]}),
        "title-ko",
        "both tags",
    ),
    "id without language": (lambda: changed("title-en", id="title-e"), "title-e", "end in -en"),
    "id twice": (lambda: changed("draw", id="numbers"), "numbers", "2 times"),
    "no valid notebook": (lambda: changed("draw", execution_count="4"), "notebook", "not valid"),
    "code with a prose twin": (
        lambda: changed("say-en", cell_type="markdown"),
        "say-ko",
        "its twin a markdown cell",
    ),
    "a paragraph more": (
        lambda: prose("하나.\n\n둘.", "One."),
        "more-ko / more-en",
        "ko has paragraph, paragraph; en has paragraph",
    ),
    "another kind of block": (
        lambda: prose(LISTED, "One.\n\nTwo."),
        "more-ko / more-en",
        "ko has bullet_list of 2, paragraph; en has paragraph, paragraph",
    ),
    "an item less": (
        lambda: edited("state-en", "- second\n", ""),
        "state-ko / state-en",
        "bullet_list of 1",
    ),
    "a nested item less": (
        lambda: prose("- 하나\n  - 둘\n  - 셋", "- one\n  - two"),
        "more-ko / more-en",
        "in bullet_list of 1: in list_item: ko has paragraph, bullet_list of 2",
    ),
    "a row less": (
        lambda: edited("state-en", "| input | $i$ |\n", ""),
        "state-ko / state-en",
        "table of 1 × 2",
    ),
    "a column less": (
        lambda: prose("| 가 | 나 |\n|---|---|\n| 다 | 라 |", "| a |\n|---|\n| b |"),
        "more-ko / more-en",
        "ko has table of 2 × 2; en has table of 2 × 1",
    ),
    "another directive": (
        lambda: edited("state-en", "{note}", "{tip}"),
        "state-ko / state-en",
        "{tip}",
    ),
    "a block less in a directive": (
        lambda: edited("state-en", "\n$$c_t = f c_{t-1}$$\n", ""),
        "state-ko / state-en",
        "in {note} :class: dropdown: ko has paragraph, math; en has paragraph",
    ),
    "another heading level": (
        lambda: edited("state-en", "## The", "### The"),
        "state-ko / state-en",
        "en has label (state)=, heading h3",
    ),
    "another label": (
        lambda: edited("state-en", "(state)=", "(stat)="),
        "state-ko / state-en",
        "label (stat)=",
    ),
    "another directive's label": (
        lambda: edited("exercise-en", ":label: ex-latch", ":label: ex-lock"),
        "exercise-ko / exercise-en",
        ":label: ex-lock",
    ),
    "another figure": (
        lambda: edited("figure-en", "figures/cell.svg", "figures/other.svg"),
        "figure-ko / figure-en",
        "figures/other.svg",
    ),
    "another citation": (
        lambda: edited("state-en", "{cite:t}`elman1990`", "{cite:t}`pascanu2013`"),
        "state-ko / state-en",
        "only en has the cite:t 'pascanu2013'",
    ),
    "another reference": (
        lambda: edited("figure-en", "{numref}`fig-cell`", "{numref}`ex-latch`"),
        "figure-ko / figure-en",
        "only ko has the numref 'fig-cell'",
    ),
    "another link": (
        lambda: edited("state-en", "example.org/a", "example.org/b"),
        "state-ko / state-en",
        "only en has the inline link 'https://example.org/b'",
    ),
    "other inline code": (
        lambda: edited("state-en", "`lstm.step`", "`lstm.stop`"),
        "state-ko / state-en",
        "only ko has the inline code 'lstm.step'",
    ),
    "other inline math": (
        lambda: edited("state-en", "first $x_t$", "first $x_s$"),
        "state-ko / state-en",
        "only en has the inline math 'x_s'",
    ),
    "another formula in a note": (
        lambda: edited("state-en", "f c_{t-1}$$", "f c_t$$"),
        "state-ko / state-en",
        "only en has the math 'c_t = f c_t'",
    ),
    "no label": (
        lambda: prose("## 가\n\n나", "## A\n\nb"),
        "more-ko",
        "no label directly before the heading '가'",
    ),
    "a label with capitals": (
        lambda: prose("(A_b)=\n## 가", "(A_b)=\n## A"),
        "more-en",
        "label 'A_b'",
    ),
    "a second h1": (lambda: prose("(a)=\n# 가", "(a)=\n# A"), "more-ko", "once and at the top"),
    "unknown role": (lambda: prose("가 {py}`x`", "A {py}`x`"), "more-ko", "line 1: role {py}"),
    "unknown directive": (
        lambda: prose("가\n\n```{danger}\n나\n```", "A\n\n```{danger}\nB\n```"),
        "more-en",
        "line 3: directive {danger}",
    ),
    "raw HTML": (lambda: prose("가 <b>나</b>", "A <b>b</b>"), "more-ko", "html_inline"),
    "never executed": (
        lambda: changed("numbers", execution_count=None, outputs=[]),
        "numbers",
        "never executed",
    ),
    "executed out of order": (
        lambda: changed("draw", execution_count=7),
        "draw",
        "has execution count 7, expected 4",
    ),
    "not compared": (
        lambda: define("# NBVAL_IGNORE_OUTPUT\nx"),
        "more",
        "opts out of the comparison",
    ),
    "not compared, by tag": (
        lambda: changed("draw", metadata={"tags": ["nbval-skip"]}),
        "draw",
        "opts out of the comparison",
    ),
    "stored error": (lambda: outputs(ERROR), "draw", "stores an error: ValueError: bad"),
    "stored stderr": (lambda: outputs(WARNED), "draw", "stores stderr: 'careful'"),
    "large figure": (lambda: outputs(image(60_001)), "draw", "60001 bytes, more than 60000"),
    "figure not PNG": (lambda: outputs(DRAWN_SVG), "draw", "not a PNG"),
    "two figures": (lambda: outputs(image(), image()), "draw", "draws 2 figures"),
    "unused function": (lambda: define("def f():\n    f()"), "more", "defines f, which no cell"),
    "unused class": (lambda: define("class A:\n    pass"), "more", "defines A, which no cell"),
    "unused import": (lambda: define("import os.path as p"), "more", "defines p, which no cell"),
    "unused variable": (lambda: define("a, _ = x, x"), "more", "defines a, which no cell"),
    "used in itself only": (lambda: define("n = 0\nn += 1"), "more", "defines n, which no cell"),
    "not Python": (lambda: define("x ="), "more", "is not Python"),
    "empty code cell": (lambda: define("\n"), "more", "is empty"),
    "code differs": (
        lambda: edited("say-en", "{x}", "{x + 1}"),
        "say-ko / say-en",
        "more than string literals",
    ),
    "format differs": (
        lambda: edited("say-en", "{x}", "{x:.2f}"),
        "say-ko / say-en",
        "more than string literals",
    ),
    "prose without a language": (
        lambda: with_cells(new_markdown_cell("Some words.", id="lone")),
        "lone",
        "has no language and holds a paragraph",
    ),
    "figure without a language": (
        lambda: with_cells(new_markdown_cell(FIGURE_EN, id="lone")),
        "lone",
        "has no language and holds a figure",
    ),
    "title without a language": (
        lambda: with_cells(new_markdown_cell("```{exercise-start} A\n:label: a\n```", id="lone")),
        "lone",
        "has no language and holds a exercise-start",
    ),
    "Hangul in a shared formula": (
        lambda: edited("step-eq", "z_t)", "z_t) \\text{값}"),
        "step-eq",
        "has no language and holds Hangul",
    ),
    "Korean without Hangul": (lambda: prose("One.", "One."), "more-ko", "holds no Hangul"),
    "Hangul in English": (lambda: prose("값", "The 값 here"), "more-en", "The 값 here"),
    "Hangul in English strings": (
        lambda: edited("say-en", "It is", "값은"),
        "say-en",
        "holds Hangul outside parentheses",
    ),
    "Hangul in shared comments": (
        lambda: edited("numbers", "print(x)", "print(x)  # 값"),
        "numbers",
        "a comment with Hangul",
    ),
    "emphasis before a particle": (
        lambda: prose("그 **'값'**은 셋.", "The **'value'** is three."),
        "more-ko",
        "shows its markup",
    ),
    "a formula left open": (lambda: prose("값 $x", "Value $x"), "more-en", "shows its markup"),
    "figure without a name": (
        lambda: edited("figure-ko", ":name: fig-cell\n", ""),
        "figure-ko",
        "has no :name:",
    ),
    "figure without alt": (
        lambda: edited("figure-en", ":alt: a circle\n", ""),
        "figure-en",
        "has no alt text",
    ),
    "alt with a formula": (
        lambda: edited("figure-en", "a circle", "a circle $c$"),
        "figure-en",
        "has no alt text in plain words",
    ),
    "figure without caption": (
        lambda: edited("figure-ko", "상태. {cite:p}`pascanu2013`\n", ""),
        "figure-ko",
        "has no caption",
    ),
    "Korean alt in English": (
        lambda: edited("figure-ko", "원 하나", "a circle"),
        "figure-ko",
        "its Korean alt text holds no Hangul",
    ),
    "drawn without alt": (
        lambda: changed("draw", metadata={"alt": {"ko": "직선"}}),
        "draw",
        "metadata.alt has no text in en",
    ),
    "alt without a drawing": (
        lambda: changed("draw", outputs=[printed("2.0\n")]),
        "draw",
        "draws nothing",
    ),
    "drawn, Korean alt in English": (
        lambda: changed("draw", metadata={"alt": {"ko": "line", "en": "line"}}),
        "draw",
        "Korean alt text without Hangul",
    ),
    "drawn, English alt in Korean": (
        lambda: changed("draw", metadata={"alt": {"ko": "직선", "en": "직선"}}),
        "draw",
        "English alt text with Hangul",
    ),
    "another term": (
        lambda: prose("그래디언트를 구합니다.", "The gradient."),
        "more-ko",
        "says 그래디언트, the book says 기울기",
    ),
    "another term over a line's end": (
        lambda: prose("갱신\n게이트", "The update gate."),
        "more-ko",
        "the book says 업데이트 게이트",
    ),
    "a term twice": (
        lambda: prose("정칙화라고도 합니다. 정칙화입니다.", "Regularization, twice."),
        "more-ko",
        "the book says 규제",
    ),
    "misspelled prose": (
        lambda: prose("값.", "Right.\n\nIt is teh value."),
        "more-en",
        "spelling: teh ==> the",
    ),
    "misspelled code": (lambda: define("x  # the lenght"), "more", "lenght ==> length"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_refused_with_the_place(name):
    make, place, words = BROKEN[name]
    problems = broken_rules(make(), "sample")
    assert any(p.startswith(f"sample, cell {place}: ") and words in p for p in problems), problems


def test_every_rule_is_broken_by_some_notebook():
    notebooks = [make() for make, *_ in BROKEN.values()]
    red = {rule for notebook in notebooks for rule in RULES if list(rule(notebook))}
    assert set(RULES) == red


@pytest.mark.parametrize(
    "notebook",
    [
        define("def f():\n    return x\n\n\nf()"),
        define("y = [v for v in range(3)]\nprint(y)"),
        define("%matplotlib inline\nx"),
        prose("정칙화라고도 합니다.", "Also called regularization (정칙화)."),
        prose("$\\text{손실} = 1$ 입니다.", "It is $\\text{loss} = 1$."),
        with_cells(new_markdown_cell("```{exercise-end}\n```", id="end")),
        with_cells(new_code_cell("x", id="last", execution_count=5)),
    ],
    ids=[
        "a function used",
        "a comprehension",
        "a magic",
        "a term once",
        "words in math",
        "end",
        "x",
    ],
)
def test_what_is_allowed_passes(notebook):
    assert broken_rules(notebook, "sample") == []
