"""Autocast: return the dtypes that torch's kernel returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from .kernel import KernelCall


def as_kernel_would(
    kernel: Any, call: KernelCall, run: Callable[[KernelCall], tuple[torch.Tensor, ...]]
) -> tuple[torch.Tensor, ...]:
    """Run a kernel call by hand; under autocast, return the dtypes that the kernel returns.

    Which dtypes these are depends on kernel, device and version of torch: on the CPU, float32
    weights under bfloat16 give bfloat16 for the LSTM and float32 for the GRU. So the kernel is
    asked, with a layer of the smallest size. All is computed in the widest of them.
    """
    device = call.x.device.type
    if not (torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)):
        return run(call)
    with torch.no_grad():
        dtypes = [result.dtype for result in kernel(*_smallest(call).args())]
    widest = max(dtypes, key=lambda dtype: dtype.itemsize)
    with torch.autocast(device, enabled=False):
        results = run(call.with_tensors(lambda tensor: tensor.to(widest)))
    return tuple(result.to(dtype) for result, dtype in zip(results, dtypes, strict=True))


def _smallest(call: KernelCall) -> KernelCall:
    """Return a call of the same kind, layers and directions, with D = 1, H = 2 and P = 1.

    The sequence has one step; packed ones of different lengths, whose dtypes may be others, have
    two steps and one.
    """
    H, P = call.states[-1].shape[-1], call.states[0].shape[-1]
    directions, projected = 2 if call.bidirectional else 1, P < H
    h, p = 2, 1 if projected else 2
    rows = h * (call.weights[0].shape[0] // H)
    shapes: list[tuple[int, ...]] = []
    for layer in range(call.num_layers):
        W_ih = (rows, p * directions if layer else 1)
        own = [W_ih, (rows, p), *[(rows,), (rows,)] * call.has_biases, *[(p, h)] * projected]
        shapes += own * directions
    sizes, N, x_shape = call.batch_sizes, 1, (1,) * call.x.ndim
    if sizes is not None:
        sizes = torch.tensor([1] if sizes[0] == sizes[-1] else [2, 1])
        N, x_shape = int(sizes[0]), (int(sizes.sum()), 1)
    return call._replace(
        x=call.x.new_zeros(x_shape),
        batch_sizes=sizes,
        states=tuple(
            part.new_zeros(len(part), N, p if part.shape[-1] == P else h) for part in call.states
        ),
        weights=[w.new_zeros(shape) for w, shape in zip(call.weights, shapes, strict=True)],
    )
