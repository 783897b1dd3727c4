"""Views of one memory, as tensors and as NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.utils.dlpack import to_dlpack

from .plain import PLAIN


def numpy_serves(tensors: Any) -> bool:
    """Return whether NumPy can run on the tensors' memory."""
    return all(t.is_cpu and t.dtype in (torch.float32, torch.float64) for t in tensors)


def as_array(tensor: torch.Tensor) -> np.ndarray:
    """Return a view of a tensor's memory for NumPy.

    Not by `Tensor.numpy`, after which a tensor cannot be resized: `out=` and FSDP rely on that.
    """
    if _export is None or type(tensor) not in PLAIN:
        return np.from_dlpack(tensor.detach().resolve_neg())
    return np.from_dlpack(_Exported(tensor.resolve_neg(), _export))


#: Exports a tensor that NumPy may write to, in a fourth of the time of ``Tensor.__dlpack__``; older
#: versions of torch have no such function.
_export: Any = getattr(torch._C, "_to_dlpack_versioned", None)


class _Exported:
    """A tensor as NumPy imports it, without the checks of ``Tensor.__dlpack__``."""

    __slots__ = ("export", "tensor")

    def __init__(self, tensor: torch.Tensor, export: Any) -> None:
        self.tensor, self.export = tensor, export

    def __dlpack__(self, **_: Any) -> Any:
        return self.export(self.tensor)

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0  # the processor's memory


def as_constant(tensor: torch.Tensor) -> np.ndarray:
    """Return a view to be read only, in a tenth of the time of `as_array`: for a cell's step."""
    return np.from_dlpack(_Exported(tensor.resolve_neg(), to_dlpack))


def as_tensor(array: Any) -> torch.Tensor:
    """Return an array's memory as a tensor, and a tensor as it is."""
    if isinstance(array, torch.Tensor):
        return array
    # torch has no read-only tensors
    return torch.from_numpy(array if array.flags.writeable and _fits(array) else array.copy())


def _fits(array: np.ndarray) -> bool:
    """Return whether torch has such strides: not negative ones, as of a reversed sequence."""
    return min(array.strides, default=0) >= 0


def as_own_tensor(array: Any) -> torch.Tensor:
    """Return a tensor that the caller may change and resize: torch's memory, and nobody else's."""
    if isinstance(array, torch.Tensor):
        return array.clone() if array._is_view() else array
    return torch.asarray(array if _fits(array) else array.copy(), copy=True)
