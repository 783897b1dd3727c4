"""For lstm: the adding problem, for RNN and LSTM, with the same learning rates tried for each.

Each network trains for the same number of updates at every rate, and all errors are recorded. The
chapter chooses each rate by the errors on validation data and reports those on test data.
Parameters differ by less than 5 %.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from ... import lstm, rnn
from .. import tasks, training
from ..record import say

NETWORKS = ("RNN", "RNN, orthogonal", "LSTM")
LENGTHS = (10, 30)
RATES = (0.003, 0.01, 0.03)
SEEDS = range(3)
UPDATES = 3000
BATCH, LARGE = 32, 1000


def network(name: str, inputs: int, outputs: int, T: int, seed: int) -> Any:
    """Return a network and its generator: an RNN of 34 units, or an LSTM of 16."""
    rng = np.random.default_rng(seed)
    if name == "LSTM":
        bias = np.log(rng.uniform(1, T - 1, 16))  # chrono initialization
        params = lstm.init_params(inputs, 16, rng, forget_bias=bias)
        params.b[:16] = -bias
        return training.Reader(params, outputs, rng), rng
    model = training.Reader(rnn.init_params(inputs, 34, rng), outputs, rng)
    if name == "RNN, orthogonal":
        weight = model.layer.weight_hh_l0
        torch.nn.init.orthogonal_(weight, generator=torch.manual_seed(seed))
    return model, rng


def errors(name: str, T: int, rate: float, seed: int) -> tuple[float, float]:
    """Train one network; return its mean squared errors on validation and on test data."""
    model, rng = network(name, 2, 1, T, seed)
    training.train(model, partial(tasks.adding_problem, BATCH, T), UPDATES, rng, lr=rate)
    unseen = partial(tasks.adding_problem, LARGE, T)
    validation, test = (
        training.evaluate(model, unseen, np.random.default_rng([seed, 1, part]))[0]
        for part in (0, 1)
    )
    return validation, test


def each_run(
    measure: Callable[[str, int, float, int], tuple[float, float]], sizes: Sequence[int], label: str
) -> dict[str, Any]:
    """Return what `measure` finds on validation and on test data, by network.

    Each is an array over RATES, `sizes` and SEEDS; progress prints `label` before a size.
    """
    runs: dict[str, Any] = {"validation": {}, "test": {}}
    for name in NETWORKS:
        measured = np.empty((len(RATES), len(sizes), len(SEEDS), 2))
        for i, rate in enumerate(RATES):
            for j, size in enumerate(sizes):
                for seed in SEEDS:
                    measured[i, j, seed] = measure(name, size, rate, seed)
                say(f"{name}, rate {rate}, {label} {size}: {measured[i, j, :, 1].round(4)}")
        runs["validation"][name], runs["test"][name] = np.moveaxis(measured, -1, 0)
    return runs


def record() -> dict[str, Any]:
    """Return each network's errors by rate, length and seed."""
    settings = {"lengths": LENGTHS, "rates": RATES, "seeds": len(SEEDS), "updates": UPDATES}
    return {**settings, **each_run(errors, LENGTHS, "T =")}


def beginning(updates: int) -> dict[str, Any]:
    """Return each network's first losses at T = 30, rate 0.01, seed 0."""
    losses = {}
    for name in NETWORKS:
        model, rng = network(name, 2, 1, 30, 0)
        task = partial(tasks.adding_problem, BATCH, 30)
        losses[name] = training.train(model, task, updates, rng, lr=0.01)
    return losses
