"""Mistakes in the GRU's step."""

from __future__ import annotations

from ..mistake import Mistake, edit
from .gates import orders

FORWARD: tuple[Mistake, ...] = (
    edit(
        "z-inverted",
        [
            ("gru.step", "(1 - z) * n, masks.g) + z *", "z * n, masks.g) + (1 - z) *"),
            ("gru.step_backward", "dh * h_prev - dadded * n", "dadded * n - dh * h_prev"),
            ("gru.step_backward", "dadded * (1 - z)", "dadded * z"),
            ("gru.step_backward", "dh_prev = dh * z", "dh_prev = dh * (1 - z)"),
        ],
        "z와 1 − z가 바뀌었습니다. 여기서는 torch처럼 z = 1이면 앞 상태를 간직합니다.",
        "z and 1 − z are swapped. Here, as in torch, z = 1 keeps the state.",
    ),
    edit(
        "reset-before",
        [
            (
                "reset_gate.reset_state",
                "read(h_prev, mask) @ W_hn.T",
                "(r * h_prev) @ W_hn.T",
            ),
            ("reset_gate.reset_state", "return r * q, q", "return q, q"),
            (
                "reset_gate.reset_state_backward",
                "du_n * cache.q, read_backward((du_n * cache.r) @ W_hn, mask)",
                "(du_n @ W_hn) * cache.h_prev, (du_n @ W_hn) * cache.r",
            ),
            ("reset_gate.reset_weight_gradients", "dq = du_n * r", "dq = du_n"),
            (
                "reset_gate.reset_weight_gradients",
                "sum_of_outer_products(dq, read(h_prev, mask))",
                "sum_of_outer_products(dq, r * h_prev)",
            ),
        ],
        "리셋 게이트가 W_hn을 곱하기 전에 걸렸습니다. 여기서는 torch처럼 곱한 뒤에 거는데, 두 "
        "방식은 서로 다른 모델입니다.",
        "The reset gate acts before the product with W_hn. Here, as in torch, it acts after; the "
        "two are different models.",
    ),
    edit(
        "b_hn-outside-reset",
        [
            (
                "reset_gate.reset_state",
                " + params.b_hn",
                "",
            ),
            ("reset_gate.reset_state", "return r * q, q", "return r * q + params.b_hn, q"),
            ("reset_gate.reset_weight_gradients", "sum_over_rows(dq)", "sum_over_rows(du_n)"),
        ],
        "b_hn에 리셋 게이트가 걸리지 않았습니다. b_hn은 리셋 게이트가 곱해지는 괄호 안에 있습니다.",
        "The reset gate does not act on b_hn. It belongs into the parentheses that the reset gate "
        "multiplies.",
    ),
    edit(
        "no-b_hn",
        [("reset_gate.reset_state", " + params.b_hn", "")],
        "편향 b_hn이 더해지지 않았습니다.",
        "The bias b_hn is not added.",
    ),
    edit(
        "no-reset-gate",
        [("reset_gate.reset_state", "return r * q, q", "return q, q")],
        "리셋 게이트 r이 쓰이지 않았습니다.",
        "The reset gate r is not used.",
    ),
    edit(
        "r-for-z",
        [("gru.step", "(1 - z) * n, masks.g) + z *", "(1 - r) * n, masks.g) + r *")],
        "앞 상태와 후보를 섞을 때 업데이트 게이트 z가 아니라 리셋 게이트 r을 썼습니다.",
        "The old state and the candidate are mixed by the reset gate r, not by the update gate z.",
    ),
    edit(
        "reset-on-everything",
        [
            ("gru.step", "n = tanh(a_n + u_n)", "n = tanh(r * a_n + u_n)"),
        ],
        "리셋 게이트가 입력의 몫에도 걸렸습니다. 상태의 몫에만 걸립니다.",
        "The reset gate acts on the input's part too. It acts on the state's part only.",
    ),
    edit(
        "candidate-sigmoid",
        [("gru.step", "n = tanh(", "n = sigmoid(")],
        "후보 n에 시그모이드를 썼습니다. n은 게이트가 아니므로 음수도 되어야 합니다.",
        "The candidate n has a sigmoid. It is no gate: it must be able to be negative.",
    ),
)

