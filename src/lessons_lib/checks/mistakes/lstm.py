"""Mistakes in the LSTM's step."""

from __future__ import annotations

from ..mistake import Mistake, edit
from .gates import biases, interleaved, orders

_STEP, _BACKWARD = "lstm.step", "lstm.step_backward"
_C = "(f * c_prev + i * g)"  # c_t, computed from the arguments of the backward step
#: Slopes of the activation functions in da, by gate.
_SLOPES = {
    "i": (_BACKWARD, "da", "di * i * (1 - i)"),
    "f": (_BACKWARD, "da", "df * f * (1 - f)"),
    "o": (_BACKWARD, "da", "do * o * (1 - o)"),
}
_PREACTIVATION = "d{0} * logit({0}) * (1 - logit({0}))"
_SLOPE_G = (_BACKWARD, "da", "1 - g ** 2")
_THROUGH_H = "dc + dh * o * (1 - tanh_c ** 2)"  # of dc, where h's share is added

FORWARD: tuple[Mistake, ...] = (
    edit("lstm.no-tanh-on-c", (_STEP, "tanh_c", "tanh(c)", "c")),
    edit("lstm.h-from-old-c", (_STEP, "tanh_c", "tanh(c)", "tanh(c_prev)")),
    edit("lstm.tanh-of-product", (_STEP, "h", "o * tanh_c", "tanh(o * c)")),
    edit(
        "lstm.c-through-tanh",
        (_STEP, "return", "(h, c)", "(h, tanh(c))"),
        (_STEP, "tanh_c", "tanh(c)", "tanh(tanh(c))"),
    ),
    edit("lstm.forget-on-everything", (_STEP, "", "i * g", "f * i * g")),
    edit("lstm.no-output-gate", (_STEP, "h", "o", "1")),
    edit("lstm.no-forget-gate", (_STEP, "", "f * c_prev", "c_prev")),
    edit("lstm.no-input-gate", (_STEP, "", "i * g", "g")),
    edit("lstm.candidate-sigmoid", (_STEP, "g", "tanh", "sigmoid")),
    edit("lstm.coupled-gates", (_STEP, "", "i * g", "(1 - f) * g")),
    edit("lstm.forget-coupled", (_STEP, "", "f * c_prev", "(1 - i) * c_prev")),
    edit("lstm.forget-bias-added", (_STEP, "f", "a_f", "a_f + 1")),
    edit(
        "lstm.forget-inverted",
        (_STEP, "", "f * c_prev", "(1 - f) * c_prev"),
        (*_SLOPES["f"], "-df * f * (1 - f)"),
        (_BACKWARD, "return", "dc * f", "dc * (1 - f)"),
    ),
)

BACKWARD: tuple[Mistake, ...] = (
    edit("lstm.dc-past-forget-gate", (_BACKWARD, "return", "dc * f", "dc")),
    edit("lstm.dh-not-into-dc", (_BACKWARD, "dc", _THROUGH_H, "dc")),
    edit("lstm.dc-not-added", (_BACKWARD, "dc", _THROUGH_H, "dh * o * (1 - tanh_c ** 2)")),
    edit("lstm.tanh-c-slope-missing", (_BACKWARD, "dc", "1 - tanh_c ** 2", "1")),
    edit("lstm.tanh-slope-of-old-c", (_BACKWARD, "dc", "1 - tanh_c ** 2", "1 - tanh(c_prev) ** 2")),
    edit("lstm.o-missing-in-dc", (_BACKWARD, "dc", "o", "1")),
    edit("lstm.do-without-tanh", (_BACKWARD, "do", "tanh_c", _C)),
    edit("lstm.df-with-new-c", (_BACKWARD, "df", "c_prev", _C)),
    edit(
        "lstm.di-dg-swapped",
        (_BACKWARD, "di", "g", "i"),
        (_BACKWARD, "dg", "i", "g"),
    ),
    edit(
        "lstm.sigmoid-slopes-missing",
        *((*slope, f"d{gate}") for gate, slope in _SLOPES.items()),
    ),
    edit(
        "lstm.sigmoid-slopes-of-sigmoid",
        *(
            (*slope, f"d{gate} * sigmoid({gate}) * (1 - sigmoid({gate}))")
            for gate, slope in _SLOPES.items()
        ),
    ),
    edit(
        "lstm.sigmoid-slopes-of-preactivation",
        *((*slope, _PREACTIVATION.format(gate)) for gate, slope in _SLOPES.items()),
    ),
    *(
        edit(f"lstm.{gate}-slope-of-preactivation", (*slope, _PREACTIVATION.format(gate)))
        for gate, slope in _SLOPES.items()
    ),
    *(
        edit(f"lstm.{gate}-slope-twice", (*slope, f"d{gate} * ({gate} * (1 - {gate})) ** 2"))
        for gate, slope in _SLOPES.items()
    ),
    *(edit(f"lstm.{gate}-slope-missing", (*slope, f"d{gate}")) for gate, slope in _SLOPES.items()),
    edit("lstm.tanh-slope-of-c", (_BACKWARD, "dc", "1 - tanh_c ** 2", f"1 - {_C} ** 2")),
    edit("lstm.candidate-slope-of-tanh", (*_SLOPE_G, "1 - tanh(g) ** 2")),
    edit("lstm.dc-prev-from-given-dc", (_BACKWARD, "return", "dc * f", "dstate[1] * f")),
    edit("lstm.do-from-dc", (*_SLOPES["o"], "dc * tanh_c * o * (1 - o)")),
    edit("lstm.candidate-slope-missing", (*_SLOPE_G, "1")),
    edit("lstm.candidate-sigmoid-slope", (*_SLOPE_G, "g * (1 - g)")),
)

LSTM: tuple[Mistake, ...] = (
    *FORWARD,
    *BACKWARD,
    *orders("ifgo"),
    interleaved("ifgo"),
    *biases("ifgo"),
)
