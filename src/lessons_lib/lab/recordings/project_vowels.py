"""For project: who speaks? Models, dropouts and splits compared on JapaneseVowels.

The code of training is the chapter's own, in plain PyTorch; a test of the chapter compares both.
Every configuration is trained five times: each fifth of a speaker's utterances, in the order of
recording, is once the validation part. It stops the training and chooses rates; the test part is
only reported. Run k of one configuration is paired with run k of another: the same split, the same
initial weights of the shared layers, the same order of batches.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

from ... import dropout, torch_modules
from .. import vowels
from ..record import say
from ..training import one_thread

FOLDS, BATCH, RATE, CLIP = 5, 27, 0.01, 1.0
EPOCHS, PATIENCE = 60, 15
UNITS, DROPOUT = 64, 0.5
#: Frames after which the decision is measured.
PREFIXES = (1, 2, 3, 5, 7, 10, 15, 20, 29)
#: Layers by name: class, units and directions; parameters within 5 % of the LSTM's.
LAYERS = {
    "LSTM": (nn.LSTM, 64, 1),
    "GRU": (nn.GRU, 75, 1),
    "BiLSTM": (nn.LSTM, 43, 2),
    "BiGRU": (nn.GRU, 50, 2),
}
VARIANTS = (
    "NonRecurrentDropout",
    "RNNDrop",
    "VariationalDropout",
    "WeightDrop",
    "RecurrentDropout",
    "Zoneout",
)
RATES = (0.2, 0.5)
#: The candidates by which scores are divided, to calibrate them.
TEMPERATURES = np.geomspace(0.25, 4, 41)

Pair = tuple[torch.Tensor, int]


class SpeakerNet(nn.Module):
    """A recurrent layer with a score for each speaker at every frame."""

    def __init__(self, layer: nn.Module, width: int, rate: float, frames: np.ndarray) -> None:
        super().__init__()
        self.layer, self.read, self.dropout = layer, nn.Linear(width, 9), nn.Dropout(rate)
        self.register_buffer("mean", torch.tensor(frames.mean(0), dtype=torch.float32))
        self.register_buffer("std", torch.tensor(frames.std(0), dtype=torch.float32))

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return scores (T, N, 9) for padded frames (T, N, 12)."""
        x = self.dropout((x - self.mean) / self.std)
        packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
        h, _ = pad_packed_sequence(self.layer(packed)[0])
        return self.read(self.dropout(h))


