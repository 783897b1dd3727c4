"""Mistakes in a linear recurrence: its pairs, its scan, and the backward pass."""

from __future__ import annotations

import numpy as np

from ..mistake import Mistake, Named, edit

_PRODUCT = ("linear.combine", "return", "a_next * a")
_SUM = ("linear.combine", "return", "a_next * b + b_next")
_WITH_STATE = ("linear.scan", "return", "a_all * h_0 + b_all")

_ROUNDS = ("linear.prefixes", "", "distance < T")


def _turned(values: Named) -> Named:
    return {name: np.flip(v, axis=0) if name in "aby" else v for name, v in values.items()}


COMBINE: tuple[Mistake, ...] = (
    edit("linear_scan.pair-exchanged", (*_SUM, "a * b_next + b")),
    edit("linear_scan.b-not-multiplied", (*_SUM, "b + b_next")),
    edit("linear_scan.own-a-on-b", (*_SUM, "a * b + b_next")),
    edit("linear_scan.both-multiplied", (*_SUM, "a_next * (b + b_next)")),
    edit("linear_scan.products-added", (*_PRODUCT, "a_next + a")),
    edit("linear_scan.product-not-carried", (*_PRODUCT, "a_next")),
    edit("linear_scan.product-used-for-b", (*_SUM, "a_next * a * b + b_next")),
)
SCAN: tuple[Mistake, ...] = (
    *COMBINE,
    edit("linear_scan.initial-state-ignored", (*_WITH_STATE, "b_all")),
    edit("linear_scan.initial-state-not-multiplied", (*_WITH_STATE, "h_0 + b_all")),
    edit("linear_scan.initial-state-multiplied-once", (*_WITH_STATE, "a * h_0 + b_all")),
    Mistake(
        "linear_scan.b-weighted", before=lambda given: given | {"b": (1 - given["a"]) * given["b"]}
    ),
    Mistake(
        "linear_scan.a-of-step-before",
        before=lambda given: given | {"a": np.concatenate([given["a"][:1], given["a"][:-1]])},
    ),
    Mistake(
        "linear_scan.a-of-step-before-wraps",
        before=lambda given: given | {"a": np.roll(given["a"], 1, axis=0)},
    ),
    Mistake("linear_scan.from-the-end", before=_turned, after=_turned),
    edit("linear_scan.round-missing", (*_ROUNDS, "2 * distance < T")),
    edit(
        "linear_scan.distance-grows-by-one",
        ("linear.prefixes", "", "distance *= 2", "distance += 1"),
    ),
)

_WHERE = "linear.scan_backward"
_NEXT = (_WHERE, "a_next", "join([a[1:], zeros_like(a[:1])], axis=0)")
_FIRST = (_WHERE, "first", "zeros_like(y[:1]) if h_0 is None else h_0[None]")
_PREVIOUS = (_WHERE, "h_prev", "join([first, y[:-1]], axis=0)")
_OF_STATE = (_WHERE, "return", "dh[0] * _conjugate(a[0])")
_OF_A = (_WHERE, "return", "dh * _conjugate(h_prev)")
_SCANNED = (
    _WHERE,
    "dh",
    "xp.flip(scan(xp.flip(_conjugate(a_next), axis=0), xp.flip(dy, axis=0)), axis=0)",
)
_DY_OF_NEXT = "join([dy[1:], zeros_like(dy[:1])], axis=0)"
_TURNED_ONCE = "scan(xp.flip(_conjugate(a_next), axis=0), xp.flip(dy, axis=0))"
BACKWARD: tuple[Mistake, ...] = (
    edit("linear_scan_backward.a-of-own-step", (*_NEXT, "a")),
    edit("linear_scan_backward.nothing-from-later-steps", (*_NEXT, "0 * a")),
    edit("linear_scan_backward.later-steps-not-multiplied", (*_NEXT, "0 * a + 1")),
    edit("linear_scan_backward.forward-in-time", (*_SCANNED, "scan(a, dy)")),
    edit("linear_scan_backward.state-after-the-step", (*_PREVIOUS, "y")),
    edit("linear_scan_backward.first-state-zero", (*_FIRST, "zeros_like(y[:1])")),
    edit(
        "linear_scan_backward.a-of-step-before",
        (*_NEXT, "join([zeros_like(a[:1]), a[:-1]], axis=0)"),
    ),
    edit(
        "linear_scan_backward.dy-after-step",
        (*_SCANNED, _SCANNED[2].replace("xp.flip(dy,", f"xp.flip({_DY_OF_NEXT},")),
        (*_OF_STATE, f"{_OF_STATE[2]} + dy[0]"),
    ),
    edit("linear_scan_backward.wraps-round", (*_PREVIOUS, "join([y[-1:], y[:-1]], axis=0)")),
    edit("linear_scan_backward.own-dy-missing", (*_SCANNED, f"{_SCANNED[2]} - dy")),
    edit(
        "linear_scan_backward.db-multiplied",
        (
            _WHERE,
            "return",
            "(dh * _conjugate(h_prev), dh, dh[0] * _conjugate(a[0]))",
            "(dh * _conjugate(h_prev), dh * a, dh[0] * a[0])",
        ),
    ),
    edit("linear_scan_backward.da-from-dy", (*_OF_A, "dy * h_prev")),
    edit("linear_scan_backward.dh0-not-multiplied", (*_OF_STATE, "dh[0]")),
    edit("linear_scan_backward.dh0-from-dy", (*_OF_STATE, "dy[0] * a[0]")),
    edit("linear_scan_backward.dh0-summed", (*_OF_STATE, "(dh * a).sum(axis=0)")),
    edit("linear_scan_backward.not-turned-back", (*_SCANNED, _TURNED_ONCE)),
)


def _bias_of_gate(arguments: Named) -> Named:
    b = arguments["b"].copy()
    b[len(b) // 2 :] = 0
    return arguments | {"b": b}


def _bias_of_candidate(arguments: Named) -> Named:
    b = arguments["b"].copy()
    b[: len(b) // 2] = 0
    return arguments | {"b": b}


def _alternating(arguments: Named) -> Named:
    """Take every second row for the gate, the others for the candidate."""
    rows = {name: arguments[name] for name in ("W_ih", "b")}
    return arguments | {name: np.concatenate([v[::2], v[1::2]]) for name, v in rows.items()}


_WEIGHTED = ("min_gru.pairs", "return", "(1 - z) * n")
_GATE = ("min_gru.pairs", "z", "sigmoid(a_z)")
PAIRS: tuple[Mistake, ...] = (
    edit("min_gru_pairs.gate-inverted", (*_GATE, "sigmoid(-a_z)")),
    edit("min_gru_pairs.gate-without-sigmoid", (*_GATE, "a_z")),
    edit("min_gru_pairs.candidate-not-weighted", (*_WEIGHTED, "n")),
    edit("min_gru_pairs.candidate-weighted-by-z", (*_WEIGHTED, "z * n")),
    edit("min_gru_pairs.candidate-through-tanh", (*_WEIGHTED, "(1 - z) * tanh(n)")),
    edit(
        "min_gru_pairs.blocks-exchanged",
        ("min_gru.pairs", "", "a_z, n = split(projected, 2)", "n, a_z = split(projected, 2)"),
    ),
    Mistake("min_gru_pairs.bias-of-gate-only", before=_bias_of_gate),
    Mistake("min_gru_pairs.bias-of-candidate-only", before=_bias_of_candidate),
    Mistake("min_gru_pairs.rows-alternate", before=_alternating),
)
