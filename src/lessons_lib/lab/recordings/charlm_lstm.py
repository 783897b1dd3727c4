"""For charlm: LSTMs on the book's Korean prose, by jamo and by syllable, trained for minutes.

Both have the same layer and schedule of learning rates, and read the text equally often. Each is
kept as it is at its best measurement on validation text. The surprise at each symbol of validation
and test text is recorded, so that a page can mix the model's probabilities with those of another.
"""

from __future__ import annotations

import base64
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import torch

from ... import dropout
from .. import book_text, language_model
from ..record import say

H, EMBEDDING, DROPOUT = 256, 64, 0.1
BATCH, WINDOW = 16, 64
UPDATES = {"jamo": 6000, "syllable": 3240}  # the text has 1.85 times as many jamo
RATE, LOWEST = 4e-3, 4e-5  # learning rates of the first and of the last update
CHECKED = 20  # measurements on validation text


def text(unit: str, part: str) -> np.ndarray:
    """Return a part of the text; validation and test text after a newline."""
    codes, vocabulary = book_text.book_text("ko", unit, part)
    return codes if part == "train" else np.append(vocabulary.index("\n"), codes)


def rate(unit: str, update: int) -> float:
    """Return the learning rate of an update, half a cosine from RATE to LOWEST."""
    return LOWEST + (RATE - LOWEST) * (1 + np.cos(np.pi * update / UPDATES[unit])) / 2


def train(unit: str, updates: int, watch: Any = None) -> Any:
    """Train one model; return it and its losses."""
    torch.manual_seed(0)
    model = language_model.LanguageModel(
        len(book_text.book_text("ko", unit)[1]),
        H,
        dropout=dropout.NonRecurrentDropout(DROPOUT),
        embedding_size=EMBEDDING,
    )
    losses = language_model.train(
        model,
        book_text.streams(text(unit, "train"), BATCH),
        updates,
        WINDOW,
        lambda update: rate(unit, update),
        watch=None if watch is None else lambda done: watch(done, model),
    )
    return model, losses


def surprises(model: Any, codes: np.ndarray) -> np.ndarray:
    """Return −log₂ p of all symbols of a text but the first, float64 of shape (L − 1,)."""
    read, found, state = torch.tensor(codes)[:, None], [], None
    model.eval()
    with torch.no_grad():
        for x, target in zip(read[:-1].split(1000), read[1:].split(1000), strict=True):
            scores, state = model(x, state)
            found.append(-scores.double().log_softmax(-1).gather(-1, target[..., None]).ravel())
    return torch.cat(found).numpy() / np.log(2)


def stopped(unit: str) -> tuple[Any, dict[str, Any]]:
    """Train one model; return it as at its best measurement on validation text, and curves."""
    every = UPDATES[unit] // CHECKED
    watched, validation = book_text.streams(text(unit, "validation"), BATCH), []
    best: dict[str, Any] = {}

    def watch(done: int, model: Any) -> None:
        if done == 0 or done % every:
            return
        validation.append(language_model.bits(model, watched))
        say(f"{unit}, {done}: {validation[-1]:.3f}")
        if validation[-1] == min(validation):
            best.update({key: value.clone() for key, value in model.state_dict().items()})

    model, losses = train(unit, UPDATES[unit] + 1, watch)  # measured before an update
    model.load_state_dict(best)
    training = losses[:-1].reshape(CHECKED, every).mean(axis=1)
    return model, {"every": every, "training": training, "validation": validation}


def packed(surprise: np.ndarray) -> str:
    """Return surprises as text: 16 bits each, in base 64."""
    return base64.b64encode(surprise.astype("<f2").tobytes()).decode()


def unpacked(stored: str) -> np.ndarray:
    """Return the surprises that `packed` stored, correct to three digits."""
    return np.frombuffer(base64.b64decode(stored), "<f2").astype(float)


def scored(unit: str) -> dict[str, Any]:
    """Train one model; return its curves, and bits and surprises of validation and test text."""
    model, curves = stopped(unit)
    found = {part: surprises(model, text(unit, part)) for part in ("validation", "test")}
    return {
        "updates": UPDATES[unit],
        **curves,
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "bits": {part: values.mean() for part, values in found.items()},
        "surprises": {part: packed(values) for part, values in found.items()},
    }


def record() -> dict[str, Any]:
    """Train both models, on a core each; return sizes, and by unit what `scored` returns."""
    sizes = {"H": H, "dropout": DROPOUT, "window": WINDOW, "batch": BATCH}
    with ProcessPoolExecutor(len(UPDATES)) as pool:
        return sizes | dict(zip(UPDATES, pool.map(scored, UPDATES), strict=True))


def beginning(updates: int) -> dict[str, Any]:
    """Return the first losses of both models."""
    return {unit: train(unit, updates)[1] for unit in UPDATES}
