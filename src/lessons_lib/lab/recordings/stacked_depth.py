"""For stacked: how deep LSTMs can be stacked, with and without residual connections.

Every stack has, within 5 %, the same number of parameters, and every stack is trained for the same
number of updates at each of the same learning rates. The chapter reports the test losses of all
rates, and draws one, which it checks on validation data.
"""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import tasks, training
from ..record import say

#: Number of hidden units by number of layers, so that the parameters are equal within 5 %.
WIDTHS = {1: 42, 2: 25, 4: 16, 6: 13}
KINDS = ("plain", "residual")
RATES = (0.003, 0.01, 0.03)
SEEDS = range(5)
#: Numbers of updates after which a stack is measured.
MEASURED = (200, 800)
BATCH, T, LARGE = 16, 20, 1000


class Stack(torch.nn.Module):
    """LSTM layers, each reading the one below, and a linear output layer for two classes."""

    def __init__(self, num_layers: int, H: int, residual: bool = False) -> None:
        super().__init__()
        self.residual = residual
        sizes = [3] + [H] * num_layers
        self.layers = torch.nn.ModuleList(torch.nn.LSTM(D, H) for D, H in pairwise(sizes))
        self.output = torch.nn.Linear(H, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        """Return the scores of the two classes (T, N, 2); there is no state to pass on."""
        for number, layer in enumerate(self.layers):
            h, _ = layer(x)
            x = h + x if self.residual and number > 0 else h
        return self.output(x), None


def network(kind: str, num_layers: int, H: int, seed: int) -> Stack:
    """Return a stack that starts from torch's default weights for a seed."""
    torch.manual_seed(seed)
    return Stack(num_layers, H, residual=kind == "residual")


def trained(
    kind: str, num_layers: int, H: int, rate: float, seed: int, updates: int
) -> tuple[list[Stack], np.ndarray]:
    """Train one stack; return it after each count of MEASURED updates, and its training losses."""
    model, kept, count = network(kind, num_layers, H, seed), [], 0

    def batch(generator: np.random.Generator) -> tasks.Batch:
        nonlocal count
        if count in MEASURED:
            kept.append(deepcopy(model))
        count += 1
        return tasks.nesting(BATCH, T, generator)

    rng = np.random.default_rng(seed)
    losses = training.train(model, batch, updates, rng, lr=rate)
    return [*kept, model], losses


def unseen(model: Stack, seed: int) -> list[float]:
    """Return a stack's losses on validation and on test data."""
    task = partial(tasks.nesting, LARGE, T)
    return [
        training.evaluate(model, task, np.random.default_rng([seed, 1, part]))[0] for part in (0, 1)
    ]


def record() -> dict[str, Any]:
    """Return each kind's losses by number of updates, rate, number of layers and seed."""
    runs: dict[str, Any] = {"validation": {}, "test": {}}
    # a control: one layer as narrow as the layers of the deepest stack
    shapes = {**dict.fromkeys(KINDS, WIDTHS), "narrow": {1: WIDTHS[max(WIDTHS)]}}
    for kind, widths in shapes.items():
        measured = np.empty((len(MEASURED), len(RATES), len(widths), len(SEEDS), 2))
        for i, rate in enumerate(RATES):
            for j, (num_layers, H) in enumerate(widths.items()):
                for seed in SEEDS:
                    models, _ = trained(kind, num_layers, H, rate, seed, MEASURED[-1])
                    measured[:, i, j, seed] = [unseen(model, seed) for model in models]
                say(
                    f"{kind}, {rate}, L = {num_layers}: {measured[:, i, j, :, 1].round(3).tolist()}"
                )
        runs["validation"][kind], runs["test"][kind] = np.moveaxis(measured, -1, 0)
    settings = {"rates": RATES, "seeds": len(SEEDS), "updates": MEASURED, "steps": T}
    sizes = {
        str(L): sum(map(torch.numel, network("plain", L, H, 0).parameters()))
        for L, H in WIDTHS.items()
    }
    return {
        **settings,
        "widths": {str(L): H for L, H in WIDTHS.items()},
        "parameters": sizes,
        **runs,
    }


def beginning(updates: int) -> dict[str, Any]:
    """Return the first losses of each kind with four layers, at the middle rate, seed 0."""
    return {kind: trained(kind, 4, WIDTHS[4], RATES[1], 0, updates)[1] for kind in KINDS}
