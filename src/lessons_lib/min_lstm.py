"""The minLSTM: an LSTM whose gates and candidate read the input alone, linear in its state.

    i_t = σ(W_i x_t + b_i),  f_t = σ(W_f x_t + b_f)
    g_t = W_g x_t + b_g
    h_t = f_t / (f_t + i_t) ⊙ h_{t−1} + i_t / (f_t + i_t) ⊙ g_t

This is the `lstm` without the output gate, without W_hh and without tanh, so that c and h are one.
Feng et al. divide the gates by their sum, which keeps the size of the state independent of the
length. With a = f / (f + i) and b = (1 − a) ⊙ g it is a linear recurrence, which `linear` computes
by a parallel scan. The blocks are stored in the LSTM's order, i f g.

References
----------
Feng, Tung, Ahmed, Bengio and Hajimirsadeghi (2024), "Were RNNs all we needed?", arXiv 2410.01201.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import linear, scan
from ._check import arguments as validation
from .arrays import Array, join, log_sigmoid, sigmoid, split
from .cell import State
from .masks import NO_MASKS, Masks, dropped
from .weights import draw_params, input_weight_gradients, project


class Params(NamedTuple):
    """The parameters: blocks for i, f and g.

    Attributes
    ----------
    W_ih : array of shape (3H, D)
    b : array of shape (3H,)
    """

    W_ih: Array
    b: Array


class Gates(NamedTuple):
    """What `pairs` keeps for its backward pass, each of shape (N, H) or (T, N, H)."""

    i: Array
    f: Array
    g: Array
    a: Array


class Cache(NamedTuple):
    """What one step keeps for its backward pass, each of shape (N, H)."""

    h_prev: Array
    i: Array
    f: Array
    g: Array
    a: Array


def init_params(
    input_size: int, hidden_size: int, generator: np.random.Generator, dtype: Any = np.float64
) -> Params:
    """Draw parameters uniformly from (−1/√H, 1/√H).

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    generator : numpy.random.Generator
    dtype : NumPy dtype, optional

    Raises
    ------
    TypeError, ValueError
        A size is not a positive integer, the generator is not a numpy.random.Generator, or the
        dtype is not a floating-point dtype; the message names it.
    """
    validation.check_init(input_size, hidden_size, generator, dtype)
    return draw_params(CELL, generator, dtype, D=input_size, H=hidden_size)


def pairs(projected: Array, masks: Masks = NO_MASKS) -> tuple[tuple[Array, Array], Gates]:
    """Return a = f / (f + i) and b = (1 − a) ⊙ g, for one step or for all of them.

    Parameters
    ----------
    projected : array of shape (..., 3H)
        `project` of the input.
    masks : Masks, optional
        Dropout's masks of these steps.

    Returns
    -------
    (a, b) : arrays of shape (..., H)
    gates : Gates
        What `pairs_backward` needs.
    """
    a_i, a_f, g = split(projected, 3)
    # σ(log f − log i) is f / (f + i), but not 0 / 0 where both gates round to 0
    a = sigmoid(log_sigmoid(a_f) - log_sigmoid(a_i))
    return (a, dropped((1 - a) * g, masks.g)), Gates(sigmoid(a_i), sigmoid(a_f), g, a)


def pairs_backward(gates: Gates, da: Array, db: Array, masks: Masks = NO_MASKS) -> Array:
    """Return the gradient of `projected`, of shape (..., 3H), given those of a and b."""
    i, f, g, a = gates
    db = dropped(db, masks.g)
    dratio = (da - db * g) * a * (1 - a)  # of log f − log i
    return join([-dratio * (1 - i), dratio * (1 - f), db * (1 - a)])


def step(
    params: Params, projected: Array, state: State, masks: Masks = NO_MASKS
) -> tuple[State, Cache]:
    """Take one step: h = a ⊙ h_prev + b.

    Parameters
    ----------
    params : Params
    projected : array of shape (N, 3H)
        `project` of the input x_t.
    state : tuple (h,) of an array of shape (N, H)
        The state before the step.
    masks : Masks, optional
        Dropout's masks of this step.

    Returns
    -------
    state : tuple (h,)
        The state after the step.
    cache : Cache
        What `step_backward` needs.
    """
    (h_prev,) = state
    (a, b), gates = pairs(projected, masks)
    return (a * h_prev + b,), Cache(h_prev, *gates)


def step_backward(
    params: Params, cache: Cache, dstate: State, masks: Masks = NO_MASKS
) -> tuple[Array, State]:
    """Return the gradients of one step: the backward pass of `step`.

    Parameters
    ----------
    params : Params
    cache : Cache
        As returned by `step`.
    dstate : tuple (dh,) of an array of shape (N, H)
        Gradient of the loss with respect to the state after the step.
    masks : Masks, optional
        As given to `step`.

    Returns
    -------
    dprojected : array of shape (N, 3H)
        Gradient of the result of `project`.
    dstate_prev : tuple (dh_prev,)
        Gradient of the state before the step.
    """
    h_prev, *gates = cache
    (dh,) = dstate
    return pairs_backward(Gates(*gates), dh * h_prev, dh, masks), (dh * cache.a,)


def weight_gradients(
    params: Params, x: Array, caches: Any, da: Array, masks: Masks = NO_MASKS
) -> Params:
    """Sum the parameters' gradients over all steps, in one product.

    Parameters and result are those of `weights.weight_gradients`, with K = 3H.
    """
    return input_weight_gradients(params, x, da, masks)


#: The minLSTM, for `scan`, `stack`, the dropouts and `torch_modules.Layer`.
CELL = linear.LinearCell(
    name="minLSTM",
    params_type=Params,
    shapes={"W_ih": "3H D", "b": "3H"},
    state={"h": "H"},
    init_params=init_params,
    project=project,
    step=step,
    step_backward=step_backward,
    weight_gradients=weight_gradients,
    sites=("x", "g"),
    pairs=pairs,
    pairs_backward=pairs_backward,
)
forward, backward, truncated_backward = scan.bind(CELL)
