"""For lstm: recall over 100 steps from four initial forget biases, at three learning rates."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ... import lstm
from .. import tasks, training
from ..record import say

STARTS = ("0", "1", "ln(T-1)", "chrono")
RATES = (0.005, 0.01, 0.02)
SEEDS = range(3)
T, H, UPDATES, BATCH, LARGE = 100, 16, 1500, 32, 500
CHECKED = 100  # updates between two measurements


def start(name: str, rng: np.random.Generator) -> lstm.Params:
    """Return weights with the named initial forget bias; chrono sets the input gate's bias too."""
    constants = {"0": 0.0, "1": 1.0, "ln(T-1)": np.log(T - 1)}
    if name in constants:
        return lstm.init_params(2, H, rng, forget_bias=constants[name])
    bias = np.log(rng.uniform(1, T - 1, H))
    params = lstm.init_params(2, H, rng, forget_bias=bias)
    params.b[:H] = -bias
    return params


def curve(name: str, rate: float, seed: int) -> list[float]:
    """Train one LSTM; return its accuracy on unseen data after every `CHECKED` updates."""
    rng = np.random.default_rng(seed)
    model = training.Reader(start(name, rng), 2, rng)
    accuracy = []
    for _ in range(UPDATES // CHECKED):
        training.train(model, partial(tasks.recall, BATCH, T), CHECKED, rng, lr=rate)
        unseen = np.random.default_rng([seed, 3])
        accuracy.append(training.evaluate(model, partial(tasks.recall, LARGE, T), unseen)[1])
    return accuracy


def record() -> dict[str, Any]:
    """Return accuracies by start, rate, seed and number of updates."""
    accuracy: dict[str, Any] = {}
    for name in STARTS:
        accuracy[name] = [[curve(name, rate, seed) for seed in SEEDS] for rate in RATES]
        say(f"{name}: {np.max(accuracy[name], axis=-1).round(3).tolist()}")
    settings = {"rates": RATES, "seeds": len(SEEDS), "updates": UPDATES, "checked": CHECKED}
    return {**settings, "accuracy": accuracy}


def beginning(updates: int) -> dict[str, Any]:
    """Return the first losses from each start, at the first rate and seed."""
    losses = {}
    for name in STARTS:
        rng = np.random.default_rng(0)
        model = training.Reader(start(name, rng), 2, rng)
        losses[name] = training.train(
            model, partial(tasks.recall, BATCH, T), updates, rng, RATES[0]
        )
    return losses
