"""Mistakes in the plain recurrent network's step."""

from __future__ import annotations

from ..mistake import Mistake, edit

RNN: tuple[Mistake, ...] = (
    edit(
        "no-tanh",
        [("rnn.step", "h = tanh(", "h = (")],
        "은닉 상태에 tanh가 씌워지지 않았습니다.",
        "The hidden state has not gone through tanh.",
    ),
    edit(
        "sigmoid-for-tanh",
        [("rnn.step", "h = tanh(", "h = sigmoid(")],
        "tanh 자리에 시그모이드를 썼습니다.",
        "There is a sigmoid where tanh belongs.",
    ),
    edit(
        "relu-for-tanh",
        [("rnn.step", "h = tanh(", "h = relu(")],
        "tanh 자리에 ReLU를 썼습니다.",
        "There is a ReLU where tanh belongs.",
    ),
    edit(
        "bias-after-tanh",
        [("rnn.step", "h = tanh(projected", "h = params.b + tanh(projected - params.b")],
        "편향 b를 tanh를 씌운 뒤에 더했습니다.",
        "The bias b is added after tanh.",
    ),
    edit(
        "W_hh-transposed",
        [("rnn.step", "params.W_hh.T", "params.W_hh")],
        "순전파에서 W_hh가 전치되어 곱해졌습니다. 행이 배치일 때 어느 쪽 축끼리 만나야 하는지 "
        "보십시오.",
        "In the forward pass W_hh is multiplied the wrong way round. With one sequence to a row, "
        "which axes must meet?",
    ),
    edit(
        "W_hh-transposed-backward",
        [("rnn.step_backward", "da @ params.W_hh", "da @ params.W_hh.T")],
        "역전파에서 W_hh가 전치되어 곱해졌습니다. 역전파는 순전파가 곱한 행렬의 전치를 곱합니다.",
        "In the backward pass W_hh is multiplied the wrong way round. The reverse of a product "
        "multiplies by the transpose of what the forward pass multiplied by.",
    ),
    edit(
        "tanh-slope-missing",
        [("rnn.step_backward", "dh * (1 - cache.h**2)", "dh")],
        "dh가 tanh를 거슬러 갈 때 그 미분계수가 곱해지지 않았습니다.",
        "dh goes back through tanh without its slope.",
    ),
    edit(
        "tanh-slope-not-squared",
        [("rnn.step_backward", "cache.h**2", "cache.h")],
        "tanh의 미분계수에 제곱이 빠졌습니다.",
        "The slope of tanh lacks a square.",
    ),
    edit(
        "tanh-slope-of-tanh",
        [("rnn.step_backward", "cache.h**2", "tanh(cache.h) ** 2")],
        "tanh의 미분계수를 구하면서 h에 tanh를 한 번 더 씌웠습니다. h는 이미 tanh의 값입니다.",
        "The slope of tanh is taken with tanh of h; but h is a value of tanh already.",
    ),
    edit(
        "sigmoid-slope-for-tanh",
        [("rnn.step_backward", "(1 - cache.h**2)", "cache.h * (1 - cache.h)")],
        "tanh의 미분계수 자리에 시그모이드의 미분계수를 썼습니다.",
        "The slope of the sigmoid stands where that of tanh belongs.",
    ),
)
