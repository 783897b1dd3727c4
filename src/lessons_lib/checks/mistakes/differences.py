"""Mistakes in central differences."""

from __future__ import annotations

import numpy as np

from ..mistake import Mistake, Named, edit


def _without_last_column(results: Named) -> Named:
    gradient = results["gradient"].copy()
    gradient[:, -1] = 0
    return {"gradient": gradient}


_WHERE = "gradients.numerical_gradient"
_ABOVE = (_WHERE, "x[index]", "value + step")
_BELOW = (_WHERE, "x[index]", "value - step")
_DIVISOR = (_WHERE, "gradient[index]", "2 * step")
_PUT_BACK = (_WHERE, "", "x[index] = value")
DIFFERENCES: tuple[Mistake, ...] = (
    edit("numerical_gradient.one-sided", (*_BELOW, "value"), (*_DIVISOR, "step")),
    edit("numerical_gradient.one-sided-below", (*_ABOVE, "value"), (*_DIVISOR, "step")),
    edit("numerical_gradient.half-of-one-sided", (*_BELOW, "value")),
    edit(
        "numerical_gradient.relative-step",
        (*_ABOVE, "value + step * value"),
        (*_BELOW, "value - step * value"),
    ),
    Mistake("numerical_gradient.last-column", after=_without_last_column),
    edit("numerical_gradient.step-squared", (*_DIVISOR, "step**2")),
    edit("numerical_gradient.distance", (*_DIVISOR, "step")),
    edit("numerical_gradient.not-divided", (*_DIVISOR, "1")),
    Mistake("numerical_gradient.sign", after=lambda results: {"gradient": -results["gradient"]}),
    edit(
        "numerical_gradient.times-step",
        (_WHERE, "gradient[index]", "(above - below) / (2 * step)", "(above - below) / 2 * step"),
    ),
    Mistake(
        "numerical_gradient.whole-rows",
        after=lambda results: {
            "gradient": 0 * results["gradient"] + results["gradient"].sum(axis=1, keepdims=True)
        },
    ),
    edit(
        "numerical_gradient.moved-on", (_WHERE, "", "x[index] = value", "x[index] = value + step")
    ),
    edit("numerical_gradient.not-put-back", (*_PUT_BACK, "pass")),
    Mistake(
        "numerical_gradient.all-at-once",
        after=lambda results: {
            "gradient": np.full_like(results["gradient"], results["gradient"].sum())
        },
    ),
)
