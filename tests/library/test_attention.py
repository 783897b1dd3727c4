"""Attention equals its equations; its backward pass equals finite differences and autograd."""

import numpy as np
import pytest
import torch

from lessons_lib import attention
from lessons_lib.verify.gradients import check_gradients, relative_difference

T, S, N, H, A = 3, 4, 2, 5, 6


def case(seed=0):
    rng = np.random.default_rng(seed)
    params = attention.init_params(H, A, rng)
    return params, rng.standard_normal((T, N, H)), rng.standard_normal((S, N, H)), rng


def test_forward_is_the_equations_one_query_at_a_time():
    params, queries, keys, _ = case()
    read, cache = attention.forward(params, queries, keys)
    for t in range(T):
        for n in range(N):
            e = [params.v @ np.tanh(params.W_q @ queries[t, n] + params.W_k @ k[n]) for k in keys]
            alpha = np.exp(e) / np.exp(e).sum()
            assert np.allclose(cache.weights[t, :, n], alpha, rtol=1e-12)
            assert np.allclose(read[t, n], alpha @ keys[:, n], rtol=1e-12)


def test_backward_is_finite_differences_and_autograd():
    params, queries, keys, rng = case()
    dread = rng.standard_normal((T, N, H))
    grads, dqueries, dkeys = attention.backward(
        params, attention.forward(params, queries, keys)[1], dread
    )
    hand = {**grads._asdict(), "queries": dqueries, "keys": dkeys}
    arrays = {**params._asdict(), "queries": queries, "keys": keys}
    check_gradients(
        lambda: float((dread * attention.forward(params, queries, keys)[0]).sum()), arrays, hand
    )
    leaves = {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}
    params = attention.Params(leaves["W_q"], leaves["W_k"], leaves["v"])
    read, cache = attention.forward(params, leaves["queries"], leaves["keys"])
    (torch.tensor(dread) * read).sum().backward()
    by_torch = attention.backward(params, cache, torch.tensor(dread))[1]
    for name, leaf in leaves.items():
        assert relative_difference(hand[name], leaf.grad.numpy()) < 1e-10
    assert relative_difference(by_torch.detach().numpy(), dqueries) < 1e-12


def test_softmax_of_great_scores_is_finite_and_sums_to_one():
    scores = np.array([[1000.0, 999.0], [-1000.0, 0.0]])
    weights = attention.softmax(scores, axis=1)
    assert np.allclose(weights.sum(axis=1), 1)
    assert np.allclose(weights[0], [1 / (1 + np.exp(-1)), 1 / (1 + np.e)])


def test_bad_arguments_are_named():
    params, queries, keys, rng = case()
    cache = attention.forward(params, queries, keys)[1]
    for match, call in {
        r"keys: got shape \(4, 3, 5\), expected \(S, 2, 5\)": lambda: attention.forward(
            params, queries, np.zeros((4, 3, 5))
        ),
        r"queries: got shape \(3, 5\), expected": lambda: attention.forward(
            params, queries[:, 0], keys
        ),
        "expected at least 1 of each": lambda: attention.forward(params, queries, keys[:0]),
        r"params.W_k: got shape \(6, 4\), expected \(6, 5\)": lambda: attention.forward(
            params._replace(W_k=np.zeros((6, 4))), queries, keys
        ),
        r"dread: got shape \(4, 2, 5\), expected \(3, 2, 5\)": lambda: attention.backward(
            params, cache, keys
        ),
        "attention_size: got 0": lambda: attention.init_params(5, 0, rng),
    }.items():
        with pytest.raises(ValueError, match=match):
            call()
    with pytest.raises(TypeError, match=r"params: got tuple, expected attention\.Params"):
        attention.forward(tuple(params), queries, keys)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="keys: got Tensor, expected ndarray"):
        attention.forward(params, queries, torch.tensor(keys))
