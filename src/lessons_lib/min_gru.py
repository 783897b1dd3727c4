"""The minGRU: a GRU whose gate and candidate read the input alone, linear in its state.

    z_t = σ(W_z x_t + b_z)
    n_t = W_n x_t + b_n
    h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}

This is the `gru` without the reset gate, without W_hh and without the candidate's tanh. The sign of
z is that of the GRU here: z = 1 keeps the state. Feng et al. write 1 − z instead. With a = z and
b = (1 − z) ⊙ n it is a linear recurrence, which `linear` computes by a parallel scan.

`CELL_POSITIVE` is another model: its candidates are g(W_n x_t + b_n) with

    g(u) = u + 0.5 if u > 0, σ(u) otherwise

Its states are positive if the initial state is, so that the scan may compute with logarithms:
`forward_logs`.

References
----------
Feng, Tung, Ahmed, Bengio and Hajimirsadeghi (2024), "Were RNNs all we needed?", arXiv 2410.01201.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import linear, scan
from ._check import arguments as validation
from .arrays import (
    Array,
    array_namespace,
    join,
    log_sigmoid,
    relu,
    sigmoid,
    split,
    where_positive,
)
from .cell import State
from .masks import NO_MASKS, Masks, dropped
from .weights import draw_params, input_weight_gradients, project


class Params(NamedTuple):
    """The parameters: blocks for z and n.

    Attributes
    ----------
    W_ih : array of shape (2H, D)
    b : array of shape (2H,)
    """

    W_ih: Array
    b: Array


class ParamsPositive(NamedTuple):
    """The parameters of the model with positive candidates; they do not carry over to the other."""

    W_ih: Array
    b: Array


class Gates(NamedTuple):
    """What `pairs` keeps for its backward pass, each of shape (N, H) or (T, N, H)."""

    z: Array
    n: Array


class Cache(NamedTuple):
    """What one step keeps for its backward pass, each of shape (N, H)."""

    h_prev: Array
    z: Array
    n: Array


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


def init_params_positive(
    input_size: int, hidden_size: int, generator: np.random.Generator, dtype: Any = np.float64
) -> ParamsPositive:
    """Draw parameters of the model with positive candidates; arguments as for `init_params`."""
    return ParamsPositive(*init_params(input_size, hidden_size, generator, dtype))


def pairs(projected: Array, masks: Masks = NO_MASKS) -> tuple[tuple[Array, Array], Gates]:
    """Return a = z and b = (1 − z) ⊙ n, for one step or for all of them.

    Parameters
    ----------
    projected : array of shape (..., 2H)
        `project` of the input.
    masks : Masks, optional
        Dropout's masks of these steps.

    Returns
    -------
    (a, b) : arrays of shape (..., H)
    gates : Gates
        What `pairs_backward` needs.
    """
    a_z, n = split(projected, 2)
    z = sigmoid(a_z)
    return (z, dropped((1 - z) * n, masks.g)), Gates(z, n)


def pairs_backward(gates: Gates, da: Array, db: Array, masks: Masks = NO_MASKS) -> Array:
    """Return the gradient of `projected`, of shape (..., 2H), given those of a and b."""
    z, n = gates
    db = dropped(db, masks.g)
    dz = da - db * n
    return join([dz * z * (1 - z), db * (1 - z)])


def step(
    params: Params, projected: Array, state: State, masks: Masks = NO_MASKS
) -> tuple[State, Cache]:
    """Take one step: h = a ⊙ h_prev + b.

    Parameters
    ----------
    params : Params
    projected : array of shape (N, 2H)
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
    (a, b), (z, n) = pairs(projected, masks)
    return (a * h_prev + b,), Cache(h_prev, z, n)


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
    dprojected : array of shape (N, 2H)
        Gradient of the result of `project`.
    dstate_prev : tuple (dh_prev,)
        Gradient of the state before the step.
    """
    h_prev, z, n = cache
    (dh,) = dstate
    return pairs_backward(Gates(z, n), dh * h_prev, dh, masks), (dh * z,)


def weight_gradients(
    params: Params, x: Array, caches: Any, da: Array, masks: Masks = NO_MASKS
) -> Params:
    """Sum the parameters' gradients over all steps, in one product.

    Parameters and result are those of `weights.weight_gradients`, with K = 2H.
    """
    return input_weight_gradients(params, x, da, masks)


def positive(u: Array) -> Array:
    """Return g(u) = u + 0.5 where u is positive, σ(u) elsewhere."""
    return relu(u) + sigmoid(u - relu(u))


def pairs_positive(projected: Array, masks: Masks = NO_MASKS) -> tuple[tuple[Array, Array], Gates]:
    """Return a = z and b = (1 − z) ⊙ g(n); arguments and results are those of `pairs`."""
    a_z, a_n = split(projected, 2)
    z, n = sigmoid(a_z), positive(a_n)
    return (z, dropped((1 - z) * n, masks.g)), Gates(z, n)


def pairs_positive_backward(gates: Gates, da: Array, db: Array, masks: Masks = NO_MASKS) -> Array:
    """Return the gradient of `projected`; arguments are those of `pairs_backward`."""
    z, n = gates
    db = dropped(db, masks.g)
    dz, dn = da - db * n, db * (1 - z)
    sloped = dn * n * (1 - n)  # n is at most 0.5 where g is σ
    da_n = where_positive(n - 0.5, dn - sloped) + sloped
    return join([dz * z * (1 - z), da_n])


def step_positive(
    params: ParamsPositive, projected: Array, state: State, masks: Masks = NO_MASKS
) -> tuple[State, Cache]:
    """Take one step with a positive candidate; arguments and results are those of `step`."""
    (h_prev,) = state
    (a, b), (z, n) = pairs_positive(projected, masks)
    return (a * h_prev + b,), Cache(h_prev, z, n)


def step_positive_backward(
    params: ParamsPositive, cache: Cache, dstate: State, masks: Masks = NO_MASKS
) -> tuple[Array, State]:
    """Return the gradients of one `step_positive`; arguments and results as `step_backward`'s."""
    h_prev, z, n = cache
    (dh,) = dstate
    return pairs_positive_backward(Gates(z, n), dh * h_prev, dh, masks), (dh * z,)


