"""Mistakes in central differences."""

from __future__ import annotations

import numpy as np

from ..mistake import Mistake, edit

_NUMERICAL = "gradients.numerical_gradient"
_BELOW = "x[index] = value - step"
DIFFERENCES: tuple[Mistake, ...] = (
    edit(
        "one-sided",
        [(_NUMERICAL, _BELOW, "x[index] = value"), (_NUMERICAL, "/ (2 * step)", "/ step")],
        "앞쪽 차분, 곧 f(x + step) − f(x)를 썼습니다. 중심 차분보다 오차가 훨씬 큽니다.",
        "This is the one-sided difference, f(x + step) − f(x). Its error is far larger than that "
        "of the central one.",
    ),
    edit(
        "one-sided-below",
        [
            (_NUMERICAL, "x[index] = value + step", "x[index] = value"),
            (_NUMERICAL, "/ (2 * step)", "/ step"),
        ],
        "뒤쪽 차분, 곧 f(x) − f(x − step)을 썼습니다. 중심 차분보다 오차가 훨씬 큽니다.",
        "This is the one-sided difference, f(x) − f(x − step). Its error is far larger than that "
        "of the central one.",
    ),
    edit(
        "distance",
        [(_NUMERICAL, "/ (2 * step)", "/ step")],
        "나누는 수가 두 점 사이의 거리가 아닙니다.",
        "The divisor is not the distance between the two points.",
    ),
    edit(
        "not-divided",
        [(_NUMERICAL, " / (2 * step)", "")],
        "두 점 사이의 거리로 나누지 않았습니다.",
        "The difference is not divided by the distance between the two points.",
    ),
    edit(
        "not-put-back",
        [(_NUMERICAL, "finally:\n            x[index] = value", "finally:\n            pass")],
        "원소를 움직인 뒤 제자리로 되돌리지 않았습니다. 다음 원소의 기울기를 다른 점에서 재게 "
        "됩니다.",
        "An element that was moved is not put back, so the next gradient is taken elsewhere.",
    ),
    Mistake(
        "all-at-once",
        "모든 원소를 한꺼번에 움직였습니다. 한 번에 하나만 움직여야 편미분이 됩니다.",
        "All elements are moved at once. For a partial derivative one element moves at a time.",
        after=lambda results: {
            "gradient": np.full_like(results["gradient"], results["gradient"].sum())
        },
    ),
)
