"""Run torch.nn's layers with the kernel's call answered here: by hand, or with masks around it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from .. import gru, lstm, lstm_projected, rnn
from ..masks import StackMasks
from ..scan import Cell
from .kernel import InPlaceOfKernels, KernelCall, opaque_to_compiler
from .network import kernel_serves, run, run_kernel
from .precision import as_kernel_would

_KERNELS = (torch.rnn_tanh, torch.rnn_relu, torch.gru, torch.lstm)
DrawMasks = Callable[[Cell, KernelCall], StackMasks | None]


def _cell(kernel: Any, call: KernelCall) -> Cell:
    """Return the cell of a kernel call."""
    if kernel is torch.lstm:
        h, c = call.states
        return lstm.CELL if h.shape[-1] == c.shape[-1] else lstm_projected.CELL
    return {torch.gru: gru.CELL, torch.rnn_tanh: rnn.CELL, torch.rnn_relu: rnn.CELL_RELU}[kernel]


def _answer(
    engine: str, draw_masks: DrawMasks, kernel: Any, call: KernelCall
) -> tuple[torch.Tensor, ...]:
    cell = _cell(kernel, call)
    masks = draw_masks(cell, call)
    if engine == "kernel":
        if masks is None:
            return kernel(*call.args())
        if kernel_serves(masks):
            return run_kernel(kernel, call, masks)
    return as_kernel_would(kernel, call, partial(run, cell, masks=masks))


@opaque_to_compiler
def forward_in_place(
    forward: Any, input: Any, hx: Any, engine: str = "by_hand", draw_masks: Any = None
) -> Any:
    """Run the `forward` of one of torch.nn's layers with its kernel's call answered here.

    Parameters
    ----------
    forward : bound method of a torch.nn.RNN, GRU or LSTM
        Checks the arguments and shapes the results.
    input, hx
        Its arguments.
    engine : {"by_hand", "kernel"}
        Whether the kernel may be called where it can compute what is asked for.
    draw_masks : callable, optional
        ``draw_masks(cell, call)`` returns the masks of the call, or None.

    Returns
    -------
    output, last state
        As of torch.nn's layer.
    """
    draw_masks = draw_masks or (lambda cell, call: None)
    answer = partial(_answer, engine, draw_masks)
    with InPlaceOfKernels(dict.fromkeys(_KERNELS, answer)):
        return forward(input, hx)
