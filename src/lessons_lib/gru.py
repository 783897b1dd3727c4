"""The gated recurrent unit (GRU): the equations of one step, forward and backward.

    r = σ(W_ir x_t + b_r + W_hr h_{t−1})
    z = σ(W_iz x_t + b_z + W_hz h_{t−1})
    n = tanh(W_in x_t + b_n + u_n)
    h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}

The reset gate r acts in u_n, after the recurrent product or before it. These are two models, whose
weights do not carry over from one to the other::

    after:   u_n = r ⊙ q,   q = W_hn h_{t−1} + b_hn     torch, cuDNN, Keras' reset_after=True
    before:  u_n = W_hn q,  q = r ⊙ h_{t−1}             Cho et al. as published

The sign of z is torch's, Keras' and Cho's: z = 1 keeps the state. Chung et al. write 1 − z instead.
The three blocks are stored in torch's order, r z n.

References
----------
Cho et al. (2014), "Learning phrase representations using RNN encoder–decoder for statistical
machine translation", EMNLP, equations 5 to 8.
Chung, Gulcehre, Cho and Bengio (2014), "Empirical evaluation of gated recurrent neural networks on
sequence modeling", arXiv 1412.3555.

Examples
--------
>>> import numpy as np
>>> from lessons_lib import gru
>>> params = gru.init_params(3, 5, np.random.default_rng(0))  # D, H
>>> x = np.ones((7, 2, 3))  # (T, N, D)
>>> y, state, cache = gru.forward(params, x)
>>> y.shape, [part.shape for part in state]
((7, 2, 5), [(2, 5)])
>>> grads, dx, dstate0 = gru.backward(params, cache, np.ones_like(y))
>>> dx.shape, grads.W_hh.shape
((7, 2, 3), (15, 5))
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import scan
from ._check import arguments as validation
from .arrays import Array, join, sigmoid, split, sum_over_rows, tanh
from .cell import Cell, State
from .masks import (
    NO_MASKS,
    Masks,
    dropped,
    masked_outer_products,
    masked_product,
    masked_product_backward,
)
from .weights import draw_params, input_weight_gradients, project

#: Which of the gates r, z and n a part of W_hh holds.
R_AND_Z, N_ALONE = slice(0, 2), slice(2, 3)


class Params(NamedTuple):
    """The parameters with the reset after the product, in torch's layout: blocks for r, z and n.

    Attributes
    ----------
    W_ih : array of shape (3H, D)
    W_hh : array of shape (3H, H)
    b : array of shape (3H,)
        For r and z, the sum of torch.nn.GRU's two biases; for n, the one outside the reset, b_in.
    b_hn : array of shape (H,)
        The bias of n that the reset gate multiplies.
    """

    W_ih: Array
    W_hh: Array
    b: Array
    b_hn: Array


class ParamsBefore(NamedTuple):
    """The parameters with the reset before the product: those of `Params` without ``b_hn``."""

    W_ih: Array
    W_hh: Array
    b: Array


class Cache(NamedTuple):
    """What one step keeps for its backward pass, each of shape (N, H)."""

    h_prev: Array
    r: Array
    z: Array
    n: Array
    q: Array


def init_params(
    input_size: int,
    hidden_size: int,
    generator: np.random.Generator,
    dtype: Any = np.float64,
    reset: str = "after",
) -> Params | ParamsBefore:
    """Draw parameters uniformly from (−1/√H, 1/√H), as torch.nn does.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    generator : numpy.random.Generator
    dtype : NumPy dtype, optional
    reset : {"after", "before"}, optional
        Where the reset gate acts, with respect to the product.

    Raises
    ------
    TypeError, ValueError
        A size is not a positive integer, the generator is not a numpy.random.Generator, the dtype
        is not a floating-point dtype, or `reset` is neither word; the message names it.
    """
    validation.check_init(input_size, hidden_size, generator, dtype)
    return draw_params(cell(reset), generator, dtype, D=input_size, H=hidden_size)


def init_params_before(
    input_size: int, hidden_size: int, generator: np.random.Generator, dtype: Any = np.float64
) -> ParamsBefore:
    """Draw parameters of the reset before the product; arguments are those of `init_params`."""
    params: Any = init_params(input_size, hidden_size, generator, dtype, reset="before")
    return params


def step(
    params: Params, projected: Array, state: State, masks: Masks = NO_MASKS
) -> tuple[State, Cache]:
    """Take one step with the reset after the product.

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
    a_r, a_z, a_n = split(projected, 3)
    u_r, u_z, u_n = split(masked_product(h_prev, params.W_hh, masks.h), 3)
    r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
    q = u_n + params.b_hn
    n = tanh(a_n + r * q)
    h = dropped((1 - z) * n, masks.g) + z * h_prev
    return (h,), Cache(h_prev, r, z, n, q)


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
    da : array of shape (N, 3H)
        Gradients of a_r, a_z and a_n, the result of `project`.
    dstate_prev : tuple (dh_prev,)
        Gradient of the state before the step.
    """
    h_prev, r, z, n, q = cache
    (dh,) = dstate
    dz = dh * h_prev - dropped(dh, masks.g) * n
    dn = dropped(dh, masks.g) * (1 - z)
    da_n = dn * (1 - n**2)
    dr, dq = da_n * q, da_n * r
    da_r, da_z = dr * r * (1 - r), dz * z * (1 - z)
    du = join([da_r, da_z, dq])  # u_n is read through the reset gate, a_n is not
    dh_prev = dh * z + masked_product_backward(du, params.W_hh, masks.h)
    return join([da_r, da_z, da_n]), (dh_prev,)


def weight_gradients(
    params: Params, x: Array, caches: Any, da: Array, masks: Masks = NO_MASKS
) -> Params:
    """Sum the parameters' gradients over all steps, in one product for each matrix.

    Parameters and result are those of `weights.weight_gradients`, with K = 3H.
    """
    da_r, da_z, da_n = split(da, 3)
    dq = da_n * caches.r
    du = join([da_r, da_z, dq])
    return input_weight_gradients(params, x, da, masks)._replace(
        W_hh=masked_outer_products(du, caches.h_prev, masks.h), b_hn=sum_over_rows(dq)
    )


def step_before(
    params: ParamsBefore, projected: Array, state: State, masks: Masks = NO_MASKS
) -> tuple[State, Cache]:
    """Take one step with the reset before the product; arguments and results as for `step`."""
    (h_prev,) = state
    W_hrz, W_hn = _blocks(params.W_hh)
    a_r, a_z, a_n = split(projected, 3)
    u_r, u_z = split(masked_product(h_prev, W_hrz, masks.h, R_AND_Z), 2)
    r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
    q = r * h_prev
    n = tanh(a_n + masked_product(q, W_hn, masks.h, N_ALONE))
    h = dropped((1 - z) * n, masks.g) + z * h_prev
    return (h,), Cache(h_prev, r, z, n, q)


def step_before_backward(
    params: ParamsBefore, cache: Cache, dstate: State, masks: Masks = NO_MASKS
) -> tuple[Array, State]:
    """Return the gradients of one step: the backward pass of `step_before`.

    Arguments and results are those of `step_backward`.
    """
    h_prev, r, z, n, _ = cache
    (dh,) = dstate
    W_hrz, W_hn = _blocks(params.W_hh)
    dz = dh * h_prev - dropped(dh, masks.g) * n
    dn = dropped(dh, masks.g) * (1 - z)
    da_n = dn * (1 - n**2)
    dq = masked_product_backward(da_n, W_hn, masks.h, N_ALONE)
    dr = dq * h_prev
    da_rz = join([dr * r * (1 - r), dz * z * (1 - z)])
    dh_prev = dh * z + masked_product_backward(da_rz, W_hrz, masks.h, R_AND_Z) + dq * r
    return join([da_rz, da_n]), (dh_prev,)


def weight_gradients_before(
    params: ParamsBefore, x: Array, caches: Any, da: Array, masks: Masks = NO_MASKS
) -> ParamsBefore:
    """Sum the parameters' gradients over all steps, in one product for each block of weights.

    Parameters and result are those of `weights.weight_gradients`, with K = 3H.
    """
    da_r, da_z, da_n = split(da, 3)
    dW_hrz = masked_outer_products(join([da_r, da_z]), caches.h_prev, masks.h, R_AND_Z)
    dW_hn = masked_outer_products(da_n, caches.q, masks.h, N_ALONE)
    return input_weight_gradients(params, x, da, masks)._replace(W_hh=join([dW_hrz, dW_hn], axis=0))


def _blocks(W_hh: Array) -> tuple[Array, Array]:
    """Return the rows of r and z together, (2H, H), and those of n, (H, H)."""
    H = W_hh.shape[1]
    return W_hh[: 2 * H], W_hh[2 * H :]


#: The GRU whose reset gate acts after the product, as in torch.
CELL = Cell(
    name="gru",
    params_type=Params,
    shapes={"W_ih": "3H D", "W_hh": "3H H", "b": "3H", "b_hn": "H"},
    state={"h": "H"},
    init_params=init_params,
    project=project,
    step=step,
    step_backward=step_backward,
    weight_gradients=weight_gradients,
    sites=("x", "h", "g"),
)


#: The GRU whose reset gate acts before the product, as published.
CELL_BEFORE = Cell(
    name="gru with reset before the product",
    params_type=ParamsBefore,
    shapes={"W_ih": "3H D", "W_hh": "3H H", "b": "3H"},
    state={"h": "H"},
    init_params=init_params_before,
    project=project,
    step=step_before,
    step_backward=step_before_backward,
    weight_gradients=weight_gradients_before,
    sites=("x", "h", "g"),
)
forward, backward, truncated_backward = scan.bind(CELL)


def cell(reset: str = "after") -> Cell:
    """Return the cell whose reset gate acts after or before the product, for `scan` and `stack`.

    Raises
    ------
    ValueError
        `reset` is neither "after" nor "before".
    """
    return validation.one_of("reset", reset, {"after": CELL, "before": CELL_BEFORE})
