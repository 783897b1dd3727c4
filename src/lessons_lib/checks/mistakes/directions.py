"""Mistakes in joining two directions, and in turning padded sequences around."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..mistake import Mistake, Named, edit


def _flip(*axes: int, name: str = "y_backward") -> Callable[[Named], Named]:
    return lambda arguments: arguments | {name: np.flip(arguments[name], axes)}


def _halves(combine: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[[Named], Named]:
    return lambda results: {"y": combine(*np.split(results["y"], 2, axis=-1))}


MERGE: tuple[Mistake, ...] = (
    Mistake(
        "not-turned",
        "거꾸로 읽은 출력을 되돌리지 않았습니다. 시점 t의 두 출력이 같은 시점의 것이어야 합니다.",
        "What was read backwards is not turned around. At step t both outputs must belong to t.",
        before=_flip(0),
    ),
    Mistake(
        "forward-turned-too",
        "앞에서 뒤로 읽은 출력까지 뒤집었습니다.",
        "The outputs of the forward direction are turned around too.",
        before=_flip(0, name="y_forward"),
    ),
    Mistake(
        "all-axes-turned",
        "시간뿐 아니라 모든 축을 뒤집었습니다. 뒤집을 축을 정해 주어야 합니다.",
        "All axes are turned around, not time alone. Say which axis is to be flipped.",
        before=_flip(1, 2),
    ),
    Mistake(
        "batch-turned",
        "시간이 아니라 배치의 축을 뒤집었습니다.",
        "The axis of the batch is turned around, not that of time.",
        before=_flip(0, 1),
    ),
    Mistake(
        "features-turned",
        "시간이 아니라 특징의 축을 뒤집었습니다.",
        "The axis of the features is turned around, not that of time.",
        before=_flip(0, 2),
    ),
    Mistake(
        "backward-first",
        "두 방향의 차례가 바뀌었습니다. 앞에서 뒤로 읽은 출력이 먼저입니다.",
        "The two directions stand in the wrong order: the forward one comes first.",
        after=_halves(lambda forward, backward: np.concatenate([backward, forward], axis=-1)),
    ),
    Mistake(
        "added",
        "두 방향의 출력을 더했습니다. 나란히 이어 붙여 2H개의 특징이 되어야 합니다.",
        "The two directions are added. They stand side by side, as 2H features.",
        after=_halves(lambda forward, backward: forward + backward),
    ),
    Mistake(
        "averaged",
        "두 방향의 출력을 평균했습니다. 나란히 이어 붙여 2H개의 특징이 되어야 합니다.",
        "The two directions are averaged. They stand side by side, as 2H features.",
        after=_halves(lambda forward, backward: (forward + backward) / 2),
    ),
    Mistake(
        "joined-along-time",
        "시간의 축을 따라 이어 붙였습니다. 특징의 축을 따라 이어 붙여야 합니다.",
        "The two are joined along time. Join them along the features.",
        after=_halves(lambda forward, backward: np.concatenate([forward, backward], axis=0)),
    ),
    Mistake(
        "joined-along-batch",
        "배치의 축을 따라 이어 붙였습니다. 특징의 축을 따라 이어 붙여야 합니다.",
        "The two are joined along the batch. Join them along the features.",
        after=_halves(lambda forward, backward: np.concatenate([forward, backward], axis=1)),
    ),
)

_REVERSE = "padding.reverse"
REVERSE: tuple[Mistake, ...] = (
    edit(
        "padding-first",
        [(_REVERSE, "if np.all(lengths == T)", "if True")],
        "길이를 보지 않고 전체를 뒤집어 패딩이 앞으로 왔습니다. 시퀀스마다 제 길이 안에서 "
        "뒤집습니다.",
        "Everything is turned around whatever its length, so that padding comes first. Turn each "
        "sequence within its own length.",
    ),
    edit(
        "longest-for-all",
        [(_REVERSE, "t = np.arange(T)", "lengths = np.full(N, lengths.max()); t = np.arange(T)")],
        "모든 시퀀스를 가장 긴 길이로 뒤집었습니다. 길이는 시퀀스마다 다릅니다.",
        "All sequences are turned within the longest one's length. Each has its own.",
    ),
    edit(
        "one-too-far",
        [(_REVERSE, "lengths - 1 - t", "lengths - t")],
        "한 칸 어긋나 패딩이 하나 섞였습니다. 길이가 L인 시퀀스의 마지막 원소는 몇 번째입니까?",
        "It is off by one, and one step of padding comes in. In a sequence of length L, at which "
        "index is the last step?",
    ),
    edit(
        "not-turned",
        [(_REVERSE, "lengths - 1 - t, t)", "t, t)")],
        "뒤집히지 않았습니다.",
        "Nothing is turned around.",
    ),
    edit(
        "all-axes-turned",
        [(_REVERSE, "np.all(lengths == T)", "True"), (_REVERSE, "flip(x, axis=0)", "flip(x)")],
        "시간뿐 아니라 모든 축을, 길이도 보지 않고 뒤집었습니다.",
        "All axes are turned around, not time alone, and whatever the lengths.",
    ),
    edit(
        "batch-turned",
        [
            (_REVERSE, "np.all(lengths == T)", "True"),
            (_REVERSE, "flip(x, axis=0)", "flip(x, axis=1)"),
        ],
        "시간이 아니라 배치의 축을 뒤집었습니다.",
        "The axis of the batch is turned around, not that of time.",
    ),
)
