"""Mistakes in the plain recurrent network's step."""

from __future__ import annotations

from ..mistake import Mistake, edit

_STEP, _BACKWARD = "rnn.step", "rnn.step_backward"
_H = "tanh(projected + masked_product(h_prev, params.W_hh, masks.h))"
_PRODUCT = "masked_product(h_prev, params.W_hh, masks.h)"
_BACK = "masked_product_backward(da, params.W_hh, masks.h)"
_SLOPE = (_BACKWARD, "da", "1 - cache.h ** 2")

RNN: tuple[Mistake, ...] = (
    edit("rnn.no-tanh", (_STEP, "h", "tanh", "identity")),
    edit("rnn.sigmoid-for-tanh", (_STEP, "h", "tanh", "sigmoid")),
    edit("rnn.relu-for-tanh", (_STEP, "h", "tanh", "relu")),
    edit(
        "rnn.bias-after-tanh",
        (_STEP, "h", _H, "params.b + " + _H.replace("projected", "projected - params.b")),
    ),
    edit("rnn.tanh-of-each-part", (_STEP, "h", _H, f"tanh(projected) + tanh({_PRODUCT})")),
    edit(
        "rnn.tanh-of-each-part-b",
        (_STEP, "h", _H, f"tanh(projected - params.b) + tanh({_PRODUCT} + params.b)"),
    ),
    edit(
        "rnn.slope-twice-in-dh-prev", (_BACKWARD, "return", _BACK, f"{_BACK} * (1 - cache.h ** 2)")
    ),
    edit("rnn.slope-missing-in-dh-prev", (_BACKWARD, "return", _BACK, _BACK.replace("da", "dh"))),
    edit(
        "rnn.states-aliased",
        ("scan.backward", "", "cache.steps[t]", "aliased(cache.steps)[t]"),
        (
            "scan.backward",
            "grads",
            "cache.stacked",
            "cache._replace(steps=aliased(cache.steps)).stacked",
        ),
    ),
    edit("rnn.W_hh-transposed", (_STEP, "h", "params.W_hh", "params.W_hh.T")),
    edit("rnn.W_hh-transposed-backward", (_BACKWARD, "return", "params.W_hh", "params.W_hh.T")),
    edit("rnn.tanh-slope-missing", (*_SLOPE, "1")),
    edit("rnn.tanh-slope-not-squared", (*_SLOPE, "1 - cache.h")),
    edit("rnn.tanh-slope-of-tanh", (*_SLOPE, "1 - tanh(cache.h) ** 2")),
    edit("rnn.tanh-slope-of-old-h", (*_SLOPE, "1 - cache.h_prev ** 2")),
    edit("rnn.sigmoid-slope-for-tanh", (*_SLOPE, "cache.h * (1 - cache.h)")),
)
