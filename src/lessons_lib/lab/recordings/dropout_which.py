"""For dropout: an LSTM on the book's English prose, without dropout and with each of six variants.

Each of the seven is tried at as many settings on one piece of text. The setting with the fewest
bits on validation text is then trained on the other pieces. All have equal parameters and updates,
and each is measured as it was when validation text was best; the bits reported are of test text.
The baseline counts n-grams of the same pieces; validation text chooses its order and strength.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import torch

from ... import dropout, lstm, torch_modules
from .. import book_text, language_model, ngrams
from ..record import say

PIECES, LENGTH = 6, 16_000  # of text to train on; the first is for choosing settings
H, EMBEDDING, BATCH, WINDOW = 64, 24, 20, 25
UPDATES, CHECKED = 1000, 50  # updates between two measurements on validation text
LEARNING_RATES, DROPOUT_RATES = (0.01, 0.02), (0.1, 0.3)
SETTINGS = [*product(LEARNING_RATES, DROPOUT_RATES)]
#: Without dropout, the best is neither the lowest nor the highest.
WITHOUT = [(rate, 0.0) for rate in (0.003, 0.005, 0.01, 0.02)]
ORDERS, STRENGTHS = range(1, 9), (1, 2, 4, 8, 16)
SAMPLES = (1, 2, 4, 8, 16)  # masks over which Monte Carlo dropout averages


def variant(name: str, p: float) -> Any:
    """Return a variant at the rate p; zoneout keeps h at a tenth of c's rate, as in its paper."""
    if name == "none":
        return 0.0
    if name == "VariationalDropout":
        return dropout.VariationalDropout(input=p, hidden=p)
    if name == "Zoneout":
        return dropout.Zoneout(c=p, h=p / 10)
    return getattr(dropout, name)(p)


NAMES = (
    "none",
    "NonRecurrentDropout",
    "RNNDrop",
    "VariationalDropout",
    "WeightDrop",
    "RecurrentDropout",
    "Zoneout",
)


class OneLayer(torch_modules.Layer):
    """One LSTM layer with a forget bias of 1, compiled if llvmlite is there."""

    def __init__(self, D: int, H: int, num_layers: int, dropout: Any) -> None:
        super().__init__(lstm.CELL, D, H, num_layers, dropout=dropout, forget_bias=1.0)


def pieces(part: str, count: int, length: int | None = None) -> list[np.ndarray]:
    """Deal a part's paragraphs out to pieces, so that each has some of every chapter."""
    codes, vocabulary = book_text.book_text("en", part=part)
    ends = np.flatnonzero(codes == vocabulary.index("\n")) + 1
    paragraphs = np.split(codes, ends[:-1])
    return [np.concatenate(paragraphs[k::count])[:length] for k in range(count)]


TRAIN = pieces("train", PIECES, LENGTH)
VALIDATION, TEST = pieces("held_out", 2)
K = len(book_text.book_text("en")[1])


def train(
    name: str, setting: tuple[float, float], piece: int, updates: int, watch: Any = None
) -> Any:
    """Train one model on a piece, whose number is the seed; return it and its losses."""
    learning_rate, p = setting
    torch.manual_seed(piece)
    model = language_model.LanguageModel(K, H, 1, variant(name, p), OneLayer, EMBEDDING)
    streams, generator = (
        book_text.streams(TRAIN[piece], BATCH),
        torch.Generator().manual_seed(piece),
    )
    follow = None if watch is None else lambda k: watch(k, model)
    losses = language_model.train(
        model, streams, updates, WINDOW, learning_rate, generator=generator, watch=follow
    )
    return model, losses


def stopped(name: str, setting: tuple[float, float], piece: int) -> Any:
    """Train one model; return it as at its best measurement, with bits and updates there."""
    watched, validation = book_text.streams(VALIDATION, BATCH), []
    best: dict[str, Any] = {}

    def watch(done: int, model: Any) -> None:
        if done == 0 or done % CHECKED:
            return
        validation.append(language_model.bits(model, watched))
        if validation[-1] == min(validation):
            best.update({key: value.clone() for key, value in model.state_dict().items()})

    model, _ = train(name, setting, piece, UPDATES + 1, watch)  # measured before an update
    model.load_state_dict(best)
    return model, validation


def sampled(model: Any) -> list[float]:
    """Return the bits on test text without masks, then those of Monte Carlo dropout.

    Monte Carlo dropout averages probabilities over sets of masks, here over as many as `SAMPLES`
    says. All read the same streams; with masks, in windows like those of training.
    """
    streams = book_text.streams(TEST, BATCH)
    codes, generator = torch.tensor(streams), torch.manual_seed(0)
    bits, total = [language_model.bits(model, streams)], torch.zeros(())
    model.train()
    with torch.no_grad():
        for count in range(1, SAMPLES[-1] + 1):
            state, parts = None, []
            for x, target in zip(codes[:-1].split(WINDOW), codes[1:].split(WINDOW), strict=True):
                scores, state = model(x, state, generator=generator)
                parts.append(scores.softmax(dim=-1).gather(-1, target[..., None]))
            total = total + torch.cat(parts)
            if count in SAMPLES:
                bits.append(float(-(total / count).log2().mean()))
    return bits


def counted(piece: int) -> float:
    """Return the bits on test text of the n-gram model that is best on validation text."""
    kinds = [*product(ORDERS, STRENGTHS)]
    validation = [ngrams.bits(VALIDATION, TRAIN[piece], K, *kind) for kind in kinds]
    return ngrams.bits(TEST, TRAIN[piece], K, *kinds[int(np.argmin(validation))])


def record() -> dict[str, Any]:
    """Return the search, and by variant and piece the bits on test text, stops and curves."""
    found: dict[str, Any] = {key: {} for key in ("searched", "chosen", "test", "curves")}
    monte_carlo = []
    for name in NAMES:
        settings = WITHOUT if name == "none" else SETTINGS
        searched = [min(stopped(name, setting, 0)[1]) for setting in settings]
        chosen = settings[int(np.argmin(searched))]
        runs = [stopped(name, chosen, piece) for piece in range(1, PIECES)]
        test = [language_model.bits(model, TEST) for model, _ in runs]
        if name == "VariationalDropout":
            monte_carlo = [sampled(model) for model, _ in runs]
        curves = [validation for _, validation in runs]
        parts = dict(zip(found, (searched, chosen, test, curves), strict=True))
        for key, part in parts.items():
            found[key][name] = part
        say(f"{name}: {chosen}, {np.round(searched, 3)}, {np.round(test, 3)}")
    sizes = {"length": LENGTH, "validation": len(VALIDATION), "test": len(TEST)}
    model, _ = train("none", WITHOUT[0], 0, 1)
    return {
        "settings": {"none": WITHOUT, "variants": SETTINGS},
        **found,
        "checked": CHECKED,
        "samples": SAMPLES,
        "monte_carlo": monte_carlo,
        "counted": [counted(piece) for piece in range(1, PIECES)],
        "sizes": sizes,
        "parameters": sum(weight.numel() for weight in model.parameters()),
    }


def beginning(updates: int) -> dict[str, Any]:
    """Return the first losses of some models on the first piece."""
    names = ("none", "VariationalDropout", "RecurrentDropout", "Zoneout")
    return {name: train(name, SETTINGS[0], 0, updates)[1] for name in names}
