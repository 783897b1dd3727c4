"""A newly drawn figure against the stored one: what a change is, and what a processor may do."""

from __future__ import annotations

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from _ext.plain.figure_comparison import changed_figures, differences, points, tag_of

from lessons_lib.lab import plots, svg

X = np.linspace(0, 1, 200)


def drawing(y, label="size", **options) -> str:
    matplotlib.use("agg")
    plots.curves(X, {"": y}, xlabel="$x$", ylabel=label, **options)
    return finished()


def finished() -> str:
    drawn = svg.figure_to_svg(plt.gcf())
    plt.close()
    return drawn


def shaded(values) -> str:
    matplotlib.use("agg")
    plots.image(values, (0, 1, 0, 1), xlabel="$x$", ylabel="$y$")
    return finished()


CURVE = 1 + np.sin(9 * X)


def test_the_last_digits_of_another_processor_are_no_change():
    noise = 1e-6 * np.random.default_rng(0).standard_normal(200)
    assert differences(drawing(CURVE), drawing(CURVE + noise)) == []
    # The same line with fewer points, as simplification may leave out another one.
    assert differences(drawing(CURVE), drawing(np.where(X[50] == X, np.nan, CURVE))) == []


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (lambda: drawing(np.where(X > 0.9, CURVE + 0.05, CURVE)), "s1 moved by"),
        (lambda: drawing(CURVE, "time"), "the texts"),
        (lambda: drawing(3 * CURVE), "the texts"),
        (lambda: drawing(CURVE, reference=1.0), "the lines and areas"),
    ],
)
def test_other_data_other_labels_and_other_lines_are_changes(new, said):
    (change,) = differences(drawing(CURVE), new())
    assert said in change


def test_of_what_was_measured_only_the_labels_are_compared():
    assert differences(drawing(CURVE), drawing(3 * CURVE), "figure-measured") == []
    assert differences(drawing(CURVE), drawing(3 * CURVE, "time"), "figure-measured")


def test_what_was_trained_may_move_a_little_on_the_same_axes():
    moved = np.where(X > 0.9, CURVE + 0.1, CURVE)
    assert differences(drawing(CURVE), drawing(moved), "figure-trained") == []
    assert differences(drawing(CURVE), drawing(2 - CURVE), "figure-trained")


def test_shades_are_compared_by_their_area():
    values = np.random.default_rng(1).uniform(0.2, 1, (20, 30))
    values[0, 0] = 1
    assert differences(shaded(values), shaded(values * (1 - 1e-3) + 1e-3)) == []
    (change,) = differences(shaded(values), shaded(np.where(values < 0.5, 0.1, values)))
    assert "the shades f1 changed" in change


def test_a_figure_more_or_less_is_a_change():
    stored = [{"data": {"image/svg+xml": drawing(CURVE)}}, {"text": "1"}]
    assert changed_figures(stored, stored, "") == []
    assert changed_figures(stored, stored[1:], "") == ["draws 0 figures, stored are 1"]


def test_the_tag_is_found_among_others():
    assert tag_of(["ko", "figure-trained"]) == "figure-trained"
    assert tag_of(["setup"]) == ""


def test_points_of_lines_and_curves():
    assert points("M1,2 l3 4-1 .5zM9,9 c1 0 1 1 2 2").tolist() == [
        *([1, 2], [4, 6], [3, 6.5]),
        *([9, 9], [10, 9], [10, 10], [11, 11]),
    ]
