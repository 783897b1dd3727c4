"""Mistakes that any recurrent network can have: in its weights' use, and in the loop over time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..mistake import Mistake, Named, edit

_WEIGHTS = ("dW_ih", "dW_hh", "db", "db_hn")
_OVER_TIME = ("x", "y", "dx", "dy")


def _without(*names: str) -> Callable[[Named], Named]:
    def before(arguments: Named) -> Named:
        here = set(names) & set(arguments)
        return arguments | {name: np.zeros_like(arguments[name]) for name in here}

    return before


def _swap_axes(values: Named) -> Named:
    return values | {k: values[k].swapaxes(0, 1) for k in _OVER_TIME if k in values}


def _mean(results: Named) -> Named:
    # dx is of shape (N, D) or (T, N, D)
    N = results["dx"].shape[-2] if "dx" in results else 1
    return results | {name: results[name] / N for name in _WEIGHTS if name in results}


def _mean_over_steps(results: Named) -> Named:
    T = len(results["dx"]) if "dx" in results else 1
    return results | {name: results[name] / T for name in _WEIGHTS if name in results}


#: For one step and for sequences.
ANY_CELL: tuple[Mistake, ...] = (
    edit(
        "no-bias",
        [("weights.project", " + params.b", "")],
        "편향 b가 어디에도 더해지지 않았습니다. 활성화 함수에 들어가는 항을 하나씩 세어 보십시오.",
        "The bias b is added nowhere. Count the terms that enter the activation functions.",
    ),
    edit(
        "bias-twice",
        [("weights.project", "+ params.b", "+ 2 * params.b")],
        "편향 b를 두 번 더했습니다. torch에는 편향이 둘 있지만 여기의 b는 이미 그 합입니다.",
        "The bias b is added twice. torch has two biases; the b here is already their sum.",
    ),
    Mistake(
        "first-h-ignored",
        "함수가 받은 처음 은닉 상태가 쓰이지 않아, 그것이 0일 때의 값이 나왔습니다.",
        "The hidden state that the function is given is not used: these are the values for 0.",
        before=_without("h_prev", "h0"),
    ),
    edit(
        "state-after-in-dW",
        [
            (
                "scan.backward",
                "params, cache.x, cache.steps, all_da",
                "params, cache.x, later_caches(cell, params, cache), all_da",
            )
        ],
        "dW_hh를 구할 때 그 시점이 지난 뒤의 은닉 상태를 곱했습니다. W_hh가 순전파에서 어느 시점의 "
        "은닉 상태에 곱해졌는지 되짚어 보십시오.",
        "dW_hh is made with the hidden state after the step. Which hidden state did W_hh multiply "
        "in the forward pass?",
    ),
    Mistake(
        "mean-over-batch",
        "가중치의 기울기를 배치의 크기 N으로 나누었습니다. 평균을 내는 나눗셈은 손실의 몫이며, "
        "손실을 미분한 값에 이미 들어 있습니다.",
        "The weights' gradients are divided by the batch's size N. If the loss is a mean, that "
        "factor is in the gradients that you are given already.",
        after=_mean,
        excludes="mean",
    ),
)

#: For sequences alone.
SEQUENCE: tuple[Mistake, ...] = (
    edit(
        "state-not-handed-on",
        [
            (
                "scan.forward",
                "    for t in range(x.shape[0]):",
                "    first = state\n    for t in range(x.shape[0]):",
            ),
            ("scan.forward", "projected[t], state,", "projected[t], first,"),
        ],
        "모든 시점이 처음 상태에서 출발합니다. 한 시점이 낸 상태를 다음 시점이 받는지 보십시오.",
        "Each step starts from the first state. Does a step get the state that the one before it "
        "has made?",
    ),
    edit(
        "output-before-step",
        [("scan.forward", "y.append(state[0])", "y.append(cache.h_prev)")],
        "y가 한 시점 밀렸습니다. 각 시점이 지난 뒤가 아니라 지나기 전의 은닉 상태를 모았습니다.",
        "y is off by one step: it gathers the hidden state before each step, not after it.",
    ),
    edit(
        "no-later-dh",
        [("scan.backward", "dy[t] + dstate[0]", "dy[t] + (t == len(dy) - 1) * dstate[0]")],
        "뒤 시점에서 거슬러 오는 dh가 더해지지 않았습니다. h_t는 y_t로도 쓰이고 다음 시점의 "
        "입력으로도 쓰입니다.",
        "The dh that comes back from the next step is not added. h_t is read twice: as y_t and by "
        "the next step.",
    ),
    edit(
        "last-dy-only",
        [("scan.backward", "dy[t] + dstate[0]", "(t == len(dy) - 1) * dy[t] + dstate[0]")],
        "마지막 시점의 dy만 쓰였습니다. 손실은 모든 시점의 출력에서 옵니다.",
        "Only the last step's dy is used. The loss comes from the outputs of all steps.",
    ),
    edit(
        "dstate-ignored",
        [
            (
                "scan.backward",
                "    da = []",
                "    dstate = (0 * dstate[0], *dstate[1:])\n    da = []",
            )
        ],
        "마지막 상태에서 오는 기울기 dh_T가 더해지지 않았습니다.",
        "The gradient of the last state, dh_T, is not added.",
    ),
    edit(
        "dstate-at-every-step",
        [
            ("scan.backward", "    da = []", "    last = dstate\n    da = []"),
            (
                "scan.backward",
                "dy[t] + dstate[0]",
                "dy[t] + dstate[0] + (t < len(dy) - 1) * last[0]",
            ),
        ],
        "마지막 상태에서 오는 기울기 dh_T가 시점마다 더해졌습니다. 그것은 마지막 시점에만 "
        "들어갑니다.",
        "The gradient of the last state, dh_T, is added at each step. It enters at the last one "
        "alone.",
    ),
    edit(
        "backward-runs-forward",
        [
            ("scan.backward", "in reversed(range(len(cache.steps)))", "in range(len(cache.steps))"),
            ("scan.backward", "stack(da[::-1])", "stack(da)"),
        ],
        "역전파의 반복문이 시간을 거스르지 않고 앞에서 뒤로 갑니다.",
        "The loop of the backward pass runs with time, not against it.",
    ),
    edit(
        "not-accumulated",
        [
            (
                "scan.backward",
                "cache.x, cache.steps, all_da",
                "cache.x[:1], cache.steps[:1], all_da[:1]",
            )
        ],
        "가중치의 기울기에 첫 시점의 몫만 남았습니다. 반복문을 돌 때마다 앞의 값을 덮어쓰지 않고 "
        "더하는지 보십시오.",
        "The weights' gradients hold the first step's share alone. Does each turn of the loop add "
        "to them, or overwrite them?",
    ),
    edit(
        "first-step-left-out",
        [
            (
                "scan.backward",
                "        da.append(da_t)",
                "        da.append(0 * da_t if t == 0 else da_t)",
            )
        ],
        "첫 시점이 가중치의 기울기와 dx에 들어가지 않았습니다. 반복문의 끝이 어디인지 보십시오.",
        "The first step is left out of the weights' gradients and of dx. Look at where your loop "
        "ends.",
    ),
    Mistake(
        "mean-over-steps",
        "가중치의 기울기를 시점의 수 T로 나누었습니다. 같은 가중치를 모든 시점이 쓰므로 기울기는 "
        "더해질 뿐입니다.",
        "The weights' gradients are divided by the number of steps T. All steps use the same "
        "weights, so their gradients are only added.",
        after=_mean_over_steps,
        excludes="mean",
    ),
)

#: For an LSTM's sequences: the gradient of c between two steps.
CELL_STATE: tuple[Mistake, ...] = (
    Mistake(
        "first-c-ignored",
        "함수가 받은 처음 셀 상태가 쓰이지 않아, 그것이 0일 때의 값이 나왔습니다.",
        "The cell state that the function is given is not used: these are the values for 0.",
        before=_without("c_prev", "c0"),
    ),
    edit(
        "c-not-handed-on",
        [
            (
                "scan.forward",
                "    for t in range(x.shape[0]):",
                "    first = state\n    for t in range(x.shape[0]):",
            ),
            ("scan.forward", "projected[t], state,", "projected[t], (state[0], *first[1:]),"),
        ],
        "모든 시점이 처음 셀 상태에서 출발합니다. 은닉 상태만 다음 시점으로 넘어갑니다.",
        "Each step starts from the first cell state; only the hidden state is handed on.",
    ),
    edit(
        "c-for-y",
        [("scan.forward", "y.append(state[0])", "y.append(state[1])")],
        "y에 은닉 상태가 아니라 셀 상태를 모았습니다.",
        "y gathers the cell state of each step, not the hidden state.",
    ),
    edit(
        "dc-not-handed-back",
        [
            (
                "scan.backward",
                "*dstate[1:])",
                "*(d if t == len(dy) - 1 else 0 * d for d in dstate[1:]))",
            )
        ],
        "dc가 앞 시점으로 넘어가지 않습니다. 셀 상태의 기울기도 dh와 나란히 시간을 거슬러 갑니다.",
        "dc is not handed back to the step before. The cell state's gradient goes back in time "
        "beside dh.",
    ),
)

#: For truncated BPTT.
TRUNCATED: tuple[Mistake, ...] = (
    edit(
        "not-cut",
        [("scan.truncated_backward", "max(0, first_new - (k2 - k1))", "0")],
        "기울기가 창의 경계에서 잘리지 않고 처음까지 갑니다. 절단하지 않은 BPTT의 기울기입니다.",
        "The gradient is not cut at the windows' edges: it runs back to the first step. This is "
        "BPTT without truncation.",
    ),
    edit(
        "windows-from-the-end",
        [
            ("scan.truncated_backward", "range(0, T, k1)", "range((T % k1 or k1) - k1, T, k1)"),
            (
                "scan.truncated_backward",
                "end = min(first_new + k1, T)",
                "end, first_new = first_new + k1, max(first_new, 0)",
            ),
        ],
        "창을 끝에서부터 세어 나누었습니다. 창은 첫 시점부터 k시점씩이고, 짧은 것은 마지막 "
        "창입니다.",
        "The windows are counted back from the end. They are k steps each from the first step on; "
        "it is the last one that may be shorter.",
    ),
    edit(
        "state-cut-too",
        [
            (
                "scan.truncated_backward",
                "_window(cache, start, end)",
                "_window(cache, start, end) if start == 0 else _window(cache, start, end)"
                "._replace(steps=restarted(cell, params, cache.x[start:end], cache.steps[0]))",
            )
        ],
        "창이 바뀔 때 상태까지 0이 되었습니다. 잘리는 것은 기울기뿐이고, 상태는 이어집니다.",
        "The state is set to 0 at each window's start too. Only the gradient is cut; the state is "
        "carried on.",
    ),
    edit(
        "dstate-in-every-window",
        [("scan.truncated_backward", "last = dstate if end == T else None", "last = dstate")],
        "마지막 상태에서 오는 기울기가 창마다 더해졌습니다. 그것은 마지막 창에만 들어갑니다.",
        "The gradient of the last state enters every window. It belongs to the last one alone.",
    ),
    edit(
        "last-window-only",
        [
            (
                "scan.truncated_backward",
                "part if total is None else _add(total, part)",
                "part if total is None else (part[0], total[1] + part[1], total[2])",
            )
        ],
        "가중치의 기울기에 마지막 창의 몫만 남았습니다. 창마다 구한 값을 모두 더해야 합니다.",
        "The weights' gradients hold the last window's share alone. The windows' shares are to be "
        "added.",
    ),
)


def exchanged(first: str, second: str) -> Mistake:
    """Return the mistake of returning two results in each other's place."""

    def after(results: Named) -> Named:
        if not {first, second} <= set(results):
            return results
        return results | {first: results[second], second: results[first]}

    return Mistake(
        f"{first}-{second}-exchanged",
        f"{first}, {second}의 자리가 바뀌었습니다. 이 차례로 돌려주어야 합니다.",
        f"{first} and {second} are exchanged. They are to be returned in this order.",
        after=after,
    )


#: Seen only where T = N, since shapes refuse it elsewhere.
SWAPPED = Mistake(
    "time-and-batch-swapped",
    "시간과 배치의 축이 바뀌었습니다. 이 책의 배열은 시간이 먼저인 (T, N, D)입니다.",
    "The axes of time and batch are swapped. Arrays have time first here: (T, N, D).",
    before=_swap_axes,
    after=_swap_axes,
)
