"""Additive attention: each query reads from all keys, forward and backward.

    e_ts = vᵀ tanh(W_q q_t + W_k k_s)
    α_t = softmax_s(e_ts)
    r_t = Σ_s α_ts k_s

In an encoder–decoder the queries are the decoder's hidden states and the keys the encoder's.

References
----------
Bahdanau, Cho and Bengio (2015), "Neural machine translation by jointly learning to align and
translate", arXiv 1409.0473, section 3.1 and appendix A.1.2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._check import arguments as validation
from .arrays import Array, array_namespace, product, rows, sum_of_outer_products, tanh
from .weights import draw_uniform


class Params(NamedTuple):
    """The parameters.

    Attributes
    ----------
    W_q, W_k : array of shape (A, H)
    v : array of shape (A,)
    """

    W_q: Array
    W_k: Array
    v: Array


class Cache(NamedTuple):
    """Arrays that `forward` keeps for `backward`: its arguments, tanh(…) and the weights α."""

    queries: Array
    keys: Array
    u: Array
    weights: Array


def init_params(hidden_size: int, attention_size: int, generator: np.random.Generator) -> Params:
    """Draw parameters uniformly from (−1/√H, 1/√H).

    Parameters
    ----------
    hidden_size, attention_size : int
        H, the width of queries and keys, and A, the width of the score's layer.
    generator : numpy.random.Generator

    Raises
    ------
    TypeError, ValueError
        A size is not a positive integer, or the generator is not a numpy.random.Generator.
    """
    validation.check_sizes(hidden_size=hidden_size, attention_size=attention_size)
    validation.check_generator(generator)
    A, H = attention_size, hidden_size
    shapes: dict[str, tuple[int, ...]] = {"W_q": (A, H), "W_k": (A, H), "v": (A,)}
    return Params(**draw_uniform(shapes, hidden_size, generator, np.float64))


def softmax(scores: Array, axis: int) -> Array:
    """Return positive numbers whose sum along an axis is 1: exp(e) over its sum.

    The greatest score is subtracted first; this changes nothing and keeps exp from overflowing.
    """
    xp = array_namespace(scores)
    powers = xp.exp(scores - xp.max(scores, axis=axis, keepdims=True))
    return powers / xp.sum(powers, axis=axis, keepdims=True)


def forward(params: Params, queries: Array, keys: Array) -> tuple[Array, Cache]:
    """Let each query read all keys.

    Parameters
    ----------
    params : Params
    queries : array of shape (T, N, H)
    keys : array of shape (S, N, H)

    Returns
    -------
    read : array of shape (T, N, H)
        For each query the mean of the keys, weighted by α.
    cache : Cache
        What `backward` needs; ``cache.weights`` is α, of shape (T, S, N).

    Raises
    ------
    TypeError, ValueError
        An argument's type, dtype, device or shape does not fit; the message names it.
    """
    _check(params, queries, keys)
    u = tanh(product(queries, params.W_q.T)[:, None] + product(keys, params.W_k.T)[None])
    weights = softmax(u @ params.v, axis=1)  # over s
    read = array_namespace(u).sum(weights[..., None] * keys[None], axis=1)
    return read, Cache(queries, keys, u, weights)


def backward(params: Params, cache: Cache, dread: Array) -> tuple[Params, Array, Array]:
    """Backpropagate through `forward`.

    Parameters
    ----------
    params : Params
    cache : Cache
    dread : array of shape (T, N, H)
        Gradient of the loss with respect to `read`.

    Returns
    -------
    grads : Params
    dqueries : array of shape (T, N, H)
    dkeys : array of shape (S, N, H)

    Raises
    ------
    TypeError, ValueError
        `dread` does not have the shape, dtype and device of `read`.
    """
    _check_gradient(dread, cache.queries)
    queries, keys, u, weights = cache
    xp = array_namespace(u)
    dweights = xp.sum(dread[:, None] * keys[None], axis=-1)
    mean = xp.sum(weights * dweights, axis=1, keepdims=True)
    dscores = (weights * (dweights - mean))[..., None]  # softmax: more for one is less for others
    da = dscores * params.v * (1 - u**2)  # (T, S, N, A)
    da_q, da_k = xp.sum(da, axis=1), xp.sum(da, axis=0)
    grads = Params(
        sum_of_outer_products(da_q, queries),
        sum_of_outer_products(da_k, keys),
        xp.sum(rows(dscores * u), axis=0),
    )
    # a key is used twice: in its score and in the weighted mean
    dkeys = product(da_k, params.W_k) + xp.sum(weights[..., None] * dread[:, None], axis=0)
    return grads, product(da_q, params.W_q), dkeys


def _check(params: Params, queries: Array, keys: Array) -> None:
    if type(params) is not Params:
        raise TypeError(f"params: got {validation.type_name(params)}, expected attention.Params")
    for name, array in (("queries", queries), ("keys", keys)):
        validation.check_array(name, array, None if name == "queries" else queries)
        if array.ndim != 3:
            raise ValueError(
                f"{name}: got shape {tuple(array.shape)}, expected (T, N, H), time first"
            )
    for name, array in params._asdict().items():
        validation.check_array(f"params.{name}", array, queries)
    (T, N, H), S = queries.shape, keys.shape[0]
    if T == 0 or S == 0:
        raise ValueError(f"queries, keys: got {T} and {S} steps, expected at least 1 of each")
    if tuple(keys.shape[1:]) != (N, H):
        raise ValueError(
            f"keys: got shape {tuple(keys.shape)}, expected (S, {N}, {H}) as queries have"
        )
    A = params.v.shape[0]
    for name, shape in {"W_q": (A, H), "W_k": (A, H), "v": (A,)}.items():
        actual = tuple(getattr(params, name).shape)
        if actual != shape:
            raise ValueError(f"params.{name}: got shape {actual}, expected {shape}")


def _check_gradient(dread: Array, queries: Array) -> None:
    validation.check_array("dread", dread, queries)
    if tuple(dread.shape) != tuple(queries.shape):
        raise ValueError(f"dread: got shape {tuple(dread.shape)}, expected {tuple(queries.shape)}")
