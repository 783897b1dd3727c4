"""For every chapter: the computed figures, in one style.

Labels are words in both languages and formulas (``"시차 $k$ · lag $k$"``, see `labels`). Every
function draws a new figure, or into `ax` if that is given, and returns nothing: a notebook shows
the figure once, by itself, as the SVG of `svg`. A legend is above the axes, where it cannot cover a
curve.

This module needs matplotlib; ``import lessons_lib`` does not load it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from IPython.core.getipython import get_ipython
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from . import labels, svg

# Load the backend now: a notebook's backend switches on interactive mode when it is loaded. If the
# first figure loaded it, inside rc_context, that would be undone and no later figure would appear.
plt.switch_backend(mpl.get_backend())
SHELL = get_ipython()
if SHELL:
    svg.show_figures_as_svg(SHELL)

COLORS = (*svg.COLORS, svg.INK)
_LEVELS = 16  # shades of one hue
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")

#: 346 points wide, the column of a telephone: there 11-point letters are 11 pixels high.
STYLE: Mapping[str, Any] = {
    "figure.figsize": (4.8, 3.0),
    "figure.dpi": 120,
    "figure.facecolor": svg.PAPER,
    "axes.facecolor": "none",
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.06,
    "font.size": 11,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.columnspacing": 1.4,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": svg.GRID,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "axes.prop_cycle": cycler(color=COLORS),
}


def curves(
    x: Sequence[float] | np.ndarray,
    series: Mapping[str, Any],
    *,
    xlabel: str,
    ylabel: str,
    logx: bool = False,
    logy: bool = False,
    reference: float | None = None,
    ax: Axes | None = None,
) -> None:
    """Draw one curve per series; for a series with several runs, their median and range.

    Parameters
    ----------
    x : sequence of P numbers
    series : mapping of labels to arrays of shape (P,) or (R, P)
        The first axis of the second form counts R runs, such as seeds: the line is their median,
        the band extends from the least to the greatest.
    xlabel, ylabel : str
    logx, logy : bool, optional
        Logarithmic axes.
    reference : float, optional
        Height of a dashed line, such as the loss of guessing.
    ax : matplotlib Axes, optional

    Raises
    ------
    ValueError
        A series does not have one value for each element of `x`; the message names it.
    """
    positions = np.asarray(x, dtype=float)
    with plt.rc_context(dict(STYLE)):
        ax = _axes(ax)
        for k, (label, values) in enumerate(series.items()):
            runs = _runs(label, values, len(positions), "x")
            # few points get markers; many markers would hide the line
            marker = _MARKERS[k % len(_MARKERS)] if len(positions) <= 12 else ""
            (line,) = ax.plot(positions, np.median(runs, axis=0), marker=marker, label=label)
            if len(runs) > 1:
                low, high = runs.min(axis=0), runs.max(axis=0)
                ax.fill_between(positions, low, high, color=line.get_color(), alpha=0.2, lw=0)
        _finish(ax, xlabel, ylabel, reference, legend=len(series) > 1)
        if logx:
            ax.set_xscale("log")
        if logy:
            ax.set_yscale("log")


def column(rows: int, height: float = 1.7) -> list[Axes]:
    """Return axes below one another, the first at the top, each for ``curves(…, ax=…)``.

    Parameters
    ----------
    rows : int
    height : float, optional
        Of each, in inches.
    """
    with plt.rc_context(dict(STYLE)):
        return list(_subplots(rows, 1, figsize=(4.8, rows * height))[:, 0])


def bars(
    categories: Sequence[str],
    series: Mapping[str, Any],
    *,
    ylabel: str,
    logy: bool = False,
    reference: float | None = None,
    ax: Axes | None = None,
) -> None:
    """Draw groups of bars, one group per category; for a series with several runs, a dot for each.

    Parameters
    ----------
    categories : sequence of C labels
        Along the horizontal axis.
    series : mapping of labels to arrays of shape (C,) or (R, C)
        A bar's height is the median of R runs.
    ylabel : str
    logy, reference, ax : optional
        As in `curves`.
    """
    middle = np.arange(len(categories))
    width = 0.8 / len(series)
    with plt.rc_context(dict(STYLE)):
        ax = _axes(ax)
        for k, (label, values) in enumerate(series.items()):
            runs = _runs(label, values, len(categories), "categories")
            at = middle + (k - (len(series) - 1) / 2) * width
            ax.bar(at, np.median(runs, axis=0), 0.92 * width, label=label)
            if len(runs) > 1:
                places = np.broadcast_to(at, runs.shape)
                ax.plot(places.ravel(), runs.ravel(), "o", ms=3, mfc="white", mec="black", mew=0.8)
        ax.set_xticks(middle, categories)
        ax.grid(visible=False, axis="x")
        _finish(ax, "", ylabel, reference, legend=len(series) > 1)
        if logy:
            ax.set_yscale("log")


def intervals(
    categories: Sequence[str],
    values: Any,
    *,
    xlabel: str,
    reference: float | None = None,
    ax: Axes | None = None,
) -> None:
    """Draw a point on each category's line, and the interval around it; the first at the top.

    Parameters
    ----------
    categories : sequence of C labels
        Along the vertical axis.
    values : array of shape (C,) or (3, C)
        Points; or the intervals' lower ends, the points, and the upper ends.
    xlabel : str
    reference : float, optional
        Place of a dashed line, such as no difference.
    ax : matplotlib Axes, optional

    Raises
    ------
    ValueError
        There is not one value, or one interval, for each category.
    """
    runs = _runs(xlabel, values, len(categories), "categories")
    if len(runs) not in (1, 3):
        raise ValueError(
            f"values: got shape {np.shape(values)}, "
            f"expected ({len(categories)},) or (3, {len(categories)})"
        )
    with plt.rc_context(dict(STYLE)):
        if ax is None:
            ax = _subplots(figsize=(4.8, 0.9 + 0.3 * len(categories)))[0, 0]
        rows = -np.arange(len(categories))
        if len(runs) == 3:
            for row, low, high in zip(rows, runs[0], runs[2], strict=True):
                ax.plot([low, high], [row, row], color=COLORS[0])
        ax.plot(runs[len(runs) // 2], rows, "o", color=COLORS[0])
        ax.set_yticks(rows, categories)
        ax.locator_params(axis="x", nbins=5)
        ax.grid(visible=False, axis="y")
        ax.set_ylim(rows[-1] - 0.5, 0.5)
        ax.set_xlabel(xlabel)
        if reference is not None:
            ax.axvline(reference, color=COLORS[-1], linestyle="--", linewidth=1)


def heatmaps(panels: Mapping[str, np.ndarray], *, xlabel: str = "step $t$") -> None:
    """Draw states over time, one panel below the other: time to the right, one row per unit.

    Parameters
    ----------
    panels : mapping of labels to arrays of shape (T, H)
        All of one T. The stronger the color, the greater the value: one hue above zero, another
        below. The scale of a panel, at its right, ends at 1, or at the greatest value above that.
    xlabel : str, optional

    Raises
    ------
    ValueError
        The panels are not matrices of one length T.
    """
    lengths = {np.shape(values)[0] if np.ndim(values) == 2 else None for values in panels.values()}
    if len(lengths) != 1 or None in lengths:
        shapes = {label: np.shape(values) for label, values in panels.items()}
        raise ValueError(f"panels: got shapes {shapes}, expected (T, H) with one T for all")
    with plt.rc_context({**STYLE, "axes.grid": False}):
        size = (4.8, 0.5 + 0.95 * len(panels))
        grid: Any = {"width_ratios": (30, 1)}
        rows = _subplots(len(panels), 2, sharex="col", figsize=size, gridspec_kw=grid)
        for (ax, scale), (label, values) in zip(rows, panels.items(), strict=True):
            top = max(1.0, float(np.abs(values).max()))
            bottom = -top if (values < 0).any() else 0.0
            T, H = np.shape(values)
            _cells(ax, np.asarray(values).T[::-1], (-0.5, T - 0.5, 0, H), top)
            ax.set_ylabel(label, rotation=0, ha="right", va="center")
            ax.set_yticks([])
            levels = np.linspace(bottom, top, 2 * _LEVELS + 1 if bottom else _LEVELS + 1)
            _cells(scale, levels[:, None], (0, 1, bottom, top), top)
            scale.yaxis.tick_right()
            scale.set(xticks=[], yticks=np.unique([bottom, 0, top]))
            scale.set_yticklabels([f"{tick:.2g}".replace("-", "−") for tick in scale.get_yticks()])
        rows[-1, 0].set_xlabel(xlabel)


def image(
    values: np.ndarray, extent: tuple[float, float, float, float], *, xlabel: str, ylabel: str
) -> None:
    """Draw a number at each point of a plane: the greater, the darker.

    Parameters
    ----------
    values : array of shape (rows, columns)
        Not negative. The first row is at the bottom.
    extent : tuple of float
        Left, right, bottom, top.
    xlabel, ylabel : str

    Raises
    ------
    ValueError
        `values` is not a matrix, or has a negative element.
    """
    if np.ndim(values) != 2 or np.min(values) < 0:
        raise ValueError(
            f"values: got shape {np.shape(values)} and least value {np.min(values)}, "
            "expected (rows, columns) without negative values"
        )
    with plt.rc_context({**STYLE, "axes.grid": False}):
        ax = _axes(None)
        _cells(ax, np.asarray(values), extent, float(np.max(values)))
        ax.set_aspect("equal")
        _finish(ax, xlabel, ylabel, None, legend=False)


def plane(
    paths: Mapping[str, Any],
    *,
    xlabel: str,
    ylabel: str,
    points: Mapping[str, Any] | None = None,
    arrows: np.ndarray | Sequence[Any] = (),
) -> None:
    """Draw paths, points and arrows in a plane, such as a phase portrait or a cobweb.

    Parameters
    ----------
    paths : mapping of labels to arrays of shape (P, 2)
        Each joins its P places by straight lines.
    xlabel, ylabel : str
    points : mapping of labels to arrays of shape (P, 2), optional
        Places that are marked and not joined.
    arrows : array of shape (A, 2, 2), optional
        Where each begins and where it ends; all heads have one size.

    Raises
    ------
    ValueError
        A path, the points or the arrows do not have that shape; the message names them.
    """
    with plt.rc_context(dict(STYLE)):
        ax = _axes(None)
        for label, places in paths.items():
            x, y = _places(f"paths[{label!r}]", places, 2).T
            ax.plot(x, y, label=label)
        for k, (label, places) in enumerate((points or {}).items()):
            x, y = _places(f"points[{label!r}]", places, 2).T
            ax.plot(x, y, _MARKERS[k], label=label, ms=7)
        if len(arrows):
            for begin, end in _places("arrows", arrows, 3):
                style = {"arrowstyle": "->", "color": COLORS[-1], "lw": 0.8, "shrinkA": 0}
                ax.annotate("", end, begin, arrowprops={**style, "shrinkB": 0})
        ax.locator_params(nbins=6)
        _finish(ax, xlabel, ylabel, None, legend=len(paths) + len(points or {}) > 1)


def _places(name: str, places: Any, axes: int) -> np.ndarray:
    found = np.asarray(places, dtype=float)
    if found.ndim != axes or found.shape[1:] != (2,) * (axes - 1):
        expected = "(A, 2, 2)" if axes == 3 else "(P, 2)"
        raise ValueError(f"{name}: got shape {found.shape}, expected {expected}")
    return found


def _cells(ax: Axes, values: np.ndarray, extent: Sequence[float], top: float) -> None:
    """Fill each cell of a matrix, row 0 from `extent`'s bottom, by value: none at 0, full at top.

    Equal neighbors of a row become one rectangle, all of one shade one path.
    """
    left, right, bottom, upper = extent
    x = np.linspace(left, right, values.shape[1] + 1)
    y = np.linspace(bottom, upper, values.shape[0] + 1)
    shades = np.round(_LEVELS * values / top).astype(int)
    ends = np.diff(shades, axis=1, append=np.iinfo(int).max // 2) != 0
    for shade in np.unique(shades[shades != 0]):
        corners = []
        for row, stop in zip(*np.nonzero(ends & (shades == shade)), strict=True):
            earlier = np.nonzero(ends[row, :stop])[0]
            start = earlier[-1] + 1 if len(earlier) else 0
            x0, x1, y0, y1 = x[start], x[stop + 1], y[row], y[row + 1]
            corners += [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
        codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * (len(corners) // 5)
        color, strength = COLORS[0 if shade > 0 else 1], abs(shade) / _LEVELS
        patch = PathPatch(Path(corners, codes), facecolor=color, alpha=strength, linewidth=0)
        patch.set_gid(svg.CELLS)
        ax.add_patch(patch)
    ax.set(xlim=(left, right), ylim=(bottom, upper))


def _runs(label: str, values: Any, count: int, counted: str) -> np.ndarray:
    runs = np.atleast_2d(np.asarray(values, dtype=float))
    if runs.ndim != 2 or runs.shape[1] != count:
        raise ValueError(
            f"series[{label!r}]: got shape {np.shape(values)}, "
            f"expected ({count},) or (R, {count}) as {counted} has"
        )
    return runs


def _axes(ax: Axes | None) -> Axes:
    return _subplots()[0, 0] if ax is None else ax


def _subplots(*shape: int, **options: Any) -> np.ndarray:
    """Return the axes of a new figure, which a notebook draws as SVG only."""
    figure, axes = plt.subplots(*shape, squeeze=False, **options)
    if SHELL:
        # After the cell, pyplot would draw it for a window, in letters without Hangul.
        figure.canvas.draw_idle = _draw_nothing
    return axes


def _draw_nothing(*_: Any, **__: Any) -> None:
    pass


def _finish(ax: Axes, xlabel: str, ylabel: str, reference: float | None, legend: bool) -> None:
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    if reference is not None:
        ax.axhline(reference, color=COLORS[-1], linestyle="--", linewidth=1)
    if legend:
        _legend_above(ax)


def _legend_above(ax: Axes) -> None:
    """Put the legend above the axes, in as many columns as its labels leave room for."""
    _, names = ax.get_legend_handles_labels()
    size, handle = plt.rcParams["legend.fontsize"], 34  # points
    figure = ax.get_figure(root=True)
    assert figure is not None
    across = 72 * figure.get_size_inches()[0] * ax.get_position().width
    widest = handle + 1.1 * max(labels.width(name, size) for name in names)
    columns = int(np.clip(across // widest, 1, len(names)))
    rows = -(-len(names) // columns)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, ncols=columns)
    if len(figure.axes) == 1:  # the curves keep their room
        width, height = figure.get_size_inches()
        figure.set_size_inches(width, height + rows * size * 1.5 / 72)
