"""Mistakes in the LSTM's step."""

from __future__ import annotations

from ..mistake import Mistake, edit
from .gates import orders

_C = "(f * c_prev + i * g)"  # c_t, of what the step's reverse has at hand

FORWARD: tuple[Mistake, ...] = (
    edit(
        "no-tanh-on-c",
        [("lstm.step", "tanh_c = tanh(c)", "tanh_c = c")],
        "h를 구할 때 셀 상태에 tanh가 씌워지지 않았습니다.",
        "The cell state does not go through tanh on its way to h.",
    ),
    edit(
        "h-from-old-c",
        [("lstm.step", "tanh_c = tanh(c)", "tanh_c = tanh(c_prev)")],
        "h를 새 셀 상태가 아니라 앞 셀 상태에서 구했습니다.",
        "h is made from the cell state before the step, not from the new one.",
    ),
    edit(
        "no-output-gate",
        [("lstm.step", "h = o * tanh_c", "h = tanh_c")],
        "출력 게이트 o가 h에 곱해지지 않았습니다.",
        "The output gate o does not act on h.",
    ),
    edit(
        "no-forget-gate",
        [("lstm.step", "f * c_prev", "c_prev")],
        "망각 게이트 f가 앞 셀 상태에 곱해지지 않았습니다.",
        "The forget gate f does not act on the cell state before the step.",
    ),
    edit(
        "no-input-gate",
        [("lstm.step", "i * g", "g")],
        "입력 게이트 i가 후보 g에 곱해지지 않았습니다.",
        "The input gate i does not act on the candidate g.",
    ),
    edit(
        "candidate-sigmoid",
        [("lstm.step", "tanh(a_g)", "sigmoid(a_g)")],
        "후보 g에 시그모이드를 썼습니다. g는 게이트가 아니므로 음수도 되어야 합니다.",
        "The candidate g has a sigmoid. It is no gate: it must be able to be negative.",
    ),
    edit(
        "coupled-gates",
        [("lstm.step", "i * g", "(1 - f) * g")],
        "입력 게이트 자리에 1 − f를 썼습니다. 그것은 GRU와 같은 묶음이고, LSTM의 i는 따로 "
        "있습니다.",
        "1 − f stands where the input gate belongs. A GRU ties the two; an LSTM has an i of its "
        "own.",
    ),
    edit(
        "forget-bias-added",
        [("lstm.step", "sigmoid(a_f)", "sigmoid(a_f + 1)")],
        "망각 게이트에 1이 더 더해졌습니다. 망각 게이트의 편향을 1에서 시작하는 것은 b를 초기화할 "
        "때의 일입니다.",
        "Another 1 is added in the forget gate. To start its bias at 1 is a matter of initialising "
        "b.",
    ),
    edit(
        "forget-inverted",
        [
            ("lstm.step", "f * c_prev", "(1 - f) * c_prev"),
            ("lstm.step_backward", "df * f * (1 - f)", "-df * f * (1 - f)"),
            ("lstm.step_backward", "dc * f)", "dc * (1 - f))"),
        ],
        "망각 게이트의 뜻이 뒤집혔습니다. f = 1이면 잊는 것이 아니라 간직합니다.",
        "The forget gate is upside down: f = 1 keeps, it does not forget.",
    ),
)

