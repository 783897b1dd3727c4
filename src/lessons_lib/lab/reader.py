"""For all chapters that train: a torch.nn layer with the library's weights and a read-out.

This module needs torch; ``import lessons_lib`` does not load it.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import torch

from .. import gru
from .._check import arguments as validation
from .._check.stacks import check_nesting
from ..cell import Cell
from ..convert import from_torch, to_torch
from ..convert.torch_layers import cell_of_params, torch_layer
from ..nested import is_params


class Reader(torch.nn.Module):
    """A recurrent layer of torch.nn with a linear read-out of its hidden state.

    Parameters
    ----------
    params : rnn.Params, lstm.Params or gru.Params of NumPy arrays, or a `stack`'s tuple of them
        The initial weights; their type determines the layer of torch.nn. An RNN or LSTM has the
        library's one bias: torch's second one is zero and is not trained.
    outputs : int
        Number of values to predict, or of classes, at each step.
    generator : numpy.random.Generator
        Draws the read-out's weights.
    """

    def __init__(self, params: Any, outputs: int, generator: np.random.Generator) -> None:
        super().__init__()
        self.single = is_params(params)
        layers = ((params,),) if self.single else params
        self.cell = _cell_of(layers)
        validation.check_sizes(outputs=outputs)
        validation.check_generator(generator)
        width = sum(self.cell.output_width(network) for network in layers[-1])
        self.layer = torch_layer(self.cell).layer_for(layers)
        self.layer.load_state_dict(to_torch(self.cell, layers))
        for name, weight in self.layer.named_parameters():
            if name.startswith("bias_hh") and self.cell != gru.CELL:  # needed by its candidate
                weight.requires_grad_(False)
        self.read = torch.nn.Linear(width, outputs)
        bound = width**-0.5
        with torch.no_grad():
            for weight in self.read.parameters():
                weight.copy_(torch.as_tensor(generator.uniform(-bound, bound, weight.shape)))

    def forward(self, x: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
        """Return the outputs (T, N, K) for x (T, N, D), and the layer's last state."""
        y, state = self.layer(x, state)
        return self.read(y), state

    def params(self) -> Any:
        """Return the layer's current weights in float64, in the form given to the constructor."""
        weights = self.layer.state_dict().items()
        arrays = {name: weight.cpu().double().numpy().copy() for name, weight in weights}
        layers = from_torch(self.cell, arrays)
        return layers[0][0] if self.single else layers


def _cell_of(layers: Any) -> Cell:
    check_nesting(layers)
    kinds = {type(network): network for network in chain(*layers)}
    cell = cell_of_params(layers[0][0])
    if len(kinds) != 1 or cell is None:
        names = ", ".join(sorted(map(validation.type_name, kinds.values())))
        raise TypeError(f"params: got {names}, expected rnn.Params, lstm.Params or gru.Params")
    return cell
