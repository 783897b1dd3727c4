"""Each rule of `question_rules` rejects a notebook; copies and slides show answers first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from _ext.notebooks import BIBLIOGRAPHY
from _ext.plain.book_index import index_book
from _ext.plain.citations import Bibliography
from _ext.plain.plain_markdown import CellWriter
from _ext.plain.slide_cells import slide_cells
from parity import assert_refused, broken_rules, rules_broken_by
from question_rules import RULES
from sample_book import PAGE, code, pair, sample_notebook, write_book

KO = """```{admonition} 바로 확인
:class: quick-question
$f = 0.9$이면 {ref}`state`는 어떻게 됩니까?

1. ✓ $0.5$로 줄어듭니다

   시점마다 $f$를 곱하기 때문입니다.
2. 그대로입니다

   $f = 1$일 때만 그렇습니다.
```"""
EN = """```{admonition} Quick question
:class: quick-question
With $f = 0.9$, what becomes of {ref}`state`?

1. ✓ It shrinks to $0.5$

   It is multiplied by $f$ at each step.
2. It stays

   Only if $f = 1$.
```"""


def asking(ko: str = KO, en: str = EN, check: str = "assert x"):
    """Return the sample with a quick question and a cell that asserts its numbers."""
    notebook = sample_notebook()
    notebook.cells[-1:-1] = [*pair("ask", ko, en), code("check", check, 5)]
    return notebook


# The fault, the cell that the message names, words of the message.
BROKEN: dict[str, tuple[Callable, str, str]] = {
    "one answer": (
        lambda: asking(KO.split("2.")[0] + "```", EN.split("2.")[0] + "```"),
        "ask-ko",
        "a list of 1 answers, expected 2 to 5",
    ),
    "no list": (lambda: asking(KO.replace("2.", "2"), EN), "ask-ko", "a list of 1 answers"),
    "no reason": (
        lambda: asking(KO.replace("\n\n   $f = 1$일 때만 그렇습니다.", "")),
        "ask-ko",
        "no reason below answer 2",
    ),
    "nothing right": (
        lambda: asking(KO.replace("✓ ", ""), EN.replace("✓ ", "")),
        "ask-en",
        "marks 0 of 2 answers",
    ),
    "all right": (lambda: asking(KO.replace("2. ", "2. ✓ ")), "ask-ko", "marks 2 of 2 answers"),
    "another right": (
        lambda: asking(KO.replace("✓ ", "").replace("2. ", "2. ✓ ")),
        "ask-ko / ask-en",
        "whose right answers differ",
    ),
    "nothing asked": (
        lambda: asking(EN.replace("With $f = 0.9$, what becomes of {ref}`state`?\n\n", "")),
        "ask-ko",
        "asks nothing before its answers",
    ),
    "no title": (
        lambda: asking(KO.replace("{admonition} 바로 확인", "{note}")),
        "ask-ko",
        "has no title",
    ),
    "numbers not asserted": (lambda: asking(check="x"), "ask-en", "no cell below it asserts them"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_refused_with_the_place(name):
    make, cell, words = BROKEN[name]
    assert_refused(make(), cell, words)


def test_every_rule_can_be_broken():
    assert set(RULES) <= rules_broken_by(make() for make, *_ in BROKEN.values())


def test_a_question_in_both_languages_passes():
    assert broken_rules(asking(), "sample") == []


def test_a_question_without_computed_numbers_needs_no_cell():
    plain = [text.replace("0.9", "1").replace("0.5", "0") for text in (KO, EN)]
    assert broken_rules(asking(plain[0], plain[1], "x"), "sample") == []


@pytest.fixture
def english(tmp_path):
    """Return the sample with a question, its index, and the folder of the book."""
    notebook = asking()
    write_book(tmp_path, notebook)
    index = index_book({PAGE: notebook}, "en", Bibliography(tmp_path / BIBLIOGRAPHY))
    return notebook, index, tmp_path / "book"


def test_a_copy_lists_the_answers_and_folds_the_reasons(english):
    _, index, folder = english
    assert CellWriter(PAGE, index, folder).plain(EN) == (
        "**Quick question**\n\n"
        "With $f = 0.9$, what becomes of [“The hidden state”](#state)?\n\n"
        "1. It shrinks to $0.5$\n2. It stays\n\n"
        "<details>\n<summary><b>Answers and reasons</b></summary>\n\n"
        "1. **Right.** It is multiplied by $f$ at each step.\n"
        "2. **Not quite.** Only if $f = 1$.\n\n</details>"
    )


def test_a_question_stands_on_a_slide(english):
    cells = slide_cells(english[0], PAGE, english[1], english[2])
    (slide,) = [cell for cell in cells if cell.source.startswith("**Quick question**")]
    assert slide.metadata.slideshow.slide_type == "-"
