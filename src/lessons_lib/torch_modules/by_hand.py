"""The engine "by_hand": torch.nn's layers with the library's equations in the kernel's place."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from .. import gru, lstm, lstm_projected, rnn
from ..scan import Cell
from .kernel import InPlaceOfKernels, KernelCall, opaque_to_compiler
from .network import run
from .precision import as_kernel_would


def _cell(kernel: Any, call: KernelCall) -> Cell:
    """Return the cell of a kernel call."""
    if kernel is torch.lstm:
        h, c = call.states
        return lstm.CELL if h.shape[-1] == c.shape[-1] else lstm_projected.CELL
    return {torch.gru: gru.CELL, torch.rnn_tanh: rnn.CELL, torch.rnn_relu: rnn.CELL_RELU}[kernel]


def _answer(kernel: Any, call: KernelCall) -> tuple[torch.Tensor, ...]:
    return as_kernel_would(kernel, call, partial(run, _cell(kernel, call)))


_ANSWERS = dict.fromkeys((torch.rnn_tanh, torch.rnn_relu, torch.gru, torch.lstm), _answer)


@opaque_to_compiler
def forward_by_hand(forward: Any, input: Any, hx: Any) -> Any:
    """Run the `forward` of one of torch.nn's layers with its kernel replaced.

    Parameters
    ----------
    forward : bound method of a torch.nn.RNN, GRU or LSTM
        Checks the arguments and shapes the results.
    input, hx
        Its arguments.

    Returns
    -------
    output, last state
        As of torch.nn's layer.
    """
    with InPlaceOfKernels(_ANSWERS):
        return forward(input, hx)
