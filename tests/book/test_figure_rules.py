"""Each rule of `figure_rules` rejects a notebook and names the place."""

from __future__ import annotations

import functools
from collections.abc import Callable

import matplotlib
import matplotlib.pyplot as plt
import pytest
from figure_rules import RULES, illegible
from nbformat.v4 import new_output
from parity import assert_refused, broken_rules, rules_broken_by
from sample_book import cell_of, code, pair, sample_notebook

from lessons_lib.lab import plots, svg, tables

KO = "```{figure} #plot\n:name: fig-plot\n:alt: 내려가는 선\n크기.\n```"
EN = "```{figure} #plot\n:name: fig-plot\n:alt: a falling line\nThe size.\n```"


@functools.cache
def drawing(xlabel: str = "시차 $k$ · lag $k$", label: str = "RNN") -> str:
    """Return a figure of two falling lines."""
    matplotlib.use("agg")
    series = {label: [3.0, 2.0, 1.0], "LSTM": [3.0, 2.5, 2.0]}
    plots.curves([1, 2, 3], series, xlabel=xlabel, ylabel="$L$")
    drawn = svg.figure_to_svg(plt.gcf())
    plt.close()
    return drawn


def outputs(*drawings: str):
    return [new_output("display_data", data={"image/svg+xml": one}) for one in drawings]


def notebook(ko: str = KO, en: str = EN, *drawings: str):
    """Return the sample with a computed figure before its last cell."""
    found = sample_notebook()
    cells = [code("plot", "x", 5, outputs(*(drawings or [drawing()])))]
    found.cells[-1:-1] = [*cells, *pair("caption", ko, en)]
    return found


def first_the_caption():
    found = notebook()
    found.cells.append(found.cells.pop(found.cells.index(cell_of(found, "plot"))))
    return found


def printing(head: str, caption: str):
    """Return the sample with a printed table before its last cell."""
    found = sample_notebook()
    shown = tables.table([head, "값 · value"], [(1, 2.0)], caption=caption)
    data = {"text/html": shown._repr_html_(), "text/plain": repr(shown)}
    output = new_output("execute_result", data=data, execution_count=5)
    found.cells.insert(-1, code("print", "x", 5, [output]))
    return found


# The fault, the cell that the message names, words of the message.
BROKEN: dict[str, tuple[Callable, str, str]] = {
    "drawn without a figure": (
        lambda: notebook("그림.", "A figure."),
        "plot",
        "draws, and 0 figures in ko show it",
    ),
    "two figures for one": (
        lambda: notebook(f"{KO}\n\n{KO.replace('fig-plot', 'b')}", EN),
        "plot",
        "and 2 figures in ko",
    ),
    "two drawings": (lambda: notebook(KO, EN, drawing(), drawing()), "plot", "draws 2 figures"),
    "nothing drawn": (
        lambda: notebook(KO.replace("#plot", "#numbers"), EN),
        "caption-ko",
        "figure #numbers: no code cell",
    ),
    "caption first": (first_the_caption, "caption-en", "before the cell that draws it"),
    "label without Korean": (
        lambda: notebook(KO, EN, drawing("lag $k$")),
        "plot",
        "the label 'lag $k$', expected '한국어 · English'",
    ),
    "head without Korean": (lambda: printing("lag $k$", ""), "print", "prints the head 'lag $k$'"),
    "caption without Korean": (lambda: printing("$k$", "All."), "print", "prints the head 'All.'"),
    "Korean too long": (
        lambda: notebook(KO, EN, drawing("시차", label=f"{'아주 ' * 20}길다 · long")),
        "plot",
        "in ko '아주 아주",
    ),
    "English too long": (
        lambda: notebook(KO, EN, drawing("시차", label=f"길다 · {'very ' * 20}long")),
        "plot",
        "in en 'very very",
    ),
}


@pytest.mark.filterwarnings("ignore:constrained_layout not applied")
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_refused_with_the_place(name):
    make, cell, words = BROKEN[name]
    assert_refused(make(), cell, words)


def test_every_rule_can_be_broken():
    assert set(RULES) <= rules_broken_by(make() for make, *_ in BROKEN.values())


def test_a_figure_in_both_languages_passes():
    assert broken_rules(notebook(), "sample") == []


def test_a_table_with_heads_in_both_languages_passes():
    assert broken_rules(printing("LSTM, $k$", "모두 · All"), "sample") == []


def test_names_and_formulas_need_no_words():
    assert broken_rules(notebook(KO, EN, drawing("$k$")), "a") == []


def test_a_legend_on_its_curve_and_labels_on_each_other_are_found():
    matplotlib.use("agg")
    plots.curves([1, 2, 3], {"a curve": [3, 2, 1], "b": [1, 2, 3]}, xlabel="", ylabel="")
    assert list(illegible(svg.figure_to_svg(plt.gcf()), "en")) == []
    plt.legend(loc="center", frameon=False)
    plt.annotate("one", (1, 1))
    plt.annotate("other", (1, 1.01))
    faults = list(illegible(svg.figure_to_svg(plt.gcf()), "en"))
    plt.close()
    assert "'a curve' lies on a curve" in faults
    assert "'other' covers 'one'" in faults
