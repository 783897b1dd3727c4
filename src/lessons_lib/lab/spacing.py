"""For bidirectional: restore the spaces of Korean text, and score the result.

`tasks.word_spacing` draws the training batches. Whole paragraphs differ in length: here they form
one padded batch, which the library's `stack` reads.

This module needs torch; ``import lessons_lib`` does not load it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from .. import stack
from .._check import arguments as validation
from .book_text import book_text, encode
from .reader import Reader


class Texts(NamedTuple):
    """Texts without spaces, padded to one length.

    Attributes
    ----------
    codes : int64 array of shape (T, N)
        In the vocabulary of ``book_text("ko", "syllable")``; 0 after a text's end.
    follows : bool array of shape (T, N)
        True if a space follows; false after a text's last syllable.
    lengths : int64 array of shape (N,)
        Number of syllables in each text.
    """

    codes: np.ndarray
    follows: np.ndarray
    lengths: np.ndarray


def take_spaces(texts: Sequence[str]) -> Texts:
    """Remove the spaces from texts and record where they were.

    Parameters
    ----------
    texts : sequence of N str
        Words separated by single spaces, in symbols of the book's Korean vocabulary.

    Raises
    ------
    TypeError, ValueError
        There are no texts, or one of them is not a str, has no syllable, or has a symbol that is
        not in the vocabulary.
    """
    if not texts:
        raise ValueError("texts: got none, expected at least one")
    _, vocabulary = book_text("ko", "syllable")
    coded = [encode(text, "syllable", vocabulary)[0] for text in texts]
    space = vocabulary.index(" ")
    gaps = [codes == space for codes in coded]
    lengths = np.array([np.sum(~gap) for gap in gaps])
    if lengths.min() == 0:
        raise ValueError(f"texts: got {texts[int(lengths.argmin())]!r}, expected syllables in each")
    codes = np.zeros((lengths.max(), len(texts)), dtype=np.int64)
    follows = np.zeros(codes.shape, dtype=bool)
    for n, (text_codes, gap) in enumerate(zip(coded, gaps, strict=True)):
        codes[: lengths[n], n] = text_codes[~gap]
        follows[: lengths[n], n] = np.append(gap[1:], False)[~gap]
    return Texts(codes, follows, lengths)


def put_spaces(text: str, follows: np.ndarray) -> str:
    """Return a text with a space after each syllable for which `follows` is true.

    `follows` has the text's length. A space after the last syllable is left out.
    """
    spaced = (symbol + " " * bool(gap) for symbol, gap in zip(text, follows, strict=True))
    return "".join(spaced).rstrip()


def f1(predicted: np.ndarray, true: np.ndarray) -> float:
    """Return the harmonic mean of precision and recall of the predicted spaces.

    Parameters
    ----------
    predicted, true : bool arrays of one shape
        Whether a space is predicted to follow, and whether one does.

    Returns
    -------
    float
        From 0 to 1; 0 if there is neither a predicted nor a true space.

    Raises
    ------
    ValueError
        The shapes differ.
    """
    if predicted.shape != true.shape:
        raise ValueError(f"true: got shape {true.shape}, expected {predicted.shape} as predicted")
    either = int(predicted.sum()) + int(true.sum())
    return 2 * int((predicted & true).sum()) / either if either else 0.0


def predicted_by_counts(train: Texts, texts: Texts, before: int, after: int) -> np.ndarray:
    """Predict without a network: the more frequent case of each context in the training texts.

    A context is a syllable with its neighbors. If a context is not in the training texts, or is
    cut off by a text's end, a narrower one is used: the larger side loses a neighbor first.

    Parameters
    ----------
    train, texts : Texts
        The texts to count in, and those to predict.
    before, after : int
        The number of neighbors on each side, at least 0.

    Returns
    -------
    bool array of shape (T, N)
        Whether a space follows, for `texts`.
    """
    validation.check_sizes(syllables=before + after + 1)
    sides = [(before, after)]
    while any(sides[-1]):
        left, right = sides[-1]
        sides.append((left - 1, right) if left >= right else (left, right - 1))
    predicted = np.zeros_like(texts.follows)
    for left, right in reversed(sides):  # wider contexts overwrite narrower ones
        balance: Counter[tuple[int, ...]] = Counter()
        for t, n, context in _contexts(train, left, right):
            balance[context] += 1 if train.follows[t, n] else -1
        for t, n, context in _contexts(texts, left, right):
            if context in balance:
                predicted[t, n] = balance[context] > 0
    return predicted


def _contexts(texts: Texts, before: int, after: int) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Yield the places of the syllables that another one follows, each with its context."""
    for n, length in enumerate(texts.lengths):
        codes = texts.codes[:length, n].tolist()
        for t in range(before, length - max(after, 1)):
            yield t, n, tuple(codes[t - before : t + after + 1])


class Spacer(torch.nn.Module):
    """A vector for each syllable, and a `Reader` that predicts after which ones a space follows.

    Parameters
    ----------
    params : tuple of layers, as from `stack.init_params`
        The `Reader`'s initial weights; D is the length of a syllable's vector.
    generator : numpy.random.Generator
        Draws the vectors, from the standard normal distribution, and the read-out.
    """

    def __init__(self, params: stack.Params, generator: np.random.Generator) -> None:
        super().__init__()
        validation.check_generator(generator)
        self.reader = Reader(params, 2, generator)
        shape = (len(book_text("ko", "syllable")[1]), self.reader.layer.input_size)
        self.vectors = torch.nn.Embedding(*shape)
        with torch.no_grad():
            self.vectors.weight.copy_(torch.as_tensor(generator.standard_normal(shape)))

    def forward(self, codes: torch.Tensor) -> tuple[torch.Tensor, Any]:
        """Return the scores (T, N, 2) for codes (T, N) of one length, and the last state."""
        return self.reader(self.vectors(codes))

    def log_odds(self, texts: Texts) -> np.ndarray:
        """Read texts of several lengths with the library's forward pass, in float64.

        Returns
        -------
        array of shape (T, N)
            Above 0 if a space is more likely than not. Values after a text's end mean nothing.
        """
        vectors, W, b = (
            weight.detach().cpu().double().numpy()
            for weight in (self.vectors.weight, self.reader.read.weight, self.reader.read.bias)
        )
        x = vectors[texts.codes]
        y, _, _ = stack.forward(self.reader.cell, self.reader.params(), x, lengths=texts.lengths)
        return y @ (W[1] - W[0]) + (b[1] - b[0])
