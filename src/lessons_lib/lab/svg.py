"""For every chapter: a matplotlib figure as a small SVG, with real text and classes for colors.

matplotlib's own SVG holds colors, its own letters' widths and some ten times as many characters.
Here a color is a class, so that the page's theme decides; a label in both languages is one
``<text>`` in English with both beside it (``data-label``), so that the site can set the other;
coordinates are tenths of a point, so that two machines write the same figure.

After ``import lessons_lib.lab.plots``, a notebook shows figures in this form. This module needs
matplotlib.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np
from IPython.core.pylabtools import print_figure
from matplotlib.backend_bases import FigureCanvasBase, RendererBase
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Bbox, IdentityTransform

from . import labels

#: Okabe and Ito's colors, distinct for the color-blind, then ink, grid and paper. Class ``s1``
#: is a stroke and ``f1`` a fill of the first; `plot.css` says what each looks like.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
INK, GRID, PAPER = "#000000", "#dddddd", "#ffffff"
_CLASS = {color: k for k, color in enumerate((*COLORS, INK, GRID, PAPER), start=1)}
SIZE = 11  # of letters, unless stated otherwise
CELLS = "cells"  # the gid of an artist whose patches lie edge to edge


@cache
def style() -> str:
    """Return the style sheet of a figure."""
    return (files("lessons_lib.lab") / "plot.css").read_text("utf-8")


def figure_to_svg(figure: Figure) -> str:
    """Return the figure as an SVG file; the same figure gives the same text.

    Raises
    ------
    ValueError
        The figure holds a color that is not one of `COLORS`, `INK`, `GRID` and `PAPER`, a label
        with a formula that `labels.typeset` does not know, or a picture made of pixels.
    """
    dpi, canvas = figure.dpi, figure.canvas
    width, height = (round(72 * inches) for inches in figure.get_size_inches())
    renderer = _Renderer(width, height)
    try:
        figure.dpi = 72  # lengths are points
        _Canvas(figure).renderer = renderer  # by which the layout measures
        figure.draw(renderer)
    finally:
        figure.dpi = dpi
        figure.set_canvas(canvas)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}">'
    )
    return "\n".join([head, f"<style>\n{style()}</style>", *renderer.written, "</svg>\n"])


def show_figures_as_svg(shell: Any) -> None:
    """Let an IPython shell show figures by `figure_to_svg`.

    A learner's figure with other colors or with a picture is shown as PNG, as usual.
    """
    formatters = shell.display_formatter.formatters
    for formatter in formatters.values():
        formatter.pop(Figure, None)
    formatters["image/svg+xml"].for_type(Figure, _svg_if_possible)
    formatters["image/png"].for_type(Figure, _png_if_needed)


def _svg_if_possible(figure: Figure) -> str | None:
    try:
        return figure_to_svg(figure)
    except ValueError:
        return None


def _png_if_needed(figure: Figure) -> Any:
    return None if _svg_if_possible(figure) else print_figure(figure, fmt="png", base64=True)


class _Canvas(FigureCanvasBase):
    """Has a figure's layout measure texts as they will be written."""

    renderer: _Renderer

    def get_renderer(self) -> _Renderer:
        return self.renderer


