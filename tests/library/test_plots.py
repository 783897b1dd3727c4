"""The figures' functions: what is drawn where, one style that does not leak, small files."""

import io
from itertools import pairwise

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from lessons_lib.lab import plots


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def png_bytes() -> int:
    file = io.BytesIO()
    plt.gcf().savefig(file, format="png", bbox_inches="tight")
    return len(file.getvalue())


def test_curves_draw_one_run_as_it_is_and_several_as_median_and_range():
    runs = np.array([[1.0, 2.0, 3.0], [1.0, 4.0, 9.0], [1.0, 3.0, 100.0]])
    plots.curves([1, 2, 4], {"a": [3.0, 2.0, 1.0], "b": runs}, xlabel="$T$", ylabel="$L$")
    ax = plt.gca()
    alone, together = ax.get_lines()
    assert alone.get_xydata().tolist() == [[1, 3], [2, 2], [4, 1]]
    assert together.get_ydata().tolist() == [1, 3, 9]
    (band,) = ax.collections
    corners = band.get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (1, 100)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$T$", "$L$")


def test_curves_on_logarithmic_axes_with_a_reference():
    plots.curves([1, 10], {"": [1, 2]}, xlabel="", ylabel="", logx=True, logy=True, reference=0.5)
    ax = plt.gca()
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_lines()[1].get_ydata() == [0.5, 0.5]
    assert ax.get_legend() is None  # one curve needs none


def test_bars_stand_side_by_side_with_a_dot_for_each_run():
    series = {"a": [1.0, 2.0], "b": [[3.0, 4.0], [5.0, 6.0]]}
    plots.bars(["u", "v"], series, ylabel="", logy=True)
    ax = plt.gca()
    assert [bar.get_height() for bar in ax.patches] == [1, 2, 4, 5]
    edges = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches)
    assert all(right < left for (_, right), (left, _) in pairwise(edges))
    (dots,) = ax.get_lines()
    assert sorted(dots.get_ydata()) == [3, 4, 5, 6]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["u", "v"]
    assert ax.get_yscale() == "log"


def test_heatmaps_put_time_to_the_right_and_zero_in_the_middle():
    gate = np.array([[0.0, 0.5, 1.0], [0.2, 0.4, 0.6]])
    plots.heatmaps({"$f$": gate, "$c$": 3 * gate - 1})
    images = [ax.images[0] for ax in plt.gcf().axes if ax.images]
    assert np.array_equal(images[0].get_array(), gate.T)
    assert images[0].get_clim() == (0, 1)
    assert images[1].get_clim() == (-2, 2)


def test_a_given_axes_is_drawn_into_and_the_style_stays_inside():
    before = dict(matplotlib.rcParams)
    _, ax = plt.subplots()
    plots.curves([1, 2], {"": [1, 2]}, xlabel="", ylabel="", ax=ax)
    plots.bars(["u"], {"": [1]}, ylabel="", ax=ax)
    assert plt.get_fignums() == [1]
    assert dict(matplotlib.rcParams) == before


def test_figures_are_small_files_of_a_known_size_on_white():
    rng = np.random.default_rng(0)
    series = {f"$b = {k}$": rng.uniform(-k - 1, 0, (5, 1)) * range(100) for k in range(5)}
    plots.curves(range(100), series, xlabel="$k$", ylabel=r"$\|dh\|$")
    figure = plt.gcf()
    assert (figure.get_size_inches() * figure.dpi).tolist() == [576, 360]
    assert figure.get_facecolor() == (1, 1, 1, 1)
    assert png_bytes() < 60_000
    plots.heatmaps({f"${k}$": rng.standard_normal((100, 16)) for k in "ifoc"})
    assert png_bytes() < 60_000


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: plots.curves([1, 2], {"a": [1, 2, 3]}, xlabel="", ylabel=""),
            r"series\['a'\]: got shape \(3,\), expected \(2,\) or \(R, 2\) as x has",
        ),
        (
            lambda: plots.bars(["u"], {"a": [1, 2]}, ylabel=""),
            r"series\['a'\]: got shape \(2,\), expected \(1,\) or \(R, 1\) as categories has",
        ),
        (
            lambda: plots.heatmaps({"i": np.zeros((3, 2)), "f": np.zeros((4, 2))}),
            r"panels: got shapes .*'f': \(4, 2\).*, expected \(T, H\) with one T for all",
        ),
        (lambda: plots.heatmaps({"i": np.zeros(3)}), r"panels: got shapes \{'i': \(3,\)\}"),
    ],
)
def test_refuses_shapes_that_do_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_an_image_has_its_first_row_at_the_bottom():
    plots.image(np.array([[0.0, 1.0], [2.0, 3.0]]), (-1, 1, 0, 5), xlabel="$x$", ylabel="$y$")
    ax = plt.gca()
    (drawn,) = ax.get_images()
    assert drawn.get_extent() == [-1, 1, 0, 5]
    assert drawn.origin == "lower"
    assert ax.get_ylabel() == "$y$"
    assert png_bytes() < 60_000
    with pytest.raises(ValueError, match=r"values: got shape \(3,\), expected \(rows, columns\)"):
        plots.image(np.zeros(3), (0, 1, 0, 1), xlabel="", ylabel="")
