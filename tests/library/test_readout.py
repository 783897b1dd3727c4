"""The read-out and its cross entropy, against finite differences, autograd and torch's own loss."""

from __future__ import annotations

import numpy as np
import torch

from lessons_lib import readout
from lessons_lib.verify.gradients import check_gradients, relative_difference

T, N, H, C = 4, 3, 5, 7


def problem():
    rng = np.random.default_rng(0)
    params = readout.Params(rng.standard_normal((C, H)), rng.standard_normal(C))
    h, dloss = rng.standard_normal((T, N, H)), rng.standard_normal((T, N, 1))
    target = rng.random((T, N, C))
    return params, h, target / target.sum(axis=-1, keepdims=True), dloss


def loss(params, h, target, dloss):
    losses, _ = readout.cross_entropy(readout.forward(params, h), target)
    return (losses * dloss).sum()


def gradients(params, h, target, dloss):
    scores = readout.forward(params, h)
    _, p = readout.cross_entropy(scores, target)
    dscores = readout.cross_entropy_backward(p, target, dloss)
    grads, dh = readout.backward(params, h, dscores)
    return [*grads, dh]


def test_gradients_equal_finite_differences():
    params, h, target, dloss = problem()
    arrays = dict(zip(("W", "b", "h"), (*params, h), strict=True))
    by_hand = dict(zip(arrays, gradients(params, h, target, dloss), strict=True))
    check_gradients(lambda: loss(params, h, target, dloss), arrays, by_hand)


def test_gradients_equal_autograd():
    params, h, target, dloss = problem()
    tensors = [torch.tensor(a, requires_grad=True) for a in (*params, h)]
    loss(
        readout.Params(*tensors[:2]), tensors[2], torch.tensor(target), torch.tensor(dloss)
    ).backward()
    for tensor, by_hand in zip(tensors, gradients(params, h, target, dloss), strict=True):
        assert relative_difference(tensor.grad.numpy(), by_hand) < 1e-12


def test_the_loss_equals_torchs():
    params, h, target, _ = problem()
    scores = 30 * readout.forward(params, h)
    losses, p = readout.cross_entropy(scores, target)
    rows, targets = torch.tensor(scores).reshape(-1, C), torch.tensor(target).reshape(-1, C)
    expected = torch.nn.functional.cross_entropy(rows, targets, reduction="none")
    assert relative_difference(losses.ravel(), expected.numpy()) < 1e-12
    assert relative_difference(p.reshape(-1, C), torch.softmax(rows, -1).numpy()) < 1e-12


def test_large_scores_neither_overflow_nor_lose_the_loss():
    losses, p = readout.cross_entropy(np.array([[1e4, 0.0]]), np.array([[0.0, 1.0]]))
    assert losses == 1e4
    assert p.tolist() == [[1.0, 0.0]]
