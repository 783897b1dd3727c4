"""Printed tables: aligned text, HTML for either language, errors by name."""

from xml.etree import ElementTree

import pytest

from lessons_lib.lab import tables

SHOWN = tables.table(
    ["망각 편향 · forget bias", "$f$", "종류 · kind"],
    [(0.0, "8.9e-16", "가 · first"), (10.5, "0.7", "<b>")],
    caption="셋째 열 · The third column",
)


def test_the_text_is_english_in_columns_with_numbers_at_the_right():
    assert repr(SHOWN).split("\n") == [
        "The third column",
        "forget bias      $f$  kind",
        "          0  8.9e-16  first",
        "       10.5      0.7  <b>",
    ]


def test_the_html_holds_both_languages_beside_the_english_words():
    table = ElementTree.fromstring(SHOWN._repr_html_())
    assert table.get("class") == "printed"
    first, formula, kind = table.iter("th")
    assert (first.text, first.get("data-label")) == ("forget bias", "망각 편향 · forget bias")
    assert {head.get("scope") for head in (first, formula, kind)} == {"col"}
    assert "data-label" not in formula.attrib
    assert [caption.text for caption in table.iter("caption")] == ["The third column"]
    cells = list(table.iter("td"))
    assert [cell.get("style") for cell in cells[:3]] == [
        *["text-align: right"] * 2,
        "text-align: left",
    ]
    assert "".join(cells[1].itertext()) == "8.9 × 10−16"
    assert cells[5].text == "<b>"


def test_hangul_takes_two_columns_of_a_terminal():
    lines = repr(tables.table(["이름", "값"], [("가나", "긴 말"), ("a", "b")])).split("\n")
    assert lines == ["이름  값", "가나  긴 말", "a     b"]


def test_a_table_without_rows_has_its_heads():
    assert repr(tables.table(["$a$", "$b$"], [])) == "$a$  $b$"


@pytest.mark.parametrize(
    ("heads", "rows", "message"),
    [
        (["a", " "], [], r"heads: got \['a', ' '\], expected a text for each column"),
        ([], [], "heads: got"),
        (["a"], [(1,), (1, 2)], r"rows\[1\]: got 2 cells, expected 1"),
    ],
)
def test_missing_heads_and_cells_are_refused(heads, rows, message):
    with pytest.raises(ValueError, match=message):
        tables.table(heads, rows)
