"""The figures' functions: what is drawn where, one style that does not leak, small files."""

from itertools import pairwise

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from lessons_lib.lab import plots, svg


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def size_of_file() -> int:
    return len(svg.figure_to_svg(plt.gcf()).encode())


def shades(ax):
    """Return the value that a map of shades shows at each cell, from the patches of ``ax``."""
    sides = [round(abs(end - start)) for start, end in (ax.get_xlim(), ax.get_ylim())]
    left, low = min(ax.get_xlim()), min(ax.get_ylim())
    found = np.zeros(sides[::-1])
    for patch in ax.patches:
        sign = 1 if matplotlib.colors.same_color(patch.get_facecolor()[:3], plots.COLORS[0]) else -1
        for x0, y0, x1, y1 in corners(patch):
            columns = slice(round(x0 - left), round(x1 - left))
            found[round(y0 - low) : round(y1 - low), columns] = sign * patch.get_alpha()
    return found


def corners(patch):
    """Yield left, bottom, right and top of each rectangle of a patch."""
    for rectangle in patch.get_path().vertices.reshape(-1, 5, 2):
        yield (*rectangle.min(axis=0), *rectangle.max(axis=0))


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


def test_intervals_draw_a_point_and_its_interval_for_each_category_from_the_top():
    plots.intervals(["a", "b"], [[1, 4], [2, 6], [3, 8]], xlabel="$x$", reference=0)
    ax = plt.gca()
    first, second, points, reference = ax.get_lines()
    assert first.get_xydata().tolist() == [[1, 0], [3, 0]]
    assert second.get_xydata().tolist() == [[4, -1], [8, -1]]
    assert points.get_xydata().tolist() == [[2, 0], [6, -1]]
    assert reference.get_xdata() == [0, 0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_xlabel() == "$x$"
    assert size_of_file() < 12_000


def test_intervals_draw_points_alone():
    plots.intervals(["a", "b", "c"], [3, 1, 2], xlabel="$x$")
    (points,) = plt.gca().get_lines()
    assert points.get_xydata().tolist() == [[3, 0], [1, -1], [2, -2]]


@pytest.mark.parametrize("shape", [(2,), (2, 3), (4, 3), (3, 2)])
def test_intervals_need_a_value_or_an_interval_for_each_category(shape):
    with pytest.raises(ValueError, match="got shape"):
        plots.intervals(["a", "b", "c"], np.zeros(shape), xlabel="$x$")


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
    of_gate, scale, of_cell, signed_scale = plt.gcf().axes
    # The first unit is at the top.
    assert np.allclose(shades(of_gate), gate.T[::-1], atol=1 / 32)
    assert np.allclose(shades(of_cell), (3 * gate - 1).T[::-1] / 2, atol=1 / 32)
    assert (scale.get_ylim(), signed_scale.get_ylim()) == ((0, 1), (-2, 2))


def test_a_legend_is_above_the_axes_whatever_its_labels():
    rng = np.random.default_rng(0)
    for count in range(2, 6):
        labels = ["x" * int(length) for length in rng.integers(1, 40, count)]
        series = {f"{k}{label}": rng.standard_normal(9) for k, label in enumerate(labels)}
        plots.curves(range(9), series, xlabel="$x$", ylabel="$y$")
        figure = plt.gcf()
        figure.draw_without_rendering()
        (ax,) = figure.axes
        legend, inside = ax.get_legend().get_window_extent(), ax.get_window_extent()
        assert legend.y0 >= inside.y1
        assert legend.y1 <= figure.bbox.y1
        assert inside.height > 0.55 * 3.0 * figure.dpi


def test_a_given_axes_is_drawn_into_and_the_style_stays_inside():
    before = dict(matplotlib.rcParams)
    _, ax = plt.subplots()
    plots.curves([1, 2], {"": [1, 2]}, xlabel="", ylabel="", ax=ax)
    plots.bars(["u"], {"": [1]}, ylabel="", ax=ax)
    assert plt.get_fignums() == [1]
    assert dict(matplotlib.rcParams) == before


def test_a_column_has_its_axes_below_one_another():
    axes = plots.column(3, height=1.5)
    assert [ax.get_position().y0 for ax in axes] == sorted(
        (ax.get_position().y0 for ax in axes), reverse=True
    )
    assert plt.gcf().get_size_inches().tolist() == pytest.approx([4.8, 4.5])
    plots.curves([1, 2], {"a": [1, 2]}, xlabel="", ylabel="b", ax=axes[1])
    assert [len(ax.get_lines()) for ax in axes] == [0, 1, 0]
    assert not axes[0].spines["top"].get_visible()


def test_figures_are_small_files_of_the_width_of_a_telephone():
    rng = np.random.default_rng(0)
    series = {f"$b = {k}$": rng.uniform(-k - 1, 0, (5, 1)) * range(100) for k in range(5)}
    plots.curves(range(100), series, xlabel="$k$", ylabel=r"$\|dh\|$")
    figure = plt.gcf()
    assert 72 * figure.get_size_inches()[0] == pytest.approx(345.6)
    assert size_of_file() < 20_000
    plots.heatmaps({f"${k}$": rng.uniform(0, 1, (100, 4)) for k in "ifoc"})
    assert size_of_file() < 60_000


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
    plots.image(np.array([[0.0, 1.0], [2.0, 4.0]]), (0, 2, 5, 7), xlabel="$x$", ylabel="$y$")
    ax = plt.gca()
    assert np.allclose(shades(ax), [[0, 0.25], [0.5, 1]])
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 2), (5, 7))
    assert ax.get_ylabel() == "$y$"
    with pytest.raises(ValueError, match=r"values: got shape \(3,\) .*expected \(rows, columns\)"):
        plots.image(np.zeros(3), (0, 1, 0, 1), xlabel="", ylabel="")
    with pytest.raises(ValueError, match=r"least value -1\.0, expected"):
        plots.image(-np.ones((2, 2)), (0, 1, 0, 1), xlabel="", ylabel="")


