"""The plain recurrent network (Elman's): the equations of one step, forward and backward.

    h_t = tanh(W_ih x_t + b + W_hh h_{t−1})

References
----------
Elman (1990), "Finding structure in time", Cognitive Science 14(2).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import _validation as validation
from . import scan
from .arrays import Array, tanh
from .weights import draw_uniform, project, weight_gradients


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
    """What one step leaves for its reverse, each of shape (N, H)."""

    h_prev: Array
    h: Array


def param_shapes(input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    """Return the parameters' shapes by name."""
    D, H = input_size, hidden_size
    return {"W_ih": (H, D), "W_hh": (H, H), "b": (H,)}


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
        A size is no positive integer, the generator is no numpy.random.Generator, or the dtype is
        not one of floating point; the message names it.
    """
    validation.check_sizes(input_size=input_size, hidden_size=hidden_size)
    shapes = param_shapes(input_size, hidden_size)
    return Params(**draw_uniform(shapes, hidden_size, generator, dtype))


def step(params: Params, projected: Array, state: scan.State) -> tuple[scan.State, Cache]:
    """Take one step.

    Parameters
    ----------
    params : Params
    projected : array of shape (N, H)
        `project` of the input x_t.
    state : tuple (h,) of an array of shape (N, H)
        The state before the step.

    Returns
    -------
    state : tuple (h,)
        The state after the step.
    cache : Cache
        What `step_backward` needs.
    """
    (h_prev,) = state
    h = tanh(projected + h_prev @ params.W_hh.T)
    return (h,), Cache(h_prev, h)


def step_backward(params: Params, cache: Cache, dstate: scan.State) -> tuple[Array, scan.State]:
    """Reverse `step`.

    Parameters
    ----------
    params : Params
    cache : Cache
        As returned by `step`.
    dstate : tuple (dh,) of an array of shape (N, H)
        Gradient of the loss with respect to the state after the step.

    Returns
    -------
    da : array of shape (N, H)
        Gradient of the pre-activation.
    dstate_prev : tuple (dh_prev,)
        Gradient of the state before the step.
    """
    (dh,) = dstate
    da = dh * (1 - cache.h**2)
    return da, (da @ params.W_hh,)


CELL = scan.Cell(
    name="rnn",
    state_names=("h",),
    params_type=Params,
    cache_type=Cache,
    param_shapes=param_shapes,
    init_params=init_params,
    project=project,
    step=step,
    step_backward=step_backward,
    weight_gradients=weight_gradients,
)
forward, backward, truncated_backward = scan.bind(CELL)
