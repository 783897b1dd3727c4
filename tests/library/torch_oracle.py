"""torch.nn's own layers with the weights of ours, and their gradients in our form."""

from __future__ import annotations

from typing import Any

import torch
from registry import CELLS

from lessons_lib import gru
from lessons_lib.convert import to_torch
from lessons_lib.scan import Cell

#: The cells that torch has, and its layer for each.
TORCH_LAYERS: dict[str, Any] = {
    "rnn.CELL": torch.nn.RNN,
    "rnn.CELL_RELU": lambda *sizes, **options: torch.nn.RNN(*sizes, nonlinearity="relu", **options),
    "lstm.CELL": torch.nn.LSTM,
    "lstm_projected.CELL": torch.nn.LSTM,
    "gru.CELL": torch.nn.GRU,
}


def torch_layer(name: str, params: Any) -> Any:
    """Return torch's layer in float64 with our weights, both biases nonzero."""
    first = params[0][0]
    options = {"proj_size": first.W_hr.shape[0]} if hasattr(first, "W_hr") else {}
    layer = TORCH_LAYERS[name](
        first.W_ih.shape[1],
        first.W_hr.shape[1] if options else first.W_hh.shape[1],
        num_layers=len(params),
        bidirectional=len(params[0]) == 2,
        dtype=torch.float64,
        **options,
    )
    weights = to_torch(CELLS[name], params)
    generator = torch.Generator().manual_seed(0)
    for key in [key for key in weights if key.startswith("bias_hh")]:
        shift = torch.randn(weights[key].shape, generator=generator, dtype=torch.float64)
        if isinstance(first, gru.Params):  # only the gates add their two biases
            shift[2 * len(first.b_hn) :] = 0
        weights[key] = weights[key] + shift
        weights[key.replace("hh", "ih")] = weights[key.replace("hh", "ih")] - shift
    layer.load_state_dict(weights)
    return layer


def torch_gradients(cell: Cell, layer: Any) -> Any:
    """Return the gradients of torch's layer, in the form of our parameters."""
    layers = []
    for number in range(layer.num_layers):
        networks = []
        for suffix in (f"_l{number}", f"_l{number}_reverse")[: 1 + layer.bidirectional]:
            grads = {
                "W_ih": getattr(layer, f"weight_ih{suffix}").grad,
                "W_hh": getattr(layer, f"weight_hh{suffix}").grad,
                "b": getattr(layer, f"bias_ih{suffix}").grad,
                "b_hn": getattr(layer, f"bias_hh{suffix}").grad[2 * layer.hidden_size :],
            }
            if layer_projects := hasattr(layer, f"weight_hr{suffix}"):
                grads["W_hr"] = getattr(layer, f"weight_hr{suffix}").grad
            fields = cell.params_type._fields
            assert layer_projects == ("W_hr" in fields)
            networks.append(cell.params_type(*(grads[field] for field in fields)))
        layers.append(tuple(networks))
    return tuple(layers)
