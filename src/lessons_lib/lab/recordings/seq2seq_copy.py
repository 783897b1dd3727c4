"""For seq2seq: copying and sorting, read in order or in reverse, with and without reading answers.

All models have the same number of parameters and are trained for the same number of updates at
each of the same learning rates. The chapter chooses each rate by the accuracy on validation data,
where the model writes by itself, and reports accuracies on test data.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .. import seq2seq
from ..record import say

SYMBOLS, LENGTH, H = 4, 10, 32
RATES = (0.01, 0.02, 0.04)
SEEDS = range(5)
#: Numbers of updates after which a model is measured.
MEASURED = (80, 250, 750)
BATCH, UNSEEN, PROBED = 32, 500, 4000


class NotReading(seq2seq.EncoderDecoder):
    """An encoder–decoder whose decoder reads the start symbol at every step."""

    def decode(self, inputs: Tensor, state: Any, keys: Tensor) -> tuple[Tensor, Any, Tensor | None]:
        """Return what `EncoderDecoder.decode` returns, whatever the inputs are."""
        return super().decode(torch.full_like(inputs, self.symbols), state, keys)


class Kind(NamedTuple):
    """One of the models compared, and its task."""

    answer: Callable[[np.ndarray], np.ndarray]
    model: type[seq2seq.EncoderDecoder] = seq2seq.EncoderDecoder
    reverse: bool = False


def copied(word: np.ndarray) -> np.ndarray:
    """Return the answer of the task of copying."""
    return word


def ordered(word: np.ndarray) -> np.ndarray:
    """Return the answer of the task of sorting."""
    return np.sort(word, axis=0)


KINDS = {
    "copying": Kind(copied),
    "copying, reversed": Kind(copied, reverse=True),
    "copying, not reading": Kind(copied, NotReading),
    "sorting": Kind(ordered),
    "sorting, reversed": Kind(ordered, reverse=True),
}


def task(
    answer: Callable[[np.ndarray], np.ndarray],
    length: int,
    symbols: int = SYMBOLS,
    batch: int = BATCH,
) -> seq2seq.Draw:
    """Return a task: it draws random words and gives the answer for each."""

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        source = rng.integers(0, symbols, (length, batch))
        return source, answer(source)

    return draw


def trained(
    name: str, rate: float, seed: int, updates: int
) -> tuple[list[seq2seq.EncoderDecoder], np.ndarray]:
    """Train a model; return it after each count of MEASURED updates, and its training losses."""
    kind, rng = KINDS[name], np.random.default_rng(seed)
    model = kind.model(SYMBOLS, H, rng, reverse=kind.reverse)
    draw, kept, count = task(kind.answer, LENGTH), [], 0

    def batch(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        nonlocal count
        if count in MEASURED:
            kept.append(deepcopy(model))
        count += 1
        return draw(generator)

    losses = seq2seq.train(model, batch, updates, rng, lr=rate)
    return [*kept, model], losses


def accuracies(model: seq2seq.EncoderDecoder, draw: seq2seq.Draw, rng: Any) -> list[np.ndarray]:
    """Return the share of right symbols at each step: reading the right ones, and its own."""
    source, target = (torch.tensor(word) for word in draw(rng))
    forced = seq2seq.forced(model, source, target)[:-1]
    free = seq2seq.greedy(model, source, len(target) + 1)[:-1]
    return [(word == target).double().mean(1).numpy() for word in (forced, free)]


def probed(model: seq2seq.EncoderDecoder, seed: int) -> np.ndarray:
    """Return how often a linear regression from the encoder's last state finds each symbol."""

    def states(words: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            h, c = model.encode(torch.tensor(words))[1]
        return np.hstack([h[0], c[0], np.ones((words.shape[1], 1))])

    fitted, unseen = (
        np.random.default_rng([seed, 2, n]).integers(0, SYMBOLS, (LENGTH, n))
        for n in (PROBED, UNSEEN)
    )
    wanted = np.eye(SYMBOLS)[fitted.T].reshape(PROBED, LENGTH * SYMBOLS)
    weights = np.linalg.lstsq(states(fitted), wanted, rcond=None)[0]
    guess = (states(unseen) @ weights).reshape(UNSEEN, LENGTH, SYMBOLS).argmax(-1)
    return (guess == unseen.T).mean(0)


def record() -> dict[str, Any]:
    """Return each kind's accuracies by number of updates, rate, seed and step."""
    runs: dict[str, Any] = {"validation": {}, "forced": {}, "free": {}}
    places = np.empty((len(MEASURED), len(RATES), len(SEEDS), LENGTH))
    for name, kind in KINDS.items():
        found = np.empty((2, 2, *places.shape))  # data, forced or free
        draw = task(kind.answer, LENGTH, batch=UNSEEN)
        for i, rate in enumerate(RATES):
            for seed in SEEDS:
                models, _ = trained(name, rate, seed, MEASURED[-1])
                for k, model in enumerate(models):
                    for part in (0, 1):
                        unseen = np.random.default_rng([seed, 1, part])
                        found[part, :, k, i, seed] = accuracies(model, draw, unseen)
                    if name == "copying":
                        places[k, i, seed] = probed(model, seed)
            say(f"{name}, rate {rate}: {found[1, 1, :, i].mean(-1).round(2).tolist()}")
        runs["validation"][name] = found[0, 1].mean(-1)
        runs["forced"][name], runs["free"][name] = found[1]
    settings = {"rates": RATES, "seeds": len(SEEDS), "updates": MEASURED, "length": LENGTH}
    return {**settings, **runs, "probe": places}


def beginning(updates: int) -> dict[str, Any]:
    """Return each kind's first losses at the middle rate, seed 0."""
    return {name: trained(name, RATES[1], 0, updates)[1] for name in KINDS}
