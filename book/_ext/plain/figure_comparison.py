"""Report how a newly drawn computed figure differs from the stored one, without Sphinx.

nbval would compare the text of an SVG, whose coordinates depend on the processor in the last
digits. Here texts must be equal and lines must agree within a tolerance. A code cell's tag says
what else may differ: ``figure-trained`` (a trained model's curve moves a little between processors)
or ``figure-measured`` (times, of which only the labels are compared).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import filterfalse
from typing import Any
from xml.etree import ElementTree

import numpy as np

SVG = "{http://www.w3.org/2000/svg}"
FORM = "image/svg+xml"
TOLERANCE = {"": 1.0, "figure-trained": 40.0}  # points, of a figure 346 points wide
MEASURED = "figure-measured"
_COMMAND = re.compile(r"([MlcqzZ])([^MlcqzZ]*)")
_NUMBER = re.compile(r"-?\d*\.?\d+")


def tag_of(tags: list[str]) -> str:
    """Return the tag that chooses how a cell's figure is compared, ``""`` if there is none."""
    return next((tag for tag in tags if tag in (*TOLERANCE, MEASURED)), "")


def changed_figures(stored: list[Any], drawn: list[Any], tag: str) -> list[str]:
    """Return the differences between the figures in two lists of a cell's outputs."""
    before, after = (list(_drawings(outputs)) for outputs in (stored, drawn))
    if len(before) != len(after):
        return [f"draws {len(after)} figures, stored are {len(before)}"]
    return [
        difference
        for pair in zip(before, after, strict=True)
        for difference in differences(*pair, tag)
    ]


def _drawings(outputs: list[Any]) -> Iterator[str]:
    for output in outputs:
        if FORM in output.get("data", {}):
            yield "".join(output["data"][FORM])


def differences(stored: str, drawn: str, tag: str = "") -> list[str]:
    """Return the differences between two drawings, one sentence each."""
    if stored == drawn:
        return []
    before, after = ElementTree.fromstring(stored), ElementTree.fromstring(drawn)
    left, right = _texts(before, tag), _texts(after, tag)
    if left != right:
        gone, new = sorted((left - right).elements()), sorted((right - left).elements())
        # With other numbers at its axes a trained curve cannot be compared by its place.
        return [f"the texts {gone} became {new}"]
    if tag == MEASURED:
        return []
    if tag and _texts(before, "") != _texts(after, ""):
        return []
    first, second = (list(root.iter(f"{SVG}path")) for root in (before, after))
    looks = [Counter(map(_look, filterfalse(_is_cells, paths))) for paths in (first, second)]
    if looks[0] != looks[1]:
        return [f"the lines and areas {dict(looks[0])} became {dict(looks[1])}"]
    return [*_moved(first, second, TOLERANCE[tag]), *_shaded(first, second, TOLERANCE[tag])]


def _texts(root: ElementTree.Element, tag: str) -> Counter[str]:
    """Count the texts; in figures that may differ, only the labels, not the numbers at the axes."""
    return Counter(
        "".join(text.itertext())
        for text in root.iter(f"{SVG}text")
        if not tag or text.get("data-label")
    )


def _look(path: ElementTree.Element) -> str:
    return f"{path.get('class')} {path.get('opacity', '')}".strip()


def _is_cells(path: ElementTree.Element) -> bool:
    return "cells" in path.get("class", "").split()


def _moved(before: list[Any], after: list[Any], tolerance: float) -> Iterator[str]:
    pairs = ([path for path in paths if not _is_cells(path)] for paths in (before, after))
    for old, new in zip(*pairs, strict=True):
        distance = _distance(points(old.get("d")), points(new.get("d")))
        if distance > tolerance:
            yield f"{_look(old)} moved by {distance:.1f} points, at most {tolerance:g} are allowed"


def _shaded(before: list[Any], after: list[Any], tolerance: float) -> Iterator[str]:
    """Compare maps of shades by the area of each: a shade may turn into the next at its edge."""
    totals = []
    for paths in (before, after):
        areas: dict[str, float] = defaultdict(float)
        for path in filter(_is_cells, paths):
            rectangles = points(path.get("d")).reshape(-1, 4, 2)
            sides = rectangles[:, 2] - rectangles[:, 0]
            area = float(np.abs(sides.prod(axis=1)).sum())
            areas[path.get("class").split()[0]] += area * float(path.get("opacity", 1))
        totals.append(areas)
    for look in sorted({**totals[0], **totals[1]}):
        old, new = totals[0][look], totals[1][look]
        if abs(new - old) > tolerance * 0.02 * max(old, new):
            yield f"the shades {look} changed from {old:.0f} to {new:.0f}"


def points(commands: str) -> np.ndarray:
    """Return the points of a path, shape (P, 2), including the control points of curves."""
    found, here = [], np.zeros(2)
    for name, numbers in _COMMAND.findall(commands):
        pairs = np.array(_NUMBER.findall(numbers), dtype=float).reshape(-1, 2)
        step = {"c": 3, "q": 2}.get(name, 1)
        for at in range(0, len(pairs), step):
            base = np.zeros(2) if name == "M" else here
            found += list(base + pairs[at : at + step])
            here = found[-1]
    return np.array(found).reshape(-1, 2)


def _distance(old: np.ndarray, new: np.ndarray) -> float:
    """Return the largest distance of two lines (Hausdorff), whatever their points are."""
    if old.shape == new.shape:
        return float(np.abs(old - new).max(initial=0))
    if not len(old) or not len(new):
        return np.inf
    return max(_farthest(old, new), _farthest(new, old))


def _farthest(of: np.ndarray, from_line: np.ndarray) -> float:
    start, side = from_line, np.diff(from_line, axis=0, append=from_line[-1:])
    length = np.maximum((side**2).sum(axis=1), 1e-9)
    along = np.clip(((of[:, None] - start) * side).sum(axis=2) / length, 0, 1)
    nearest = start + along[..., None] * side
    return float(np.sqrt(((of[:, None] - nearest) ** 2).sum(axis=2)).min(axis=1).max())
