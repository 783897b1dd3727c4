"""The long short-term memory (LSTM): the equations of one step, forward and backward.

    (a_i, a_f, a_g, a_o) = W_ih x_t + b + W_hh h_{t−1}
    i, f, o = σ(a_i), σ(a_f), σ(a_o);  g = tanh(a_g)
    c_t = f ⊙ c_{t−1} + i ⊙ g
    h_t = o ⊙ tanh(c_t)

The four blocks are stored in torch's order, i f g o.

References
----------
Hochreiter and Schmidhuber (1997), "Long short-term memory", Neural Computation 9(8).
Gers, Schmidhuber and Cummins (2000), "Learning to forget: continual prediction with LSTM", Neural
Computation 12(10), which added the forget gate f.

Examples
--------
>>> import numpy as np
>>> from lessons_lib import lstm
>>> params = lstm.init_params(3, 5, np.random.default_rng(0))  # D, H
>>> x = np.ones((7, 2, 3))  # (T, N, D)
>>> y, state, cache = lstm.forward(params, x)
>>> y.shape, [part.shape for part in state]
((7, 2, 5), [(2, 5), (2, 5)])
>>> grads, dx, dstate0 = lstm.backward(params, cache, np.ones_like(y))
>>> dx.shape, grads.W_hh.shape
((7, 2, 3), (20, 5))
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import scan
from ._check import arguments as validation
from .arrays import Array, join, sigmoid, split, tanh
from .cell import Cell, State
from .masks import NO_MASKS, Masks, dropped, masked_product, masked_product_backward
from .weights import draw_params, project, weight_gradients


class Params(NamedTuple):
    """The parameters, in torch's layout: four blocks of H rows, for i, f, g and o.

    Attributes
    ----------
    W_ih : array of shape (4H, D)
    W_hh : array of shape (4H, H)
    b : array of shape (4H,)
        One bias for each gate; torch.nn.LSTM keeps two, whose sum is this one.
    """

    W_ih: Array
    W_hh: Array
    b: Array


class Cache(NamedTuple):
    """What one step keeps for its backward pass, each of shape (N, H)."""

    h_prev: Array
    c_prev: Array
    i: Array
    f: Array
    g: Array
    o: Array
    c: Array
    tanh_c: Array


def init_params(
    input_size: int,
    hidden_size: int,
    generator: np.random.Generator,
    dtype: Any = np.float64,
    forget_bias: float | np.ndarray | None = None,
) -> Params:
    """Draw parameters uniformly from (−1/√H, 1/√H), as torch.nn does.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    generator : numpy.random.Generator
    dtype : NumPy dtype, optional
    forget_bias : float or array of shape (H,), optional
        Overwrites the forget gate's bias. Along c alone, a bias β keeps a value for about
        1 + exp(β) steps.

    Raises
    ------
    TypeError, ValueError
        A size is not a positive integer, the generator is not a numpy.random.Generator, the dtype
        is not a floating-point dtype, or `forget_bias` has another shape; the message names it.
    """
    validation.check_init(input_size, hidden_size, generator, dtype)
    params = draw_params(CELL, generator, dtype, D=input_size, H=hidden_size)
    if forget_bias is not None:
        if np.shape(forget_bias) not in ((), (hidden_size,)):
            raise ValueError(
                f"forget_bias: got shape {np.shape(forget_bias)}, "
                f"expected a number or shape ({hidden_size},)"
            )
        params.b[hidden_size : 2 * hidden_size] = forget_bias
    return params


def step(
    params: Params, projected: Array, state: State, masks: Masks = NO_MASKS
) -> tuple[State, Cache]:
    """Take one step.

    Parameters
    ----------
    params : Params
    projected : array of shape (N, 4H)
        `project` of the input x_t.
    state : tuple (h, c) of arrays of shape (N, H)
        The state before the step.
    masks : Masks, optional
        Dropout's masks of this step.

    Returns
    -------
    state : tuple (h, c)
        The state after the step.
    cache : Cache
        What `step_backward` needs.
    """
    h_prev, c_prev = state
    a_i, a_f, a_g, a_o = split(projected + masked_product(h_prev, params.W_hh, masks.h), 4)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), tanh(a_g), sigmoid(a_o)
    c = dropped(f * c_prev + dropped(i * g, masks.g), masks.c)
    tanh_c = tanh(c)
    h = o * tanh_c
    return (h, c), Cache(h_prev, c_prev, i, f, g, o, c, tanh_c)


def step_backward(
    params: Params, cache: Cache, dstate: State, masks: Masks = NO_MASKS
) -> tuple[Array, State]:
    """Return the gradients of one step: the backward pass of `step`.

    Parameters
    ----------
    params : Params
    cache : Cache
        As returned by `step`.
    dstate : tuple (dh, dc) of arrays of shape (N, H)
        Gradient of the loss with respect to the state after the step.
    masks : Masks, optional
        As given to `step`.

    Returns
    -------
    da : array of shape (N, 4H)
        Gradients of the pre-activations a_i, a_f, a_g, a_o.
    dstate_prev : tuple (dh_prev, dc_prev)
        Gradient of the state before the step.
    """
    _, c_prev, i, f, g, o, _, tanh_c = cache
    dh, dc = dstate
    do = dh * tanh_c
    # c_t is read twice: by step t + 1 and by h_t
    dc = dropped(dc + dh * o * (1 - tanh_c**2), masks.c)
    di, df, dg = dropped(dc, masks.g) * g, dc * c_prev, dropped(dc, masks.g) * i
    da = join([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)])
    return da, (masked_product_backward(da, params.W_hh, masks.h), dc * f)


#: The LSTM, for `scan`, `stack`, the dropouts and `torch_modules.Layer`.
CELL = Cell(
    name="lstm",
    params_type=Params,
    shapes={"W_ih": "4H D", "W_hh": "4H H", "b": "4H"},
    state={"h": "H", "c": "H"},
    init_params=init_params,
    project=project,
    step=step,
    step_backward=step_backward,
    weight_gradients=weight_gradients,
    sites=("x", "h", "g", "c"),
)
forward, backward, truncated_backward = scan.bind(CELL)
