"""A linear output layer with softmax and cross-entropy, forward and backward.

    s = W h + b                       the scores of C classes
    p = softmax(s)
    loss = −Σ target ⊙ log p

The target is a distribution, such as a row of zeros with a one.
"""

from __future__ import annotations

from typing import NamedTuple

from .arrays import Array, array_namespace, product, sum_of_outer_products, sum_over_rows


class Params(NamedTuple):
    """The parameters.

    Attributes
    ----------
    W : array of shape (C, H)
    b : array of shape (C,)
    """

    W: Array
    b: Array


def forward(params: Params, h: Array) -> Array:
    """Return the scores.

    Parameters
    ----------
    params : Params
    h : array of shape (..., H)

    Returns
    -------
    array of shape (..., C)
    """
    return product(h, params.W.T) + params.b


def backward(params: Params, h: Array, dscores: Array) -> tuple[Params, Array]:
    """Return the gradients of the parameters, summed over all rows, and of h.

    Parameters
    ----------
    params : Params
    h : array of shape (..., H)
    dscores : array of shape (..., C)
        Gradient of the loss with respect to the scores.
    """
    grads = Params(sum_of_outer_products(dscores, h), sum_over_rows(dscores))
    return grads, product(dscores, params.W)


def cross_entropy(scores: Array, target: Array) -> tuple[Array, Array]:
    """Return the loss of each row, −Σ target ⊙ log p, and p = softmax(scores).

    The greatest score is subtracted first, which changes neither and keeps exp from overflowing;
    log p is computed from the scores, so that a p of 0 does no harm.

    Parameters
    ----------
    scores, target : arrays of shape (..., C)
        The target's rows sum to 1.

    Returns
    -------
    loss : array of shape (..., 1)
    p : array of shape (..., C)
    """
    xp = array_namespace(scores)
    shifted = scores - xp.max(scores, axis=-1, keepdims=True)
    powers = xp.exp(shifted)
    total = xp.sum(powers, axis=-1, keepdims=True)
    loss = xp.log(total) - xp.sum(target * shifted, axis=-1, keepdims=True)
    return loss, powers / total


def cross_entropy_backward(p: Array, target: Array, dloss: Array) -> Array:
    """Return the gradient of the scores: the backward pass of `cross_entropy`.

    Parameters
    ----------
    p, target : arrays of shape (..., C)
    dloss : array of shape (..., 1)
        Gradient with respect to each row's loss.
    """
    return (p - target) * dloss
