"""For charlm and dropout: a recurrent language model, trained on parallel streams of text.

A text consists of codes 0 … K − 1, as `book_text` returns them; `book_text.streams` arranges it as
N parallel streams, codes of shape (L, N), time first. Losses are in bits per symbol: the length of
the text if it is coded with the model, log₂ K for a model that knows nothing.

This module needs torch; ``import lessons_lib`` does not load it.

References
----------
Graves (2013), "Generating sequences with recurrent neural networks", arXiv 1308.0850, sections 2
and 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import torch_modules
from .._check import arguments as validation
from ..attention import softmax
from .book_text import decode, encode
from .hangul import to_jamo
from .training import loss_of, minimise, one_thread

#: Steps that `bits` reads at once; the scores of more would fill the memory.
_AT_ONCE = 1000


class LanguageModel(torch.nn.Module):
    """An embedding, a recurrent layer and a linear output layer, which score each next symbol.

    Parameters
    ----------
    symbols : int
        K, the length of the vocabulary.
    hidden_size : int
        H.
    num_layers : int, optional
    dropout : float or Dropout, optional
        As in `torch_modules`: a rate between the layers, or a variant of `lessons_lib.dropout`.
        Each forward pass draws new masks, so in `train` they last for one window.
    layer : type, optional
        ``torch_modules.LSTM``, ``GRU`` or ``RNN``.
    embedding_size : int, optional
        Length of the vector that represents a symbol; if not given, the vector is one-hot, of
        length K.
    """

    def __init__(
        self,
        symbols: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: Any = 0.0,
        layer: Any = torch_modules.LSTM,
        embedding_size: int | None = None,
    ) -> None:
        super().__init__()
        D = symbols if embedding_size is None else embedding_size
        validation.check_sizes(symbols=symbols, hidden_size=hidden_size, embedding_size=D)
        self.symbols = symbols
        self.embedding = None if embedding_size is None else torch.nn.Embedding(symbols, D)
        self.layer = layer(D, hidden_size, num_layers, dropout=dropout)
        self.read = torch.nn.Linear(hidden_size, symbols)

    def forward(self, codes: Tensor, state: Any = None, **masks: Any) -> tuple[Tensor, Any]:
        """Score each next symbol.

        Parameters
        ----------
        codes : int64 tensor of shape (T, N)
        state : as the layer returns it, optional
            The initial state; zero if not given.
        **masks
            ``masks=`` or ``generator=``, as for the layer.

        Returns
        -------
        scores : tensor of shape (T, N, K)
            Their softmax is the distribution of the next symbol.
        state
            The state after the last step.

        Raises
        ------
        ValueError
            The codes are not an int64 tensor of shape (T, N), or are not all in the vocabulary.
        """
        _check_codes(codes, self.symbols)
        if self.embedding is None:
            x = torch.nn.functional.one_hot(codes, self.symbols).to(self.read.weight.dtype)
        else:
            x = self.embedding(codes)
        y, state = self.layer(x, state, **masks)
        return self.read(y), state


def train(
    model: LanguageModel,
    streams: np.ndarray,
    updates: int,
    window: int,
    lr: float | Callable[[int], float] = 1e-2,
    clip: float = 1.0,
    generator: torch.Generator | None = None,
    watch: Callable[[int], None] | None = None,
) -> np.ndarray:
    """Train by truncated BPTT with Adam, clipping by norm, and the model's dropout.

    Each update reads the next window of all streams. The state passes from window to window, the
    gradient does not. At the end of the streams, reading starts over with a zero state; steps that
    do not fill a window are left out.

    Parameters
    ----------
    model : LanguageModel
        Trained in place, on its device; switched to training mode.
    streams : integer array of shape (L, N)
    updates : int
    window : int
        Number of steps, less than L.
    lr : float or callable, optional
        Learning rate; ``lr(k)`` is that of update k.
    clip : float, optional
        Largest norm of the gradient of the loss in nats.
    generator : torch.Generator, optional
        Draws the masks; the device's default generator if not given.
    watch : callable, optional
        ``watch(k)`` is called before update k = 0 … updates − 1, for example to score a held-out
        text.

    Returns
    -------
    array of shape (updates,)
        The mean loss of each window, before its update, in bits per symbol.

    Raises
    ------
    TypeError, ValueError
        The streams are not codes of the model's vocabulary, a size is not a positive integer, or
        the window is not shorter than L.
    """
    validation.check_sizes(updates=updates, window=window)
    codes = _on_device(model, streams, "streams")
    if window >= len(codes):
        raise ValueError(f"window: got {window}, expected less than the {len(codes)} steps")
    model.train()
    start, state, done = 0, None, count()

    def loss() -> Tensor:
        nonlocal start, state
        if watch is not None:
            watch(next(done))
        if start + window >= len(codes):
            start, state = 0, None
        read = codes[start : start + window + 1]
        scores, state = model(read[:-1], state, generator=generator)
        state, start = _detached(state), start + window
        return loss_of(scores, read[1:])

    return minimise(model, loss, updates, lr, clip) / np.log(2)


def _detached(state: Any) -> Any:
    if isinstance(state, tuple):
        return tuple(part.detach() for part in state)
    return state.detach()


def bits(model: LanguageModel, codes: np.ndarray) -> float:
    """Return the model's mean loss per symbol in bits, in evaluation mode.

    Parameters
    ----------
    model : LanguageModel
    codes : integer array of shape (L,) or (L, N)
        One text, or streams. All symbols except each stream's first are scored in one pass.

    Raises
    ------
    TypeError, ValueError
        The codes are not all in the model's vocabulary, or there are fewer than two steps.
    """
    read = _on_device(model, codes, "codes")
    nats, state = 0.0, None
    with one_thread(), _evaluating(model):
        for start in range(0, len(read) - 1, _AT_ONCE):
            part = read[start : start + _AT_ONCE + 1]
            scores, state = model(part[:-1], state)
            nats += loss_of(scores, part[1:]).item() * (len(part) - 1)
    return nats / (len(read) - 1) / np.log(2)


def probabilities(scores: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return the distribution of the next symbol, p_k ∝ exp(s_k / τ).

    Parameters
    ----------
    scores : array of shape (..., K)
    temperature : float, optional
        τ: 1 is the model's own distribution, a smaller value a sharper one. 0 is the limit: all the
        probability is on the greatest score.

    Raises
    ------
    ValueError
        The temperature is negative or NaN.
    """
    if not temperature >= 0:  # also rejects NaN
        raise ValueError(f"temperature: got {temperature!r}, expected 0 or more")
    scores = np.asarray(scores, dtype=float)
    if temperature == 0:
        return np.eye(scores.shape[-1])[scores.argmax(axis=-1)]
    return softmax(scores / temperature, axis=-1)


