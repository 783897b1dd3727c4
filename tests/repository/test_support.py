"""The front pages say what runs on which layer, as `make support` found by running it."""

from __future__ import annotations

import support


def marks(page: str) -> list[list[str]]:
    lines = support.written(page).splitlines()[2:]
    return [[part.strip() for part in line.split("|")[2:-1]] for line in lines]


def test_both_pages_have_the_same_rows_and_columns() -> None:
    first, second = map(marks, support.PAGES)
    assert first == second
    assert len(first) == len(support.ROWS)
    assert {len(row) for row in first} == {len(support.LAYERS)}


def test_one_row_is_what_runs() -> None:
    number = next(k for k, row in enumerate(support.ROWS) if row[2] is support.script)
    found = ["✓" if result == "yes" else "–" for result in support.row(support.script)]
    assert found == marks("README.md")[number]
    assert {"✓", "–"} == set(found)