def test_equal_neighbours_are_one_rectangle():
    plots.image(np.array([[1.0, 1, 0, 1], [0, 1, 1, 1]]), (0, 4, 0, 2), xlabel="", ylabel="")
    (patch,) = plt.gca().patches
    assert sorted(corners(patch)) == [(0, 0, 2, 1), (1, 1, 4, 2), (3, 0, 4, 1)]


def test_a_plane_shows_paths_points_and_arrows_where_they_are():
    arrows = np.array([[[0.0, 0.0], [1.0, 0.5]], [[2.0, 1.0], [2.0, 0.0]]])
    points = {"sink": [[1.0, 1.0]], "source": [[0.0, 0.5], [2.0, 0.5]]}
    path = np.array([[0.0, 1.0], [2.0, 0.0], [2.0, 1.0]])
    plots.plane({"border": path}, points=points, arrows=arrows, xlabel="$x$", ylabel="$y$")
    ax = plt.gca()
    border, *marked = ax.get_lines()
    assert border.get_xydata().tolist() == path.tolist()
    assert [line.get_xydata().tolist() for line in marked] == list(points.values())
    assert [line.get_linestyle() for line in marked] == ["None", "None"]
    assert len({line.get_marker() for line in marked}) == 2
    assert [[list(arrow.xyann), list(arrow.xy)] for arrow in ax.texts] == arrows.tolist()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["border", *points]
    assert size_of_file() < 7_000


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"paths": {"a": [1.0, 2.0]}}, r"paths\['a'\]: got shape \(2,\), expected \(P, 2\)"),
        ({"points": {"b": [[1.0]]}}, r"points\['b'\]: got shape \(1, 1\), expected \(P, 2\)"),
        ({"arrows": [[0.0, 1.0]]}, r"arrows: got shape \(1, 2\), expected \(A, 2, 2\)"),
    ],
)
def test_a_plane_refuses_other_shapes(given, message):
    with pytest.raises(ValueError, match=message):
        plots.plane(**{"paths": {}, "xlabel": "", "ylabel": "", **given})
