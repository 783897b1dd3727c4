"""Symbols that light up together are in the equations, the figure and the source."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from _ext.hooks.diagrams import FIGURES
from _ext.one_language import LANGUAGES, keep_language
from _ext.plain.book_index import read_notebook
from _ext.plain.links import LINKED, as_set, groups_of
from _ext.plain.myst_blocks import parse, walk

from lessons_lib.lab import show_source

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted(path.stem for path in LINKED.glob("*.toml"))
CASES = [(chapter, group) for chapter in CHAPTERS for group in groups_of(chapter)]
each_group = pytest.mark.parametrize(
    ("chapter", "group"), CASES, ids=[f"{chapter} {group['figure']}" for chapter, group in CASES]
)


def blocks_of(chapter):
    kept = keep_language(read_notebook(ROOT / f"book/{chapter}.ipynb"), "en")
    for cell in kept["cells"]:
        if cell["cell_type"] == "markdown":
            yield from walk(parse(cell["source"]))


def function(name):
    """Return a function of the library by a name such as ``lstm.step``."""
    module, function = name.split(".")
    return getattr(importlib.import_module(f"lessons_lib.{module}"), function)


def symbols_in(tex):
    """Return the symbols of a formula, each as KaTeX sets it."""
    found = re.findall(r"d?[A-Za-z](?:_(?:\{[^}]*\}|[A-Za-z]))?(?:\^\\top)?", tex)
    return {as_set(symbol) for symbol in found} | {as_set(re.sub(r"\^\\top", "", s)) for s in found}


@each_group
def test_each_formula_is_in_an_equation(chapter, group):
    tex = {block.label: block.source for block in blocks_of(chapter) if block.kind == "math"}
    missing = [label for label in group["equations"] if label not in tex]
    assert not missing
    written = set().union(*(symbols_in(tex[label]) for label in group["equations"]))
    for symbol in group["symbol"]:
        for formula in symbol["formula"]:
            assert as_set(formula) in written, formula


@each_group
def test_each_symbol_is_in_the_figure(chapter, group):
    (figure,) = (block for block in blocks_of(chapter) if block.label == group["figure"])
    text = (FIGURES / Path(figure.argument).name).read_text("utf-8")
    marked = set(re.findall(r'data-symbol="([^"]*)"', text))
    assert marked == {symbol["name"] for symbol in group["symbol"]}


@each_group
def test_each_name_is_in_the_source_that_the_chapter_shows(chapter, group):
    notebook = (ROOT / f"book/{chapter}.ipynb").read_text("utf-8")
    assert f"show_source({', '.join(group['source'])}, masks=False)" in notebook
    source = str(show_source(*map(function, group["source"]), masks=False))
    for symbol in group["symbol"]:
        for name in symbol["code"]:
            assert re.search(rf"\b{name}\b", source), name


@each_group
def test_each_meaning_ends_with_the_symbol_in_both_languages(chapter, group):
    for symbol in group["symbol"]:
        assert all(symbol[language].endswith("$") for language in LANGUAGES)
        ends = [symbol[language].split("$")[-2] for language in LANGUAGES]
        assert ends[0] == ends[1]
        assert ends[0] in symbol["formula"]
