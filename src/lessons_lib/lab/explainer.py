"""For charlm: the small language model that a reader's browser runs, trained, packed and unpacked.

Half of the held-out paragraphs are validation text: it chooses the update at which the network is
kept, and the order and strength of the n-gram model that it is compared with. The other half is
test text. Weights are stored as integers of 8 bits with a scale for each row of a matrix.

`unpack` needs NumPy only; training needs torch.
"""

from __future__ import annotations

import base64
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from .. import lstm, readout
from . import book_text, ngrams

UNITS = {"ko": "jamo", "en": "character"}
EMBEDDING, H, DROP = 32, 128, 0.2
BATCH, WINDOW = 32, 64
#: Numbers of updates and their learning rates.
PHASES = ((5000, 8e-3), (4000, 4e-3), (3000, 2e-3), (2000, 5e-4))
CHECKED = 100  # updates between two measurements on validation text
ORDERS, STRENGTHS = range(1, 9), (1, 2, 4, 8, 16)
LARGEST = 127  # of the stored integers
#: The text with which the figure starts, and the unit that it shows: the one whose sign is right
#: most often, on validation text, about whether a parenthesis is open.
START = {"ko": ("은닉 상태(hidden state", 53), "en": ("a gated recurrent unit (GRU", 68)}


class Model(NamedTuple):
    """The weights: vectors of the symbols (K, D), an LSTM, and a read-out of K classes."""

    embedding: np.ndarray
    cell: lstm.Params
    readout: readout.Params


class Texts(NamedTuple):
    """The book in one language as codes; validation and test text begin with a newline."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    vocabulary: str


def texts(language: str) -> Texts:
    """Return the texts."""
    unit = UNITS[language]
    train, vocabulary = book_text.book_text(language, unit, "train")
    parts = (book_text.book_text(language, unit, part)[0] for part in ("validation", "test"))
    validation, test = (np.append(vocabulary.index("\n"), part) for part in parts)
    return Texts(train, validation, test, vocabulary)


def train(language: str, updates: int | None = None) -> Any:
    """Train; return the network, its losses, and the bits on validation text by measurement.

    The network is as it was when validation text was best; with `updates`, as after so many.
    """
    import torch

    from .. import dropout
    from . import language_model

    read = texts(language)
    torch.manual_seed(0)
    network = language_model.LanguageModel(
        len(read.vocabulary), H, dropout=dropout.WeightDrop(DROP), embedding_size=EMBEDDING
    )
    streams = book_text.streams(read.train, BATCH)
    watched = book_text.streams(read.validation, BATCH)
    best: dict[str, Any] = {}
    found: list[float] = []

    def watch(done: int) -> None:
        if updates is None and done % CHECKED == CHECKED - 1:
            found.append(language_model.bits(network, watched))
            if found[-1] == min(found):
                best.update({key: value.clone() for key, value in network.state_dict().items()})

    losses = [
        language_model.train(network, streams, updates or count, WINDOW, rate, watch=watch)
        for count, rate in (PHASES[:1] if updates else PHASES)
    ]
    network.load_state_dict(best or network.state_dict())
    return network, np.concatenate(losses), found


def record(language: str) -> dict[str, Any]:
    """Return the packed weights, sizes, and bits of the network before and after packing.

    The bits are those of test text, per symbol, beside those of the n-gram model that is best on
    validation text.
    """
    from . import language_model

    read = texts(language)
    network, losses, validation = train(language)
    bits = {"float32": language_model.bits(network, read.test)}
    packed = pack(_model_of(network))
    _load(network, unpack({**packed, "vocabulary": read.vocabulary}))
    bits["int8"] = language_model.bits(network, read.test)
    bits["n_gram"], order, strength = counted(read)
    return {
        "vocabulary": read.vocabulary,
        **packed,
        "parameters": sum(weight.numel() for weight in network.parameters()) - 4 * H,
        "bits": bits,
        "n_gram": {"order": order, "strength": strength},
        "validation": {"every": CHECKED, "bits": validation},
        "training": losses.reshape(-1, CHECKED).mean(axis=1),
        "lengths": {part: len(getattr(read, part)) for part in ("train", "validation", "test")},
    }


def counted(read: Texts) -> tuple[float, int, float]:
    """Return the test text's bits by counting, and the order and strength that validation chose."""
    K = len(read.vocabulary)
    kinds = [*product(ORDERS, STRENGTHS)]
    found = [ngrams.bits(read.validation, read.train, K, *kind) for kind in kinds]
    order, strength = kinds[int(np.argmin(found))]
    return ngrams.bits(read.test, read.train, K, order, strength), order, strength


