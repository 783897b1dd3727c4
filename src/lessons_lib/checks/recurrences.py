"""The checks of a linear recurrence h_t = a_t ⊙ h_{t−1} + b_t: its scan and its backward pass."""

from __future__ import annotations

import numpy as np

from .check import Check
from .mistake import Named
from .mistakes.recurrences import BACKWARD, SCAN

_SIZES = (
    {"T": 5, "N": 3, "H": 4},
    {"T": 8, "N": 4, "H": 3},
    {"T": 7, "N": 1, "H": 5},
    {"T": 1, "N": 4, "H": 3},
    {"T": 2, "N": 5, "H": 3},
)
_SHAPES = {"a": "(T, N, H)", "b": "(T, N, H)", "h0": "(N, H)"}


def _draw(rng: np.random.Generator, T: int, N: int, H: int) -> Named:
    arrays = {name: rng.standard_normal((T, N, H)) for name in ("a", "b")}
    return {**arrays, "h0": rng.standard_normal((N, H))}


def _draw_backward(rng: np.random.Generator, T: int, N: int, H: int) -> Named:
    return {"dy": rng.standard_normal((T, N, H)), **_draw(rng, T, N, H)}


def _scan(library: object, arguments: Named) -> Named:
    return {"y": library.linear.scan(*arguments.values())}  # type: ignore[attr-defined]


def _backward(library: object, arguments: Named) -> Named:
    dy, a, b, h_0 = arguments.values()
    linear = library.linear  # type: ignore[attr-defined]
    gradients = linear.scan_backward(a, linear.loop(a, b, h_0), dy, h_0)
    return dict(zip(("da", "db", "dh0"), gradients, strict=True))


linear_scan = Check(
    name="linear_scan",
    shapes=_SHAPES,
    results=("y",),
    draw=_draw,
    reference=_scan,
    mistakes=SCAN,
    sizes=_SIZES,
)
linear_scan_backward = Check(
    name="linear_scan_backward",
    shapes={"dy": "(T, N, H)", **_SHAPES},
    results=("da", "db", "dh0"),
    draw=_draw_backward,
    reference=_backward,
    mistakes=BACKWARD,
    sizes=_SIZES,
    builds_on=("linear_scan",),
)
