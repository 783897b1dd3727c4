"""From torch.nn's recurrent layers to ours: the same parameters, hooks and names.

    layer = from_module(torch.nn.LSTM(3, 5), dropout=Zoneout(h=0.05, c=0.5))
    swap(model, dropout=VariationalDropout(0.3, 0.3))  # all layers of a model, in place

Only the class of a layer changes, so that optimizers keep their parameters, and hooks and
parametrizations, such as those of `spectral_norm`, stay. `leaving.to_module` is the way back.
"""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

import torch

from ..dropout import Dropout
from .cells import GRUCell, LSTMCell, RNNCell
from .classes import THEIRS, class_of, copy_of, with_class
from .dropout_setting import check_rate
from .engines import check_engine
from .layers import GRU, LSTM, RNN

Model = TypeVar("Model", bound=torch.nn.Module)

#: Each layer and cell of torch.nn with ours.
_OURS: dict[type, type] = dict(
    zip(THEIRS, (RNN, GRU, LSTM, RNNCell, GRUCell, LSTMCell), strict=True)
)


def from_module(
    layer: torch.nn.Module, dropout: float | Dropout | None = None, engine: str = "auto"
) -> Any:
    """Return one of our layers with the parameters of one of torch.nn's.

    Parameters
    ----------
    layer : torch.nn.RNN, torch.nn.GRU, torch.nn.LSTM, or a cell, such as torch.nn.LSTMCell
        It is left as it is; both then share their parameters, hooks and parametrizations.
    dropout : float or Dropout, optional
        As for our layers; the rate of `layer` by default.
    engine : {"auto", "kernel", "by_hand", "compiled"}, optional
        Of a layer; cells have none.

    Returns
    -------
    RNN, GRU, LSTM, RNNCell, GRUCell or LSTMCell

    Raises
    ------
    TypeError, ValueError
        The layer is not one of these, such as a subclass with a `forward` of its own; or an
        argument is not one that our layers take.

    Examples
    --------
    >>> import torch
    >>> from lessons_lib.dropout import Zoneout
    >>> from lessons_lib.torch_modules import from_module
    >>> theirs = torch.nn.LSTM(3, 5)
    >>> layer = from_module(theirs, dropout=Zoneout(h=0.05, c=0.5))
    >>> layer.weight_hh_l0 is theirs.weight_hh_l0
    True
    """
    ours = _ours(layer)
    if ours is None:
        raise TypeError(
            f"layer: got {type(layer).__name__}, expected torch.nn's RNN, GRU or LSTM, or a cell "
            "of theirs, not a subclass"
        )
    _check(layer, ours, dropout, engine)
    return _set(copy_of(layer), ours, dropout, engine)


def swap(model: Model, dropout: float | Dropout | None = None, engine: str = "auto") -> Model:
    """Make all of torch.nn's recurrent layers and cells in a model ours, in place.

    Parameters
    ----------
    model : torch.nn.Module
        A model, or a single layer.
    dropout : float or Dropout, optional
        For each layer; by default each keeps its rate. Cells take variants only; a rate leaves
        them without.
    engine : {"auto", "kernel", "by_hand", "compiled"}, optional

    Returns
    -------
    torch.nn.Module
        The model.

    Raises
    ------
    TypeError, ValueError
        As for `from_module`; nothing is changed then.

    Warns
    -----
    UserWarning
        A layer of a subclass stays as it is, because its `forward` is its own.

    Examples
    --------
    >>> import torch
    >>> from lessons_lib.dropout import WeightDrop
    >>> from lessons_lib.torch_modules import swap
    >>> model = torch.nn.ModuleDict({"encoder": torch.nn.GRU(3, 5), "read": torch.nn.Linear(5, 1)})
    >>> swap(model, dropout=WeightDrop(0.5))
    ModuleDict(
      (encoder): GRU(3, 5, dropout=WeightDrop(rate=0.5, matrices=('W_hh',)), engine='auto' (kernel))
      (read): Linear(in_features=5, out_features=1, bias=True)
    )
    """
    found = [(name, layer, _ours(layer)) for name, layer in model.named_modules()]
    for _, layer, ours in found:
        if ours is not None:
            _check(layer, ours, dropout, engine)
    for name, layer, ours in found:
        if ours is not None:
            _set(layer, ours, dropout, engine)
        elif _is_recurrent(layer) and not hasattr(layer, "variant"):
            warnings.warn(
                f"swap: {name or 'the model'} is a {type(layer).__name__}, a subclass of one of "
                "torch.nn's layers, and stays as it is",
                stacklevel=2,
            )
    return model


def _ours(layer: torch.nn.Module) -> type | None:
    return _OURS.get(class_of(layer))


def _is_recurrent(layer: torch.nn.Module) -> bool:
    return isinstance(layer, torch.nn.RNNBase | torch.nn.RNNCellBase)


def _check(layer: torch.nn.Module, ours: type, dropout: Any, engine: str) -> None:
    """Reject arguments before anything is changed."""
    check_engine(engine)
    if isinstance(dropout, Dropout):
        dropout.check_cell(_set(copy_of(layer), ours, None, engine)._cell())
    elif dropout is not None:
        check_rate(dropout)


def _set(layer: Any, ours: type, dropout: Any, engine: str) -> Any:
    with_class(layer, ours)
    if issubclass(ours, torch.nn.RNNBase):
        layer.engine = engine
    elif not isinstance(dropout, Dropout):
        return layer
    if dropout is not None:
        layer.dropout = dropout
    return layer
