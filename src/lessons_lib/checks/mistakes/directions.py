"""Mistakes in joining two directions, and in reversing padded sequences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..mistake import Mistake, Named, edit


def _flip(*axes: int, name: str = "y_backward") -> Callable[[Named], Named]:
    return lambda arguments: arguments | {name: np.flip(arguments[name], axes)}


def _halves(combine: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[[Named], Named]:
    return lambda results: {"y": combine(*np.split(results["y"], 2, axis=-1))}


def _joined(axis: int) -> Callable[[Named], Named]:
    return _halves(lambda forward, backward: np.concatenate([forward, backward], axis))


MERGE: tuple[Mistake, ...] = (
    Mistake("bidirectional_merge.not-turned", before=_flip(0)),
    Mistake("bidirectional_merge.forward-turned-too", before=_flip(0, name="y_forward")),
    Mistake("bidirectional_merge.all-axes-turned", before=_flip(1, 2)),
    Mistake("bidirectional_merge.batch-turned", before=_flip(0, 1)),
    Mistake("bidirectional_merge.features-turned", before=_flip(0, 2)),
    Mistake(
        "bidirectional_merge.backward-first",
        after=_halves(lambda forward, backward: np.concatenate([backward, forward], axis=-1)),
    ),
    Mistake(
        "bidirectional_merge.added", after=_halves(lambda forward, backward: forward + backward)
    ),
    Mistake(
        "bidirectional_merge.averaged",
        after=_halves(lambda forward, backward: (forward + backward) / 2),
    ),
    Mistake(
        "bidirectional_merge.interleaved",
        after=_halves(lambda f, b: np.stack([f, b], axis=-1).reshape(*f.shape[:-1], -1)),
    ),
    Mistake(
        "bidirectional_merge.off-by-one",
        after=_halves(lambda f, b: np.concatenate([f, np.roll(b, 1, axis=0)], axis=-1)),
    ),
    Mistake("bidirectional_merge.joined-along-time", after=_joined(0)),
    Mistake("bidirectional_merge.joined-along-batch", after=_joined(1)),
)

_WHERE = "padding.reverse"
_FULL = (_WHERE, "", "np.all(lengths == T)", "True")
_FLIP = (_WHERE, "return", "array_namespace(x).flip(x, axis=0)")
_STEPS = (_WHERE, "return", "lengths - 1 - t")
#: With zeros before it, as an array is usually made.
_AT_THE_END = (
    _WHERE,
    "return",
    "x[np.where(t < lengths, lengths - 1 - t, t), np.arange(N)]",
    "x[T - 1 - t, np.arange(N)] * (t >= T - lengths)[..., None]",
)


def _in_order(times: int) -> Callable[[Named], Named]:
    """Take the sequences from the longest to the shortest, once or twice."""

    def before(arguments: Named) -> Named:
        order = np.argsort(-arguments["lengths"], kind="stable")
        order = order if times == 1 else order[order]
        lengths = arguments["lengths"][order]
        inside = np.arange(len(arguments["x"]))[:, None] < lengths
        return arguments | {"x": arguments["x"][:, order] * inside[..., None], "lengths": lengths}

    return before


REVERSE: tuple[Mistake, ...] = (
    edit("padded_reverse.padding-first", _FULL),
    edit(
        "padded_reverse.longest-for-all",
        (_WHERE, "return", "t < lengths", "t < lengths.max()"),
        (*_STEPS, "lengths.max() - 1 - t"),
    ),
    edit(
        "padded_reverse.first-length-for-all",
        (_WHERE, "return", "t < lengths", "t < lengths[0]"),
        (*_STEPS, "lengths[0] - 1 - t"),
    ),
    edit("padded_reverse.one-too-far", (*_STEPS, "lengths - t")),
    edit(
        "padded_reverse.one-too-few",
        (_WHERE, "return", "t < lengths", "t < lengths - 1"),
        (*_STEPS, "lengths - 2 - t"),
    ),
    edit(
        "padded_reverse.ends-only",
        (_WHERE, "return", "t < lengths", "(t == 0) | (t == lengths - 1)"),
    ),
    edit(
        "padded_reverse.features-turned", (*_STEPS, "t"), after=lambda r: {"y": r["y"][..., ::-1]}
    ),
    edit("padded_reverse.at-the-end", (_WHERE, "", "np.all(lengths == T)", "False"), _AT_THE_END),
    Mistake("padded_reverse.not-put-back", before=_in_order(1)),
    Mistake("padded_reverse.wrongly-put-back", before=_in_order(2)),
    edit("padded_reverse.not-turned", (*_STEPS, "t")),
    edit("padded_reverse.all-axes-turned", _FULL, (*_FLIP, "np.flip(x)")),
    edit("padded_reverse.batch-turned", _FULL, (*_FLIP, "np.flip(x, axis=1)")),
)
