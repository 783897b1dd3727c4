"""One step of a cell as one call of compiled code. This module needs llvmlite.

At N = 1 a step takes as long as a few calls of torch's functions, so that what is the same at each
step is decided once for each combination of sizes and masks: `take` finds a `_Step`, which only
compares its tensors with what it was made for. The weights are read where they lie, so that each
change of a parameter counts.
"""

from __future__ import annotations

import ctypes
import functools
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from ..cell import Cell, State
from ..convert.torch_layers import cell_of_mode
from ..masks import OF_WEIGHTS, Masks
from ..trace.processor import this_processor
from ..trace.program import Program, find_step
from ..trace.threads import function, run, thread_count
from .plain import PLAIN

#: Multiplications below which one thread is faster than several.
_ALONE = 2**20

#: Sites whose arrays select, and those where a number may act.
_SELECTING = ("keep_h", "keep_c")
_NUMBERS = ("g", "c", "y", *_SELECTING)


def take(
    mode: str,
    x: Any,
    state: tuple[Any, ...],
    weights: tuple[Any, ...],
    masks: Masks,
    timed: bool,
) -> State | None:
    """Return the state after a step; None if compiled code does not serve these arguments.

    Parameters
    ----------
    mode : str
        That of torch's layer.
    x : tensor of shape (N, D) or (D,)
    state : tuple of tensors of shape (N, H) or (H,)
    weights : tuple
        W_ih, W_hh, b_ih and b_hh; the biases may be None.
    masks : Masks
        Those of the step.
    timed : bool
        Whether the masks have an axis of time, of length 1.
    """
    tensors: list[Any] = [x, *state]
    sites: list[Any] = []
    mask: Any
    for mask in masks:
        if mask is None or type(mask) is float:
            sites.append(mask)
        elif type(mask) is torch.Tensor:
            sites.append(mask.shape)
            tensors.append(mask)
        else:
            return None
    tensors += weights if weights[2] is not None else weights[:2]
    if type(x) is not torch.Tensor:
        return None
    biases = weights[2] is not None
    step = _step_for(mode, x.dtype, x.shape, weights[0].shape, biases, tuple(sites), timed)
    return None if step is None else step(tensors)


@functools.lru_cache(maxsize=256)
def _step_for(
    mode: str,
    dtype: torch.dtype,
    of_x: tuple[int, ...],
    of_W_ih: tuple[int, ...],
    biases: bool,
    sites: tuple[Any, ...],
    timed: bool,
) -> _Step | None:
    """Return what takes steps of some sizes, compiled; None if they do not fit or cannot be.

    A site is None, a number, or the shape of its mask.
    """
    cell = cell_of_mode(mode)
    if len(of_x) not in (1, 2) or 0 in of_x or dtype not in (torch.float32, torch.float64):
        return None
    sizes = _Sizes(
        of_x[0] if len(of_x) == 2 else 1, of_W_ih[1], of_W_ih[0] // cell.gates, of_W_ih[0]
    )
    given = {s: own for s, own in zip(Masks._fields, sites, strict=True) if own is not None}
    kinds = {site: _kind(cell, sizes, site, own, timed) for site, own in given.items()}
    if of_x[-1] != sizes.D or None in kinds.values():
        return None
    program = find_step(
        cell,
        tuple((site, kind) for site, kind in kinds.items() if site not in OF_WEIGHTS),
        tuple(site for site in kinds if site in OF_WEIGHTS),
        (("D", sizes.D), ("H", sizes.H)),
        str(dtype).removeprefix("torch."),
        this_processor(),
    )
    if program is None:
        return None
    of_state = (*of_x[:-1], sizes.H)
    shapes = {"x": of_x} | dict.fromkeys(cell.state_names, of_state)
    shapes |= {f"mask_{s}": tuple(own) for s, own in given.items() if kinds[s] != "number"}
    shapes |= {"W_ih": of_W_ih, "W_hh": (sizes.rows, sizes.H)}
    shapes |= {"b_ih": (sizes.rows,), "b_hh": (sizes.rows,)} if biases else {}
    numbers = {f"mask_{s}": own for s, own in given.items() if kinds[s] == "number"}
    return _Step(program, cell, sizes, shapes, numbers, dtype)


class _Sizes(NamedTuple):
    """Sequences, features, units, and the rows of the weights."""

    N: int
    D: int
    H: int
    rows: int


def _kind(cell: Cell, sizes: _Sizes, site: str, own: Any, timed: bool) -> str | None:
    """Return a mask's kind, as for `cells.record_step`; None if it does not fit."""
    if site not in cell.all_sites:
        return None
    if isinstance(own, float):
        return "number" if site in _NUMBERS else None
    width = sizes.D if site in ("x", "W_ih") else sizes.H
    if site in OF_WEIGHTS:
        return "array" if own == (sizes.rows, width) else None
    if timed:
        first, *own = own
        own = tuple(own) if first == 1 else None
    if own in ((sizes.N, width), (1, width)):
        return None if site == "y" else "array"
    gates = sizes.rows // sizes.H
    return "gates" if site in ("x", "h") and own == (gates, sizes.N, width) else None


