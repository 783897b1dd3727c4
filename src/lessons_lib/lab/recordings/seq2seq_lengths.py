"""For seq2seq: copying words of 2 to 12 symbols through one vector, or with attention.

Both models have, within 5 %, the same number of parameters and are trained for the same number of
updates at each of the same learning rates. The chapter chooses each rate by the mean accuracy over
the trained lengths on validation data and reports accuracies on test data.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import torch

from .. import seq2seq
from ..record import say
from .seq2seq_copy import accuracies, copied, task

SYMBOLS = 8
#: Number of hidden units, so that the parameters are equal within 5 %.
UNITS = {"one vector": 36, "attention": 32}
RATES = (0.01, 0.02, 0.04)
SEEDS = range(3)
#: Numbers of updates after which a model is measured.
MEASURED = (300, 1200)
LENGTHS = (2, 4, 6, 8, 10, 12, 16)
#: Length of the word whose attention weights are kept.
SHOWN = 8
BATCH, UNSEEN = 32, 200


def network(name: str, rng: np.random.Generator) -> seq2seq.EncoderDecoder:
    """Return one of the two models."""
    return seq2seq.EncoderDecoder(SYMBOLS, UNITS[name], rng, attend=name == "attention")


def mixed(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a batch of words of one length, from 2 to 12 symbols."""
    return task(copied, int(rng.integers(2, 13)), SYMBOLS, BATCH)(rng)


def trained(
    name: str, rate: float, seed: int, updates: int
) -> tuple[list[seq2seq.EncoderDecoder], np.ndarray]:
    """Train a model; return it after each count of MEASURED updates, and its training losses."""
    rng = np.random.default_rng(seed)
    model, kept, count = network(name, rng), [], 0

    def batch(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        nonlocal count
        if count in MEASURED:
            kept.append(deepcopy(model))
        count += 1
        return mixed(generator)

    losses = seq2seq.train(model, batch, updates, rng, lr=rate)
    return [*kept, model], losses


def by_length(model: seq2seq.EncoderDecoder, seed: int, part: int) -> list[float]:
    """Return a model's accuracy at each length, writing by itself."""
    return [
        float(
            accuracies(
                model,
                task(copied, length, SYMBOLS, UNSEEN),
                np.random.default_rng([seed, 1, part, length]),
            )[1].mean()
        )
        for length in LENGTHS
    ]


def looked_at(model: seq2seq.EncoderDecoder, seed: int) -> tuple[np.ndarray, float]:
    """Return the weights of one word of SHOWN symbols, and how often the largest is in its place.

    The place of symbol t is t; the share is over UNSEEN words, and the step that writes the end is
    not counted.
    """
    word = torch.tensor(np.random.default_rng([seed, 3]).integers(0, SYMBOLS, (SHOWN, UNSEEN)))
    keys, state = model.encode(word)
    with torch.no_grad():
        alpha = model.decode(seq2seq.shift(word, SYMBOLS)[0], state, keys)[2]
    assert alpha is not None
    right = alpha[:-1].argmax(1) == torch.arange(SHOWN)[:, None]
    return alpha[:, :, 0].numpy(), right.double().mean().item()


def record() -> dict[str, Any]:
    """Return each model's accuracies by number of updates, rate, seed and length.

    For attention there are also the weights of one word and how often the largest is in its place.
    """
    shape = len(MEASURED), len(RATES), len(SEEDS)
    alpha, aligned = np.empty((*shape, SHOWN + 1, SHOWN)), np.empty(shape)
    runs: dict[str, Any] = {"validation": {}, "test": {}}
    for name in UNITS:
        found = np.empty((2, len(MEASURED), len(RATES), len(SEEDS), len(LENGTHS)))
        for i, rate in enumerate(RATES):
            for seed in SEEDS:
                models, _ = trained(name, rate, seed, MEASURED[-1])
                for k, model in enumerate(models):
                    for part in (0, 1):
                        found[part, k, i, seed] = by_length(model, seed, part)
                    if name == "attention":
                        alpha[k, i, seed], aligned[k, i, seed] = looked_at(model, seed)
            say(f"{name}, rate {rate}: {np.median(found[1, :, i], axis=1).round(2).tolist()}")
        runs["validation"][name], runs["test"][name] = found
    sizes = {}
    for name in UNITS:
        weights = network(name, np.random.default_rng(0)).parameters()
        sizes[name] = sum(weight.numel() for weight in weights if weight.requires_grad)
    settings = {"lengths": LENGTHS, "rates": RATES, "seeds": len(SEEDS), "updates": MEASURED}
    return {
        **settings,
        "units": UNITS,
        "parameters": sizes,
        **runs,
        "alpha": alpha,
        "aligned": aligned,
    }


def beginning(updates: int) -> dict[str, Any]:
    """Return both models' first losses at the middle rate, seed 0."""
    return {name: trained(name, RATES[1], 0, updates)[1] for name in UNITS}
