"""The table of what runs on which layer, on the front pages, is what runs."""

from __future__ import annotations

import pytest
import support


@pytest.mark.parametrize("number", range(len(support.ROWS)), ids=[row[0] for row in support.ROWS])
def test_a_row_is_what_runs(number: int) -> None:
    marks = ["✓" if result == "yes" else "–" for result in support.row(support.ROWS[number][2])]
    for page in support.PAGES:
        line = support.written(page).splitlines()[2 + number]
        assert [part.strip() for part in line.split("|")[2:-1]] == marks, page
