"""For recipes: AWD-LSTM, the language model of Merity et al. (2018), whole."""

import random

import torch
from torch import nn
from torch.nn.functional import cross_entropy, dropout, embedding, linear


class AWDLSTM(nn.Module):
    """AWD-LSTM (arXiv 1708.02182); sizes and rates for words of Penn Treebank."""

    def __init__(self, words, width=400, hidden=1150, layers=3, **rates):
        super().__init__()
        self.rates = {"W": 0.5, "word": 0.1, "input": 0.4, "between": 0.3, "output": 0.4}
        self.rates.update(rates)
        sizes = [width, *[hidden] * (layers - 1), width]
        self.layers = nn.ModuleList(map(nn.LSTM, sizes, sizes[1:]))
        self.words = nn.Embedding(words, width)  # the output layer has its weights, too
        self.bias = nn.Parameter(torch.zeros(words))
        nn.init.uniform_(self.words.weight, -0.1, 0.1)

    def drop(self, name, shape):
        """Draw a mask: 0, or 1 / (1 - p); all 1 in evaluation."""
        ones = self.bias.new_ones(shape)
        return dropout(ones, self.rates[name], self.training)

    def forward(self, words, states=None):
        """Return logits, states, and the last output with and without its mask."""
        matrix = self.words.weight
        x = embedding(words, self.drop("word", (len(matrix), 1)) * matrix)
        x = self.drop("input", x[:1].shape) * x  # one mask for all steps
        states, new = states or [None] * len(self.layers), []
        for layer, state in zip(self.layers, states, strict=True):
            W = layer.weight_hh_l0
            dropped = {"weight_hh_l0": self.drop("W", W.shape) * W}
            raw, state = torch.func.functional_call(layer, dropped, (x, state))
            new.append(state)
            name = "output" if layer is self.layers[-1] else "between"
            x = self.drop(name, raw[:1].shape) * raw
        return linear(x, matrix, self.bias), new, x, raw


def detached(states):
    """Return the states without their history, to start the next window."""
    return [(h.detach(), c.detach()) for h, c in states]


def train_epoch(model, optimizer, text, average=None, bptt=70, alpha=2, beta=1, clip=0.25):
    """Train on a text (T, N) in windows of random length; return the mean loss."""
    model.train()
    (group,), states, start, total = optimizer.param_groups, None, 0, 0.0
    lr = group["lr"]
    while start < len(text) - 2:
        mean = bptt if random.random() < 0.95 else bptt / 2
        length = min(max(5, int(random.gauss(mean, 5))), len(text) - 1 - start)
        x, y = text[start : start + length], text[start + 1 : start + 1 + length]
        logits, states, masked, raw = model(x, states)
        states = detached(states)
        loss = cross_entropy(logits.flatten(0, 1), y.flatten())
        ar, tar = masked.square().mean(), (raw[1:] - raw[:-1]).square().mean()
        optimizer.zero_grad()
        (loss + alpha * ar + beta * tar).backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        group["lr"] = lr * length / bptt
        optimizer.step()
        if average is not None:
            average.update_parameters(model)
        start, total = start + length, total + length * loss.item()
    group["lr"] = lr
    return total / start


@torch.no_grad()
def evaluate(model, text, bptt=70):
    """Return the mean loss on a text of shape (T, N)."""
    model.eval()
    states, total = None, 0.0
    for start in range(0, len(text) - 1, bptt):
        x, y = text[:-1][start : start + bptt], text[1:][start : start + bptt]
        logits, states, _, _ = model(x, states)
        total += len(y) * cross_entropy(logits.flatten(0, 1), y.flatten()).item()
    return total / (len(text) - 1)


def fit(model, train, valid, epochs, lr=30.0, patience=5):
    """Train by NT-ASGD; return the model to use and the validation losses."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, weight_decay=1.2e-6)
    average, losses = None, []
    for _ in range(epochs):
        train_epoch(model, optimizer, train, average)
        losses.append(evaluate(average or model, valid))
        stalled = losses[-1] > min(losses[: -patience - 1], default=torch.inf)
        if average is None and stalled:  # average the weights from now on
            average = torch.optim.swa_utils.AveragedModel(model)
    return average or model, losses
