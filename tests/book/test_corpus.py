"""The copy of the book's prose: what it takes from a notebook, and when it is not stored."""

from __future__ import annotations

from pathlib import Path

import pytest
from _ext import corpus
from _ext.corpus import DATA, ShrunkError, book_prose, check_size, paragraphs, readable
from _ext.notebooks import BIBLIOGRAPHY
from _ext.one_language import LANGUAGES
from _ext.plain.book_index import index_book
from _ext.plain.citations import Bibliography
from _ext.plain.myst_blocks import MarkupError
from sample_book import PAGE, edited, sample_notebook, write_book

ROOT = Path(__file__).resolve().parents[2]


def taken(folder: Path, notebook, language: str) -> list[str]:
    """Return the paragraphs of a book of one notebook."""
    write_book(folder, notebook)
    index = index_book({PAGE: notebook}, language, Bibliography(folder / BIBLIOGRAPHY))
    return list(paragraphs(notebook, PAGE, index))


def test_prose_is_taken_in_its_language_and_without_its_markup(tmp_path):
    assert taken(tmp_path, sample_notebook(), "en") == [
        "Sample",
        "The hidden state",
        "By (1), after Elman (1990), the hidden state (은닉 상태) h_t comes of lstm.step. "
        "See the next section and the original.",
        "first x_t",
        "second",
        "The memory is in c_t.",
        "Figure",
        "The state.",
        "See Fig. 1, Exercise 1.",
        "Make one.",
        "It is 1.",
    ]
    korean = taken(tmp_path, sample_notebook(), "ko")
    assert korean[:2] == ["보기", "은닉 상태"]
    assert "기억은 c_t 에 있습니다." in korean
    assert not [text for text in korean if "값" in text]  # in a table, and in a code cell


def test_tables_of_either_form_are_left_out(tmp_path):
    plain = "| gate | value |\n|---|---|\n| input | $i$ |"
    listed = "```{list-table}\n* - gate\n  - value\n* - input\n  - $i$\n```"
    expected = taken(tmp_path, sample_notebook(), "en")
    assert "gate" not in expected
    assert taken(tmp_path, edited("state-en", plain, listed), "en") == expected


def test_a_sentence_with_a_formula_that_text_cannot_show_is_left_out():
    assert readable(r"One. So $\partial L / \partial w$ is 2. It is **two**.") == "One. It is two."
    assert readable(r"All of $\odot$ this") == ""
    assert readable(r"$h_{t-1}$ and $\tanh(a_t)$, `y[-1]`") == "h_t-1 and tanh(a_t), y[-1]"
    assert readable("two\nlines of [a **link**](https://example.org)") == "two lines of a link"


def test_a_paragraph_is_taken_once(tmp_path):
    write_book(tmp_path, edited("exercise-en", "It is 1.", "Make one."))
    assert book_prose(tmp_path, "en").splitlines().count("Make one.") == 1
    assert book_prose(tmp_path, "en").endswith("Make one.\n")


def test_a_fault_names_page_and_cell(tmp_path):
    write_book(tmp_path, edited("state-en", "{ref}", "{raf}"))
    with pytest.raises(MarkupError, match=r"^book/sample\.ipynb, cell state-en: .*raf"):
        book_prose(tmp_path, "en")


def test_a_text_much_shorter_than_the_stored_one_is_refused(tmp_path):
    path = tmp_path / "book.txt"
    with pytest.raises(ShrunkError, match="got 9999 characters of prose, expected at least 10000"):
        check_size(path, "a" * 9_999)
    check_size(path, "a" * 10_000)
    path.write_text("가" * 20_000, encoding="utf-8")
    check_size(path, "a" * 18_000)
    with pytest.raises(ShrunkError, match="at least 18000 where 20000 are stored"):
        check_size(path, "a" * 17_999)


def test_the_command_stores_both_languages_or_neither(tmp_path, capsys, monkeypatch):
    write_book(tmp_path)
    copies = [tmp_path / DATA / f"book_{language}.txt" for language in LANGUAGES]
    copies[0].parent.mkdir(parents=True)
    monkeypatch.setattr(corpus, "LEAST", 100)  # both samples have more
    copies[1].write_text("a" * 1000, encoding="utf-8")
    assert corpus.main(tmp_path) == 1
    assert "delete the file first" in capsys.readouterr().err
    assert not copies[0].exists()
    copies[1].unlink()
    assert corpus.main(tmp_path) == 0
    for language, path in zip(LANGUAGES, copies, strict=True):
        assert path.read_text(encoding="utf-8") == book_prose(tmp_path, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_book_as_it_is_can_be_taken(language):
    text = book_prose(ROOT, language)
    assert len(text) > corpus.LEAST
    raw = ("`", "$", "\\", "**", "](", "http", "{", "\ufffc")
    assert not [line for line in text.splitlines() for mark in raw if mark in line]
