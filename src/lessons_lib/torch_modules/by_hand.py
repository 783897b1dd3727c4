"""Run torch.nn's layers but answer the kernel's call here: by hand, or with masks around it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from ..cell import Cell
from ..convert.torch_layers import TORCH_LAYERS, cell_of_mode
from ..masks import StackMasks
from .kernel import InPlaceOfKernels, KernelCall, opaque_to_compiler
from .network import kernel_serves, run, run_kernel
from .precision import in_autocast, run_by_hand_in_autocast, run_kernel_in_autocast

#: torch's kernels, each with the mode of the layers that call it.
_KERNELS = {getattr(torch, layer.mode.lower()): layer.mode for layer in TORCH_LAYERS}
DrawMasks = Callable[[Cell, KernelCall], StackMasks | None]


def _cell(kernel: Any, call: KernelCall) -> Cell:
    """Return the cell of a kernel call."""
    widths = {state.shape[-1] for state in call.states}
    return cell_of_mode(_KERNELS[kernel], projected=len(widths) > 1)


def _answer(
    engine: str, draw_masks: DrawMasks, kernel: Any, call: KernelCall
) -> tuple[torch.Tensor, ...]:
    cell = _cell(kernel, call)
    masks = draw_masks(cell, call)
    by_hand = partial(run, cell, masks=masks)
    autocast = in_autocast(call.x.device.type)
    if engine == "kernel" and (masks is None or kernel_serves(masks)):
        by_kernel = partial(_run_kernel, kernel, call, masks)
        return run_kernel_in_autocast(kernel, call, by_kernel, by_hand) if autocast else by_kernel()
    return run_by_hand_in_autocast(kernel, call, by_hand) if autocast else by_hand(call)


def _run_kernel(kernel: Any, call: KernelCall, masks: StackMasks | None) -> Any:
    return kernel(*call.args()) if masks is None else run_kernel(kernel, call, masks)


@opaque_to_compiler
def forward_in_place(
    forward: Any, input: Any, hx: Any, engine: str = "by_hand", draw_masks: Any = None
) -> Any:
    """Run the `forward` of a torch.nn layer, but answer its kernel's call here.

    Parameters
    ----------
    forward : bound method of a torch.nn.RNN, GRU or LSTM
        Checks the arguments and shapes the results.
    input, hx
        Its arguments.
    engine : {"by_hand", "kernel"}
        Whether the kernel may be called if it can compute the result.
    draw_masks : callable, optional
        ``draw_masks(cell, call)`` returns the masks of the call, or None.

    Returns
    -------
    output, last state
        As from torch.nn's layer.

    Raises
    ------
    RuntimeError
        torch.nn's layer did not call its kernel exactly once in a way that can be answered here, so
        the masks would not act correctly.
    """
    draw_masks = draw_masks or (lambda cell, call: None)
    answer = partial(_answer, engine, draw_masks)
    with InPlaceOfKernels(dict.fromkeys(_KERNELS, answer)) as kernels:
        results = forward(input, hx)
    if kernels.answered != 1:
        raise RuntimeError(
            f"forward: torch {torch.__version__} called {kernels.answered} recurrent kernels where "
            "this layer answers them, expected 1. Its masks and its engine would not act: use a "
            "version of torch that lessons-lib was tested with"
        )
    return results