def forward_logs(params: ParamsPositive, x: Array, state: State | None = None) -> Array:
    """Return y of the model with positive candidates, by a scan of logarithms.

    It differs from the loop by rounding only, but by more of it: a logarithm's absolute error is a
    relative error of h. Its gradient comes from torch's autograd.

    Parameters
    ----------
    params : ParamsPositive
    x : array of shape (T, N, D)
    state : tuple (h,) of an array of shape (N, H), optional
        Positive; zero by default.

    Returns
    -------
    y : array of shape (T, N, H)

    Raises
    ------
    TypeError, ValueError
        An argument's type, dtype, device or shape does not fit, or the state is not positive; the
        message names it.
    """
    validation.check_forward(CELL_POSITIVE, params, x, state)
    xp = array_namespace(x)
    log_h_0 = None
    if state is not None:
        if not bool(xp.all(state[0] > 0)):
            raise ValueError("state's h: got numbers that are not positive, so they have no log")
        log_h_0 = xp.log(state[0])
    log_a, log_b = log_pairs(project(params, x))
    return xp.exp(linear.scan_logs(log_a, log_b, log_h_0))


def log_pairs(projected: Array) -> tuple[Array, Array]:
    """Return log a and log b of `pairs_positive`, accurate even where a or b rounds to 0 or 1."""
    a_z, a_n = split(projected, 2)
    xp = array_namespace(a_n)
    log_n = xp.where(a_n <= 0, log_sigmoid(a_n), xp.log(relu(a_n) + 0.5))
    return log_sigmoid(a_z), log_sigmoid(-a_z) + log_n


#: The minGRU, for `scan`, `stack`, the dropouts and `torch_modules.Layer`.
CELL = linear.LinearCell(
    name="minGRU",
    params_type=Params,
    shapes={"W_ih": "2H D", "b": "2H"},
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
#: The minGRU whose candidate is positive, which can be computed with logarithms.
CELL_POSITIVE = linear.LinearCell(
    name="minGRU with positive candidates",
    params_type=ParamsPositive,
    shapes={"W_ih": "2H D", "b": "2H"},
    state={"h": "H"},
    init_params=init_params_positive,
    project=project,
    step=step_positive,
    step_backward=step_positive_backward,
    weight_gradients=weight_gradients,
    sites=("x", "g"),
    pairs=pairs_positive,
    pairs_backward=pairs_positive_backward,
)
forward, backward, truncated_backward = scan.bind(CELL)
