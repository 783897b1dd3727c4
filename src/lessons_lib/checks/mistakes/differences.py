"""Mistakes in central differences."""

from __future__ import annotations

import numpy as np

from ..mistake import Mistake, edit

_WHERE = "gradients.numerical_gradient"
_ABOVE = (_WHERE, "x[index]", "value + step")
_BELOW = (_WHERE, "x[index]", "value - step")
_DIVISOR = (_WHERE, "gradient[index]", "2 * step")
DIFFERENCES: tuple[Mistake, ...] = (
    edit("numerical_gradient.one-sided", (*_BELOW, "value"), (*_DIVISOR, "step")),
    edit("numerical_gradient.one-sided-below", (*_ABOVE, "value"), (*_DIVISOR, "step")),
    edit("numerical_gradient.distance", (*_DIVISOR, "step")),
    edit("numerical_gradient.not-divided", (*_DIVISOR, "1")),
    edit("numerical_gradient.not-put-back", (_WHERE, "", "x[index] = value", "pass")),
    Mistake(
        "numerical_gradient.all-at-once",
        after=lambda results: {
            "gradient": np.full_like(results["gradient"], results["gradient"].sum())
        },
    ),
)
