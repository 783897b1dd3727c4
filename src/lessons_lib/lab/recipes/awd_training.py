"""For recipes: how AWD-LSTM is trained, by NT-ASGD."""

import random

import torch
from torch.nn.functional import cross_entropy


def detached(states):
    """Return the states without their history, to start the next window."""
    return [(h.detach(), c.detach()) for h, c in states]


def train_epoch(model, optimizer, text, average=None, bptt=70, alpha=2, beta=1):
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
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
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
