"""The checks of a linear recurrence h_t = a_t ⊙ h_{t−1} + b_t, and of the minGRU's pairs (a, b)."""

from __future__ import annotations

import numpy as np

from .check import Check, Special
from .mistake import Named
from .mistakes.recurrences import BACKWARD, COMBINE, PAIRS, SCAN

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


def _zeros(arguments: Named) -> Named:
    """Set some factors to exactly 0, by which nothing can be divided."""
    a = arguments["a"].copy()
    a[::2, 0] = 0
    return arguments | {"a": a}


def _scan(library: object, arguments: Named) -> Named:
    return {"y": library.linear.scan(*arguments.values())}  # type: ignore[attr-defined]


def _backward(library: object, arguments: Named) -> Named:
    dy, a, b, h_0 = arguments.values()
    linear = library.linear  # type: ignore[attr-defined]
    gradients = linear.scan_backward(a, linear.loop(a, b, h_0), dy, h_0)
    return dict(zip(("da", "db", "dh0"), gradients, strict=True))


def _draw_combine(rng: np.random.Generator, N: int, H: int) -> Named:
    names = ("a", "b", "a_next", "b_next")
    return {name: rng.standard_normal((N, H)) for name in names}


def _combine(library: object, arguments: Named) -> Named:
    a, b, a_next, b_next = arguments.values()
    combined = library.linear.combine((a, b), (a_next, b_next))  # type: ignore[attr-defined]
    return dict(zip(("a_both", "b_both"), combined, strict=True))


def _draw_pairs(rng: np.random.Generator, T: int, N: int, D: int, H: int) -> Named:
    W_ih, b = rng.standard_normal((2 * H, D)), rng.standard_normal(2 * H)
    return {"x": rng.standard_normal((T, N, D)), "W_ih": W_ih, "b": b}


def _pairs(library: object, arguments: Named) -> Named:
    x, *weights = arguments.values()
    module = library.min_gru  # type: ignore[attr-defined]
    pairs, _ = module.pairs(module.project(module.Params(*weights), x))
    return dict(zip(("a", "b"), pairs, strict=True))


linear_combine = Check(
    name="linear_combine",
    shapes=dict.fromkeys(("a", "b", "a_next", "b_next"), "(N, H)"),
    results=("a_both", "b_both"),
    draw=_draw_combine,
    reference=_combine,
    mistakes=COMBINE,
    sizes=({"N": 3, "H": 4}, {"N": 4, "H": 3}, {"N": 1, "H": 5}),
)
min_gru_pairs = Check(
    name="min_gru_pairs",
    shapes={"x": "(T, N, D)", "W_ih": "(2H, D)", "b": "(2H,)"},
    results=("a", "b"),
    draw=_draw_pairs,
    reference=_pairs,
    mistakes=PAIRS,
    sizes=(
        {"T": 5, "N": 3, "D": 4, "H": 6},
        {"T": 6, "N": 4, "D": 3, "H": 5},
        {"T": 1, "N": 5, "D": 4, "H": 3},
    ),
)
linear_scan = Check(
    name="linear_scan",
    shapes=_SHAPES,
    results=("y",),
    draw=_draw,
    reference=_scan,
    mistakes=SCAN,
    sizes=_SIZES,
    special=(Special("zero_factors", {"T": 6, "N": 4, "H": 3}, _zeros),),
    builds_on=("linear_combine",),
)
linear_scan_backward = Check(
    name="linear_scan_backward",
    shapes={"dy": "(T, N, H)", **_SHAPES},
    results=("da", "db", "dh0"),
    draw=_draw_backward,
    reference=_backward,
    mistakes=BACKWARD,
    sizes=_SIZES,
    special=(Special("zero_factors", {"T": 6, "N": 4, "H": 3}, _zeros),),
    builds_on=("linear_combine", "linear_scan"),
)