BACKWARD: tuple[Mistake, ...] = (
    edit(
        "dc-past-forget-gate",
        [("lstm.step_backward", "dc * f)", "dc)")],
        "dc가 망각 게이트를 거치지 않고 앞 셀 상태로 갔습니다. 순전파에서 앞 셀 상태에 무엇이 "
        "곱해졌습니까?",
        "dc reaches the cell state before without passing the forget gate. What was that state "
        "multiplied by in the forward pass?",
    ),
    edit(
        "dh-not-into-dc",
        [("lstm.step_backward", "dc + dh * o * (1 - tanh_c**2)", "dc")],
        "h를 거쳐 셀 상태로 가는 기울기가 빠졌습니다. 셀 상태는 다음 시점과 h, 두 곳에서 쓰입니다.",
        "The gradient that reaches the cell state through h is missing. The cell state is read "
        "twice: by the next step and by h.",
    ),
    edit(
        "dc-not-added",
        [("lstm.step_backward", "dc + dh * o", "dh * o")],
        "받은 dc가 더해지지 않았습니다. 셀 상태는 다음 시점과 h, 두 곳에서 쓰입니다.",
        "The dc that is given is not added. The cell state is read twice: by the next step and by "
        "h.",
    ),
    edit(
        "tanh-c-slope-missing",
        [("lstm.step_backward", " * (1 - tanh_c**2)", "")],
        "h에서 셀 상태로 거슬러 갈 때 tanh의 미분계수가 곱해지지 않았습니다.",
        "On the way from h back to the cell state the slope of tanh is missing.",
    ),
    edit(
        "tanh-slope-of-old-c",
        [("lstm.step_backward", "1 - tanh_c**2", "1 - tanh(c_prev) ** 2")],
        "h에서 셀 상태로 거슬러 갈 때 tanh의 미분계수를 앞 셀 상태에서 구했습니다.",
        "On the way from h back to the cell state the slope of tanh is taken at the cell state "
        "before the step.",
    ),
    edit(
        "o-missing-in-dc",
        [("lstm.step_backward", "dh * o * (1 - tanh_c**2)", "dh * (1 - tanh_c**2)")],
        "h에서 셀 상태로 거슬러 갈 때 출력 게이트가 곱해지지 않았습니다.",
        "On the way from h back to the cell state the output gate is missing.",
    ),
    edit(
        "do-without-tanh",
        [("lstm.step_backward", "dh * tanh_c", f"dh * {_C}")],
        "출력 게이트의 기울기에서 셀 상태에 tanh가 씌워지지 않았습니다.",
        "In the output gate's gradient the cell state has no tanh.",
    ),
    edit(
        "df-with-new-c",
        [("lstm.step_backward", "dc * c_prev", f"dc * {_C}")],
        "망각 게이트의 기울기에 새 셀 상태를 곱했습니다. f는 순전파에서 무엇에 곱해졌습니까?",
        "The forget gate's gradient is made with the new cell state. What did f multiply in the "
        "forward pass?",
    ),
    edit(
        "di-dg-swapped",
        [("lstm.step_backward", "dig * g, dc * c_prev, dig * i", "dig * i, dc * c_prev, dig * g")],
        "i와 g의 기울기가 서로 바뀌었습니다. 곱의 한쪽을 미분하면 다른 쪽이 남습니다.",
        "The gradients of i and g are exchanged. Of a product, differentiating by one factor "
        "leaves the other.",
    ),
    edit(
        "sigmoid-slopes-missing",
        [
            ("lstm.step_backward", "di * i * (1 - i)", "di"),
            ("lstm.step_backward", "df * f * (1 - f)", "df"),
            ("lstm.step_backward", "do * o * (1 - o)", "do"),
        ],
        "세 게이트의 기울기에 시그모이드의 미분계수가 곱해지지 않았습니다.",
        "The three gates' gradients lack the slope of the sigmoid.",
    ),
    edit(
        "sigmoid-slopes-of-sigmoid",
        [
            ("lstm.step_backward", "di * i * (1 - i)", "di * sigmoid(i) * (1 - sigmoid(i))"),
            ("lstm.step_backward", "df * f * (1 - f)", "df * sigmoid(f) * (1 - sigmoid(f))"),
            ("lstm.step_backward", "do * o * (1 - o)", "do * sigmoid(o) * (1 - sigmoid(o))"),
        ],
        "게이트의 미분계수를 구하면서 시그모이드를 한 번 더 씌웠습니다. i, f, o는 이미 "
        "시그모이드의 값입니다.",
        "The gates' slopes are taken with the sigmoid of i, f and o; but these are values of the "
        "sigmoid already.",
    ),
    edit(
        "o-slope-missing",
        [("lstm.step_backward", "do * o * (1 - o)", "do")],
        "출력 게이트의 기울기에 시그모이드의 미분계수가 곱해지지 않았습니다.",
        "The output gate's gradient lacks the slope of the sigmoid.",
    ),
    edit(
        "candidate-slope-missing",
        [("lstm.step_backward", "dg * (1 - g**2)", "dg")],
        "후보 g의 기울기에 tanh의 미분계수가 곱해지지 않았습니다.",
        "The candidate's gradient lacks the slope of tanh.",
    ),
    edit(
        "candidate-sigmoid-slope",
        [("lstm.step_backward", "dg * (1 - g**2)", "dg * g * (1 - g)")],
        "후보 g의 기울기에 tanh가 아니라 시그모이드의 미분계수를 곱했습니다.",
        "The candidate's gradient has the slope of the sigmoid, not that of tanh.",
    ),
)

LSTM: tuple[Mistake, ...] = (*FORWARD, *BACKWARD, *orders("ifgo"))
