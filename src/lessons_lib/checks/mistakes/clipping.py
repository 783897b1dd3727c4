"""Mistakes in clipping, by norm and by value."""

from __future__ import annotations

from ..mistake import Mistake, edit

_NORM = "clipping.clip_by_norm"
_VALUE = "clipping.clip_by_value"

BY_NORM: tuple[Mistake, ...] = (
    edit(
        "no-condition",
        [(_NORM, " if norm > max_norm else 1.0", "")],
        "조건 없이 늘 줄이거나 늘립니다. 노름이 max_norm보다 작으면 그대로 두어야 합니다.",
        "It scales without a condition. Gradients whose norm is below max_norm are to stay as they "
        "are.",
    ),
    edit(
        "condition-inverted",
        [(_NORM, "if norm > max_norm", "if norm < max_norm")],
        "조건이 거꾸로입니다. 큰 기울기는 그대로 두고 작은 기울기를 늘립니다.",
        "The condition is the wrong way round: large gradients stay and small ones grow.",
    ),
    edit(
        "each-by-itself",
        [(_NORM, "array * factor", "array * min(1.0, max_norm / _norm(array))")],
        "배열마다 노름을 따로 재어 방향이 바뀝니다. 모든 배열을 한 벡터로 보고 노름 하나를 잽니다.",
        "Each array is measured by itself, which changes the direction. All arrays together are "
        "one vector with one norm.",
    ),
    edit(
        "no-square-root",
        [(_NORM, "norm = global_norm(grads)", "norm = global_norm(grads) ** 2")],
        "노름에 제곱근이 빠졌습니다.",
        "The norm lacks its square root.",
    ),
    edit(
        "mean-of-squares",
        [
            (
                _NORM,
                "norm = global_norm(grads)",
                "norm = sum(float((a**2).mean()) for a in leaves(grads)) ** 0.5",
            )
        ],
        "노름을 잴 때 제곱의 합이 아니라 평균을 썼습니다.",
        "The norm is made of means of squares; it is made of their sum.",
    ),
    edit(
        "root-mean-square",
        [
            (
                _NORM,
                "norm = global_norm(grads)",
                "norm = global_norm(grads) / sum(np.size(a) for a in leaves(grads)) ** 0.5",
            )
        ],
        "노름이 아니라 모든 원소의 제곱평균제곱근을 쟀습니다. 제곱의 합을 원소의 수로 나누지 "
        "않습니다.",
        "What is measured is the root mean square of all elements. For the norm the sum of squares "
        "is not divided by their number.",
    ),
    edit(
        "sum-of-norms",
        [(_NORM, "norm = global_norm(grads)", "norm = sum(_norm(a) for a in leaves(grads))")],
        "배열마다 잰 노름을 그대로 더했습니다. 전체의 노름은 노름의 합이 아닙니다.",
        "The arrays' norms are added. The norm of all together is not the sum of the norms.",
    ),
    edit(
        "largest-norm",
        [(_NORM, "norm = global_norm(grads)", "norm = max(_norm(a) for a in leaves(grads))")],
        "배열마다 잰 노름 가운데 가장 큰 것을 썼습니다. 모든 배열을 한 벡터로 보고 노름 하나를 "
        "잽니다.",
        "The largest of the arrays' norms is taken. All arrays together are one vector with one "
        "norm.",
    ),
    edit(
        "sum-of-absolutes",
        [
            (
                _NORM,
                "norm = global_norm(grads)",
                "norm = sum(float(abs(a).sum()) for a in leaves(grads))",
            )
        ],
        "노름을 절댓값의 합으로 쟀습니다. 유클리드 노름이어야 합니다.",
        "The norm is a sum of absolute values; the Euclidean norm is meant.",
    ),
    edit(
        "largest-element",
        [
            (
                _NORM,
                "norm = global_norm(grads)",
                "norm = max(float(abs(a).max()) for a in leaves(grads))",
            )
        ],
        "노름 대신 가장 큰 원소를 쟀습니다.",
        "The largest element is taken for the norm.",
    ),
    edit(
        "scaled-to-one",
        [(_NORM, "max_norm / norm if", "1 / norm if")],
        "노름이 max_norm이 아니라 1이 되었습니다.",
        "The norm becomes 1, not max_norm.",
    ),
    edit(
        "factor-inverted",
        [(_NORM, "max_norm / norm if", "norm / max_norm if")],
        "곱하는 수가 뒤집혀 큰 기울기가 더 커집니다.",
        "The factor is upside down: large gradients grow.",
    ),
    edit(
        "by-value",
        [
            (
                _NORM,
                "lambda array: array * factor",
                "lambda array: np.clip(array, -max_norm, max_norm)",
            )
        ],
        "원소마다 값을 잘랐습니다. 그것은 값 기준 클리핑이고, 방향이 바뀝니다.",
        "Each element is cut. That is clipping by value, which changes the direction.",
    ),
)

BY_VALUE: tuple[Mistake, ...] = (
    edit(
        "above-only",
        [(_VALUE, "clip(array, -limit, limit)", "clip(array, None, limit)")],
        "위쪽만 잘랐습니다. 음수도 −limit에서 잘라야 합니다.",
        "Only what is too large is cut. Negative elements end at −limit.",
    ),
    edit(
        "below-only",
        [(_VALUE, "clip(array, -limit, limit)", "clip(array, -limit, None)")],
        "아래쪽만 잘랐습니다. 양수도 limit에서 잘라야 합니다.",
        "Only what is too small is cut. Positive elements end at limit.",
    ),
    edit(
        "to-zero",
        [(_VALUE, "clip(array, -limit, limit)", "where(abs(array) > limit, 0, array)")],
        "범위를 벗어난 원소를 0으로 만들었습니다. 경계의 값이 되어야 합니다.",
        "Elements out of range become 0. They are to become the bound.",
    ),
    edit(
        "sign-lost",
        [(_VALUE, "clip(array, -limit, limit)", "clip(abs(array), -limit, limit)")],
        "부호를 잃었습니다. 절댓값을 자른 뒤 부호를 되돌리지 않았습니다.",
        "The sign is lost: the absolute value is cut and keeps no sign.",
    ),
    edit(
        "from-zero",
        [(_VALUE, "clip(array, -limit, limit)", "clip(array, 0, limit)")],
        "아래쪽 경계가 0입니다. 음수인 기울기가 모두 사라집니다.",
        "The lower bound is 0: all negative gradients vanish.",
    ),
    edit(
        "by-norm",
        [
            (
                _VALUE,
                "lambda array: array_namespace(array).clip(array, -limit, limit)",
                "lambda array: array * min(1.0, limit / global_norm(grads))",
            )
        ],
        "전체를 같은 비율로 줄였습니다. 그것은 노름 기준 클리핑입니다.",
        "Everything is scaled by one factor. That is clipping by norm.",
    ),
)
