"""The LSTM with peepholes: three of its gates read the cell state, too.

    i = σ(a_i + p_i ⊙ c_{t−1}),  f = σ(a_f + p_f ⊙ c_{t−1}),  o = σ(a_o + p_o ⊙ c_t)

Everything else is as in `lstm`.

References
----------
Gers and Schmidhuber (2000), "Recurrent nets that time and count", IJCNN.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from . import lstm, scan
from ._check import arguments as validation
from .arrays import Array, join, sigmoid, split, sum_over_rows, tanh
from .cell import State
from .lstm import Cache
from .masks import NO_MASKS, Masks, dropped, masked_product, masked_product_backward
from .weights import draw_params, project


class Params(NamedTuple):
    """The parameters: those of `lstm.Params`, and the peepholes.

    Attributes
    ----------
    W_ih : array of shape (4H, D)
    W_hh : array of shape (4H, H)
    b : array of shape (4H,)
    p_i, p_f, p_o : arrays of shape (H,)
        A peephole joins a unit's gate to that unit's own cell: a diagonal matrix.
    """

    W_ih: Array
    W_hh: Array
    b: Array
    p_i: Array
    p_f: Array
    p_o: Array


def init_params(
    input_size: int, hidden_size: int, generator: np.random.Generator, dtype: Any = np.float64
) -> Params:
    """Draw parameters uniformly from (−1/√H, 1/√H); arguments and errors as for the RNN."""
    validation.check_init(input_size, hidden_size, generator, dtype)
    return draw_params(CELL, generator, dtype, D=input_size, H=hidden_size)


def step(
    params: Params, projected: Array, state: State, masks: Masks = NO_MASKS
) -> tuple[State, Cache]:
    """Take one step; arguments and results are those of `lstm.step`."""
    h_prev, c_prev = state
    a_i, a_f, a_g, a_o = split(projected + masked_product(h_prev, params.W_hh, masks.h), 4)
    i, f = sigmoid(a_i + params.p_i * c_prev), sigmoid(a_f + params.p_f * c_prev)
    g = tanh(a_g)
    c = dropped(f * c_prev + dropped(i * g, masks.g), masks.c)
    o = sigmoid(a_o + params.p_o * c)
    tanh_c = tanh(c)
    h = o * tanh_c
    return (h, c), Cache(h_prev, c_prev, i, f, g, o, c, tanh_c)


def step_backward(
    params: Params, cache: Cache, dstate: State, masks: Masks = NO_MASKS
) -> tuple[Array, State]:
    """Return the gradients of one step; arguments and results as for `lstm.step_backward`."""
    _, c_prev, i, f, g, o, _, tanh_c = cache
    dh, dc = dstate
    da_o = dh * tanh_c * o * (1 - o)
    # c_t is read three times: by step t + 1, by h_t and by o_t
    dc = dropped(dc + dh * o * (1 - tanh_c**2) + params.p_o * da_o, masks.c)
    di, df, dg = dropped(dc, masks.g) * g, dc * c_prev, dropped(dc, masks.g) * i
    da_i, da_f, da_g = di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2)
    da = join([da_i, da_f, da_g, da_o])
    dc_prev = dc * f + params.p_i * da_i + params.p_f * da_f
    return da, (masked_product_backward(da, params.W_hh, masks.h), dc_prev)


def weight_gradients(
    params: Params, x: Array, caches: Any, da: Array, masks: Masks = NO_MASKS
) -> Params:
    """Sum the parameters' gradients over all steps; arguments as for `lstm.weight_gradients`."""
    da_i, da_f, _, da_o = split(da, 4)
    return lstm.weight_gradients(params, x, caches, da, masks)._replace(
        p_i=sum_over_rows(da_i * caches.c_prev),
        p_f=sum_over_rows(da_f * caches.c_prev),
        p_o=sum_over_rows(da_o * caches.c),
    )


#: The LSTM with peepholes, for `scan`, `stack`, the dropouts and `torch_modules.Layer`.
CELL = replace(
    lstm.CELL,
    name="lstm with peepholes",
    params_type=Params,
    shapes={**lstm.CELL.shapes, "p_i": "H", "p_f": "H", "p_o": "H"},
    init_params=init_params,
    project=project,
    step=step,
    step_backward=step_backward,
    weight_gradients=weight_gradients,
)
forward, backward, truncated_backward = scan.bind(CELL)
