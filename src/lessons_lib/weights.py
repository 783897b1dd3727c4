"""What the cells do with their weights outside the loop over time: draw, project, sum gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import Array, product, stack, sum_of_outer_products, sum_over_rows
from .masks import NO_MASKS, Masks, read, read_backward


def sizes(params: Any) -> tuple[int, ...]:
    """Return D, H and, where the hidden state is projected, P: what `param_shapes` takes."""
    D, P = params.W_ih.shape[1], params.W_hh.shape[1]
    return (D, params.W_hr.shape[1], P) if hasattr(params, "W_hr") else (D, P)


def state_widths(params: Any, state_names: tuple[str, ...]) -> tuple[int, ...]:
    """Return the width of each array of the state: P of the hidden state, H of the others."""
    _, H, *_ = sizes(params)
    return (params.W_hh.shape[1], *(H for _ in state_names[1:]))


def add(params: Any, others: Any) -> Any:
    """Add two cells' Params, or gradients of them, array by array."""
    return type(params)(*(a + b for a, b in zip(params, others, strict=True)))


def draw_uniform(
    shapes: dict[str, tuple[int, ...]], hidden_size: int, generator: np.random.Generator, dtype: Any
) -> dict[str, Array]:
    """Draw each array uniformly from (−1/√H, 1/√H), as torch.nn does for its recurrent layers."""
    bound = hidden_size**-0.5
    return {
        name: generator.uniform(-bound, bound, shape).astype(dtype)
        for name, shape in shapes.items()
    }


def project(params: Any, x: Array, masks: Masks = NO_MASKS) -> Array:
    """Return the input's part of the pre-activations.

    Parameters
    ----------
    params : a cell's Params
        W_ih of shape (K, D) and b of shape (K,); K is H for the RNN, 4H for the LSTM.
    x : array of shape (..., D)
        One step, (N, D), or all of them at once, (T, N, D).
    masks : Masks, optional

    Returns
    -------
    array of shape (..., K)
    """
    return product(read(x, masks.x), params.W_ih.T) + params.b


def input_gradient(params: Any, da: Array, masks: Masks = NO_MASKS) -> Array:
    """Reverse `project` with respect to the input.

    Parameters
    ----------
    params : a cell's Params
    da : array of shape (..., K)
        Gradient of what `project` returned. A cell may have more columns follow for its own
        `weight_gradients`; they are left out here.
    masks : Masks, optional

    Returns
    -------
    array of shape (..., D)
    """
    da = da[..., : params.W_ih.shape[0]]
    return read_backward(product(da, params.W_ih), masks.x)


def weight_gradients(
    params: Any, x: Array, caches: list[Any], da: Array, masks: Masks = NO_MASKS
) -> Any:
    """Sum the parameters' gradients over steps, in one product for each matrix.

    Parameters
    ----------
    params : a cell's Params
    x : array of shape (T, N, D)
    caches : list of T caches
        What the T calls of the cell's `step` returned.
    da : array of shape (T, N, K)
        Gradients of the pre-activations.
    masks : Masks, optional

    Returns
    -------
    the cell's Params
        The gradients, each in the place of its parameter.
    """
    h_prev = stack([cache.h_prev for cache in caches])
    return params._replace(
        W_ih=sum_of_outer_products(da, read(x, masks.x)),
        W_hh=sum_of_outer_products(da, read(h_prev, masks.h)),
        b=sum_over_rows(da),
    )
