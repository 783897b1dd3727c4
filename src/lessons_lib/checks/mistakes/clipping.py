"""Mistakes in clipping, by norm and by value."""

from __future__ import annotations

from ..mistake import Mistake, edit

_NORM = ("clipping.clip_by_norm", "norm", "global_norm(grads)")
_FACTOR = ("clipping.clip_by_norm", "factor", "max_norm / norm if norm > max_norm else 1.0")
_CONDITION = ("clipping.clip_by_norm", "factor", "norm > max_norm")
_RATIO = ("clipping.clip_by_norm", "factor", "max_norm / norm")
_IS_FIRST, _IS_LAST = "array is leaves(grads)[0]", "array is leaves(grads)[-1]"
_SCALED = ("clipping.clip_by_norm", "return", "array * factor")

BY_NORM: tuple[Mistake, ...] = (
    edit("clip_by_norm.no-condition", (*_FACTOR, "max_norm / norm")),
    edit("clip_by_norm.condition-inverted", (*_CONDITION, "norm < max_norm")),
    edit("clip_by_norm.each-by-itself", (*_SCALED, "array * min(1.0, max_norm / _norm(array))")),
    edit("clip_by_norm.no-square-root", (*_NORM, "global_norm(grads) ** 2")),
    edit(
        "clip_by_norm.mean-of-squares",
        (*_NORM, "sum(float((a**2).mean()) for a in leaves(grads)) ** 0.5"),
    ),
    edit(
        "clip_by_norm.root-mean-square",
        (*_NORM, "global_norm(grads) / sum(np.size(a) for a in leaves(grads)) ** 0.5"),
    ),
    edit("clip_by_norm.sum-of-norms", (*_NORM, "sum(_norm(a) for a in leaves(grads))")),
    edit("clip_by_norm.largest-norm", (*_NORM, "max(_norm(a) for a in leaves(grads))")),
    edit(
        "clip_by_norm.sum-of-absolutes", (*_NORM, "sum(float(abs(a).sum()) for a in leaves(grads))")
    ),
    edit(
        "clip_by_norm.largest-element", (*_NORM, "max(float(abs(a).max()) for a in leaves(grads))")
    ),
    edit("clip_by_norm.first-array-only", (*_NORM, "_norm(leaves(grads)[0])")),
    edit("clip_by_norm.unchanged", (*_FACTOR, "1.0")),
    edit("clip_by_norm.last-left", (*_SCALED, f"array if {_IS_LAST} else array * factor")),
    edit("clip_by_norm.first-only", (*_SCALED, f"array * factor if {_IS_FIRST} else array")),
    edit("clip_by_norm.scaled-to-one", (*_RATIO, "1 / norm")),
    edit("clip_by_norm.factor-inverted", (*_RATIO, "norm / max_norm")),
    edit("clip_by_norm.by-value", (*_SCALED, "np.clip(array, -max_norm, max_norm)")),
)

_CUT = (
    "clipping.clip_by_value",
    "return",
    "array_namespace(array).clip(array, -limit, limit)",
)
BY_VALUE: tuple[Mistake, ...] = (
    edit("clip_by_value.above-only", (*_CUT, "np.clip(array, None, limit)")),
    edit("clip_by_value.below-only", (*_CUT, "np.clip(array, -limit, None)")),
    edit("clip_by_value.to-zero", (*_CUT, "np.where(abs(array) > limit, 0, array)")),
    edit("clip_by_value.sign-lost", (*_CUT, "np.clip(abs(array), -limit, limit)")),
    edit("clip_by_value.from-zero", (*_CUT, "np.clip(array, 0, limit)")),
    edit("clip_by_value.unchanged", (*_CUT, "array")),
    edit(
        "clip_by_value.last-left",
        (*_CUT, f"array if {_IS_LAST} else np.clip(array, -limit, limit)"),
    ),
    edit(
        "clip_by_value.first-only",
        (*_CUT, f"np.clip(array, -limit, limit) if {_IS_FIRST} else array"),
    ),
    edit("clip_by_value.each-by-its-largest", (*_CUT, "array * min(1, limit / abs(array).max())")),
    edit(
        "clip_by_value.bounds-exchanged",
        (*_CUT, "np.where(abs(array) > limit, -limit * np.sign(array), array)"),
    ),
    edit("clip_by_value.all-to-limit", (*_CUT, "np.where(abs(array) > limit, limit, array)")),
    edit("clip_by_value.squashed", (*_CUT, "limit * np.tanh(array / limit)")),
    edit("clip_by_value.by-norm", (*_CUT, "array * min(1.0, limit / global_norm(grads))")),
)