def collate(pairs: Sequence[Pair]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return padded frames (T, N, 12), speakers (N,) and lengths (N,)."""
    frames, speakers = zip(*pairs, strict=True)
    return pad_sequence(frames), torch.tensor(speakers), torch.tensor([len(x) for x in frames])


def decision(model: Any, scores: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Return the utterances' scores (N, 9): the last frame's; with two directions, the mean."""
    if model.layer.bidirectional:
        real = torch.arange(len(scores))[:, None, None] < lengths[:, None]
        return (scores * real).sum(0) / lengths[:, None]
    return scores[lengths - 1, torch.arange(len(lengths))]


def loss_of(model: Any, batch: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Return the mean over real frames plus the loss of the decision."""
    x, speaker, lengths = batch
    scores = model(x, lengths)
    real = torch.arange(len(scores))[:, None] < lengths
    each = cross_entropy(scores.transpose(1, 2), speaker.expand(len(scores), -1), reduction="none")
    return (each * real).sum() / real.sum() + cross_entropy(
        decision(model, scores, lengths), speaker
    )


def pairs_of(part: vowels.Utterances) -> list[Pair]:
    """Return the utterances as tensors with their speakers."""
    return [(torch.tensor(x).float(), int(k)) for x, k in zip(*part, strict=True)]


def by_block(part: vowels.Utterances) -> np.ndarray:
    """Return the fifth, in the order of recording, to which each training utterance belongs."""
    place = np.concatenate([np.arange(n) for n in np.bincount(part.speaker)])
    return place * FOLDS // 30


def answered(model: Any, pairs: list[Pair]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the scores of all frames (T, N, 9), the decisions (N, 9), and the speakers (N,)."""
    model.eval()
    with torch.no_grad():
        x, speaker, lengths = collate(pairs)
        scores = model(x, lengths)
        return scores, decision(model, scores, lengths), speaker


def accuracy(scores: torch.Tensor, speaker: torch.Tensor) -> float:
    """Return the share of right decisions."""
    return float((scores.argmax(1) == speaker).float().mean())


def temperature_of(final: torch.Tensor, speaker: torch.Tensor) -> float:
    """Return the number that the scores are divided by for the least loss."""
    losses = [float(cross_entropy(final / t, speaker)) for t in TEMPERATURES]
    return float(TEMPERATURES[np.argmin(losses)])


def reliability(final: torch.Tensor, speaker: torch.Tensor) -> np.ndarray:
    """Return for ten bins of confidence: decisions, sum of confidences, right decisions."""
    confidence, guess = final.softmax(1).max(1)
    place = (10 * confidence).long().clamp(max=9)
    each = torch.stack([torch.ones_like(confidence), confidence, (guess == speaker).float()], 1)
    return np.array([each[place == k].sum(0).tolist() for k in range(10)])


def calibration_error(bins: np.ndarray) -> float:
    """Return the mean distance of confidence and accuracy, weighted by the bins' decisions."""
    return float(np.abs(bins[:, 1] - bins[:, 2]).sum() / bins[:, 0].sum())


def tested(model: Any, valid_pairs: list[Pair], test_pairs: list[Pair]) -> dict[str, Any]:
    """Return what the chapter reports of a trained model on the test part."""
    scores, final, speaker = answered(model, test_pairs)
    temperature = temperature_of(*answered(model, valid_pairs)[1:])
    lengths, each = collate(test_pairs)[2], torch.arange(len(test_pairs))
    bins, cooled = (reliability(final / t, speaker) for t in (1, temperature))
    confusion = np.zeros((9, 9), int)
    np.add.at(confusion, (speaker.numpy(), final.argmax(1).numpy()), 1)
    return {
        "test": accuracy(final, speaker),
        "loss": float(cross_entropy(final, speaker)),
        "loss_scaled": float(cross_entropy(final / temperature, speaker)),
        "temperature": temperature,
        "error": calibration_error(bins),
        "error_scaled": calibration_error(cooled),
        "bins": bins,
        "confusion": confusion,
        "prefixes": [accuracy(scores[lengths.clamp(max=k) - 1, each], speaker) for k in PREFIXES],
    }


def network(name: str, rate: float, layer: Any, frames: np.ndarray) -> SpeakerNet:
    """Return a model of `LAYERS` with fresh weights, or one with the given layer."""
    kind, units, directions = LAYERS[name]
    layer = layer or kind(vowels.COEFFICIENTS, units, bidirectional=directions == 2)
    return SpeakerNet(layer, units * directions, rate, frames)


def variant(name: str, p: float) -> Any:
    """Return the library's LSTM with one of the six dropouts; zoneout keeps h at p / 10."""
    if name == "VariationalDropout":
        chosen: Any = dropout.VariationalDropout(input=p, hidden=p)
    elif name == "Zoneout":
        chosen = dropout.Zoneout(c=p, h=p / 10)
    else:
        chosen = getattr(dropout, name)(p)
    return torch_modules.LSTM(vowels.COEFFICIENTS, UNITS, dropout=chosen)


def train(
    train_pairs: list[Pair],
    valid_pairs: list[Pair],
    seed: int,
    name: str = "LSTM",
    rate: float = DROPOUT,
    made: tuple[str, float] | None = None,
    updates: int | None = None,
) -> tuple[Any, list[float], dict[str, Any]]:
    """Train until validation stops improving; return the best model, its losses and its epoch."""
    torch.manual_seed(seed)
    layer = variant(*made) if made else None
    model = network(name, rate, layer, np.concatenate([x.numpy() for x, _ in train_pairs]))
    torch.manual_seed(seed)  # the masks
    order = torch.Generator().manual_seed(seed)
    loader: Any = DataLoader(train_pairs, BATCH, True, generator=order, collate_fn=collate)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    losses: list[float] = []
    best: dict[str, Any] = {"loss": np.inf}
    for epoch in range(EPOCHS):
        model.train()
        for batch in loader:
            optimizer.zero_grad()
            loss = loss_of(model, batch)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
            losses.append(loss.item())
            if len(losses) == updates:
                return model, losses, best
        _, final, speaker = answered(model, valid_pairs)
        loss_now = float(cross_entropy(final, speaker))
        if loss_now < best["loss"]:
            kept, share = copy.deepcopy(model.state_dict()), accuracy(final, speaker)
            best = {"loss": loss_now, "accuracy": share, "epoch": epoch, "weights": kept}
        elif epoch - best["epoch"] >= PATIENCE:
            break
    model.load_state_dict(best.pop("weights"))
    return model, losses, best


def chosen(pairs: list[Pair], where: np.ndarray) -> list[Pair]:
    """Return the pairs at the places where a condition holds."""
    return [pairs[n] for n in np.flatnonzero(where)]


def runs(**configuration: Any) -> dict[str, Any]:
    """Train a configuration once for each fold; return what was measured."""
    part = vowels.utterances("train")
    pairs, block = pairs_of(part), by_block(part)
    test = pairs_of(vowels.utterances("test"))
    found: dict[str, Any] = {}
    for fold in range(FOLDS):
        halves = chosen(pairs, block != fold), chosen(pairs, block == fold)
        model, _, best = train(*halves, seed=fold, **configuration)
        row = {"validation": best["accuracy"], "validation_loss": best["loss"]}
        row |= {"epoch": best["epoch"], **tested(model, halves[1], test)}
        for key, value in row.items():
            found.setdefault(key, []).append(value)
    for key in ("bins", "confusion"):
        found[key] = np.sum(found[key], axis=0)
    found["parameters"] = sum(w.numel() for w in model.parameters())
    say(f"{configuration}: {np.mean(found['validation']):.3f}, {np.mean(found['test']):.3f}")
    return found


def untouched() -> dict[str, list[float]]:
    """Stop on one fifth and measure on another one, which nothing has used, and on the test."""
    part = vowels.utterances("train")
    pairs, block = pairs_of(part), by_block(part)
    test = pairs_of(vowels.utterances("test"))
    found: dict[str, list[float]] = {"validation": [], "untouched": [], "test": []}
    for fold in range(FOLDS):
        other = (fold + 1) % FOLDS
        inner = chosen(pairs, (block != fold) & (block != other)), chosen(pairs, block == fold)
        model, _, best = train(*inner, seed=fold)
        found["validation"].append(best["accuracy"])
        found["untouched"].append(accuracy(*answered(model, chosen(pairs, block == other))[1:]))
        found["test"].append(accuracy(*answered(model, test)[1:]))
    say(f"untouched: {found}")
    return found


def mixed() -> dict[str, list[float]]:
    """Deal all 640 utterances anew, as many of each speaker to each part as in the source."""
    train_part, test_part = vowels.utterances("train"), vowels.utterances("test")
    pairs = pairs_of(train_part) + pairs_of(test_part)
    speaker = np.concatenate([train_part.speaker, test_part.speaker])
    found: dict[str, list[float]] = {"validation": [], "test": []}
    for seed in range(FOLDS):
        rng = np.random.default_rng(seed)
        place = np.empty(len(speaker), int)
        for k in range(vowels.SPEAKERS):
            here = np.flatnonzero(speaker == k)
            place[here] = rng.permutation(len(here))
        parts = chosen(pairs, (place >= 6) & (place < 30)), chosen(pairs, place < 6)
        model, _, best = train(*parts, seed=seed)
        found["validation"].append(best["accuracy"])
        found["test"].append(accuracy(*answered(model, chosen(pairs, place >= 30))[1:]))
    say(f"mixed: {found}")
    return found


def record() -> dict[str, Any]:
    """Return what was measured of models, of dropouts by rate, and of other splits."""
    settings: dict[str, Any] = {
        "folds": FOLDS,
        "batch": BATCH,
        "learning_rate": RATE,
        "epochs": EPOCHS,
    }
    settings |= {"patience": PATIENCE, "dropout": DROPOUT, "rates": RATES, "prefixes": PREFIXES}
    with one_thread():
        models = {name: runs(name=name) for name in LAYERS}
        without = runs(rate=0.0)
        dropouts = {name: [runs(rate=0.0, made=(name, p)) for p in RATES] for name in VARIANTS}
        splits = {"untouched": untouched(), "mixed": mixed()}
    return {**settings, "models": models, "none": without, "dropouts": dropouts, **splits}


def beginning(updates: int) -> dict[str, list[float]]:
    """Return the first losses of each model and of each dropout, fold 0."""
    part = vowels.utterances("train")
    pairs, block = pairs_of(part), by_block(part)
    halves = chosen(pairs, block != 0), chosen(pairs, block == 0)
    configurations: dict[str, dict[str, Any]] = {name: {"name": name} for name in LAYERS}
    configurations |= {name: {"rate": 0.0, "made": (name, RATES[1])} for name in VARIANTS}
    with one_thread():
        return {
            name: train(*halves, seed=0, updates=updates, **configuration)[1]
            for name, configuration in configurations.items()
        }
