"""The LSTM with projection (LSTMP): the hidden state is W_hr m_t, of P < H numbers.

    m_t = o ⊙ tanh(c_t),  h_t = W_hr m_t

All else is `lstm`, whose own steps do the work here. It is torch's ``nn.LSTM(proj_size=P)``, the
recurrent projection of the paper without its peepholes and non-recurrent projection.

References
----------
Sak, Senior and Beaufays (2014), "Long short-term memory recurrent neural network architectures for
large scale acoustic modeling", Interspeech.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from . import lstm, scan
from ._check import arguments as validation
from .arrays import Array, join, stack, sum_of_outer_products
from .masks import NO_MASKS, Masks
from .weights import draw_uniform


class Params(NamedTuple):
    """The parameters, in torch's layout.

    Attributes
    ----------
    W_ih : array of shape (4H, D)
    W_hh : array of shape (4H, P)
    b : array of shape (4H,)
    W_hr : array of shape (P, H)
    """

    W_ih: Array
    W_hh: Array
    b: Array
    W_hr: Array


class Cache(NamedTuple):
    """What one step leaves for its reverse: that of `lstm.step`, and m_t of shape (N, H)."""

    h_prev: Array
    c_prev: Array
    i: Array
    f: Array
    g: Array
    o: Array
    tanh_c: Array
    m: Array


def param_shapes(input_size: int, hidden_size: int, proj_size: int) -> dict[str, tuple[int, ...]]:
    """Return the parameters' shapes by name."""
    D, H, P = input_size, hidden_size, proj_size
    return {"W_ih": (4 * H, D), "W_hh": (4 * H, P), "b": (4 * H,), "W_hr": (P, H)}


def init_params(
    input_size: int,
    hidden_size: int,
    generator: np.random.Generator,
    dtype: Any = np.float64,
    *,
    proj_size: int,
) -> Params:
    """Draw parameters uniformly from (−1/√H, 1/√H), as torch.nn does.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    generator : numpy.random.Generator
    dtype : NumPy dtype, optional
    proj_size : int
        P, less than H.

    Raises
    ------
    TypeError, ValueError
        As from `rnn.init_params`, or P is not less than H.
    """
    validation.check_init(input_size, hidden_size, generator, dtype)
    validation.check_sizes(proj_size=proj_size)
    if proj_size >= hidden_size:
        raise ValueError(
            f"proj_size: got {proj_size}, expected less than hidden_size = {hidden_size}"
        )
    shapes = param_shapes(input_size, hidden_size, proj_size)
    return Params(**draw_uniform(shapes, hidden_size, generator, dtype))


def step(
    params: Params, projected: Array, state: scan.State, masks: Masks = NO_MASKS
) -> tuple[scan.State, Cache]:
    """Take one step: as `lstm.step`, h of shape (N, P) and c of shape (N, H)."""
    (m, c), cache = lstm.step(lstm.Params(*params[:3]), projected, state, masks)
    return (m @ params.W_hr.T, c), Cache(*cache, m)


def step_backward(
    params: Params, cache: Cache, dstate: scan.State, masks: Masks = NO_MASKS
) -> tuple[Array, scan.State]:
    """Reverse `step`.

    Returns
    -------
    da : array of shape (N, 4H + P)
        Gradients of the pre-activations, and dh, of which `weight_gradients` makes that of W_hr.
    dstate_prev : tuple (dh_prev, dc_prev)
    """
    plain, plain_cache = lstm.Params(*params[:3]), lstm.Cache(*cache[:-1])
    dh, dc = dstate
    da, dstate_prev = lstm.step_backward(plain, plain_cache, (dh @ params.W_hr, dc), masks)
    return join([da, dh]), dstate_prev


def weight_gradients(
    params: Params, x: Array, caches: list[Cache], da: Array, masks: Masks = NO_MASKS
) -> Params:
    """Sum the parameters' gradients over steps; da as `step_backward` returned it."""
    K = params.W_ih.shape[0]
    da, dh = da[..., :K], da[..., K:]
    dW_hr = sum_of_outer_products(dh, stack([cache.m for cache in caches]))
    return lstm.weight_gradients(params, x, caches, da, masks)._replace(W_hr=dW_hr)


CELL = replace(
    lstm.CELL,
    name="lstm with projection",
    params_type=Params,
    param_shapes=param_shapes,
    init_params=init_params,
    step=step,
    step_backward=step_backward,
    weight_gradients=weight_gradients,
)
forward, backward, truncated_backward = scan.bind(CELL)
