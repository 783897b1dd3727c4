"""Lay the table of arrays that a compiled pass reads, and run the pass."""

from __future__ import annotations

import ctypes
import struct
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from ..arrays import Array
from .llvm_gradients import block_rows
from .llvm_pass import Pack, Pass
from .program import Program
from .threads import function, run, thread_count
from .workspace import empty


class Job:
    """A pass with all that it reads, which may be run several times.

    Parameters
    ----------
    program : Program
    name : str
        Of the pass.
    arrays : dict
        The arrays in `llvm_pass.Pass.arrays`, except temporaries and packed weights: arrays of
        shape (T, N, ·), an axis of length 1 if all steps or sequences share it, weights, and
        numbers.
    T, N : int
        Steps and sequences.
    packs : dict of arrays, optional
        The pass's weights as `packs_of` returns them, to be used by several jobs.
    """

    def __init__(
        self,
        program: Program,
        name: str,
        arrays: Mapping[str, Any],
        T: int,
        N: int,
        packs: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        compiled = program.passes[name]
        if name in ("before", "input") and not compiled.temporaries:
            arrays, T, N = _as_one_step(compiled, arrays, T, N)
        self._entry, self._T, self._N = program.entries[name], T, N
        N = max(N, 1)
        self._threads = thread_count() if compiled.all_rows else min(thread_count(), N)
        self._kept: list[Any] = [program]  # keeps alive the memory of the table's addresses
        packs = packs_of(program, name, arrays) if packs is None else packs
        table: list[int] = []
        for array_name in compiled.arrays:
            if array_name in compiled.numbers:
                (bits,) = struct.unpack("<q", struct.pack("<d", arrays[array_name]))
                table += (bits, 0, 0)
                continue
            strides = 0, 0
            if array_name in packs:
                array = packs[array_name]
            elif array_name in compiled.temporaries:
                rows = self._threads * block_rows(N) if compiled.all_rows else N
                array = empty((rows, compiled.temporaries[array_name]), arrays["x"].dtype)
                width = array.strides[0]
                strides = N * width if compiled.all_rows else 0, width
            else:
                array = _adjacent(arrays[array_name])
                if array_name in compiled.blocks and not _is_one_block(array):
                    array = np.ascontiguousarray(array)
                strides = _strides(array, array_name in compiled.blocks)
            table += (_address(array), *strides)
            self._kept.append(array)
        self._table = (ctypes.c_int64 * len(table))(*table)
        self._address = ctypes.addressof(self._table)

    def run(self) -> None:
        """Run the pass; without sequences there is nothing to compute, nor to divide by."""
        if self._N == 0:
            return
        run(self._entry, self._address, self._T, self._N, self._threads)

    def runner(self) -> Callable[[], Any]:
        """Return `run` as a function that takes less time to call, while this job is kept."""
        if self._N == 0 or self._threads > 1:
            return self.run
        return partial(function(self._entry.alone), self._address, self._T, self._N, 0, 1)


def of_params(params: Any) -> dict[str, np.ndarray]:
    """Return the parameters by name; a vector as an array that all steps and sequences share."""
    arrays = {name: as_numpy(array) for name, array in params._asdict().items()}
    return {name: a[None, None] if a.ndim == 1 else a for name, a in arrays.items()}


def as_numpy(array: Array) -> np.ndarray:
    """Return an array, or a tensor's memory as one.

    Raises
    ------
    TypeError
        Autograd follows the tensor, which would be lost.
    """
    if isinstance(array, np.ndarray):
        return array
    if array.requires_grad and sys.modules["torch"].is_grad_enabled():
        raise TypeError(
            "got a tensor that requires its gradient, which compiled code cannot follow; "
            "use torch_modules.Layer, or torch.no_grad()"
        )
    return array.detach().numpy()


def packs_of(program: Program, name: str, arrays: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return a pass's packed weights by name; the other arguments are those of `Job`."""
    packs = program.passes[name].packs
    return {pack.array: packed(arrays[pack.weight], pack, program.panel) for pack in packs}


def packed(weight: np.ndarray, pack: Pack, panel: int) -> np.ndarray:
    """Return a weight's rows in panels, as `llvm_product` reads them."""
    matrix = weight[pack.start : pack.end]
    matrix = matrix.T if pack.transposed else matrix
    K, width = matrix.shape
    panels = -(-width // panel)
    if panels * panel == width:
        return np.ascontiguousarray(matrix.reshape(K, panels, panel).transpose(1, 0, 2))
    result = np.zeros((panels, K, panel), matrix.dtype)
    for k in range(panels):
        part = matrix[:, k * panel : (k + 1) * panel]
        result[k, :, : part.shape[1]] = part
    return result


def _as_one_step(
    compiled: Pass, arrays: Mapping[str, Any], T: int, N: int
) -> tuple[Mapping[str, Any], int, int]:
    """Return the arrays with all rows in one step, if they are contiguous, which is faster."""
    names = [n for n in compiled.arrays if n in arrays and arrays[n].ndim == 3]
    if not all(_is_one_block(arrays[n]) for n in names):
        return arrays, T, N
    rows = {n: arrays[n].reshape(1, T * N, -1) for n in names}
    return {**arrays, **rows}, 1, T * N


def _address(array: np.ndarray) -> int:
    """Return the address of an array's memory."""
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(array.data))
    except (TypeError, ValueError, BufferError):  # not to be written to, not contiguous, or empty
        return array.__array_interface__["data"][0]  # in four times the time


def _strides(array: np.ndarray, one_block: bool) -> tuple[int, int]:
    """Return the bytes from step to step and from sequence to sequence, 0 if they are shared."""
    if array.ndim < 3:
        return 0, 0
    (T, N, _), (steps, sequences, _) = array.shape, array.strides
    if one_block:
        return steps, sequences if N > 1 else steps
    return steps if T > 1 else 0, sequences if N > 1 else 0


def _is_one_block(array: np.ndarray) -> bool:
    """Tell whether the rows of all steps follow each other at one distance."""
    return array.strides[0] == array.shape[1] * array.strides[1] and array.strides[1] > 0


def _adjacent(array: np.ndarray) -> np.ndarray:
    """Return an array with contiguous rows; a copy if necessary."""
    adjacent = array.strides[-1] == array.itemsize or array.shape[-1] == 1
    if adjacent and array.flags.aligned and array.dtype.isnative:
        return array
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))
