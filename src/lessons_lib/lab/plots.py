"""For every chapter: the computed figures, in one style, without words, for both languages.

Labels are symbols, in matplotlib's mathtext (``"$T$"``). Every function draws a new figure, or into
`ax` where that is given, and returns nothing: a notebook shows the figure once, by itself.

This module needs matplotlib; ``import lessons_lib`` does not load it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes

# Load the backend now: a notebook's switches interactive mode on as it loads, and loaded only by
# the first figure, within rc_context, that would be undone and no later figure shown.
plt.switch_backend(mpl.get_backend())

#: Okabe and Ito's colours, distinct for the colour-blind; without yellow, too pale on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")

#: 576 pixels wide: sharp enough on a desktop, and 11-point letters are still letters when a
#: telephone, 390 pixels wide, shrinks the figure to its page.
STYLE: Mapping[str, Any] = {
    "figure.figsize": (4.8, 3.0),
    "figure.dpi": 120,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.06,
    "font.size": 11,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
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
    """Draw one curve a series; where a series has several runs, their median and their range.

    Parameters
    ----------
    x : sequence of P numbers
    series : mapping of labels to arrays of shape (P,) or (R, P)
        The first axis of the second form counts R runs, such as seeds: the line is their median,
        the band reaches from the least to the greatest.
    xlabel, ylabel : str
    logx, logy : bool, optional
        Logarithmic axes.
    reference : float, optional
        Draws a dashed level, such as the loss of guessing.
    ax : matplotlib Axes, optional

    Raises
    ------
    ValueError
        A series does not have a value for each of `x`; the message names it, as in `bars`.
    """
    positions = np.asarray(x, dtype=float)
    with plt.rc_context(dict(STYLE)):
        ax = _axes(ax)
        for k, (label, values) in enumerate(series.items()):
            runs = _runs(label, values, len(positions), "x")
            # few points deserve markers; many would hide the line
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


def bars(
    categories: Sequence[str],
    series: Mapping[str, Any],
    *,
    ylabel: str,
    logy: bool = False,
    reference: float | None = None,
    ax: Axes | None = None,
) -> None:
    """Draw groups of bars, one group a category; where a series has several runs, a dot for each.

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


def heatmaps(panels: Mapping[str, np.ndarray], *, xlabel: str = "$t$") -> None:
    """Draw states over time, one panel below the other: the time to the right, a row a unit.

    Parameters
    ----------
    panels : mapping of labels to arrays of shape (T, H)
        All of one T. A panel without negative values, such as a gate, is drawn from 0 to 1 (or
        to its greatest value above 1) in one hue; any other in two hues, with white at zero.
    xlabel : str, optional

    Raises
    ------
    ValueError
        The panels are no matrices of one length T.
    """
    lengths = {np.shape(values)[0] if np.ndim(values) == 2 else None for values in panels.values()}
    if len(lengths) != 1 or None in lengths:
        shapes = {label: np.shape(values) for label, values in panels.items()}
        raise ValueError(f"panels: got shapes {shapes}, expected (T, H) with one T for all")
    with plt.rc_context({**STYLE, "axes.grid": False}):
        size = (4.8, 0.5 + 0.95 * len(panels))
        _, column = plt.subplots(len(panels), sharex=True, squeeze=False, figsize=size)
        for ax, (label, values) in zip(column[:, 0], panels.items(), strict=True):
            signed = bool((values < 0).any())
            top = max(1.0, float(np.abs(values).max()))
            image = ax.imshow(
                np.asarray(values).T,
                aspect="auto",
                interpolation="nearest",
                cmap="RdBu_r" if signed else "Blues",
                vmin=-top if signed else 0,
                vmax=top,
            )
            ax.set_ylabel(label, rotation=0, ha="right", va="center")
            ax.set_yticks([])
            ax.figure.colorbar(image, ax=ax, pad=0.02, aspect=8)
        column[-1, 0].set_xlabel(xlabel)


def image(
    values: np.ndarray, extent: tuple[float, float, float, float], *, xlabel: str, ylabel: str
) -> None:
    """Draw a number at each point of a plane: the greater, the darker.

    Parameters
    ----------
    values : array of shape (rows, columns)
        The first row lies at the bottom.
    extent : tuple of float
        Left, right, bottom, top.
    xlabel, ylabel : str
        Symbols.

    Raises
    ------
    ValueError
        `values` is no matrix.
    """
    if np.ndim(values) != 2:
        raise ValueError(f"values: got shape {np.shape(values)}, expected (rows, columns)")
    with plt.rc_context({**STYLE, "axes.grid": False}):
        ax = _axes(None)
        ax.imshow(values, extent=extent, origin="lower", cmap="Blues", interpolation="nearest")
        _finish(ax, xlabel, ylabel, None, legend=False)


def _runs(label: str, values: Any, count: int, counted: str) -> np.ndarray:
    runs = np.atleast_2d(np.asarray(values, dtype=float))
    if runs.ndim != 2 or runs.shape[1] != count:
        raise ValueError(
            f"series[{label!r}]: got shape {np.shape(values)}, "
            f"expected ({count},) or (R, {count}) as {counted} has"
        )
    return runs


def _axes(ax: Axes | None) -> Axes:
    return plt.subplots()[1] if ax is None else ax


def _finish(ax: Axes, xlabel: str, ylabel: str, reference: float | None, legend: bool) -> None:
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    if reference is not None:
        ax.axhline(reference, color=COLORS[-1], linestyle="--", linewidth=1)
    if legend:
        ax.legend()
