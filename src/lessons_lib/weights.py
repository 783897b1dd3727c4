"""Operations on the weights outside the loop over time: draw, project, sum gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import Array, sum_over_rows
from .cell import Cell
from .masks import (
    NO_MASKS,
    Masks,
    masked_outer_products,
    masked_products,
    masked_products_backward,
)


def draw_uniform(
    shapes: dict[str, tuple[int, ...]], hidden_size: int, generator: np.random.Generator, dtype: Any
) -> dict[str, Array]:
    """Draw each array uniformly from (−1/√H, 1/√H), as torch.nn does for its recurrent layers."""
    bound = hidden_size**-0.5
    return {
        name: generator.uniform(-bound, bound, shape).astype(dtype)
        for name, shape in shapes.items()
    }


def draw_params(cell: Cell, generator: np.random.Generator, dtype: Any, **sizes: int) -> Any:
    """Draw a cell's Params uniformly from (−1/√H, 1/√H), as torch.nn does.

    Parameters
    ----------
    cell : Cell
    generator : numpy.random.Generator
    dtype : NumPy dtype
    **sizes : int
        The sizes by letter: D, H and the cell's own.

    Returns
    -------
    the cell's Params
    """
    shapes = cell.param_shapes(**sizes)
    return cell.params_type(**draw_uniform(shapes, sizes["H"], generator, dtype))


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
    return masked_products(x, params.W_ih, masks.x) + params.b


def input_gradient(params: Any, da: Array, masks: Masks = NO_MASKS) -> Array:
    """Return the gradient of the input: the backward pass of `project`.

    Parameters
    ----------
    params : a cell's Params
    da : array of shape (..., K)
        Gradient of the result of `project`. More columns may follow for the cell's own
        `weight_gradients`; they are left out here.
    masks : Masks, optional

    Returns
    -------
    array of shape (..., D)
    """
    da = da[..., : params.W_ih.shape[0]]
    return masked_products_backward(da, params.W_ih, masks.x)


def input_weight_gradients(params: Any, x: Array, da: Array, masks: Masks = NO_MASKS) -> Any:
    """Return the gradients of W_ih and b, which `project` reads, summed over all steps.

    Parameters
    ----------
    params : a cell's Params
    x : array of shape (T, N, D)
    da : array of shape (T, N, K)
        Gradients of the pre-activations.
    masks : Masks, optional

    Returns
    -------
    the cell's Params
        With these gradients instead of W_ih and b; the cell's `weight_gradients` replaces the
        other parameters.
    """
    return params._replace(W_ih=masked_outer_products(da, x, masks.x), b=sum_over_rows(da))


def weight_gradients(params: Any, x: Array, caches: Any, da: Array, masks: Masks = NO_MASKS) -> Any:
    """Sum the parameters' gradients over all steps, in one product for each matrix.

    Parameters
    ----------
    params : a cell's Params of W_ih, W_hh and b
    x : array of shape (T, N, D)
    caches : the cell's Cache
        Its fields are those of all steps, ``h_prev`` of shape (T, N, H).
    da : array of shape (T, N, K)
        Gradients of the pre-activations.
    masks : Masks, optional

    Returns
    -------
    the cell's Params
        The gradients, each under the name of its parameter.
    """
    grads = input_weight_gradients(params, x, da, masks)
    return grads._replace(W_hh=masked_outer_products(da, caches.h_prev, masks.h))
