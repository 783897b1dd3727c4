"""For lstm: delayed copy over longer and longer lags, the same learning rates for each network.

The networks are those of `lstm_adding`. Each rate is tried for each network and lag, with the same
number of updates, and all accuracies are recorded; the chapter chooses each rate by those on
validation data and reports those on test data.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .. import tasks, training
from .lstm_adding import BATCH, LARGE, NETWORKS, RATES, SEEDS, each_run, network

LAGS = (10, 20, 40, 80)
UPDATES = 400


def accuracies(name: str, lag: int, rate: float, seed: int) -> tuple[float, float]:
    """Train one network; return its accuracies on validation and on test data."""
    model, rng = network(name, 6, 4, lag + 1, seed)
    training.train(model, partial(tasks.delayed_copy, BATCH, lag), UPDATES, rng, lr=rate)
    unseen = partial(tasks.delayed_copy, LARGE, lag)
    validation, test = (
        training.evaluate(model, unseen, np.random.default_rng([seed, 2, part]))[1]
        for part in (0, 1)
    )
    return validation, test


def record() -> dict[str, Any]:
    """Return each network's accuracies by rate, lag and seed."""
    settings = {"lags": LAGS, "rates": RATES, "seeds": len(SEEDS), "updates": UPDATES}
    return {**settings, **each_run(accuracies, LAGS, "lag")}


def beginning(updates: int) -> dict[str, Any]:
    """Return each network's first losses at a lag of 20, rate 0.01, seed 0."""
    losses = {}
    for name in NETWORKS:
        model, rng = network(name, 6, 4, 21, 0)
        task = partial(tasks.delayed_copy, BATCH, 20)
        losses[name] = training.train(model, task, updates, rng, lr=0.01)
    return losses
