"""For bidirectional: word spacing by LSTMs of one direction, also with delay, and of two.

Each network trains for the same number of updates at every learning rate, and is measured on the
way and at the end. The rate is to be chosen on the validation paragraphs, the even ones of those
held out; the odd ones are the test paragraphs. Parameters differ by less than 1 %.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ... import lstm, stack
from .. import spacing, tasks, training
from ..record import say

#: For each network: whether it reads in both directions, and by how many syllables it answers late.
KINDS = {
    "at once": (False, 0),
    "1 late": (False, 1),
    "2 late": (False, 2),
    "4 late": (False, 4),
    "both": (True, 0),
}
UNITS = {False: 48, True: 32}
RATES = (0.003, 0.01, 0.03)
SEEDS = range(3)
MEASURED = (150, 600)
BATCH, T, VECTOR = 16, 50, 16
UNSCORED = 5  # syllables at a paragraph's end, where late answers lack what follows
SENTENCES = (
    "은닉 상태가 셀 상태를 나릅니다",
    "가중치를 무작위로 정하고 유한 차분으로 확인합니다",
    "이 그림에서 점선은 기울기입니다",
    "망각 게이트가 열려 있으면 기억이 남습니다",
    "아버지가 방에 들어가신다",
)


def network(both: bool, seed: int) -> tuple[spacing.Spacer, np.random.Generator]:
    """Return an untrained network and its generator."""
    rng = np.random.default_rng(seed)
    params = stack.init_params(lstm.CELL, VECTOR, UNITS[both], rng, bidirectional=both)
    return spacing.Spacer(params, rng), rng


def delayed(late: int, generator: np.random.Generator) -> Any:
    """Return a batch in which the answer for a syllable is due `late` syllables later."""
    codes, target = tasks.word_spacing(BATCH, T, generator)
    return codes, target[: T - late]


def paragraphs(part: str) -> list[str]:
    """Return the book's Korean paragraphs of one part, "train" or "held_out"."""
    return tasks.decode(*tasks.book_text("ko", "syllable", part)).splitlines()


def scored(texts: spacing.Texts) -> np.ndarray:
    """Return which syllables count, as a bool array of shape (T, N)."""
    return np.arange(len(texts.codes))[:, None] < texts.lengths - UNSCORED


def score(model: spacing.Spacer, late: int, texts: spacing.Texts) -> float:
    """Return F1 on the scored syllables."""
    spaces = np.roll(model.log_odds(texts) > 0, -late, axis=0)
    counted = scored(texts)
    return spacing.f1(spaces[counted], texts.follows[counted])


def trained(kind: str, seed: int, rate: float) -> Any:
    """Train one network; after each count of MEASURED updates, yield it."""
    both, late = KINDS[kind]
    model, rng = network(both, seed)
    counts, states = 0, []

    def batch(generator: np.random.Generator) -> Any:
        nonlocal counts
        if counts in MEASURED:
            states.append({key: value.clone() for key, value in model.state_dict().items()})
        counts += 1
        return delayed(late, generator)

    training.train(model, batch, MEASURED[-1] + 1, rng, lr=rate)
    for state in states:
        model.load_state_dict(state)
        yield model


def record() -> dict[str, Any]:
    """Return F1 by network: an array over rates, seeds, MEASURED, and (validation, test).

    Of the networks that answer at once and of both directions also the log odds of SENTENCES after
    the last update, arrays over rates and seeds, one sentence after the other.
    """
    held_out = paragraphs("held_out")
    parts = [spacing.take_spaces(held_out[start::2]) for start in (0, 1)]
    unseen = spacing.take_spaces(SENTENCES)
    inside = np.arange(len(unseen.codes)) < unseen.lengths[:, None]
    result: dict[str, Any] = {"rates": RATES, "seeds": len(SEEDS), "measured": MEASURED}
    result |= {"units": [UNITS[False], UNITS[True]], "f1": {}, "log_odds": {}}
    for kind, (_, late) in KINDS.items():
        found = np.empty((len(RATES), len(SEEDS), len(MEASURED), 2))
        odds = np.empty((len(RATES), len(SEEDS), int(inside.sum())))
        for i, rate in enumerate(RATES):
            for seed in SEEDS:
                for k, model in enumerate(trained(kind, seed, rate)):
                    found[i, seed, k] = [score(model, late, texts) for texts in parts]
                odds[i, seed] = model.log_odds(unseen).T[inside]
        result["f1"][kind] = found
        if late == 0:
            result["log_odds"][kind] = odds
        say(f"{kind}: {np.median(found[..., 1], axis=1).round(3)}")
    return result


def beginning(updates: int) -> dict[str, Any]:
    """Return the first losses of one direction and of both, rate 0.01, seed 0."""
    first = {}
    for kind in ("at once", "both"):
        both, late = KINDS[kind]
        model, rng = network(both, 0)
        first[kind] = training.train(model, partial(delayed, late), updates, rng, lr=0.01)
    return first
