"""Mistakes in the GRU's step."""

from __future__ import annotations

from ..mistake import Mistake, edit
from .gates import biases, interleaved, orders

_STEP, _BACKWARD = "gru.step", "gru.step_backward"
_WEIGHTS = "gru.weight_gradients"
_RESET = (_STEP, "n", "r * q")
_OF_WEIGHTS = (_WEIGHTS, "dq", "da_n * caches.r")
_KEPT = (_BACKWARD, "dh_prev", "dh * z")
_SLOPE_R = (_BACKWARD, "da_r", "dr * r * (1 - r)")
_SLOPE_Z = (_BACKWARD, "da_z", "dz * z * (1 - z)")
_MIXED = "dropped((1 - z) * n, masks.g) + z * h_prev"
_DZ = (_BACKWARD, "dz", "dh * h_prev - dropped(dh, masks.g) * n")
_THROUGH_U = "masked_product_backward(du, params.W_hh, masks.h)"
#: The weights' gradient if the reset gate acts on the state, before the product.
_RESET_STATE = (
    "masked_outer_products(du, caches.h_prev, masks.h)",
    "join([masked_outer_products(join([da_r, da_z]), caches.h_prev, masks.h), "
    "masked_outer_products(da_n, caches.r * caches.h_prev, masks.h)], axis=0)",
)
_W_HN = "_blocks(params.W_hh)[1]"

FORWARD: tuple[Mistake, ...] = (
    edit(
        "gru.z-inverted",
        (_STEP, "h", _MIXED, "dropped(z * n, masks.g) + (1 - z) * h_prev"),
        (*_DZ, "dropped(dh, masks.g) * n - dh * h_prev"),
        (_BACKWARD, "dn", "1 - z", "z"),
        (*_KEPT, "dh * (1 - z)"),
        convention=True,
    ),
    edit(
        "gru.reset-before",
        (_STEP, "q", "u_n", f"(r * h_prev) @ {_W_HN}.T"),
        (*_RESET, "q"),
        (_BACKWARD, "dr", "da_n * q", f"(da_n @ {_W_HN}) * h_prev"),
        (_BACKWARD, "du", "dq", "0 * dq"),
        (_BACKWARD, "dh_prev", _THROUGH_U, f"({_THROUGH_U} + (da_n @ {_W_HN}) * r)"),
        (*_OF_WEIGHTS, "da_n"),
        (_WEIGHTS, "return", *_RESET_STATE),
        convention=True,
    ),
    edit(
        "gru.b_hn-outside-reset",
        (_STEP, "q", "params.b_hn", "0"),
        (*_RESET, "r * q + params.b_hn"),
        (_WEIGHTS, "return", "sum_over_rows(dq)", "sum_over_rows(da_n)"),
    ),
    edit("gru.no-b_hn", (_STEP, "q", "params.b_hn", "0")),
    edit("gru.no-reset-gate", (*_RESET, "q")),
    edit("gru.r-for-z", (_STEP, "h", _MIXED, "dropped((1 - r) * n, masks.g) + r * h_prev")),
    edit("gru.reset-on-everything", (_STEP, "n", "a_n", "r * a_n")),
    edit("gru.no-candidate-tanh", (_STEP, "n", "tanh", "identity")),
    edit("gru.update-gate-tanh", (_STEP, "z", "sigmoid", "tanh")),
    edit("gru.no-complement", (_STEP, "h", "1 - z", "1")),
    edit("gru.reset-on-kept-state", (_STEP, "h", "z * h_prev", "z * (r * h_prev)")),
    edit("gru.candidate-sigmoid", (_STEP, "n", "tanh", "sigmoid")),
)

BACKWARD: tuple[Mistake, ...] = (
    edit("gru.no-keeping-path", (*_KEPT, "0")),
    edit("gru.keeping-path-inverted", (*_KEPT, "dh * (1 - z)")),
    edit(
        "gru.no-path-through-gates",
        (_BACKWARD, "du", "da_r", "0 * da_r"),
        (_BACKWARD, "du", "da_z", "0 * da_z"),
    ),
    edit("gru.no-path-through-candidate", (_BACKWARD, "du", "dq", "0 * dq")),
    edit("gru.dz-sign", (*_DZ, "dropped(dh, masks.g) * n - dh * h_prev")),
    edit("gru.dz-without-candidate", (_BACKWARD, "dz", "dropped(dh, masks.g) * n", "0")),
    edit("gru.dn-without-mixing", (_BACKWARD, "dn", "1 - z", "1")),
    edit("gru.dn-with-z", (_BACKWARD, "dn", "1 - z", "z")),
    edit("gru.r-slope-missing", (*_SLOPE_R, "dr")),
    edit("gru.z-slope-missing", (*_SLOPE_Z, "dz")),
    edit("gru.no-path-through-r", (_BACKWARD, "du", "da_r", "0 * da_r")),
    edit("gru.no-path-through-z", (_BACKWARD, "du", "da_z", "0 * da_z")),
    edit("gru.candidate-slope-missing", (_BACKWARD, "da_n", "1 - n ** 2", "1")),
    edit("gru.sigmoid-slopes-missing", (*_SLOPE_R, "dr"), (*_SLOPE_Z, "dz")),
    edit(
        "gru.sigmoid-slopes-of-sigmoid",
        (*_SLOPE_R, "dr * sigmoid(r) * (1 - sigmoid(r))"),
        (*_SLOPE_Z, "dz * sigmoid(z) * (1 - sigmoid(z))"),
    ),
    edit("gru.r-slope-twice", (*_SLOPE_R, "dr * (r * (1 - r)) ** 2")),
    edit("gru.z-slope-twice", (*_SLOPE_Z, "dz * (z * (1 - z)) ** 2")),
    edit(
        "gru.sigmoid-slopes-of-preactivation",
        (*_SLOPE_R, "dr * logit(r) * (1 - logit(r))"),
        (*_SLOPE_Z, "dz * logit(z) * (1 - logit(z))"),
    ),
    edit("gru.r-slope-of-preactivation", (*_SLOPE_R, "dr * logit(r) * (1 - logit(r))")),
    edit("gru.z-slope-of-preactivation", (*_SLOPE_Z, "dz * logit(z) * (1 - logit(z))")),
    edit(
        "gru.r-on-all-of-dh",
        (_BACKWARD, "dh_prev", _THROUGH_U, f"r * {_THROUGH_U}"),
        (_BACKWARD, "dq", "r", "1"),
    ),
    edit("gru.dW_hn-of-reset-state", (_WEIGHTS, "return", *_RESET_STATE)),
    edit(
        "gru.r-twice-in-dW_hn",
        (_WEIGHTS, "return", _RESET_STATE[0], _RESET_STATE[1].replace("(da_n,", "(dq,")),
    ),
    edit("gru.r-missing-in-dW_hn", (*_OF_WEIGHTS, "da_n"), each=True),
    edit("gru.dr-without-product", (_BACKWARD, "dr", "q", "h_prev")),
    edit("gru.r-missing-in-dh", (_BACKWARD, "dq", "r", "1")),
    edit("gru.dr-without-b_hn", (_BACKWARD, "dr", "q", "(q - params.b_hn)")),
)

GRU: tuple[Mistake, ...] = (*FORWARD, *BACKWARD, *orders("rzn"), interleaved("rzn"), *biases("rzn"))
