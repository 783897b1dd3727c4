"""Five models such as people publish them, in few lines, written for torch.nn alone.

Word language model (PyTorch's example), AWD-LSTM with AR and TAR (Merity et al. 2018), a decoder
like Tacotron's, CRNN with CTC (Shi et al. 2017), and a forecaster like DeepAR.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional

T, N, WORDS, WIDTH = 8, 4, 11, 6


class WordModel(nn.Module):
    """Predict the next word; the state is carried from batch to batch."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(WORDS, WIDTH)
        self.rnn = nn.LSTM(WIDTH, WIDTH, 2, dropout=0.2)
        self.read = nn.Linear(WIDTH, WORDS)
        self.read.weight = self.embed.weight

    def forward(self, words: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
        y, state = self.rnn(self.embed(words), state)
        return self.read(y), state

    def example(self) -> tuple[torch.Tensor, ...]:
        return (torch.randint(WORDS, (T, N)),)

    def loss(self, words: torch.Tensor) -> torch.Tensor:
        _, state = self(words)  # the batch before
        scores, _ = self(words, tuple(part.detach() for part in state))
        return functional.cross_entropy(scores[:-1].flatten(0, 1), words[1:].flatten())


class AWDModel(nn.Module):
    """Three layers, each a module of its own, whose activations are regularized (AR and TAR)."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(WORDS, WIDTH)
        widths = [WIDTH, 9, 9, WIDTH]
        self.rnns = nn.ModuleList(nn.LSTM(a, b) for a, b in pairwise(widths))
        self.read = nn.Linear(WIDTH, WORDS)

    def forward(self, words: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = self.embed(words)
        for rnn in self.rnns:
            y, _ = rnn(y)
        return self.read(y), y

    def example(self) -> tuple[torch.Tensor, ...]:
        return (torch.randint(WORDS, (T, N)),)

    def loss(self, words: torch.Tensor) -> torch.Tensor:
        scores, y = self(words)
        loss = functional.cross_entropy(scores[:-1].flatten(0, 1), words[1:].flatten())
        return loss + 2 * y.square().mean() + (y[1:] - y[:-1]).square().mean()


class Decoder(nn.Module):
    """Read encoded text with attention, and write frames that are fed back."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.GRU(WIDTH, WIDTH // 2, bidirectional=True, batch_first=True)
        self.attend = nn.LSTMCell(2 * WIDTH, WIDTH)
        self.write = nn.LSTMCell(2 * WIDTH, WIDTH)
        self.frame = nn.Linear(WIDTH, WIDTH)

    def forward(self, text: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        memory, _ = self.encoder(text)
        context, written = memory.mean(dim=1), []
        states: list[Any] = [None, None]
        for frame in frames.unbind(dim=1):
            states[0] = self.attend(torch.cat([frame, context], dim=1), states[0])
            weights = torch.softmax(torch.einsum("nw,ntw->nt", states[0][0], memory), dim=1)
            context = torch.einsum("nt,ntw->nw", weights, memory)
            states[1] = self.write(torch.cat([states[0][0], context], dim=1), states[1])
            written.append(self.frame(states[1][0]))
        return torch.stack(written, dim=1)

    def example(self) -> tuple[torch.Tensor, ...]:
        return torch.randn(N, T, WIDTH), torch.randn(N, 5, WIDTH)

    def loss(self, text: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        return (self(text, frames)[:, :-1] - frames[:, 1:]).square().mean()


class CRNN(nn.Module):
    """Read a picture of a line of text, column by column."""

    def __init__(self) -> None:
        super().__init__()
        self.convolve = nn.Conv2d(1, WIDTH, 3, padding=1)
        self.rnn = nn.LSTM(4 * WIDTH, WIDTH, 2, bidirectional=True)
        self.read = nn.Linear(2 * WIDTH, WORDS)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        seen = functional.max_pool2d(torch.relu(self.convolve(pictures)), 2)
        columns = seen.flatten(1, 2).permute(2, 0, 1)  # (N, C, H, W) to (W, N, C · H)
        return torch.log_softmax(self.read(self.rnn(columns)[0]), dim=2)

    def example(self) -> tuple[torch.Tensor, ...]:
        return (torch.randn(N, 1, 8, 2 * T),)

    def loss(self, pictures: torch.Tensor) -> torch.Tensor:
        scores = self(pictures)
        words = torch.arange(1, 4).repeat(N, 1)
        return functional.ctc_loss(scores, words, [T] * N, [3] * N)


class Forecaster(nn.Module):
    """Forecast a distribution of each next value, for series of unequal length."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.GRU(2, WIDTH, 2, batch_first=True, dropout=0.1)
        self.read = nn.Linear(WIDTH, 2)

    def forward(self, series: torch.Tensor) -> torch.Tensor:
        return self.read(self.rnn(series)[0])

    def example(self) -> tuple[torch.Tensor, ...]:
        return (torch.randn(N, T, 2),)

    def loss(self, series: torch.Tensor) -> torch.Tensor:
        lengths = torch.tensor([T, 3, 5, 2])
        packed = nn.utils.rnn.pack_padded_sequence(series, lengths, True, enforce_sorted=False)
        y, _ = nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0], batch_first=True)
        mean, log_scale = self.read(y).unbind(dim=2)
        inside = torch.arange(T - 1) < lengths[:, None] - 1
        following = torch.distributions.Normal(mean[:, :-1], log_scale[:, :-1].exp())
        scores = following.log_prob(series[:, 1:, 0])
        return -scores[inside].mean()


MODELS = {model.__name__: model for model in (WordModel, AWDModel, Decoder, CRNN, Forecaster)}
