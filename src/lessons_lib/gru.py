"""The gated recurrent unit (GRU): the equations of one step, forward and backward.

    r = σ(W_ir x_t + b_r + W_hr h_{t−1})
    z = σ(W_iz x_t + b_z + W_hz h_{t−1})
    n = tanh(W_in x_t + b_n + u_n)
    h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}

The reset gate r acts in u_n (see `reset_gate`), after the product, as torch has it, or before, as
published: two models, whose weights do not carry over from one to the other.

The sign of z is torch's, Keras' and Cho's: z = 1 keeps the state. Chung et al. write 1 − z for it.
The three blocks are stored in torch's order, r z n.

References
----------
Cho et al. (2014), "Learning phrase representations using RNN encoder–decoder for statistical
machine translation", EMNLP, equations 5 to 8.
Chung, Gulcehre, Cho and Bengio (2014), "Empirical evaluation of gated recurrent neural networks on
sequence modeling", arXiv 1412.3555.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from . import scan
from ._check import arguments as validation
from .arrays import Array, join, sigmoid, split, stack, sum_of_outer_products, sum_over_rows, tanh
from .masks import NO_MASKS, Masks, dropped, read, read_backward
from .reset_gate import (
    acts_after,
    blocks,
    reset_state,
    reset_state_backward,
    reset_weight_gradients,
)
from .weights import draw_uniform, project


class Params(NamedTuple):
    """The parameters with the reset after the product, in torch's layout: blocks for r, z and n.

    Attributes
    ----------
    W_ih : array of shape (3H, D)
    W_hh : array of shape (3H, H)
    b : array of shape (3H,)
        Of r and z the sum of torch.nn.GRU's two biases, of n the one outside the reset, b_in.
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
    """What one step leaves for its reverse, each of shape (N, H)."""

    h_prev: Array
    r: Array
    z: Array
    n: Array
    q: Array


def param_shapes(
    input_size: int, hidden_size: int, reset: str = "after"
) -> dict[str, tuple[int, ...]]:
    """Return the parameters' shapes by name."""
    D, H = input_size, hidden_size
    shapes: dict[str, tuple[int, ...]] = {"W_ih": (3 * H, D), "W_hh": (3 * H, H), "b": (3 * H,)}
    return {**shapes, "b_hn": (H,)} if acts_after(reset) else shapes


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
        A size is no positive integer, the generator is no numpy.random.Generator, the dtype is not
        one of floating point, or `reset` is neither word; the message names it.
    """
    validation.check_init(input_size, hidden_size, generator, dtype)
    params_type = cell(reset).params_type
    shapes = param_shapes(input_size, hidden_size, reset)
    return params_type(**draw_uniform(shapes, hidden_size, generator, dtype))


def step(
    params: Any,
    projected: Array,
    state: scan.State,
    masks: Masks = NO_MASKS,
    reset: str = "after",
) -> tuple[scan.State, Cache]:
    """Take one step.

    Parameters
    ----------
    params : Params, or ParamsBefore
    projected : array of shape (N, 3H)
        `project` of the input x_t.
    state : tuple (h,) of an array of shape (N, H)
        The state before the step.
    masks : Masks, optional
        Dropout's masks of this step.
    reset : {"after", "before"}, optional

    Returns
    -------
    state : tuple (h,)
        The state after the step.
    cache : Cache
        What `step_backward` needs.
    """
    (h_prev,) = state
    W_hrz, _ = blocks(params.W_hh)
    a_r, a_z, a_n = split(projected, 3)
    u_r, u_z = split(read(h_prev, masks.h) @ W_hrz.T, 2)
    r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
    u_n, q = reset_state(params, r, h_prev, reset, masks.h)
    n = tanh(a_n + u_n)
    h = dropped((1 - z) * n, masks.g) + z * h_prev
    return (h,), Cache(h_prev, r, z, n, q)


def step_backward(
    params: Any,
    cache: Cache,
    dstate: scan.State,
    masks: Masks = NO_MASKS,
    reset: str = "after",
) -> tuple[Array, scan.State]:
    """Reverse `step`.

    Parameters
    ----------
    params : Params, or ParamsBefore
    cache : Cache
        As returned by `step`.
    dstate : tuple (dh,) of an array of shape (N, H)
        Gradient of the loss with respect to the state after the step.
    masks : Masks, optional
        As given to `step`.
    reset : {"after", "before"}, optional

    Returns
    -------
    da : array of shape (N, 3H)
        Gradients of a_r, a_z and a_n, what `project` returned.
    dstate_prev : tuple (dh_prev,)
        Gradient of the state before the step.
    """
    h_prev, r, z, n, _ = cache
    (dh,) = dstate
    W_hrz, _ = blocks(params.W_hh)
    dadded = dropped(dh, masks.g)
    dz, dn = dh * h_prev - dadded * n, dadded * (1 - z)
    da_n = dn * (1 - n**2)
    dr, dh_through_n = reset_state_backward(params, cache, da_n, reset, masks.h)
    da_rz = join([dr * r * (1 - r), dz * z * (1 - z)])
    dh_prev = dh * z + read_backward(da_rz @ W_hrz, masks.h) + dh_through_n
    return join([da_rz, da_n]), (dh_prev,)


def weight_gradients(
    params: Any,
    x: Array,
    caches: list[Cache],
    da: Array,
    masks: Masks = NO_MASKS,
    reset: str = "after",
) -> Any:
    """Sum the parameters' gradients over steps, in one product for each block of weights.

    Parameters and result are those of `weights.weight_gradients`, with K = 3H.
    """
    h_prev, r, q = (stack([getattr(c, name) for c in caches]) for name in ("h_prev", "r", "q"))
    da_r, da_z, da_n = split(da, 3)
    dW_hrz = sum_of_outer_products(join([da_r, da_z]), read(h_prev, masks.h))
    dW_hn, db_hn = reset_weight_gradients(h_prev, r, q, da_n, reset, masks.h)
    dW_hh = join([dW_hrz, dW_hn], axis=0)
    return params._replace(
        W_ih=sum_of_outer_products(da, read(x, masks.x)), W_hh=dW_hh, b=sum_over_rows(da), **db_hn
    )


CELL = scan.Cell(
    name="gru",
    state_names=("h",),
    params_type=Params,
    param_shapes=param_shapes,
    init_params=init_params,
    project=project,
    step=step,
    step_backward=step_backward,
    weight_gradients=weight_gradients,
    sites=("h", "g"),
)
CELL_BEFORE = scan.Cell(
    name="gru with reset before the product",
    state_names=("h",),
    params_type=ParamsBefore,
    param_shapes=partial(param_shapes, reset="before"),
    init_params=partial(init_params, reset="before"),
    project=project,
    step=partial(step, reset="before"),
    step_backward=partial(step_backward, reset="before"),
    weight_gradients=partial(weight_gradients, reset="before"),
    sites=("h", "g"),
)
forward, backward, truncated_backward = scan.bind(CELL)


def cell(reset: str = "after") -> scan.Cell:
    """Return the cell whose reset gate acts after or before the product, for `scan` and `stack`.

    Raises
    ------
    ValueError
        `reset` is neither "after" nor "before".
    """
    return validation.one_of("reset", reset, {"after": CELL, "before": CELL_BEFORE})
