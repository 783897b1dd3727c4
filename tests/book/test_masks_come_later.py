"""Chapters before `dropout` show the library's source without masks."""

import re
from pathlib import Path

import pytest
from _ext.plain.book_index import pages_of, read_notebook

ROOT = Path(__file__).resolve().parents[2]
PAGES = pages_of(ROOT)
MASKS = re.compile(r"masks?\b|masked_|NO_MASKS")


def shown(page: str) -> dict[str, str]:
    """Return the output of `show_source` by cell."""
    return {
        cell["id"]: "".join(cell["outputs"][0]["data"]["text/plain"])
        for cell in read_notebook(ROOT / f"{page}.ipynb")["cells"]
        if cell["cell_type"] == "code" and re.match(r"show_source\(", "".join(cell["source"]))
    }


@pytest.mark.parametrize("page", PAGES[: PAGES.index("book/dropout")])
def test_no_source_has_masks(page):
    found = [cell for cell, text in shown(page).items() if MASKS.search(text)]
    assert not found, f"{page}: show_source(…, masks=False) in {', '.join(found)}"


def test_the_chapter_on_dropout_shows_them():
    assert any(MASKS.search(text) for text in shown("book/dropout").values())
