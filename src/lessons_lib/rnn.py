"""The plain recurrent network (Elman's): the equations of one step, forward and backward.

    h_t = tanh(W_ih x_t + b + W_hh h_{t−1})

With max(·, 0) instead of tanh it is the ReLU network, ``cell(nonlinearity="relu")``.

References
----------
Elman (1990), "Finding structure in time", Cognitive Science 14(2).
Le, Jaitly and Hinton (2015), "A simple way to initialize recurrent networks of rectified linear
units", arXiv 1504.00941.

Examples
--------
>>> import numpy as np
>>> from lessons_lib import rnn
>>> params = rnn.init_params(3, 5, np.random.default_rng(0))  # D, H
>>> x = np.ones((7, 2, 3))  # (T, N, D)
>>> y, state, cache = rnn.forward(params, x)
>>> y.shape, [part.shape for part in state]
((7, 2, 5), [(2, 5)])
>>> grads, dx, dstate0 = rnn.backward(params, cache, np.ones_like(y))
>>> dx.shape, grads.W_hh.shape
((7, 2, 3), (5, 5))
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from . import scan
from ._check import arguments as validation
from .arrays import Array, relu, tanh, where_positive
from .cell import Cell, State
from .masks import NO_MASKS, Masks, masked_product, masked_product_backward
from .weights import draw_params, project, weight_gradients


class Params(NamedTuple):
    """The parameters, in torch's layout.

    Attributes
    ----------
    W_ih : array of shape (H, D)
    W_hh : array of shape (H, H)
    b : array of shape (H,)
    """

    W_ih: Array
    W_hh: Array
    b: Array


class Cache(NamedTuple):
    """What one step keeps for its backward pass, each of shape (N, H)."""

    h_prev: Array
    h: Array


def init_params(
    input_size: int, hidden_size: int, generator: np.random.Generator, dtype: Any = np.float64
) -> Params:
    """Draw parameters uniformly from (−1/√H, 1/√H), as torch.nn does.

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


def init_identity(
    input_size: int,
    hidden_size: int,
    generator: np.random.Generator,
    dtype: Any = np.float64,
    scale: float = 1.0,
    input_deviation: float = 1e-3,
) -> Params:
    """Start from the identity: W_hh = scale · I, b = 0, W_ih normal. With ReLU this is the IRNN.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    generator : numpy.random.Generator
    dtype : NumPy dtype, optional
    scale : float, optional
        Below 1 the network starts by forgetting (Le et al., section 4).
    input_deviation : float, optional
        Standard deviation of W_ih's elements, 0.001 as in Le et al.

    Raises
    ------
    TypeError, ValueError
        As from `init_params`.
    """
    validation.check_init(input_size, hidden_size, generator, dtype)
    W_ih = (input_deviation * generator.standard_normal((hidden_size, input_size))).astype(dtype)
    return Params(
        W_ih, scale * np.eye(hidden_size, dtype=dtype), np.zeros(hidden_size, dtype=dtype)
    )


def step(
    params: Params, projected: Array, state: State, masks: Masks = NO_MASKS
) -> tuple[State, Cache]:
    """Take one step.

    Parameters
    ----------
    params : Params
    projected : array of shape (N, H)
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
    h = tanh(projected + masked_product(h_prev, params.W_hh, masks.h))
    return (h,), Cache(h_prev, h)


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
    da : array of shape (N, H)
        Gradient of the pre-activation.
    dstate_prev : tuple (dh_prev,)
        Gradient of the state before the step.
    """
    (dh,) = dstate
    da = dh * (1 - cache.h**2)
    return da, (masked_product_backward(da, params.W_hh, masks.h),)


def step_relu(
    params: Params, projected: Array, state: State, masks: Masks = NO_MASKS
) -> tuple[State, Cache]:
    """Take one step of the ReLU network; arguments and results are those of `step`."""
    (h_prev,) = state
    h = relu(projected + masked_product(h_prev, params.W_hh, masks.h))
    return (h,), Cache(h_prev, h)


def step_relu_backward(
    params: Params, cache: Cache, dstate: State, masks: Masks = NO_MASKS
) -> tuple[Array, State]:
    """Return the gradients of one `step_relu`; arguments and results as for `step_backward`."""
    (dh,) = dstate
    da = where_positive(cache.h, dh)
    return da, (masked_product_backward(da, params.W_hh, masks.h),)


#: The RNN with tanh, for `scan`, `stack`, the dropouts and `torch_modules.Layer`.
CELL = Cell(
    name="rnn",
    params_type=Params,
    shapes={"W_ih": "H D", "W_hh": "H H", "b": "H"},
    state={"h": "H"},
    init_params=init_params,
    project=project,
    step=step,
    step_backward=step_backward,
    weight_gradients=weight_gradients,
    sites=("x", "h"),
)
#: The RNN with ReLU.
CELL_RELU = replace(CELL, name="rnn with relu", step=step_relu, step_backward=step_relu_backward)
forward, backward, truncated_backward = scan.bind(CELL)


def cell(nonlinearity: str = "tanh") -> Cell:
    """Return the cell with tanh or ReLU, for `scan` and `stack`.

    Raises
    ------
    ValueError
        `nonlinearity` is neither "tanh" nor "relu".
    """
    return validation.one_of("nonlinearity", nonlinearity, {"tanh": CELL, "relu": CELL_RELU})