class _Table:
    """The table of addresses of one call, and the memory that nobody reads afterwards."""

    __slots__ = ("address", "entries", "kept")

    def __init__(self, entries: list[int], kept: list[torch.Tensor]) -> None:
        self.entries, self.kept = (ctypes.c_int64 * len(entries))(*entries), kept
        self.address = ctypes.addressof(self.entries)


class _Step:
    """A step for some sizes and masks.

    Parameters
    ----------
    program : Program
        As `find_step` returns it.
    cell : Cell
    sizes : _Sizes
    shapes : dict of tuples
        Those of the tensors of a call, in its order, by their names in the table.
    numbers : dict of float
        The masks that are numbers, by their names in the table.
    dtype : torch's dtype
    """

    def __init__(
        self,
        program: Program,
        cell: Cell,
        sizes: _Sizes,
        shapes: Mapping[str, tuple[int, ...]],
        numbers: Mapping[str, float],
        dtype: torch.dtype,
    ) -> None:
        self._program, self._entry = program, program.entries["step"]
        self._alone = function(self._entry.alone)
        self._numbers, self._dtype, self._N = numbers, dtype, sizes.N
        alone = sizes.N * sizes.rows * (sizes.D + sizes.H) < _ALONE
        self._most_threads = 1 if alone else sizes.N
        selecting = [f"mask_{site}" for site in _SELECTING]
        dtypes = {name: torch.bool if name in selecting else dtype for name in shapes}
        self._known = [(dtypes[name], torch.Size(shape)) for name, shape in shapes.items()]
        self._strides = {name: self._stride(shapes[name], dtypes[name]) for name in shapes}
        self._strides |= {
            f"new_{name}": self._stride((sizes.N, sizes.H), dtype) for name in cell.state_names
        }
        #: Of each address in the table: its place, the tensor's number, and bytes to add.
        self._writes: list[tuple[int, int, int]] = []
        for k, array in enumerate(program.passes["step"].arrays):
            for number, name in enumerate(shapes):
                if array == name or (array.startswith(f"{name}_") and name.startswith("mask_")):
                    gate = int(array[len(name) + 1 :] or 0)
                    bytes_of_gate = sizes.N * shapes[name][-1] * dtype.itemsize
                    self._writes.append((3 * k, number, gate * bytes_of_gate))
                    self._strides[array] = self._strides[name]
        place = {array: 3 * k for k, array in enumerate(program.passes["step"].arrays)}
        self._results = [place[f"new_{name}"] for name in cell.state_names]
        self._zeros = torch.zeros(sizes.rows, dtype=dtype, device="cpu")
        self._free: list[_Table] = []

    def __call__(self, tensors: list[Any]) -> State | None:
        """Take a step; None if a tensor is not of the kind that the step was made for."""
        followed, addresses = torch.is_grad_enabled(), []
        for number, (tensor, (dtype, shape)) in enumerate(zip(tensors, self._known, strict=True)):
            if (
                type(tensor) not in PLAIN
                or tensor.dtype is not dtype
                or tensor.shape != shape
                or not tensor.is_cpu
                or tensor.is_neg()
                or (followed and tensor.requires_grad)
            ):
                return None
            try:
                if not tensor.is_contiguous():
                    tensors[number] = tensor = tensor.contiguous()
                addresses.append(tensor.data_ptr())
            except RuntimeError:  # of other layouts, and of batches of the older vmap
                return None
        if 0 in addresses:  # zeros without memory, as forward-mode differentiation makes them
            return None
        try:
            table = self._free.pop()  # each thread has its own
        except IndexError:
            table = self._table()
        entries = table.entries
        for place, number, offset in self._writes:
            entries[place] = addresses[number] + offset
        # the state before the step lies second; torch.empty takes twice the time
        new = tuple([torch.empty_like(tensors[1]) for _ in self._results])
        for place, tensor in zip(self._results, new, strict=True):
            entries[place] = tensor.data_ptr()
        threads = 1 if self._most_threads == 1 else min(thread_count(), self._most_threads)
        if threads == 1:
            self._alone(table.address, 1, self._N, 0, 1)
        else:
            run(self._entry, table.address, 1, self._N, threads)
        self._free.append(table)
        return new

    def _stride(self, shape: tuple[int, ...], dtype: torch.dtype) -> int:
        """Return the bytes from one sequence to the next; 0 if all share a row."""
        shared = len(shape) > 1 and shape[-2] == 1
        return 0 if shared else shape[-1] * dtype.itemsize

    def _table(self) -> _Table:
        """Return a table without the tensors' addresses."""
        compiled, entries, kept = self._program.passes["step"], [], []
        for array in compiled.arrays:
            if array in compiled.temporaries:
                shape = (self._N, compiled.temporaries[array])
                kept.append(torch.empty(shape, dtype=self._dtype, device="cpu"))
                entries += [kept[-1].data_ptr(), 0, self._stride(shape, self._dtype)]
            elif array in compiled.numbers:
                entries += [*struct.unpack("<q", struct.pack("<d", self._numbers[array])), 0, 0]
            elif array in ("b_ih", "b_hh"):
                entries += [self._zeros.data_ptr(), 0, 0]
            else:
                entries += [0, 0, self._strides[array]]
        return _Table(entries, kept)
