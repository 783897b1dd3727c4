"""For linear: what linear recurrences and attention learn, and what they do not.

Two tasks that pull in opposite directions: parity, which has to carry a state through every step,
and the recall of key–value pairs, which has to look something up. Each model trains for the same
number of updates at each of the same rates; its parameters differ by less than 5 % from the
others'. The chosen rate has the best median accuracy on validation data over the seeds; the chapter
reports the accuracy of its runs on test data, for parity also at greater lengths.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch

from ... import linear, lstm, min_lstm
from ...torch_modules import Layer
from .. import tasks, training
from ..record import say

RATES = (0.003, 0.01, 0.03)
SEEDS = range(3)
BATCH, LARGE = 32, 500
PAIRS = 8
#: For parity the length in training first; others are measured only.
LENGTHS = (16, 64, 256)
UPDATES = {"parity": 800, "recall": 1500}
#: Units of each model; the parameters' numbers are then equal within 5 %.
UNITS = {
    "parity": {"LSTM": 10, "minLSTM": 11, "attention": 6, "signed": 83, "constant": 100},
    "recall": {"LSTM": 25, "minLSTM": 30, "attention": 24},
}


class Network(torch.nn.Module):
    """A layer that returns its outputs first, with a linear read-out."""

    def __init__(self, layer: torch.nn.Module, width: int, outputs: int) -> None:
        super().__init__()
        self.layer, self.read = layer, torch.nn.Linear(width, outputs)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Return the outputs (T, N, K) for x (T, N, D), first of two."""
        y = self.layer(x)
        return self.read(y[0] if isinstance(y, tuple) else y), None


class Signed(torch.nn.Module):
    """h_t = a_t ⊙ h_{t−1} + b_t with a_t from −1 to 1, from the input or constant."""

    def __init__(self, inputs: int, units: int, constant: bool) -> None:
        super().__init__()
        self.units = units
        self.a = torch.nn.Parameter(2 * torch.rand(units) - 1) if constant else None
        self.project = torch.nn.Linear(inputs, units if constant else 2 * units)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return all states (T, N, H)."""
        projected = self.project(x)
        b = projected[..., : self.units]
        a = projected[..., self.units :] if self.a is None else self.a.expand_as(b)
        return linear.scan(a.clamp(-1, 1), b)


class Attention(torch.nn.Module):
    """One layer of a Transformer that sees only the past, with learned positions."""

    def __init__(self, inputs: int, width: int, longest: int, hidden: int) -> None:
        super().__init__()
        self.embed = torch.nn.Linear(inputs, width)
        self.position = torch.nn.Parameter(0.1 * torch.randn(longest, 1, width))
        self.layer = torch.nn.TransformerEncoderLayer(width, 2, hidden, dropout=0.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the layer's outputs (T, N, H)."""
        T = len(x)
        future = torch.ones(T, T, dtype=torch.bool).triu(1)
        return self.layer(self.embed(x) + self.position[:T], src_mask=future)


def network(name: str, task: str, seed: int) -> Any:
    """Return a model with fresh weights."""
    torch.manual_seed(seed)
    inputs, outputs = (1, 2) if task == "parity" else (24, 8)
    longest, hidden = (16, 14) if task == "parity" else (16, 31)
    units = UNITS[task][name]
    if name == "LSTM":
        rng = np.random.default_rng(seed)
        return training.Reader(lstm.init_params(inputs, units, rng, forget_bias=1.0), outputs, rng)
    layer: torch.nn.Module
    if name == "minLSTM":  # two layers, so that the second one's gates read the first one's state
        layer = Layer(min_lstm.CELL, inputs, units, num_layers=2)
    elif name == "attention":
        layer = Attention(inputs, units, longest, hidden)
    else:
        layer = Signed(inputs, units, constant=name == "constant")
    return Network(layer, units, outputs)


def batches(task: str, length: int, size: int) -> Any:
    """Return what draws a batch."""
    of_task = tasks.parity if task == "parity" else tasks.key_value_recall
    return partial(of_task, size, length)


def accuracy(model: Any, task: str, length: int, seed: list[int]) -> float:
    """Return the accuracy on unseen data: for parity of the last step, for recall of all."""
    x, target = batches(task, length, LARGE)(np.random.default_rng(seed))
    with training.one_thread(), torch.no_grad():
        outputs = model(torch.tensor(x, dtype=torch.float32))[0].argmax(-1).numpy()
    right = outputs[-1] == target[-1] if task == "parity" else outputs[-len(target) :] == target
    return float(right.mean())


def measured(name: str, task: str, seed: int, rate: float) -> list[float]:
    """Train one model; return its accuracy on validation data, and on test data by length."""
    model, rng = network(name, task, seed), np.random.default_rng(seed)
    length = LENGTHS[0] if task == "parity" else PAIRS
    training.train(model, batches(task, length, BATCH), UPDATES[task], rng, lr=rate)
    lengths = LENGTHS if task == "parity" and name != "attention" else (length,)
    found = [accuracy(model, task, length, [seed, 1])]
    return found + [accuracy(model, task, T, [seed, 2]) for T in lengths]


def record() -> dict[str, Any]:
    """Return accuracies by task and model: rates × seeds × (validation, test by length)."""
    settings = {"rates": RATES, "seeds": len(SEEDS), "updates": UPDATES, "lengths": LENGTHS}
    found: dict[str, Any] = {task: {} for task in UNITS}
    parameters: dict[str, Any] = {task: {} for task in UNITS}
    for task, models in UNITS.items():
        for name in models:
            weights = network(name, task, 0).parameters()
            parameters[task][name] = sum(w.numel() for w in weights if w.requires_grad)
            found[task][name] = [[measured(name, task, s, rate) for s in SEEDS] for rate in RATES]
            say(f"{task}, {name}: {np.median(found[task][name], axis=1).round(2).tolist()}")
    return {**settings, "pairs": PAIRS, "parameters": parameters, "accuracy": found}


def beginning(updates: int) -> dict[str, Any]:
    """Return the first losses of each model on its tasks, seed 0, middle rate."""
    losses = {}
    for task, models in UNITS.items():
        length = LENGTHS[0] if task == "parity" else PAIRS
        for name in models:
            model, rng = network(name, task, 0), np.random.default_rng(0)
            batch = batches(task, length, BATCH)
            losses[f"{task}, {name}"] = training.train(model, batch, updates, rng, RATES[1])
    return losses
