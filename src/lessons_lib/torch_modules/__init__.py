"""Drop-in replacements for torch.nn's recurrent layers, computed by torch or by hand.

``RNN``, ``GRU`` and ``LSTM`` are subclasses of torch.nn's with the same arguments, parameters and
results. With ``engine="by_hand"`` the library's equations run instead of torch's kernel.
``RNNCell``, ``GRUCell`` and ``LSTMCell`` take single steps, with the masks of a run, for decoders.
``Layer`` makes a layer of any cell, one of your own included. ``swap`` makes all of torch.nn's
recurrent layers in a model ours; ``from_module`` and ``to_module`` do so with one, and back.
Under autocast the results' dtypes depend neither on the processor nor on the engine: see
`autocast`.

This package needs torch; ``import lessons_lib`` does not load it.
"""

import torch

from .. import dropout
from .cell_layer import Layer
from .cells import GRUCell, LSTMCell, RNNCell
from .layers import GRU, LSTM, RNN
from .leaving import to_module
from .moving import from_module, swap

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "GRUCell",
    "LSTMCell",
    "Layer",
    "RNNCell",
    "from_module",
    "swap",
    "to_module",
]

# so that torch.load accepts checkpoints with variants and masks in them; they hold numbers only
torch.serialization.add_safe_globals(
    [value for name in dropout.__all__ if isinstance(value := getattr(dropout, name), type)]
)
