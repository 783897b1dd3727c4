"""What the cells do with their weights outside the loop over time: draw, project, sum gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _validation as validation
from .arrays import Array, stack, sum_of_outer_products, sum_over_rows


def draw_uniform(
    shapes: dict[str, tuple[int, ...]], hidden_size: int, generator: np.random.Generator, dtype: Any
) -> dict[str, Array]:
    """Draw each array uniformly from (−1/√H, 1/√H), as torch.nn does for its recurrent layers."""
    validation.check_generator(generator)
    validation.check_dtype(dtype)
    bound = hidden_size**-0.5
    return {
        name: generator.uniform(-bound, bound, shape).astype(dtype)
        for name, shape in shapes.items()
    }


def project(params: Any, x: Array) -> Array:
    """Return the input's part of the pre-activations.

    Parameters
    ----------
    params : a cell's Params
        W_ih of shape (K, D) and b of shape (K,); K is H for the RNN, 4H for the LSTM.
    x : array of shape (..., D)
        One step, (N, D), or all of them at once, (T, N, D).

    Returns
    -------
    array of shape (..., K)
    """
    return x @ params.W_ih.T + params.b


def input_gradient(params: Any, da: Array) -> Array:
    """Reverse `project` with respect to the input.

    Parameters
    ----------
    params : a cell's Params
    da : array of shape (..., K)
        Gradient of what `project` returned.

    Returns
    -------
    array of shape (..., D)
    """
    return da @ params.W_ih


def weight_gradients(params: Any, x: Array, caches: list[Any], da: Array) -> Any:
    """Sum the parameters' gradients over steps, in one product for each matrix.

    Parameters
    ----------
    params : a cell's Params
    x : array of shape (T, N, D)
    caches : list of T caches
        What the T calls of the cell's `step` returned.
    da : array of shape (T, N, K)
        Gradients of the pre-activations.

    Returns
    -------
    the cell's Params
        The gradients, each in the place of its parameter.
    """
    h_prev = stack([cache.h_prev for cache in caches])
    return params._replace(
        W_ih=sum_of_outer_products(da, x),
        W_hh=sum_of_outer_products(da, h_prev),
        b=sum_over_rows(da),
    )
