"""For seq2seq: an encoder–decoder of two LSTMs, its training, and its answers.

Words are an array of integers of shape (S, N): N words of S symbols 0 … K − 1, time first. The code
K marks both ends of a word: the decoder reads it to start, and writes it to end.

This module needs torch; ``import lessons_lib`` does not load it.

References
----------
Sutskever, Vinyals and Le (2014), "Sequence to sequence learning with neural networks", arXiv
1409.3215.
Cho et al. (2014), "Learning phrase representations using RNN encoder–decoder for statistical
machine translation", EMNLP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax, one_hot

from .. import attention, lstm
from .._check import arguments as validation
from ..convert import to_torch
from ..torch_modules import LSTM
from .training import minimise

#: Draws source and target words, arrays of shape (S, N) and (T, N).
Draw = Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]


class EncoderDecoder(torch.nn.Module):
    """Read a word with one LSTM and write another with a second one, which starts from its state.

    Parameters
    ----------
    symbols : int
        K, the number of symbols in source and target.
    hidden_size : int
        H, of both LSTMs.
    generator : numpy.random.Generator
        Draws all weights.
    reverse : bool, optional
        Whether the source is read from its end. The encoder's outputs are in reading order.
    attend : bool, optional
        Whether the output layer also receives what `attention` reads from the encoder's states,
        with the decoder's state as the query.
    """

    def __init__(
        self,
        symbols: int,
        hidden_size: int,
        generator: np.random.Generator,
        reverse: bool = False,
        attend: bool = False,
    ) -> None:
        super().__init__()
        validation.check_sizes(symbols=symbols, hidden_size=hidden_size)
        validation.check_generator(generator)
        self.symbols, self.reverse = symbols, reverse
        self.encoder = _layer(symbols, hidden_size, generator)
        self.decoder = _layer(symbols + 1, hidden_size, generator)
        width = 2 * hidden_size if attend else hidden_size
        self.read = torch.nn.Linear(width, symbols + 1)
        with torch.no_grad():
            for weight in self.read.parameters():
                weight.copy_(_uniform(generator, weight.shape, width))
        self.attention = torch.nn.ParameterDict()
        if attend:
            drawn = attention.init_params(hidden_size, hidden_size, generator)._asdict()
            self.attention.update({name: torch.tensor(w).float() for name, w in drawn.items()})

    def encode(self, source: Tensor) -> tuple[Tensor, Any]:
        """Return the encoder's outputs (S, N, H) for a source (S, N), and its last state."""
        source = source.flip(0) if self.reverse else source
        return self.encoder(self._one_hot("source", source, self.symbols))

    def decode(self, inputs: Tensor, state: Any, keys: Tensor) -> tuple[Tensor, Any, Tensor | None]:
        """Return scores (T, N, K + 1), state and weights α for the symbols so far (T, N)."""
        h, state = self.decoder(self._one_hot("inputs", inputs, self.symbols + 1), state)
        if not self.attention:
            return self.read(h), state, None
        read, cache = attention.forward(attention.Params(**self.attention), h, keys)
        return self.read(torch.cat([h, read], dim=-1)), state, cache.weights

    def forward(self, source: Tensor, inputs: Tensor) -> Tensor:
        """Return the scores (T, N, K + 1) of each next symbol; `shift` makes the inputs (T, N)."""
        keys, state = self.encode(source)
        return self.decode(inputs, state, keys)[0]

    def _one_hot(self, name: str, word: Tensor, width: int) -> Tensor:
        if word.ndim != 2 or word.dtype != torch.int64 or len(word) == 0:
            actual = f"{word.dtype} of shape {tuple(word.shape)}"
            raise ValueError(f"{name}: got {actual}, expected int64 of shape (T, N), T >= 1")
        least, greatest = int(word.min()), int(word.max())
        if least < 0 or greatest >= width:
            raise ValueError(
                f"{name}: got codes from {least} to {greatest}, expected 0 to {width - 1}"
            )
        return one_hot(word, width).to(self.read.weight.dtype)


