"""The checks of functions around a network: clipping, both directions, finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .check import TOLERANCE, Check, Special
from .mistake import Mistake, Named
from .mistakes.clipping import BY_NORM, BY_VALUE
from .mistakes.differences import DIFFERENCES
from .mistakes.directions import MERGE, REVERSE

_SIZES = (
    {"T": 5, "N": 3, "D": 4},
    {"T": 6, "N": 4, "D": 3},
    {"T": 1, "N": 5, "D": 4},
    {"T": 7, "N": 1, "D": 3},
)
_GRADS = "list of arrays of several shapes"
_SHAPES = ((3, 4), (5,), (4, 3, 1), (6,), (1, 7))
_NAMES = tuple(f"grads[{k}]" for k in range(len(_SHAPES)))


def _clipping(
    name: str,
    bound: str,
    small: float,
    mistakes: tuple[Mistake, ...],
    tolerance: float = TOLERANCE,
) -> Check:
    """Check gradients above the bound, and far below it, where they must not change."""

    def draw(rng: np.random.Generator, value: float, arrays: int) -> Named:
        grads = [rng.standard_normal(shape) for shape in _SHAPES[:arrays]]
        return {"grads": grads, bound: value}

    def reference(library: Any, arguments: Named) -> Named:
        clipped = getattr(library.clipping, name)(arguments["grads"], arguments[bound])
        return dict(zip(_NAMES, clipped, strict=False))

    return Check(
        name=name,
        shapes={"grads": _GRADS, bound: "float"},
        results=_NAMES,
        draw=draw,
        reference=reference,
        mistakes=mistakes,
        sizes=(
            {"value": small, "arrays": 3},
            {"value": 60.0, "arrays": 4},
            {"value": small / 4, "arrays": 5},
            {"value": small, "arrays": 1},
        ),
        special=(
            Special("zero_grads", {"value": small, "arrays": 3}, _scaled(0.0)),
            Special("large_grads", {"value": small, "arrays": 3}, _scaled(1e8)),
        ),
        tolerance=tolerance,
        together=True,
    )


def _scaled(factor: float) -> Callable[[Named], Named]:
    return lambda arguments: arguments | {"grads": [factor * g for g in arguments["grads"]]}


# torch adds 1e-6 to the norm, which is also correct
clip_by_norm = _clipping("clip_by_norm", "max_norm", 0.75, BY_NORM, tolerance=1e-5)
clip_by_value = _clipping("clip_by_value", "limit", 0.5, BY_VALUE)


def _draw_merge(rng: np.random.Generator, T: int, N: int, D: int) -> Named:
    return {name: rng.standard_normal((T, N, D)) for name in ("y_forward", "y_backward")}


def _merge(library: Any, arguments: Named) -> Named:
    T, N, _ = arguments["y_backward"].shape
    turned = library.padding.reverse(arguments["y_backward"], np.full(N, T))
    return {"y": library.padding.join([arguments["y_forward"], turned])}


bidirectional_merge = Check(
    name="bidirectional_merge",
    shapes={
        "y_forward": "(T, N, H), in the order of time",
        "y_backward": "(T, N, H), in the order in which it read, the last step first",
    },
    results=("y",),
    draw=_draw_merge,
    reference=_merge,
    mistakes=MERGE,
    sizes=_SIZES,
)


def _draw_padded(rng: np.random.Generator, T: int, N: int, D: int) -> Named:
    longest = max(1, T - 1)  # so that one step too far still exists
    lengths = rng.integers(1, longest + 1, N)
    lengths[-1] = longest
    return {"x": rng.standard_normal((T, N, D)), "lengths": lengths}


def _padded(library: Any, arguments: Named) -> Named:
    return {"y": library.padding.reverse(arguments["x"], arguments["lengths"])}


def _without_padding(results: Named, arguments: Named) -> Named:
    """Leave out values after each sequence's end, which may be anything."""
    T = len(arguments["x"])
    inside = np.arange(T)[:, None] < arguments["lengths"]
    y = results["y"]
    return {"y": np.where(inside[..., None], y, 0) if y.shape[:2] == inside.shape else y}


def _full(arguments: Named) -> Named:
    T, N, _ = arguments["x"].shape
    return arguments | {"lengths": np.array([T, 1, T, *arguments["lengths"]])[:N]}


padded_reverse = Check(
    name="padded_reverse",
    shapes={
        "x": "(T, N, D)",
        "lengths": "(N,), integers; what stands at lengths[n] and after is padding",
    },
    results=("y",),
    draw=_draw_padded,
    reference=_padded,
    mistakes=REVERSE,
    sizes=_SIZES,
    special=(Special("full_lengths", {"T": 6, "N": 4, "D": 3}, _full),),
    compared=_without_padding,
)


def _draw_function(rng: np.random.Generator, N: int, D: int, step: float) -> Named:
    weights, phase = 1 + rng.random((N, D)), rng.standard_normal((N, D))

    def f(x: Any) -> float:  # no element's gradient is independent of the others
        total = np.sum(np.sin(weights * np.asarray(x) + phase))
        return float(total + total**2 / 4)

    return {"f": f, "x": rng.standard_normal((N, D)), "step": step}


def _differences(library: Any, arguments: Named) -> Named:
    f, x, step = (arguments[name] for name in ("f", "x", "step"))
    x = x.copy()
    return {"gradient": library.gradients.numerical_gradient(lambda: f(x), x, step)}


numerical_gradient = Check(
    name="numerical_gradient",
    shapes={"f": "function of x that returns a number", "x": "(N, D)", "step": "float"},
    results=("gradient",),
    draw=_draw_function,
    reference=_differences,
    mistakes=DIFFERENCES,
    sizes=(
        {"N": 3, "D": 4, "step": 1e-3},
        {"N": 4, "D": 5, "step": 5e-4},
        {"N": 1, "D": 3, "step": 4e-4},
    ),
    tolerance=1e-5,  # a formula of higher order is also correct
)
