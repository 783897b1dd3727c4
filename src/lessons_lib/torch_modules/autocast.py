"""Autocast: one rule for the dtypes of results, the same on every processor and by every engine.

What torch.nn's LSTM returns under autocast on the CPU depends on the processor, on whether
gradients are recorded, and on whether the input is packed: oneDNN's kernel returns the autocast
dtype if the processor has instructions for it, torch's own path returns a wider one, and on some
processors the call fails. The layers of this package follow torch's own path everywhere:

============================  ===================================================================
float64                       stays float64
RNN, and a projected LSTM's   the autocast dtype, because the last operation is a matrix product
output and hidden state       or a function of one
LSTM and GRU                  the wider of the autocast dtype and the initial state's, which is
                              added last; float16 and bfloat16 together give float32
other devices than the CPU    the autocast dtype, as cuDNN returns it
============================  ===================================================================

Without an initial state, its zeros have the input's dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from .kernel import KernelCall

Results = tuple[torch.Tensor, ...]


def in_autocast(device: str) -> bool:
    """Return whether autocast is on for a type of device."""
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)


def autocast_dtypes(kernel: Any, call: KernelCall) -> tuple[torch.dtype, ...]:
    """Return the dtypes of y and of the last states under autocast, by the rule of this module."""
    device = call.x.device.type
    low = torch.get_autocast_dtype(device)
    if call.x.dtype == torch.float64:
        states = [torch.float64] * len(call.states)
    elif device != "cpu" or kernel in (torch.rnn_tanh, torch.rnn_relu):
        states = [low] * len(call.states)
    else:  # c of the LSTM, h of the GRU, and the LSTM's h, which is as wide as its c
        states = [torch.promote_types(low, call.states[-1].dtype)] * len(call.states)
        if call.states[0].shape[-1] < call.states[-1].shape[-1]:
            states[0] = low
    return states[0], *states


def run_kernel_in_autocast(
    kernel: Any,
    call: KernelCall,
    run_kernel: Callable[[], Results],
    run_by_hand: Callable[[KernelCall], Results],
) -> Results:
    """Run a kernel under autocast and return the dtypes of the rule.

    oneDNN lacks the LSTM in half precision on many processors, and torch.nn's layer then raises.
    Here the equations compute it by hand.
    """
    try:
        results = run_kernel()
    except RuntimeError as error:
        if "could not create a primitive" not in str(error):
            raise
        return run_by_hand_in_autocast(kernel, call, run_by_hand)
    return _cast(results, autocast_dtypes(kernel, call))


def run_by_hand_in_autocast(
    kernel: Any, call: KernelCall, run_by_hand: Callable[[KernelCall], Results]
) -> Results:
    """Run the equations under autocast and return the dtypes of the rule.

    Everything is computed in the widest of them. Autocast leaves float64 alone; if float64 meets
    another dtype, the equations reject the mixture, as torch does.
    """
    dtypes = autocast_dtypes(kernel, call)
    widest = max(dtypes, key=lambda dtype: dtype.itemsize)
    if torch.float64 not in {tensor.dtype for tensor in (call.x, *call.states, *call.weights)}:
        call = call.with_tensors(lambda tensor: tensor.to(widest))
    with torch.autocast(call.x.device.type, enabled=False):
        results = run_by_hand(call)
    return _cast(results, dtypes)


def _cast(results: Results, dtypes: tuple[torch.dtype, ...]) -> Results:
    return tuple(result.to(dtype) for result, dtype in zip(results, dtypes, strict=True))
