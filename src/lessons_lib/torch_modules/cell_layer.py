"""`Layer`: any cell of the library, or a cell of your own, as a layer for torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from .. import stack
from .._check.arguments import check_cell
from .._check.stacks import check_forward, check_stack_masks
from ..cell import Cell
from ..dropout import Dropout, Sizes, StackMasks
from ..masks import NO_STACK_MASKS, act_nowhere
from ..nested import named
from .autograd import Network, apply
from .dropout_setting import DropoutSetting
from .engines import OF_CELLS, check_engine, text_of
from .leaving import as_leaf
from .masks import between_layers, cast, sample

Batch = tuple[torch.Tensor, np.ndarray | None]


class Layer(DropoutSetting, torch.nn.Module):
    """A cell over sequences: layers, directions, packed sequences and dropout as in torch.nn.

    Parameters
    ----------
    cell : Cell
        Such as ``lstm_peepholes.CELL``, ``gru.CELL_BEFORE``, or a cell of your own.
    input_size, hidden_size : int
        D and H.
    num_layers : int, optional
    batch_first : bool, optional
        Whether input and output are (N, T, ·) instead of (T, N, ·).
    dropout : float or Dropout, optional
        Rate of the dropout on the outputs of each layer except the last, as in torch.nn; or a
        variant of `lessons_lib.dropout`.
    bidirectional : bool, optional
    device, dtype : optional
        Device and dtype of the parameters.
    engine : {"auto", "by_hand", "compiled"}, optional
        What computes the layer: by default compiled code if llvmlite is installed, otherwise the
        cell's own functions; see `engines`. May be set later.
    **options
        Further arguments of the cell's `init_params`, such as ``proj_size`` or ``forget_bias``.

    Attributes
    ----------
    W_ih_l0, … : torch.nn.Parameter
        The cell's parameters under its own names, with layer and direction: ``b_l1_reverse``.

    Raises
    ------
    TypeError, ValueError
        `cell` is not a cell, a size is not a positive integer, the dtype is not float32 or float64,
        the rate is not in [0, 1], the variant acts on a site that the cell lacks, or `engine` is
        not one of the three.

    Examples
    --------
    >>> import torch
    >>> from lessons_lib import lstm_peepholes
    >>> from lessons_lib.torch_modules import Layer
    >>> layer = Layer(lstm_peepholes.CELL, 3, 5)
    >>> output, (h_n, c_n) = layer(torch.randn(7, 2, 3))  # (T, N, D)
    >>> output.shape
    torch.Size([7, 2, 5])
    """

    _engine = "auto"  # on the class, for layers that were pickled before there were engines

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        batch_first: bool = False,
        dropout: float | Dropout = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        engine: str = "auto",
        **options: Any,
    ) -> None:
        super().__init__()
        check_cell(cell)
        dtype = torch.get_default_dtype() if dtype is None else dtype
        if dtype not in (torch.float32, torch.float64):
            raise TypeError(f"dtype: got {dtype!r}, expected torch.float32 or torch.float64")
        self.cell, self.batch_first, self.bidirectional = cell, batch_first, bool(bidirectional)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        generator = np.random.default_rng(int(torch.randint(2**62, ())))  # torch.manual_seed holds
        arrays = stack.init_params(
            cell, input_size, hidden_size, generator, num_layers, self.bidirectional, **options
        )
        for name, array in named(arrays):
            tensor = torch.as_tensor(array).to(device, dtype)
            self.register_parameter(name, torch.nn.Parameter(tensor))
        self.engine = engine
        self.variant = None
        self.dropout = dropout

    @property
    def engine(self) -> str:
        """What computes the layer, see `engines`; setting it changes neither weights nor masks."""
        return self._engine

    @engine.setter
    def engine(self, value: str) -> None:
        self._engine = check_engine(value, OF_CELLS)

    def _cell(self) -> Cell:
        return self.cell

    def params(self) -> stack.Params:
        """Return the parameters as `stack` takes them: layers of directions of Params."""
        suffixes = ("", "_reverse") if self.bidirectional else ("",)
        names = self.cell.params_type._fields
        return tuple(
            tuple(
                self.cell.params_type(*(getattr(self, f"{name}_l{k}{suffix}") for name in names))
                for suffix in suffixes
            )
            for k in range(self.num_layers)
        )

    def load_params(self, params: stack.Params) -> None:
        """Copy parameters of `stack`, such as `convert` makes, into the layer's own.

        Raises
        ------
        RuntimeError
            They are not those of such a layer, as from ``load_state_dict``.
        """
        tensors = {name: torch.as_tensor(array) for name, array in named(params)}
        self.load_state_dict(tensors)

    def forward(
        self,
        input: torch.Tensor | PackedSequence,
        hx: Any = None,
        masks: StackMasks | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Any, Any]:
        """Run the layer.

        Parameters
        ----------
        input : tensor of shape (T, N, D), (N, T, D) if `batch_first`, (T, D), or a PackedSequence
        hx : tensor of shape (layers · directions, N, H), or a tuple of them, optional
            The initial state: a tuple if the cell's state has several arrays. Zeros by default;
            without the axis N for an input of shape (T, D).
        masks : StackMasks, optional
            Masks from `sample_masks`; used in training and evaluation alike, instead of the layer's
            dropout.
        generator : torch.Generator, optional
            Draws the masks; the device's default generator if not given.

        Returns
        -------
        output : in the form of the input
            Of the last layer; the width is directions · H.
        hx : in the form of `hx`
            After each sequence's last step.

        Raises
        ------
        TypeError, ValueError
            An argument's type, dtype, device or shape does not fit; the message names it.
        """
        if isinstance(input, torch.fx.Proxy):
            return as_leaf(self, input, hx)
        x, lengths = self._padded(input)
        unbatched = isinstance(input, torch.Tensor) and input.ndim == 2
        order = input.sorted_indices if isinstance(input, PackedSequence) else None
        params = self.params()
        state = self._state(hx, x, unbatched, order)
        check_forward(self.cell, params, x, state, lengths, NO_STACK_MASKS)
        masks = self._masks(x, params, masks, generator)
        if order is not None:
            masks = masks.of_sequences(order)
        directions = 2 if self.bidirectional else 1
        network = Network(self.cell, self.num_layers, directions, lengths, masks, self._engine)
        y, *last = apply(network, x, state, params)
        return self._as_came(y, input, lengths), self._last(last, unbatched, input)

    def sample_masks(self, input: Any, generator: torch.Generator | None = None) -> StackMasks:
        """Draw the masks of one training run, to be passed to `forward` any number of times.

        Arguments and errors are those of `forward`; of the input, only sizes are used.
        """
        x, _ = self._padded(input)
        params = self.params()
        variant = self.variant or between_layers(self.dropout)
        return self._sample(variant, params, x, generator)

    def extra_repr(self) -> str:
        """Return the arguments, as torch.nn's layers do."""
        text = f"{self.cell.name!r}, {self.input_size}, {self.hidden_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        text += ", batch_first=True" if self.batch_first else ""
        if self.variant is not None or self.dropout:
            text += f", dropout={self.variant or self.dropout!r}"
        text += ", bidirectional=True" if self.bidirectional else ""
        weight = self.params()[0][0].W_ih
        return f"{text}, engine={text_of(self._engine, False, weight)}"

    def _masks(
        self, x: torch.Tensor, params: stack.Params, masks: StackMasks | None, generator: Any
    ) -> StackMasks:
        if masks is not None:
            check_stack_masks(self.cell, params, x, masks)
            return cast(masks, x)
        if self.training and (self.variant is not None or self.dropout > 0):
            variant = self.variant or between_layers(self.dropout)
            return self._sample(variant, params, x, generator)
        if self.variant is None:
            return NO_STACK_MASKS
        directions = 2 if self.bidirectional else 1
        evaluation = self.variant.evaluation_stack(self.num_layers, directions)
        return NO_STACK_MASKS if act_nowhere(evaluation) else cast(evaluation, x)

    def _sample(self, variant: Dropout, params: Any, x: torch.Tensor, generator: Any) -> StackMasks:
        sizes = Sizes.of(self.cell, params, x)
        return sample(variant, sizes, generator, params[0][0][0], self._engine)

    def _padded(self, input: Any) -> Batch:
        """Return the input as (T, N, D), and the lengths if it was packed."""
        if isinstance(input, PackedSequence):
            x, lengths = pad_packed_sequence(PackedSequence(input.data, input.batch_sizes))
            return x, lengths.numpy()
        if not isinstance(input, torch.Tensor) or input.ndim not in (2, 3):
            actual = f"shape {tuple(input.shape)}" if hasattr(input, "shape") else type(input)
            raise ValueError(f"input: got {actual}, expected (T, N, D), (T, D) or a PackedSequence")
        if input.shape[-1] != self.input_size:
            raise ValueError(
                f"input: got {input.shape[-1]} features, expected input_size = {self.input_size}"
            )
        if input.ndim == 2:
            return input[:, None], None
        return (input.transpose(0, 1) if self.batch_first else input), None

    def _state(self, hx: Any, x: torch.Tensor, unbatched: bool, order: Any) -> Any:
        if hx is None:
            widths = self.cell.state_widths(self.params()[0][0])
            count = self.num_layers * (2 if self.bidirectional else 1)
            return tuple(x.new_zeros(count, x.shape[1], width) for width in widths)
        state = hx if isinstance(hx, tuple) else (hx,)
        if unbatched:
            state = tuple(part[:, None] for part in state)
        return state if order is None else tuple(part[:, order] for part in state)

    def _as_came(self, y: torch.Tensor, input: Any, lengths: np.ndarray | None) -> Any:
        if isinstance(input, PackedSequence):
            data = pack_padded_sequence(y, torch.as_tensor(lengths)).data
            return input._replace(data=data)
        if input.ndim == 2:
            return y[:, 0]
        return y.transpose(0, 1) if self.batch_first else y

    def _last(self, last: Any, unbatched: bool, input: Any) -> Any:
        if unbatched:
            last = [part[:, 0] for part in last]
        elif isinstance(input, PackedSequence) and input.unsorted_indices is not None:
            last = [part[:, input.unsorted_indices] for part in last]
        return tuple(last) if len(last) > 1 else last[0]