def pack(model: Model) -> dict[str, str]:
    """Return weights as texts in base 64: "halves", the vectors and scales, and "integers".

    A row w of a matrix is stored as a scale of 16 bits, max |w| / 127, and integers, w / scale
    rounded; a vector as numbers of 16 bits.
    """
    halves, integers = [], []
    for array in _arrays(model):
        if array.ndim == 1:
            halves.append(array.astype("<f2"))
            continue
        scale = (np.abs(array).max(axis=1, keepdims=True) / LARGEST).astype("<f2")
        rounded = np.rint(array / np.maximum(scale.astype(float), 1e-12))
        halves.append(scale.ravel())
        integers.append(rounded.clip(-LARGEST, LARGEST).astype(np.int8))
    return {"halves": _base64(halves), "integers": _base64(integers)}


def unpack(packed: dict[str, Any]) -> Model:
    """Return the weights in float64 of a record, or of `pack`'s texts with "vocabulary"."""
    halves = np.frombuffer(base64.b64decode(packed["halves"]), "<f2").astype(float)
    integers = np.frombuffer(base64.b64decode(packed["integers"]), np.int8).astype(float)
    found, at, row = [], 0, 0
    for shape in shapes(len(packed["vocabulary"])):
        numbers, at = halves[at : at + shape[0]], at + shape[0]
        if len(shape) == 2:
            size = shape[0] * shape[1]
            numbers = numbers[:, None] * integers[row : row + size].reshape(shape)
            row += size
        found.append(numbers)
    embedding, W_ih, W_hh, b, W, read_b = found
    return Model(embedding, lstm.Params(W_ih, W_hh, b), readout.Params(W, read_b))


def shapes(K: int) -> list[tuple[int, ...]]:
    """Return the shapes of the stored arrays, in their order."""
    return [(K, EMBEDDING), (4 * H, EMBEDDING), (4 * H, H), (4 * H,), (K, H), (K,)]


def _arrays(model: Model) -> list[np.ndarray]:
    cell = model.cell
    return [model.embedding, cell.W_ih, cell.W_hh, cell.b, model.readout.W, model.readout.b]


def _base64(arrays: list[np.ndarray]) -> str:
    return base64.b64encode(b"".join(array.tobytes() for array in arrays)).decode()


def _model_of(network: Any) -> Model:
    """Return a network's weights; the layer's two biases are added."""
    weights = {name: w.detach().numpy() for name, w in network.named_parameters()}
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    W_ih, W_hh, b_ih, b_hh = (weights[f"layer.{name}"] for name in names)
    return Model(
        weights["embedding.weight"],
        lstm.Params(W_ih, W_hh, b_ih + b_hh),
        readout.Params(weights["read.weight"], weights["read.bias"]),
    )


def _load(network: Any, model: Model) -> None:
    """Put weights into a network, the whole bias into the first of the layer's two."""
    import torch

    names = ("embedding.weight", "layer.weight_ih_l0", "layer.weight_hh_l0", "layer.bias_ih_l0")
    state = dict(zip((*names, "read.weight", "read.bias"), _arrays(model), strict=True))
    state["layer.bias_hh_l0"] = np.zeros(4 * H)
    network.load_state_dict({name: torch.tensor(array).float() for name, array in state.items()})
