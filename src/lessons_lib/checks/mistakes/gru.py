"""Mistakes in the GRU's step."""

from __future__ import annotations

from ..mistake import Mistake, edit
from .gates import orders

_STEP, _BACKWARD = "gru.step", "gru.step_backward"
_STATE = "reset_gate.reset_state"
_STATE_BACKWARD = "reset_gate.reset_state_backward"
_WEIGHTS = "reset_gate.reset_weight_gradients"
_RESET = (_STATE, "return", "r * q")
_OF_WEIGHTS = (_WEIGHTS, "dq", "du_n * r")
_KEPT = (_BACKWARD, "dh_prev", "dh * z")
_SLOPE_R = (_BACKWARD, "da_rz", "dr * r * (1 - r)")
_SLOPE_Z = (_BACKWARD, "da_rz", "dz * z * (1 - z)")
_MIXED = "dropped((1 - z) * n, masks.g) + z * h_prev"

FORWARD: tuple[Mistake, ...] = (
    edit(
        "gru.z-inverted",
        (_STEP, "h", _MIXED, "dropped(z * n, masks.g) + (1 - z) * h_prev"),
        (_BACKWARD, "dz", "dh * h_prev - dadded * n", "dadded * n - dh * h_prev"),
        (_BACKWARD, "dn", "1 - z", "z"),
        (*_KEPT, "dh * (1 - z)"),
    ),
    edit(
        "gru.reset-before",
        (_STATE, "q", "read(h_prev, mask) @ W_hn.T", "(r * h_prev) @ W_hn.T"),
        (*_RESET, "q"),
        (_STATE_BACKWARD, "return", "du_n * cache.q", "(du_n @ W_hn) * cache.h_prev"),
        (
            _STATE_BACKWARD,
            "return",
            "read_backward((du_n * cache.r) @ W_hn, mask)",
            "(du_n @ W_hn) * cache.r",
        ),
        (*_OF_WEIGHTS, "du_n"),
        (_WEIGHTS, "return", "read(h_prev, mask)", "r * h_prev"),
    ),
    edit(
        "gru.b_hn-outside-reset",
        (_STATE, "q", "params.b_hn", "0"),
        (*_RESET, "r * q + params.b_hn"),
        (_WEIGHTS, "return", "sum_over_rows(dq)", "sum_over_rows(du_n)"),
    ),
    edit("gru.no-b_hn", (_STATE, "q", "params.b_hn", "0")),
    edit("gru.no-reset-gate", (*_RESET, "q")),
    edit("gru.r-for-z", (_STEP, "h", _MIXED, "dropped((1 - r) * n, masks.g) + r * h_prev")),
    edit("gru.reset-on-everything", (_STEP, "n", "a_n", "r * a_n")),
    edit("gru.candidate-sigmoid", (_STEP, "n", "tanh", "sigmoid")),
)

BACKWARD: tuple[Mistake, ...] = (
    edit("gru.no-keeping-path", (*_KEPT, "0")),
    edit("gru.keeping-path-inverted", (*_KEPT, "dh * (1 - z)")),
    edit(
        "gru.no-path-through-gates",
        (_BACKWARD, "dh_prev", "read_backward(da_rz @ W_hrz, masks.h)", "0"),
    ),
    edit("gru.no-path-through-candidate", (_BACKWARD, "dh_prev", "dh_through_n", "0")),
    edit(
        "gru.dz-sign",
        (_BACKWARD, "dz", "dh * h_prev - dadded * n", "dadded * n - dh * h_prev"),
    ),
    edit("gru.candidate-slope-missing", (_BACKWARD, "da_n", "1 - n ** 2", "1")),
    edit("gru.sigmoid-slopes-missing", (*_SLOPE_R, "dr"), (*_SLOPE_Z, "dz")),
    edit(
        "gru.sigmoid-slopes-of-sigmoid",
        (*_SLOPE_R, "dr * sigmoid(r) * (1 - sigmoid(r))"),
        (*_SLOPE_Z, "dz * sigmoid(z) * (1 - sigmoid(z))"),
    ),
    edit("gru.r-missing-in-dW_hn", (*_OF_WEIGHTS, "du_n")),
    edit(
        "gru.dr-without-product",
        (_STATE_BACKWARD, "return", "du_n * cache.q", "du_n * cache.h_prev"),
    ),
    edit("gru.r-missing-in-dh", (_STATE_BACKWARD, "return", "du_n * cache.r", "du_n")),
)

GRU: tuple[Mistake, ...] = (*FORWARD, *BACKWARD, *orders("rzn"))
