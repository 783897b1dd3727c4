"""Each rule of `skip_rules` rejects a notebook; the copies say that a section may be skipped."""

from __future__ import annotations

import pytest
from _ext.notebooks import BIBLIOGRAPHY
from _ext.plain.book_index import index_book
from _ext.plain.citations import Bibliography
from _ext.plain.plain_markdown import CellWriter
from parity import assert_refused, broken_rules, rules_broken_by
from sample_book import PAGE, pair, sample_notebook, write_book
from skip_rules import RULES

MARK = "```{note}\n:class: may-be-skipped\n\n%s\n```\n"
KO, EN = MARK % "뒤의 장에서는 쓰지 않습니다.", MARK % "Later chapters do not use it."


def marked(ko: str = KO, en: str = EN, label: str = "optional", heading: bool = True):
    """Return the sample with a section that may be skipped."""
    notebook = sample_notebook()
    above = [f"({label})=\n## {title}\n\n" if heading else "" for title in ("여분", "More")]
    texts = (f"{above[0]}{ko}\n끝입니다.", f"{above[1]}{en}\nThe end.")
    notebook.cells[-1:-1] = pair("optional", *texts)
    return notebook


BROKEN = {
    "not below a heading": (lambda: marked(heading=False), "is not directly below a heading"),
    "another box": (
        lambda: marked(KO.replace("{note}", "{tip}"), EN.replace("{note}", "{tip}")),
        "is a tip, expected a note",
    ),
    "no reason": (lambda: marked(MARK % "", MARK % ""), "has no reason in one paragraph"),
    "two paragraphs": (
        lambda: marked(MARK % "하나입니다.\n\n둘입니다.", MARK % "One.\n\nTwo."),
        "has no reason in one paragraph",
    ),
    "on a path": (
        lambda: marked(label="lstm-backward"),
        "lstm-backward may be skipped and is on a path",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_refused_with_the_place(name):
    make, words = BROKEN[name]
    assert_refused(make(), "optional-ko", words)


def test_every_rule_can_be_broken():
    assert rules_broken_by([make() for make, _ in BROKEN.values()]) >= set(RULES)


def test_a_correct_mark_passes():
    assert not broken_rules(marked(), "sample")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ko", "> **건너뛰어도 됩니다**\n>\n> 뒤의 장에서는 쓰지 않습니다."),
        ("en", "> **May be skipped**\n>\n> Later chapters do not use it."),
    ],
)
def test_a_copy_says_it_in_its_language(tmp_path, language, expected):
    notebook = marked()
    write_book(tmp_path, notebook)
    index = index_book({PAGE: notebook}, language, Bibliography(tmp_path / BIBLIOGRAPHY))
    mark = KO if language == "ko" else EN
    assert CellWriter(PAGE, index, tmp_path / "book").plain(mark) == expected
