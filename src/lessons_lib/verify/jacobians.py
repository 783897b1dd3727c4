"""The effect of steps on the state: Jacobians, their products, spectra and norms.

A state of several arrays, such as the LSTM's (h, c), counts as one vector of S numbers, its arrays
concatenated. NumPy arrays only.

References
----------
Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural networks",
ICML, section 2.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._check import arguments as validation
from ..arrays import join
from ..cell import Cell, State, Trace
from ..masks import dropped_weights, masked_step_backward
from .paths import state_gradients


class Spectrum(NamedTuple):
    """Eigenvalues and singular values of matrices, each sorted from the largest in size.

    Attributes
    ----------
    eigenvalues : complex array of shape (..., S)
        They determine the behavior of high powers of one matrix.
    singular_values : array of shape (..., S)
        The first bounds the factor by which one step can lengthen a vector.
    """

    eigenvalues: np.ndarray
    singular_values: np.ndarray

    @property
    def radius(self) -> np.ndarray:
        """The spectral radius, of shape (...)."""
        return np.abs(self.eigenvalues[..., 0])


def step_jacobians(cell: Cell, params: Any, cache: Trace) -> np.ndarray:
    """Return ∂ state_t / ∂ state_{t−1} for every step.

    Parameters
    ----------
    cell : Cell
    params : the cell's Params
    cache : Trace
        As returned by `forward`, of T steps and N sequences.

    Returns
    -------
    array of shape (T, N, S, S)
        Row k holds the derivatives of the k-th number of the state after the step.

    Raises
    ------
    TypeError, ValueError
        The cache is not the cell's, or its sizes differ from those of the parameters.
    """
    N = cache.x.shape[1]
    validation.check_cache(cell, params, cache)
    widths, params = cell.state_widths(params), dropped_weights(params, cache.masks)
    cuts, S = np.cumsum(widths)[:-1], sum(widths)
    rows = []
    for unit in np.eye(S, dtype=cache.x.dtype):
        dstate = tuple(np.tile(part, (N, 1)) for part in np.split(unit, cuts))
        row = [
            masked_step_backward(cell, params, step, dstate, cache.masks.at(t))[1]
            for t, step in enumerate(cache.steps)
        ]
        rows.append([join(dprevious) for dprevious in row])
    return np.stack(rows, axis=2)


def products(jacobians: np.ndarray) -> np.ndarray:
    """Multiply the Jacobians of the last steps: ∂ state_T / ∂ state_{T−lag} for every lag.

    Parameters
    ----------
    jacobians : array of shape (T, N, S, S)
        As from `step_jacobians`.

    Returns
    -------
    array of shape (T + 1, N, S, S)
        Index 0 is the identity, index T goes back to the state before the first step.
    """
    product = np.broadcast_to(np.eye(jacobians.shape[-1]), jacobians.shape[1:])
    found = [product]
    for jacobian in jacobians[::-1]:
        product = product @ jacobian
        found.append(product)
    return np.stack(found)


def spectrum(matrices: np.ndarray) -> Spectrum:
    """Return eigenvalues and singular values of one matrix (S, S) or of many (..., S, S)."""
    eigenvalues = np.linalg.eigvals(matrices).astype(complex)
    order = np.argsort(-np.abs(eigenvalues), axis=-1)
    return Spectrum(
        np.take_along_axis(eigenvalues, order, axis=-1),
        np.linalg.svd(matrices, compute_uv=False),
    )


def lag_norms(cell: Cell, params: Any, cache: Trace, dstate: State) -> np.ndarray:
    """Return the norm of a gradient of the last state after it has travelled back `lag` steps.

    Parameters
    ----------
    cell, params, cache, dstate
        As for `paths.state_gradients`.

    Returns
    -------
    array of shape (T + 1, N)
        ‖∂L/∂ state_{T−lag}‖ of each sequence, over all arrays of the state.
    """
    return np.linalg.norm(join(state_gradients(cell, params, cache, dstate)), axis=-1)
