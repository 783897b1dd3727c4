"""`RNN`, `GRU` and `LSTM`: torch.nn's layers with a choice of who computes them."""

from __future__ import annotations

from typing import Any

import torch

from .by_hand import forward_by_hand

#: Who computes a layer: torch's own kernel, or this library's equations.
ENGINES = ("kernel", "by_hand")


class _Engines:
    """Adds ``engine`` to one of torch.nn's recurrent layers."""

    _engine: str

    @property
    def engine(self) -> str:
        """Who computes the layer; may be set at any time, weights and results are the same."""
        return self._engine

    @engine.setter
    def engine(self, value: str) -> None:
        if value not in ENGINES:
            raise ValueError(f"engine: got {value!r}, expected one of {', '.join(ENGINES)}")
        self._engine = value

    def forward(self, input: Any, hx: Any = None) -> Any:
        """Run the layer; arguments and results are those of torch.nn's layer."""
        if self._engine == "kernel":
            return super().forward(input, hx)  # type: ignore[misc]
        return forward_by_hand(super().forward, input, hx)  # type: ignore[misc]

    def extra_repr(self) -> str:
        """Return torch.nn's text, and the engine where it is not torch's kernel."""
        text = super().extra_repr()  # type: ignore[misc]
        return text if self._engine == "kernel" else f"{text}, engine={self._engine!r}"


class RNN(_Engines, torch.nn.RNN):
    """Elman's recurrent network, a drop-in for `torch.nn.RNN`.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    num_layers : int, optional
    nonlinearity : {"tanh", "relu"}, optional
    bias : bool, optional
    batch_first : bool, optional
        Whether input and output are (N, T, ·) instead of (T, N, ·).
    dropout : float, optional
        Rate of the dropout on the outputs of each layer but the last, as in torch.nn.
    bidirectional : bool, optional
    device, dtype : optional
        Of the parameters.
    engine : {"kernel", "by_hand"}, optional
        Who computes the layer: torch's kernel, or this library's forward and backward passes. The
        second differentiates twice where torch's kernel cannot; both give the same results.

    Raises
    ------
    TypeError, ValueError
        As torch.nn.RNN; `engine` is not one of the two.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        engine: str = "kernel",
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            nonlinearity=nonlinearity,
            bias=bias,
            batch_first=batch_first,
            dropout=dropout,
            bidirectional=bidirectional,
            device=device,
            dtype=dtype,
        )
        self.engine = engine


class GRU(_Engines, torch.nn.GRU):
    """The gated recurrent unit, a drop-in for `torch.nn.GRU`.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype
        As for `RNN`.
    engine : {"kernel", "by_hand"}, optional
        As for `RNN`.

    Raises
    ------
    TypeError, ValueError
        As torch.nn.GRU; `engine` is not one of the two.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        engine: str = "kernel",
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias=bias,
            batch_first=batch_first,
            dropout=dropout,
            bidirectional=bidirectional,
            device=device,
            dtype=dtype,
        )
        self.engine = engine


class LSTM(_Engines, torch.nn.LSTM):
    """The long short-term memory, a drop-in for `torch.nn.LSTM`.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype
        As for `RNN`.
    proj_size : int, optional
        Width of the projected hidden state, below `hidden_size`; 0 for none.
    engine : {"kernel", "by_hand"}, optional
        As for `RNN`.

    Raises
    ------
    TypeError, ValueError
        As torch.nn.LSTM; `engine` is not one of the two.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
        *,
        engine: str = "kernel",
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias=bias,
            batch_first=batch_first,
            dropout=dropout,
            bidirectional=bidirectional,
            proj_size=proj_size,
            device=device,
            dtype=dtype,
        )
        self.engine = engine
