"""Recurrent networks by hand: each equation is written once, checked, and shown in the chapters.

The public names
----------------
rnn, lstm, gru, lstm_peepholes, lstm_projected, min_gru, min_lstm
    The cells. In each: ``Params``, ``init_params``, ``project``, ``step``, ``step_backward``,
    ``weight_gradients`` for one step; ``forward``, ``backward``, ``truncated_backward`` for a
    sequence. ``CELL`` holds all of this for `scan` and `stack`; ``rnn.cell("relu")`` and
    ``gru.cell("before")`` are other forms of two cells.
linear
    Linear recurrences h_t = a_t ⊙ h_{t−1} + b_t: a loop, a parallel scan, its backward pass; a
    ``loop`` for the stacks of the cells that are linear in their state, min_gru and min_lstm.
lru
    The linear recurrent unit: complex eigenvalues that do not depend on the input.
scan
    The loop over time and its backward pass, for any cell.
stack
    Stacked layers in one direction or both, sequences of different lengths, for any cell.
attention
    Additive attention, forward and backward.
dropout
    Six ways to apply dropout inside an LSTM: they draw the masks for ``masks=``.
convert
    The same weights in the layouts of torch, Keras and Flax; other orders of the gates.

Packages to import by name, because they need more or serve one purpose
-----------------------------------------------------------------------
torch_modules
    Drop-in layers for torch.nn's LSTM, GRU and RNN, with the six dropouts.
verify
    Finite differences, comparison with autograd and torch.nn, Jacobians, gradients by lag.
trace
    Recordings of the equations as lists of operations; what is made of them: ``trace.compiled``,
    a fast loop over time for the CPU (needs llvmlite), and JavaScript.
checks
    Checks of a learner's own functions, which explain what is wrong with them.
lab
    What only the chapters use: tasks, training, plots, `show_source`. Not a stable interface.

The conventions
---------------
Time comes first: x (T, N, D), y (T, N, H); one step sees (N, D) and (N, H).
A state is a tuple: (h,) for the RNN and the GRU, (h, c) for the LSTM. Weights have torch's layout:
W_ih (4H, D), W_hh (4H, H), with blocks in torch's order i f g o (GRU: r z n); one bias b (4H,).
The GRU's update gate has torch's sign: z = 1 keeps the state.
NumPy arrays and torch tensors run through the same code; importing this package imports no torch.
A gradient is named after its array: dx, dh, dc, and da for the pre-activations.
Randomness is an argument: functions that draw numbers take a ``numpy.random.Generator``.
"""

from . import (
    attention,
    convert,
    dropout,
    gru,
    linear,
    lru,
    lstm,
    lstm_peepholes,
    lstm_projected,
    min_gru,
    min_lstm,
    rnn,
    scan,
    stack,
)

__all__ = [
    "attention",
    "convert",
    "dropout",
    "gru",
    "linear",
    "lru",
    "lstm",
    "lstm_peepholes",
    "lstm_projected",
    "min_gru",
    "min_lstm",
    "rnn",
    "scan",
    "stack",
]
