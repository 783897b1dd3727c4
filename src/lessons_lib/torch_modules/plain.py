"""Which tensors NumPy may compute with, and which torch alone, because something follows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.autograd import forward_ad

#: The types of tensors that nothing follows.
PLAIN = (torch.Tensor, torch.nn.Parameter)


def is_followed(*tensors: Any) -> bool:
    """Return whether each operation must be one of torch's.

    That is so while a program is recorded (`torch.export`, `torch.jit.trace`, `make_fx`), in
    `torch.func`'s transformations and forward-mode differentiation, while something counts or
    changes operations (`FlopCounterMode`), and for subclasses of tensors. NumPy would pass all of
    these by.
    """
    return something_follows() or not all(map(is_plain, tensors))


def something_follows() -> bool:
    """Return whether something looks at each operation, whatever the tensors are."""
    return (
        torch._C._are_functorch_transforms_active()
        or torch._C._len_torch_dispatch_stack() > 0
        or torch._C._get_tracing_state() is not None
        or torch.compiler.is_compiling()
        or forward_ad._current_level >= 0
    )


def is_plain(tensor: Any) -> bool:
    """Return whether NumPy may read this tensor's memory, which is that of its values."""
    return type(tensor) in PLAIN and tensor.layout is torch.strided and not _is_batched(tensor)


def of_each(
    function: Callable[[Any], list[torch.Tensor]], tensors: tuple[torch.Tensor, ...]
) -> list[torch.Tensor]:
    """Apply a function once, or to each of the tensors that ``is_grads_batched=True`` stacks.

    That argument of `torch.autograd.grad` uses an older `vmap`, in which few operations run.
    """
    if not any(map(_is_batched, tensors)):
        return function(tensors)
    level = torch._C._vmapmode_increment_nesting() - 1
    torch._C._vmapmode_decrement_nesting()
    batched = next(filter(_is_batched, tensors))
    size = torch._remove_batch_dim(batched, level, 1, 0).shape[0]
    stacked = [torch._remove_batch_dim(tensor, level, size, 0) for tensor in tensors]
    results = [function(tuple(own)) for own in zip(*stacked, strict=True)]
    return [
        torch._add_batch_dim(torch.stack(each), 0, level) for each in zip(*results, strict=True)
    ]


def _is_batched(tensor: torch.Tensor) -> bool:
    return torch._C._functorch.is_legacy_batchedtensor(tensor)