class _Renderer(RendererBase):
    """Write a figure's drawing as elements; lengths are in points, y goes down from the top."""

    def __init__(self, width: int, height: int):
        super().__init__()
        self.width, self.height = width, height
        self.written: list[str] = []
        self.groups: list[str | None] = []

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.width, self.height

    def flipy(self) -> bool:
        return True

    def open_group(self, s: str, gid: str | None = None) -> None:
        self.groups.append(gid)

    def close_group(self, s: str) -> None:
        self.groups.pop()

    def get_text_width_height_descent(
        self, s: str, prop: Any, ismath: Any
    ) -> tuple[float, float, float]:
        """Measure a text, in the longer of its languages; matplotlib's letters have no Hangul."""
        size = prop.get_size_in_points()
        english = labels.half(s)
        if not english.isascii() and not labels.is_in_both(s):
            return labels.width(s, size), size, 0.25 * size
        wide, high, deep = super().get_text_width_height_descent(english, prop, "$" in english)
        return max(wide, labels.width(s, size) if labels.is_in_both(s) else 0), high, deep

    def draw_path(self, gc: Any, path: Path, transform: Any, rgbFace: Any = None) -> None:
        filled = rgbFace is not None and (len(rgbFace) < 4 or rgbFace[3] > 0)
        clip = gc.get_clip_rectangle()
        if filled and clip is not None:
            path, transform = transform.transform_path(path), IdentityTransform()
            edges = clip.padded(0.1).extents
            corners = path.get_extents().extents
            if (corners[:2] < edges[:2]).any() or (corners[2:] > edges[2:]).any():
                path = path.clip_to_bbox(Bbox(clip.get_points()))
        self._write(gc, _commands(path, transform, self.height, None if filled else clip), rgbFace)

    def draw_markers(
        self,
        gc: Any,
        marker_path: Path,
        marker_trans: Any,
        path: Path,
        trans: Any,
        rgbFace: Any = None,
    ) -> None:
        if (
            len(np.asarray(path.vertices)) == 1
        ):  # a collection of one shape, such as a band, comes as a marker
            super().draw_markers(gc, marker_path, marker_trans, path, trans, rgbFace)
            return
        clip = gc.get_clip_rectangle()
        shape = _commands(marker_path, marker_trans, 0, None)
        marks = []
        for vertices, _ in path.iter_segments(trans, simplify=False):
            x, y = vertices[-2:]
            if clip is None or clip.padded(1).contains(x, y):
                # All commands but the first are relative, so that a shape is the same text each
                # time.
                start, _, rest = shape.partition(" ")
                left, top = (float(number) for number in start[1:].split(","))
                marks.append(f"M{_number(x + left)},{_number(self.height - y + top)} {rest}")
        self._write(gc, "".join(marks), rgbFace)

    def draw_image(self, gc: Any, x: Any, y: Any, im: Any, transform: Any = None) -> None:
        raise ValueError("the figure holds a picture made of pixels; draw it with plots.image")

    def draw_text(
        self,
        gc: Any,
        x: Any,
        y: Any,
        s: str,
        prop: Any,
        angle: Any,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        size = prop.get_size_in_points()
        label = labels.half(s if ismath else s.replace("$", ""))
        advance, *_ = self.get_text_width_height_descent(s, prop, ismath)
        anchor = {"center": ("middle", 0.5), "right": ("end", 1.0)}
        name, share = anchor.get(mtext.get_horizontalalignment() if mtext else "", ("", 0.0))
        turn = np.deg2rad(angle)
        x, y = x + share * advance * np.cos(turn), y - share * advance * np.sin(turn)
        attributes = f' x="{_number(x)}" y="{_number(y)}"'
        if name:
            attributes += f' text-anchor="{name}"'
        if angle:
            attributes += f' transform="rotate({_number(-angle)} {_number(x)} {_number(y)})"'
        if size != SIZE:
            attributes += f' font-size="{_number(size)}"'
        outside = "".join(text for math, text in labels.parts(label) if not math)
        if labels.is_in_both(s) or re.search("[^\\W\\d_]", outside):
            attributes += f' data-label="{escape(s)}"'
        color = _class_of(gc.get_rgb())
        self.written.append(
            f'<text class="f{color}"{attributes}>{labels.typeset(label, size)}</text>'
        )

    def _write(self, gc: Any, commands: str, face: Any) -> None:
        """Write one ``<path>``, unless it is invisible."""
        color, alpha = gc.get_rgb(), _alpha(gc, gc.get_rgb())
        names, attributes = [], ""
        if face is not None and (len(face) < 4 or face[3] > 0):
            names.append(f"f{_class_of(face)}")
            alpha = _alpha(gc, face)
        if gc.get_linewidth() > 0 and (len(color) < 4 or color[3] > 0):
            names.append(f"s{_class_of(color)}")
            attributes += f' stroke-width="{_number(gc.get_linewidth())}"'
            _, dashes = gc.get_dashes()
            if dashes is not None:
                attributes += f' stroke-dasharray="{" ".join(map(_number, dashes))}"'
        names += [CELLS] if CELLS in self.groups else []
        if alpha < 1:
            attributes += f' opacity="{alpha:.2f}"'
        if commands and any(name[0] in "fs" for name in names):
            self.written.append(f'<path class="{" ".join(names)}"{attributes} d="{commands}"/>')


def _alpha(gc: Any, color: Any) -> float:
    return gc.get_alpha() if gc.get_forced_alpha() else color[3] if len(color) == 4 else 1.0


def _class_of(color: Any) -> int:
    name = to_hex(color[:3])
    if name not in _CLASS:
        raise ValueError(f"color {name}: expected one of {', '.join(_CLASS)}, so that themes fit")
    return _CLASS[name]


def _number(value: float) -> str:
    text = f"{round(float(value), 1):.1f}".removesuffix(".0")
    return "0" if text in ("-0", "0") else text


def _commands(path: Path, transform: Any, height: float, clip: Any) -> str:
    """Return a path's commands: the first of each piece absolute, all others relative."""
    box = None if clip is None else tuple(clip.extents)
    flipped = transform + Affine2D().scale(1, -1).translate(0, height)
    if box is not None:
        left, bottom, right, top = box
        box = (left - 1, height - top - 1, right + 1, height - bottom + 1)
    clean = path.cleaned(flipped, remove_nans=True, clip=box, curves=True)
    return "".join(_pieces(np.asarray(clean.vertices), np.asarray(clean.codes)))


def _pieces(vertices: np.ndarray, codes: np.ndarray) -> Iterator[str]:
    tenths = np.round(10 * vertices).astype(int)
    here = start = np.zeros(2, dtype=int)
    at, line = 0, False
    while at < len(codes):
        code = codes[at]
        if code == Path.STOP:
            return
        if code == Path.CLOSEPOLY:
            yield "z"
            here, at, line = start, at + 1, False
            continue
        count = {Path.CURVE3: 2, Path.CURVE4: 3}.get(code, 1)
        points = tenths[at : at + count]
        if code == Path.MOVETO:
            yield f"M{_tenth(points[0][0])},{_tenth(points[0][1])} "
            start, line = points[0], False
        elif count == 1:
            if (points[0] != here).any():
                yield ("" if line else "l") + _pair(points[0] - here, line)
                line = True
        else:
            inner = "".join(_pair(p - here, k > 0) for k, p in enumerate(points))
            yield ("q" if count == 2 else "c") + inner
            line = False
        here, at = points[-1], at + count


def _pair(step: np.ndarray, follows: bool) -> str:
    x, y = _tenth(step[0]), _tenth(step[1])
    return (
        (" " if follows and not x.startswith("-") else "")
        + x
        + ("" if y.startswith("-") else " ")
        + y
    )


def _tenth(tenths: int) -> str:
    sign, whole, rest = "-" if tenths < 0 else "", *divmod(abs(int(tenths)), 10)
    return f"{sign}{whole if whole or not rest else ''}{f'.{rest}' if rest else ''}"