BACKWARD: tuple[Mistake, ...] = (
    edit(
        "no-keeping-path",
        [("gru.step_backward", "dh * z + read_b", "read_b")],
        "앞 상태를 그대로 간직하는 길로 가는 기울기가 dh_prev에서 빠졌습니다.",
        "dh_prev lacks the gradient along the path that keeps the state as it was.",
    ),
    edit(
        "keeping-path-inverted",
        [("gru.step_backward", "dh * z + read_b", "dh * (1 - z) + read_b")],
        "앞 상태를 간직하는 길의 기울기에 z 대신 1 − z를 곱했습니다.",
        "On the path that keeps the state the gradient is multiplied by 1 − z, not by z.",
    ),
    edit(
        "no-path-through-gates",
        [("gru.step_backward", " + read_backward(da_rz @ W_hrz, masks.h)", "")],
        "r과 z를 거쳐 앞 상태로 가는 기울기가 dh_prev에서 빠졌습니다.",
        "dh_prev lacks the gradient through r and z: they have read the state too.",
    ),
    edit(
        "no-path-through-candidate",
        [("gru.step_backward", " + dh_through_n", "")],
        "후보 n을 거쳐 앞 상태로 가는 기울기가 dh_prev에서 빠졌습니다.",
        "dh_prev lacks the gradient through the candidate n.",
    ),
    edit(
        "dz-sign",
        [("gru.step_backward", "dh * h_prev - dadded * n", "dadded * n - dh * h_prev")],
        "업데이트 게이트의 기울기 dz에서 부호가 뒤집혔습니다.",
        "The sign of the update gate's gradient dz is wrong.",
    ),
    edit(
        "candidate-slope-missing",
        [("gru.step_backward", "da_n = dn * (1 - n**2)", "da_n = dn")],
        "후보 n의 기울기에 tanh의 미분계수가 곱해지지 않았습니다.",
        "The candidate's gradient lacks the slope of tanh.",
    ),
    edit(
        "sigmoid-slopes-missing",
        [("gru.step_backward", "dr * r * (1 - r), dz * z * (1 - z)", "dr, dz")],
        "두 게이트의 기울기에 시그모이드의 미분계수가 곱해지지 않았습니다.",
        "The two gates' gradients lack the slope of the sigmoid.",
    ),
    edit(
        "sigmoid-slopes-of-sigmoid",
        [
            (
                "gru.step_backward",
                "dr * r * (1 - r), dz * z * (1 - z)",
                "dr * sigmoid(r) * (1 - sigmoid(r)), dz * sigmoid(z) * (1 - sigmoid(z))",
            )
        ],
        "게이트의 미분계수를 구하면서 시그모이드를 한 번 더 씌웠습니다. r과 z는 이미 시그모이드의 "
        "값입니다.",
        "The gates' slopes are taken with the sigmoid of r and z; but these are values of the "
        "sigmoid already.",
    ),
    edit(
        "r-missing-in-dW_hn",
        [("reset_gate.reset_weight_gradients", "dq = du_n * r", "dq = du_n")],
        "W_hn과 b_hn의 기울기에 리셋 게이트가 곱해지지 않았습니다.",
        "The gradients of W_hn and b_hn lack the reset gate.",
    ),
    edit(
        "dr-without-product",
        [("reset_gate.reset_state_backward", "du_n * cache.q", "du_n * cache.h_prev")],
        "리셋 게이트의 기울기에 앞 상태를 그대로 곱했습니다. r은 순전파에서 무엇에 곱해졌습니까?",
        "The reset gate's gradient is made with the bare state before the step. What did r "
        "multiply in the forward pass?",
    ),
    edit(
        "r-missing-in-dh",
        [("reset_gate.reset_state_backward", "(du_n * cache.r) @ W_hn", "du_n @ W_hn")],
        "후보를 거쳐 앞 상태로 가는 기울기에 리셋 게이트가 곱해지지 않았습니다.",
        "On the way through the candidate to the state before, the reset gate is missing.",
    ),
)

GRU: tuple[Mistake, ...] = (*FORWARD, *BACKWARD, *orders("rzn"))