def generate(
    model: LanguageModel,
    vocabulary: str,
    prompt: str,
    length: int,
    temperature: float,
    generator: np.random.Generator,
) -> str:
    """Let the model continue a text: each symbol is drawn, then read as the next input.

    Parameters
    ----------
    model : LanguageModel
    vocabulary : str
        As returned by `book_text`.
    prompt : str
        At least one symbol of the vocabulary; split into jamo if the vocabulary consists of them.
    length : int
        Number of symbols to write.
    temperature : float
        As for `probabilities`.
    generator : numpy.random.Generator

    Returns
    -------
    str
        The prompt and its continuation, jamo composed to syllables.

    Raises
    ------
    TypeError, ValueError
        The prompt is empty or not in the vocabulary, or another argument has the wrong type or
        value.
    """
    validation.check_generator(generator)
    validation.check_sizes(length=length)
    if len(vocabulary) != model.symbols:
        raise ValueError(f"vocabulary: got {len(vocabulary)} symbols, expected {model.symbols}")
    unit = "jamo" if to_jamo(vocabulary) == vocabulary else "character"
    written, _ = encode(prompt, unit, vocabulary)
    if len(written) == 0:
        raise ValueError("prompt: got no symbol, expected at least one")
    device = model.read.weight.device
    read, state = written, None
    with one_thread(), _evaluating(model):
        for _ in range(length):
            scores, state = model(torch.tensor(read, device=device)[:, None], state)
            p = probabilities(scores[-1, 0].cpu().numpy(), temperature)
            read = generator.choice(len(p), 1, p=p)
            written = np.append(written, read)
    return decode(written, vocabulary)


@contextmanager
def _evaluating(model: LanguageModel) -> Iterator[None]:
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(was_training)


def _on_device(model: LanguageModel, codes: Any, name: str) -> Tensor:
    array = np.asarray(codes)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: got dtype {array.dtype}, expected integers")
    if array.ndim not in (1, 2) or len(array) < 2:
        raise ValueError(f"{name}: got shape {array.shape}, expected (L, N) or (L,), L >= 2")
    read = torch.tensor(array.astype(np.int64), device=model.read.weight.device)
    return read if read.ndim == 2 else read[:, None]


def _check_codes(codes: Tensor, symbols: int) -> None:
    if codes.ndim != 2 or codes.dtype != torch.int64 or codes.numel() == 0:
        actual = f"{codes.dtype} of shape {tuple(codes.shape)}"
        raise ValueError(f"codes: got {actual}, expected int64 of shape (T, N), T >= 1, N >= 1")
    least, greatest = int(codes.min()), int(codes.max())
    if least < 0 or greatest >= symbols:
        raise ValueError(f"codes: got {least} to {greatest}, expected 0 to {symbols - 1}")
