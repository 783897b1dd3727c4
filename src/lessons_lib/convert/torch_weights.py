"""The weights of torch.nn.RNN, LSTM and GRU: names for each layer and direction, two biases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._check.stacks import check_nesting
from ..arrays import Array, zeros_like
from ..cell import Cell
from ..stack import Params
from .layouts import from_two_biases, to_two_biases
from .torch_layers import torch_layer


def from_torch(cell: Cell, weights: Mapping[str, Array]) -> Params:
    """Convert the weights of torch.nn.RNN, LSTM or GRU, of every layer and direction.

    Parameters
    ----------
    cell : Cell
        The cell that torch's layer computes, such as ``lstm.CELL``.
    weights : mapping of torch's names to arrays
        ``layer.state_dict()``. Tensors stay tensors; a layer without bias gets zeros.

    Returns
    -------
    tuple of layers, each a tuple of the Params of its directions
        In the form of `stack`; ``[0][0]`` are those of a single layer.

    Raises
    ------
    ValueError, TypeError
        Torch has no such cell, a weight is missing, or its shape is not the cell's.

    Examples
    --------
    >>> import torch
    >>> from lessons_lib import lstm
    >>> from lessons_lib.convert import from_torch
    >>> params = from_torch(lstm.CELL, torch.nn.LSTM(3, 5).state_dict())[0][0]
    >>> params.W_ih.shape, params.b.shape
    (torch.Size([20, 3]), torch.Size([20]))
    """
    torch_layer(cell)
    layers: list[tuple[Any, ...]] = []
    while f"weight_ih_l{len(layers)}" in weights:
        suffixes = (f"_l{len(layers)}", f"_l{len(layers)}_reverse")
        present = [suffix for suffix in suffixes if f"weight_ih{suffix}" in weights]
        layers.append(tuple(_from_torch(cell, weights, suffix) for suffix in present))
    if not layers:
        raise ValueError(f"weights: got {sorted(weights)}, expected weight_ih_l0 and so on")
    return tuple(layers)


def to_torch(cell: Cell, params: Params, bias: bool = True) -> dict[str, Any]:
    """Return the argument of ``load_state_dict`` of torch's layer.

    Parameters
    ----------
    cell : Cell
    params : tuple of layers, each a tuple of the Params of its directions
    bias : bool, optional
        Whether torch's layer has biases; if not, those of `params` have to be zero.

    Returns
    -------
    dict of torch's names to tensors
        The second bias is zero, except in a GRU whose candidate needs it.

    Raises
    ------
    ValueError, TypeError
        Torch has no such cell, the parameters are not the cell's, or a bias that is left out is
        not zero.
    """
    import torch  # imported here, because the library itself does not need torch

    torch_layer(cell)
    check_nesting(params)
    weights = {}
    for number, layer in enumerate(params):
        for network, suffix in zip(layer, (f"_l{number}", f"_l{number}_reverse"), strict=False):
            b_x, b_h = to_two_biases(cell, network)
            named = {_name(matrix): getattr(network, matrix) for matrix in cell.matrices}
            if bias:
                named |= {"bias_ih": b_x, "bias_hh": b_h}
            elif any((b != 0).any() for b in (b_x, b_h)):
                raise ValueError(f"params: got a bias{suffix} that is not zero, but bias=False")
            weights.update({f"{name}{suffix}": torch.as_tensor(a) for name, a in named.items()})
    return weights


def _from_torch(cell: Cell, weights: Mapping[str, Array], suffix: str) -> Any:
    def get(name: str) -> Array:
        if f"{name}{suffix}" not in weights:
            raise ValueError(f"weights: got {sorted(weights)}, expected {name}{suffix} among them")
        return weights[f"{name}{suffix}"]

    matrices = [get(_name(matrix)) for matrix in cell.matrices]
    b_x, b_h = (
        weights[name] if name in weights else zeros_like(matrices[0], (matrices[0].shape[0],))
        for name in (f"bias_ih{suffix}", f"bias_hh{suffix}")
    )
    return from_two_biases(cell, matrices, b_x, b_h)


def _name(matrix: str) -> str:
    """Return torch's name of a matrix: weight_ih of W_ih."""
    return f"weight{matrix.removeprefix('W')}"
