"""The LSTM with peepholes: three of its gates look at the cell state too.

    i = σ(a_i + p_i ⊙ c_{t−1}),  f = σ(a_f + p_f ⊙ c_{t−1}),  o = σ(a_o + p_o ⊙ c_t)

All else is `lstm`, whose own steps do the work here.

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
from .arrays import Array, join, split, stack, sum_over_rows, zeros_like
from .masks import NO_MASKS, Masks
from .weights import draw_uniform


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


class Cache(NamedTuple):
    """What one step leaves for its reverse: that of `lstm.step`, and the new cell state."""

    h_prev: Array
    c_prev: Array
    i: Array
    f: Array
    g: Array
    o: Array
    tanh_c: Array
    c: Array


def param_shapes(input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    """Return the parameters' shapes by name."""
    plain, H = lstm.param_shapes(input_size, hidden_size), hidden_size
    return {**plain, "p_i": (H,), "p_f": (H,), "p_o": (H,)}


def init_params(
    input_size: int, hidden_size: int, generator: np.random.Generator, dtype: Any = np.float64
) -> Params:
    """Draw parameters uniformly from (−1/√H, 1/√H); arguments and errors as for `rnn`."""
    validation.check_init(input_size, hidden_size, generator, dtype)
    shapes = param_shapes(input_size, hidden_size)
    return Params(**draw_uniform(shapes, hidden_size, generator, dtype))


def step(
    params: Params, projected: Array, state: scan.State, masks: Masks = NO_MASKS
) -> tuple[scan.State, Cache]:
    """Take one step; arguments and results are those of `lstm.step`."""
    plain = lstm.Params(*params[:3])
    _, c_prev = state
    none = zeros_like(c_prev)
    projected = projected + join([params.p_i * c_prev, params.p_f * c_prev, none, none])
    (_, c), _ = lstm.step(
        plain, projected, state, masks
    )  # o looks at c_t, which does not depend on o
    projected = projected + join([none, none, none, params.p_o * c])
    state, cache = lstm.step(plain, projected, state, masks)
    return state, Cache(*cache, c)


def step_backward(
    params: Params, cache: Cache, dstate: scan.State, masks: Masks = NO_MASKS
) -> tuple[Array, scan.State]:
    """Reverse `step`; arguments and results are those of `lstm.step_backward`."""
    plain, plain_cache = lstm.Params(*params[:3]), lstm.Cache(*cache[:-1])
    dh, dc = dstate
    da, _ = lstm.step_backward(plain, plain_cache, dstate, masks)
    _, _, _, da_o = split(da, 4)  # right already, for it depends on dh alone
    dc = dc + params.p_o * da_o
    da, (dh_prev, dc_prev) = lstm.step_backward(plain, plain_cache, (dh, dc), masks)
    da_i, da_f, _, _ = split(da, 4)
    return da, (dh_prev, dc_prev + params.p_i * da_i + params.p_f * da_f)


def weight_gradients(
    params: Params, x: Array, caches: list[Cache], da: Array, masks: Masks = NO_MASKS
) -> Params:
    """Sum the parameters' gradients over steps; arguments are those of `lstm.weight_gradients`."""
    da_i, da_f, _, da_o = split(da, 4)
    c_prev, c = stack([cache.c_prev for cache in caches]), stack([cache.c for cache in caches])
    return lstm.weight_gradients(params, x, caches, da, masks)._replace(
        p_i=sum_over_rows(da_i * c_prev),
        p_f=sum_over_rows(da_f * c_prev),
        p_o=sum_over_rows(da_o * c),
    )


CELL = replace(
    lstm.CELL,
    name="lstm with peepholes",
    params_type=Params,
    param_shapes=param_shapes,
    init_params=init_params,
    step=step,
    step_backward=step_backward,
    weight_gradients=weight_gradients,
)
forward, backward, truncated_backward = scan.bind(CELL)