def _layer(inputs: int, hidden_size: int, generator: np.random.Generator) -> LSTM:
    layer = LSTM(inputs, hidden_size)
    params = lstm.init_params(inputs, hidden_size, generator, forget_bias=1.0)
    layer.load_state_dict(to_torch(lstm.CELL, ((params,),)))
    layer.bias_hh_l0.requires_grad_(False)  # the library's LSTM has one bias
    return layer


def _uniform(generator: np.random.Generator, shape: Any, width: int) -> Tensor:
    return torch.as_tensor(generator.uniform(-(width**-0.5), width**-0.5, tuple(shape)))


def shift(target: Tensor, symbols: int) -> tuple[Tensor, Tensor]:
    """Return the decoder's inputs, (K, y_1 … y_T), and its targets, (y_1 … y_T, K)."""
    end = target.new_full((1, target.shape[1]), symbols)
    return torch.cat([end, target]), torch.cat([target, end])


def loss_of(model: EncoderDecoder, source: Tensor, target: Tensor) -> Tensor:
    """Return the mean cross-entropy of each next symbol, given the correct previous ones."""
    inputs, targets = shift(target, model.symbols)
    return cross_entropy(model(source, inputs).flatten(0, 1), targets.flatten())


def train(
    model: EncoderDecoder,
    draw: Draw,
    updates: int,
    generator: np.random.Generator,
    lr: float = 2e-2,
) -> np.ndarray:
    """Train with teacher forcing; return the loss before each update, like `training.minimise`.

    Parameters
    ----------
    model : EncoderDecoder
    draw : callable
        ``draw(generator)`` returns a batch: source (S, N) and target (T, N), integers.
    updates, generator, lr
        As for `training.train`.
    """

    def loss() -> Tensor:
        return loss_of(model, *(torch.tensor(word) for word in draw(generator)))

    return minimise(model, loss, updates, lr)


@torch.no_grad()
def forced(model: EncoderDecoder, source: Tensor, target: Tensor) -> Tensor:
    """Return the likeliest symbol of each step, given the correct previous ones: (T + 1, N)."""
    return model(source, shift(target, model.symbols)[0]).argmax(-1)


def greedy(model: EncoderDecoder, source: Tensor, steps: int) -> Tensor:
    """Write the likeliest symbol at each step, given those already written: (steps, N)."""
    return beam_search(model, source, steps, width=1)[0]


@torch.no_grad()
def beam_search(
    model: EncoderDecoder, source: Tensor, steps: int, width: int
) -> tuple[Tensor, Tensor]:
    """Write words, keeping the `width` likeliest beginnings of each word at every step.

    Parameters
    ----------
    model : EncoderDecoder
    source : tensor of integers of shape (S, N)
    steps : int
        Number of symbols to write, the end included. A word that has ended is padded with ends.
    width : int
        Number of beginnings that are kept; 1 is greedy.

    Returns
    -------
    words : tensor of integers of shape (steps, N)
    scores : tensor of shape (N,)
        The log-probability of each word.
    """
    validation.check_sizes(steps=steps, width=width)
    N, end = source.shape[1], model.symbols
    keys, state = model.encode(source)
    # a word's beams are adjacent: beam k of word n is column n · width + k
    keys = keys.repeat_interleave(width, dim=1)
    state = tuple(part.repeat_interleave(width, dim=1) for part in state)
    written = source.new_full((1, N * width), end)
    scores = keys.new_full((N, width), -torch.inf)
    scores[:, 0] = 0  # initially all beams are the same
    ended = torch.zeros_like(written[0], dtype=torch.bool)
    first = torch.arange(N, device=source.device)[:, None] * width
    for _ in range(steps):
        output, state, _ = model.decode(written[-1:], state, keys)
        log_p = log_softmax(output[0], dim=-1)
        log_p[ended] = -torch.inf
        log_p[ended, end] = 0  # a word that has ended does not change
        total = (scores.reshape(-1, 1) + log_p).reshape(N, -1)
        scores, best = total.topk(width)
        column = first + best // (end + 1)
        written = torch.cat([written[:, column.flatten()], best.reshape(1, -1) % (end + 1)])
        state = tuple(part[:, column.flatten()] for part in state)
        ended = written[-1] == end
    return written[1:, ::width], scores[:, 0]
