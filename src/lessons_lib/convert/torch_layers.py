"""The table of cells and the layers of torch.nn that compute them.

It names torch's classes without importing torch.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from .. import gru, lstm, lstm_projected, rnn
from .._check import arguments as validation
from ..cell import Cell


class TorchLayer(NamedTuple):
    """A layer of torch.nn that computes a cell.

    Attributes
    ----------
    cell : Cell
    name : str
        The class in torch.nn.
    mode : str
        The layer's attribute `mode`; in lower case, the name of the kernel in torch.
    options : mapping
        Arguments of the class that make it compute the cell.
    """

    cell: Cell
    name: str
    mode: str
    options: Mapping[str, Any]

    def layer_for(self, layers: Any, **options: Any) -> Any:
        """Make a layer of torch.nn for parameters, which are not copied into it.

        Parameters
        ----------
        layers : tuple of layers, each a tuple of the cell's Params of its directions
            Only their sizes are read.
        **options
            Further arguments of the class, such as the dtype.
        """
        import torch  # imported here, because the library itself does not need torch

        sizes = self.cell.sizes(layers[0][0])
        projection = {"proj_size": sizes["P"]} if "P" in sizes else {}
        return getattr(torch.nn, self.name)(
            sizes["D"],
            sizes["H"],
            len(layers),
            bidirectional=len(layers[0]) == 2,
            **self.options,
            **projection,
            **options,
        )


TORCH_LAYERS: tuple[TorchLayer, ...] = (
    TorchLayer(rnn.CELL, "RNN", "RNN_TANH", {}),
    TorchLayer(rnn.CELL_RELU, "RNN", "RNN_RELU", {"nonlinearity": "relu"}),
    TorchLayer(lstm.CELL, "LSTM", "LSTM", {}),
    TorchLayer(lstm_projected.CELL, "LSTM", "LSTM", {}),
    TorchLayer(gru.CELL, "GRU", "GRU", {}),
)


def has_torch_layer(cell: Cell) -> bool:
    """Return whether torch.nn has a layer that computes the cell."""
    return any(layer.cell.name == cell.name for layer in TORCH_LAYERS)


def torch_layer(cell: Cell) -> TorchLayer:
    """Return the layer of torch.nn that computes a cell.

    Raises
    ------
    ValueError
        torch.nn has no such layer.
    """
    validation.check_cell(cell)
    for layer in TORCH_LAYERS:
        if layer.cell.name == cell.name:
            return layer
    names = ", ".join(layer.cell.name for layer in TORCH_LAYERS)
    raise ValueError(f"cell: got {cell.name}, expected one that torch has: {names}")


@functools.cache
def cell_of_mode(mode: str, projected: bool = False) -> Cell:
    """Return the cell that a layer of torch.nn with this `mode` computes."""
    cells = [layer.cell for layer in TORCH_LAYERS if layer.mode == mode]
    return next(cell for cell in cells if ("P" in cell.letters) == projected)


def cell_of_params(params: Any) -> Cell | None:
    """Return the first cell with a layer in torch.nn and with these Params, or None."""
    cells = (layer.cell for layer in TORCH_LAYERS)
    return next((cell for cell in cells if isinstance(params, cell.params_type)), None)
