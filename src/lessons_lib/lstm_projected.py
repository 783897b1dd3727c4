"""The LSTM with projection (LSTMP): the hidden state is projected to P < H numbers.

    m_t = o ⊙ tanh(c_t),  h_t = W_hr m_t

Everything else is as in `lstm`. It is torch's ``nn.LSTM(proj_size=P)``, the
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
from .arrays import Array, join, sum_of_outer_products
from .cell import State
from .lstm import Cache
from .masks import NO_MASKS, Masks
from .weights import draw_params, project


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


def init_params(
    input_size: int,
    hidden_size: int,
    generator: np.random.Generator,
    dtype: Any = np.float64,
    proj_size: int | None = None,
) -> Params:
    """Draw parameters uniformly from (−1/√H, 1/√H), as torch.nn does.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    generator : numpy.random.Generator
    dtype : NumPy dtype, optional
    proj_size : int, optional
        P, less than H; half of H, rounded down, by default.

    Raises
    ------
    TypeError, ValueError
        As for `rnn.init_params`; also if P is not less than H.
    """
    validation.check_init(input_size, hidden_size, generator, dtype)
    proj_size = max(1, hidden_size // 2) if proj_size is None else proj_size
    validation.check_sizes(proj_size=proj_size)
    if proj_size >= hidden_size:
        raise ValueError(
            f"proj_size: got {proj_size}, expected less than hidden_size = {hidden_size}"
        )
    return draw_params(CELL, generator, dtype, D=input_size, H=hidden_size, P=proj_size)


def step(
    params: Any, projected: Array, state: State, masks: Masks = NO_MASKS
) -> tuple[State, Cache]:
    """Take one step: as `lstm.step`, with h of shape (N, P) and c of shape (N, H)."""
    (m, c), cache = lstm.step(params, projected, state, masks)
    h = m @ params.W_hr.T
    return (h, c), cache


def step_backward(
    params: Any, cache: Cache, dstate: State, masks: Masks = NO_MASKS
) -> tuple[Array, State]:
    """Return the gradients of one step: the backward pass of `step`.

    Returns
    -------
    da : array of shape (N, 4H + P)
        Gradients of the pre-activations, and dh, from which `weight_gradients` makes that of W_hr.
    dstate_prev : tuple (dh_prev, dc_prev)
    """
    dh, dc = dstate
    dm = dh @ params.W_hr
    da, dstate_prev = lstm.step_backward(params, cache, (dm, dc), masks)
    return join([da, dh]), dstate_prev


def weight_gradients(
    params: Params, x: Array, caches: Any, da: Array, masks: Masks = NO_MASKS
) -> Params:
    """Sum the parameters' gradients over all steps; `da` comes from `step_backward`."""
    K = params.W_ih.shape[0]
    da, dh = da[..., :K], da[..., K:]
    m = caches.o * caches.tanh_c
    return lstm.weight_gradients(params, x, caches, da, masks)._replace(
        W_hr=sum_of_outer_products(dh, m)
    )


#: The LSTM with a projected hidden state, for `scan`, `stack` and the dropouts.
CELL = replace(
    lstm.CELL,
    name="lstm with projection",
    params_type=Params,
    shapes={"W_ih": "4H D", "W_hh": "4H P", "b": "4H", "W_hr": "P H"},
    state={"h": "P", "c": "H"},
    init_params=init_params,
    project=project,
    step=step,
    step_backward=step_backward,
    weight_gradients=weight_gradients,
)
forward, backward, truncated_backward = scan.bind(CELL)
