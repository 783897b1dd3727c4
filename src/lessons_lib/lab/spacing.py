"""For bidirectional: put the spaces back into Korean text, and score how well it went.

`tasks.word_spacing` draws what it is trained on. Whole paragraphs have different lengths: here they
stand in one padded batch, and the library's own `stack` reads them.

This module needs torch; ``import lessons_lib`` does not load it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from .. import stack
from .._check import arguments as validation
from .book_text import book_text, encode
from .reader import Reader


class Texts(NamedTuple):
    """Texts without their spaces, padded to one length.

    Attributes
    ----------
    codes : int64 array of shape (T, N)
        In ``book_text("ko", "syllable")``'s vocabulary; 0 after a text's end.
    follows : bool array of shape (T, N)
        Where a space follows; after a text's last syllable none does.
    lengths : int64 array of shape (N,)
        Syllables in each text.
    """

    codes: np.ndarray
    follows: np.ndarray
    lengths: np.ndarray


def take_spaces(texts: Sequence[str]) -> Texts:
    """Take the spaces out of texts and note where they stood.

    Parameters
    ----------
    texts : sequence of N str
        Words with single spaces between them, in symbols of the book's Korean vocabulary.

    Raises
    ------
    TypeError, ValueError
        There is no text, or one that is no str, has no syllable, or has a symbol that is not in the
        vocabulary.
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
    for n, (own, gap) in enumerate(zip(coded, gaps, strict=True)):
        codes[: lengths[n], n] = own[~gap]
        follows[: lengths[n], n] = np.append(gap[1:], False)[~gap]
    return Texts(codes, follows, lengths)


def put_spaces(text: str, follows: np.ndarray) -> str:
    """Return a text with a space after each syllable where `follows`, of its length, is true.

    A space after the last syllable is left out.
    """
    spaced = (symbol + " " * bool(gap) for symbol, gap in zip(text, follows, strict=True))
    return "".join(spaced).rstrip()


def f1(told: np.ndarray, true: np.ndarray) -> float:
    """Return the harmonic mean of precision and recall of the told spaces.

    Parameters
    ----------
    told, true : bool arrays of one shape
        Where a space is said to follow, and where one does.

    Returns
    -------
    float
        From 0 to 1; 0 where none is told and none true.

    Raises
    ------
    ValueError
        The shapes differ.
    """
    if told.shape != true.shape:
        raise ValueError(f"true: got shape {true.shape}, expected {told.shape} as of told")
    either = int(told.sum()) + int(true.sum())
    return 2 * int((told & true).sum()) / either if either else 0.0


def pair_table(texts: Texts) -> np.ndarray:
    """Return the baseline without a network: what is more frequent after each pair of syllables.

    Parameters
    ----------
    texts : Texts
        To be counted.

    Returns
    -------
    bool array of shape (V, V)
        ``table[this, after]`` is true where a space mostly stands between the two codes; where the
        pair is not in the texts, where one mostly follows `this`. V is the vocabulary's size.
    """
    size = len(book_text("ko", "syllable")[1])
    inside = np.arange(1, len(texts.codes))[:, None] < texts.lengths
    gap, this, after = (
        array[inside] for array in (texts.follows[:-1], texts.codes[:-1], texts.codes[1:])
    )
    counts = np.zeros((2, size, size), dtype=np.int64)
    np.add.at(counts, (gap.astype(int), this, after), 1)
    joined, parted = counts
    alone = parted.sum(axis=1) > joined.sum(axis=1)
    return np.where(joined + parted > 0, parted > joined, alone[:, None])


class Spacer(torch.nn.Module):
    """A vector for each syllable, and a `Reader` of these that tells after which a space follows.

    Parameters
    ----------
    params : tuple of layers, as from `stack.init_params`
        The `Reader`'s initial weights; D is the length of a syllable's vector.
    generator : numpy.random.Generator
        Draws the vectors, from the standard normal, and the read-out.
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
        """Read codes (T, N) of one length: return the scores (T, N, 2) and the last state."""
        return self.reader(self.vectors(codes))

    def log_odds(self, texts: Texts) -> np.ndarray:
        """Let the library's own forward pass read texts of several lengths, in float64.

        Returns
        -------
        array of shape (T, N)
            Above 0 where a space rather follows than not. What stands after a text's end means
            nothing.
        """
        vectors, W, b = (
            weight.detach().cpu().double().numpy()
            for weight in (self.vectors.weight, self.reader.read.weight, self.reader.read.bias)
        )
        x = vectors[texts.codes]
        y, _, _ = stack.forward(self.reader.cell, self.reader.params(), x, lengths=texts.lengths)
        return y @ (W[1] - W[0]) + (b[1] - b[0])
