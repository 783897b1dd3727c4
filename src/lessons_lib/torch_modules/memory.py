"""Views of one memory, as tensors and as NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


def numpy_serves(tensors: Any) -> bool:
    """Return whether NumPy can run on the tensors' memory."""
    return all(t.is_cpu and t.dtype in (torch.float32, torch.float64) for t in tensors)


def as_array(tensor: torch.Tensor) -> np.ndarray:
    """Return a view of a tensor's memory for NumPy.

    Not by `Tensor.numpy`, after which a tensor cannot be resized: `out=` and FSDP rely on that.
    """
    return np.from_dlpack(tensor.detach().resolve_neg())


def as_tensor(array: Any) -> torch.Tensor:
    """Return an array's memory as a tensor, and a tensor as it is."""
    if isinstance(array, torch.Tensor):
        return array
    # torch has neither read-only tensors nor negative strides, as of a reversed sequence
    fits = array.flags.writeable and min(array.strides, default=0) >= 0
    return torch.from_numpy(array if fits else array.copy())


def as_own_tensor(array: Any) -> torch.Tensor:
    """Return a tensor that the caller may change and resize: torch's memory, and nobody else's."""
    if isinstance(array, torch.Tensor):
        return array.clone() if array._is_view() else array
    return as_tensor(array).clone()
