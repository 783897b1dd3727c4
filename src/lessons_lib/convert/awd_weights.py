"""The weights of AWD-LSTM, as its authors' code and fastai save them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..arrays import Array

#: One parameter of layer k: ``rnns.k``, in fastai with more before it. `WeightDropout` puts
#: ``module`` between, and keeps the weight that training changes, before dropout, as ``…_raw``.
_NAME = re.compile(
    r"(?:.*\.)?rnns\.(?P<layer>\d+)\.(?:module\.)?"
    r"(?P<name>(?:weight|bias)_(?:ih|hh)_l0(?:_reverse)?)(?P<raw>_raw)?"
)


def from_awd(weights: Mapping[str, Array]) -> list[dict[str, Array]]:
    """Take the recurrent layers out of a checkpoint of AWD-LSTM.

    Parameters
    ----------
    weights : mapping of names to arrays
        The ``state_dict`` of the authors' `RNNModel`, of fastai's `AWD_LSTM`, or of a model that
        holds one of them: ``rnns.0.module.weight_hh_l0_raw`` and so on.

    Returns
    -------
    list of dict
        For each layer the ``state_dict`` of a torch.nn.LSTM, and so of
        `lessons_lib.torch_modules.LSTM`; a layer's sizes are its own. Weights are those before
        weight drop. All other parameters of the checkpoint are left out.

    Raises
    ------
    ValueError
        There are no such layers, or one of them lacks a weight.

    Examples
    --------
    >>> import torch
    >>> from lessons_lib.convert import from_awd
    >>> from lessons_lib.dropout import WeightDrop
    >>> from lessons_lib.torch_modules import LSTM
    >>> saved = torch.nn.LSTM(3, 5).state_dict()
    >>> weights = {f"rnns.0.module.{name}": weight for name, weight in saved.items()}
    >>> weights["rnns.0.module.weight_hh_l0_raw"] = weights.pop("rnns.0.module.weight_hh_l0")
    >>> (layer,) = from_awd(weights)
    >>> LSTM(3, 5, dropout=WeightDrop(0.5)).load_state_dict(layer)
    <All keys matched successfully>
    """
    found: dict[int, dict[str, Array]] = {}
    raw: dict[int, dict[str, Array]] = {}
    for name, array in weights.items():
        match = _NAME.fullmatch(name)
        if match is not None:
            layers = raw if match["raw"] else found
            layers.setdefault(int(match["layer"]), {})[match["name"]] = array
    count = len(found.keys() | raw.keys())
    if not count:
        raise ValueError(f"weights: got {sorted(weights)}, expected rnns.0.weight_ih_l0 and so on")
    return [_layer(k, {**found.get(k, {}), **raw.get(k, {})}) for k in range(count)]


def _layer(number: int, layer: dict[str, Array]) -> dict[str, Array]:
    for name in ("weight_ih_l0", "weight_hh_l0"):
        if name not in layer:
            raise ValueError(f"weights: got {sorted(layer)} of rnns.{number}, expected {name} too")
    return layer
