"""For all chapters that train: a torch.nn layer with the library's weights and a read-out.

This module needs torch; ``import lessons_lib`` does not load it.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import torch

from .. import gru, lstm, rnn
from .._check import arguments as validation
from .._check.stacks import check_nesting
from ..convert import from_torch, to_torch
from ..scan import Cell

#: Each cell's parameters: the cell, and the torch.nn layer that trains them.
LAYERS: dict[Any, tuple[Cell, type[torch.nn.RNNBase]]] = {
    rnn.Params: (rnn.CELL, torch.nn.RNN),
    lstm.Params: (lstm.CELL, torch.nn.LSTM),
    gru.Params: (gru.CELL, torch.nn.GRU),
}


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
        self.single = hasattr(params, "_fields")
        layers = ((params,),) if self.single else params
        kind = _kind_of(layers)
        validation.check_sizes(outputs=outputs)
        validation.check_generator(generator)
        self.cell, layer = LAYERS[kind]
        H, D = layers[0][0].W_hh.shape[1], layers[0][0].W_ih.shape[1]
        directions = len(layers[0])
        self.layer = layer(D, H, len(layers), bidirectional=directions == 2)
        self.layer.load_state_dict(to_torch(self.cell, layers))
        for name, weight in self.layer.named_parameters():
            if (
                name.startswith("bias_hh") and kind is not gru.Params
            ):  # the GRU's candidate needs it
                weight.requires_grad_(False)
        self.read = torch.nn.Linear(directions * H, outputs)
        bound = (directions * H) ** -0.5
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


def _kind_of(layers: Any) -> type:
    check_nesting(layers)
    kinds = {type(params) for params in chain(*layers)}
    if len(kinds) != 1 or not kinds <= set(LAYERS):
        names = ", ".join(
            sorted(f"{kind.__module__.split('.')[-1]}.{kind.__name__}" for kind in kinds)
        )
        raise TypeError(f"params: got {names}, expected rnn.Params, lstm.Params or gru.Params")
    return kinds.pop()
