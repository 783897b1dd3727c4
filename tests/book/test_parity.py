"""Every notebook of the book follows every rule, and the book is complete."""

from __future__ import annotations

from pathlib import Path

import pytest
from _ext.notebooks import BIBLIOGRAPHY
from _ext.one_language import LANGUAGES
from _ext.plain.book_index import index_book, pages_of
from _ext.plain.citations import Bibliography
from pair_rules import read_as_stored
from parity import broken_rules
from sample_book import sample_notebook

ROOT = Path(__file__).resolve().parents[2]
FOUND = sorted((ROOT / "book").rglob("*.ipynb"))
NOTEBOOKS = [path for path in FOUND if ".ipynb_checkpoints" not in path.parts]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_rule_holds_in_the_book(path):
    faults = broken_rules(read_as_stored(path), str(path.relative_to(ROOT)))
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def test_a_correct_notebook_passes():
    assert broken_rules(sample_notebook(), "sample") == []


def test_the_table_of_contents_names_the_notebooks_and_no_others():
    assert {ROOT / f"{page}.ipynb" for page in pages_of(ROOT)} == set(NOTEBOOKS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_are_unique_in_the_book(language):
    pages = {page: read_as_stored(ROOT / f"{page}.ipynb") for page in pages_of(ROOT)}
    assert index_book(pages, language, Bibliography(ROOT / BIBLIOGRAPHY)).targets
