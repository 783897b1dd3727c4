"""Recurrent networks by hand: each equation written once, proven, and taught from this source.

The public names
----------------
rnn, lstm
    The cells. In each: ``Params``, ``init_params``, ``project``, ``step``, ``step_backward``,
    ``weight_gradients`` for one step; ``forward``, ``backward``, ``truncated_backward`` for a
    sequence.
scan
    The loop over time and its reverse, for any cell.
gradients
    Finite differences and a gradient check whose failure can be read.
tasks
    Sequence tasks that need no download.
show_source
    The library's own source, for a lesson.

The conventions
---------------
Time comes first: x (T, N, D), y (T, N, H); one step sees (N, D) and (N, H).
A state is a tuple: (h,) for the RNN, (h, c) for the LSTM. Weights have torch's layout: W_ih
(4H, D), W_hh (4H, H), blocks in torch's order i f g o; one bias b (4H,).
NumPy arrays and torch tensors run through the same code; importing this package imports no torch.
A gradient is named for what it belongs to: dx, dh, dc, and da for the pre-activations.
Randomness is an argument: whatever draws numbers takes a ``numpy.random.Generator``.
"""

from . import gradients, lstm, rnn, scan
from .show import show_source

__all__ = ["gradients", "lstm", "rnn", "scan", "show_source"]
