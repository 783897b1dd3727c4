"""The classes of recurrent layers, which change while everything else in a layer stays."""

from __future__ import annotations

from typing import Any

import torch

#: The layers and cells of torch.nn that have a counterpart here.
THEIRS = (
    torch.nn.RNN,
    torch.nn.GRU,
    torch.nn.LSTM,
    torch.nn.RNNCell,
    torch.nn.GRUCell,
    torch.nn.LSTMCell,
)


def class_of(layer: Any) -> type:
    """Return the class of a layer, without what parametrizations make of it."""
    return torch.nn.utils.parametrize.type_before_parametrizations(layer)


def copy_of(layer: Any) -> Any:
    """Return a layer of the same class with the same parameters, and the same modules in it."""
    kind: Any = type(layer)
    copied = kind.__new__(kind)
    for name, value in vars(layer).items():
        copied.__dict__[name] = value.copy() if isinstance(value, dict | list | set) else value
    return copied


def with_class(layer: Any, new: type) -> Any:
    """Give a layer another class."""
    if torch.nn.utils.parametrize.is_parametrized(layer):  # its class has the weights' properties
        old = type(layer)
        own = {k: v for k, v in vars(old).items() if k not in ("__dict__", "__weakref__")}
        new = type(old.__name__, (new,), own)
    layer.__class__ = new
    return layer
