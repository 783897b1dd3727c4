"""`scan.forward` and `scan.backward` as compiled code, with the same arguments and results.

    y, state, cache = compiled.forward(lstm.CELL, params, x)
    grads, dx, dstate0 = compiled.backward(lstm.CELL, params, cache, dy)

The loop over time is compiled from a recording of the cell's own `step` and `step_backward`, for
NumPy arrays and for torch tensors in the processor's memory. The products over all steps at once,
before the loop and after it, are the library's own code and run with NumPy or torch. Compiling
needs llvmlite (``pip install lessons-lib[fast]``).
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from .. import scan
from .._check import arguments as validation
from ..arrays import Array
from ..cell import Cell, Gradients, State
from ..masks import NO_MASKS, Masks, dropped_weights
from .cells import mask_kinds
from .processor import this_processor
from .program import Program, find_program, make_program
from .table import Job, as_numpy, of_params
from .workspace import empty


class Trace(NamedTuple):
    """What `forward` keeps for `backward`.

    Attributes
    ----------
    cell : str
    x : array of shape (T, N, D)
    masks : Masks
    program : Program
    caches : dict of arrays of shape (T, N, ·)
        The fields of the cell's cache that the backward pass reads.
    scratch : sequence of arrays
        Arrays that are not read after the forward pass; da may use their memory.
    """

    cell: str
    x: Array
    masks: Masks
    program: Program
    caches: dict[str, np.ndarray]
    scratch: Sequence[np.ndarray]


def forward(
    cell: Cell,
    params: Any,
    x: Array,
    state: State | None = None,
    masks: Masks = NO_MASKS,
    keep: bool = True,
) -> tuple[Array, State, Any]:
    """Run a cell over a sequence.

    Parameters
    ----------
    cell, params, x, state, masks
        As for `scan.forward`; tensors must be in the processor's memory.
    keep : bool, optional
        Whether `backward` follows; without it, less is stored.

    Returns
    -------
    y, state
        As from `scan.forward`, equal to rounding.
    cache : Trace
        The arrays for `backward`; None if they are not kept.

    Raises
    ------
    TypeError, ValueError
        As `scan.forward`; or the dtype is neither float32 nor float64, or autograd follows a
        tensor: for that there is `torch_modules.Layer`.
    RecordingError
        The cell does something that cannot be compiled.
    """
    validation.check_forward(cell, params, x, state, masks)
    if state is None:
        state = scan.zero_state(cell, params, x)
    return run(program_of(cell, params, x, masks, keep), cell, params, x, state, masks, keep)


def run(
    program: Program, cell: Cell, params: Any, x: Array, state: State, masks: Masks, keep: bool
) -> tuple[Array, State, Any]:
    """Run `forward` with its program; the arguments are not checked."""
    inputs = as_numpy(x)
    (T, N), dtype = x.shape[:2], inputs.dtype
    arrays = {**of_params(dropped_weights(params, masks)), **_of_masks(masks), "x": inputs}
    scratch = []
    if "before" in program.passes:
        for name, width in program.passes["before"].padded.items():
            arrays[name] = _rows(T, N, width, dtype)
            scratch.append(arrays[name])
        Job(program, "before", arrays, T, N).run()
    h, *_ = cell.state_names
    last = {}
    for name, initial in zip(cell.state_names, state, strict=True):
        width = program.widths[f"new_{name}"]
        all_steps = keep or name == h
        states = empty((T + 1 if all_steps else 2, N, width), dtype)
        states[0] = as_numpy(initial)
        arrays[name] = states[:-1] if all_steps else states
        arrays[f"new_{name}"] = states[1:] if all_steps else states
        last[name] = states[T if all_steps else T % 2]
    caches = {}
    for name, field in program.fields.items():
        if field.kind == "stored":
            arrays[f"cache_{name}"] = empty((T, N, field.width), dtype)
        caches[name] = arrays[
            {"before": field.name, "after": f"new_{field.name}", "stored": f"cache_{name}"}[
                field.kind
            ]
        ]
    Job(program, "forward", arrays, T, N).run()
    cache = Trace(cell.name, x, masks, program, caches, scratch) if keep else None
    return _like(x, arrays[f"new_{h}"]), tuple(_like(x, a) for a in last.values()), cache


def backward(
    cell: Cell, params: Any, cache: Trace, dy: Array, dstate: State | None = None
) -> Gradients:
    """Backpropagate through time; arguments and results are those of `scan.backward`.

    Raises
    ------
    TypeError, ValueError
        As `scan.backward`.
    """
    x, masks, program = cache.x, cache.masks, cache.program
    inputs, (T, N) = as_numpy(x), x.shape[:2]
    dtype, weights = inputs.dtype, dropped_weights(params, masks)
    arrays = {**of_params(weights), **_of_masks(masks), "x": inputs, "dy": as_numpy(dy)}
    padded = program.passes["backward"].padded
    for number, name in enumerate(cell.state_names):
        width = program.widths[f"dold_{name}"]
        turns = empty((2, N, padded.get(f"dold_{name}", width)), dtype)
        turns[0, :, :width] = 0 if dstate is None else as_numpy(dstate[number])
        arrays[f"d{name}"] = arrays[f"dold_{name}"] = turns
    arrays |= {f"cache_{name}": array for name, array in cache.caches.items()}
    arrays["da"] = _memory(cache.scratch, (T, N, program.widths["da"]), dtype)
    Job(program, "backward", arrays, T, N).run()
    first = tuple(
        _like(x, arrays[f"d{name}"][T % 2, :, : program.widths[f"dold_{name}"]])
        for name in cell.state_names
    )
    return (
        _weight_gradients(cell, weights, cache, arrays),
        _input_gradient(x, program, arrays),
        first,
    )


def _input_gradient(x: Array, program: Program, arrays: dict[str, Any]) -> Array:
    """Return dx; a product writes whole panels, so there may be columns to cut off."""
    T, N, D = x.shape
    width = program.passes["input"].padded.get("dx", D)
    arrays["dx"] = empty((T, N, width), arrays["x"].dtype)
    Job(program, "input", arrays, T, N).run()
    return _like(x, np.ascontiguousarray(arrays["dx"][..., :D]))


def _weight_gradients(cell: Cell, weights: Any, cache: Trace, arrays: dict[str, Any]) -> Any:
    """Return the parameters' gradients."""
    x, masks, program = cache.x, cache.masks, cache.program
    if "weights" not in program.passes:
        caches = SimpleNamespace(**{name: _like(x, a) for name, a in cache.caches.items()})
        grads = cell.weight_gradients(weights, x, caches, _like(x, arrays["da"]), masks)
        return dropped_weights(grads, masks)
    grads = {}
    for name, array in weights._asdict().items():
        grads[name] = empty(tuple(array.shape), arrays["x"].dtype)
        if x.shape[1] == 0:  # a sum of nothing; the pass does not run
            grads[name][...] = 0
        arrays[f"grad_{name}"] = grads[name].reshape(1, 1, -1)
    Job(program, "weights", arrays, *x.shape[:2]).run()
    return dropped_weights(type(weights)(*(_like(x, a) for a in grads.values())), masks)


def program_of(cell: Cell, params: Any, x: Array, masks: Masks, keep: bool = True) -> Program:
    """Return the program that runs a cell with such masks and sizes; compile it if necessary."""
    key = _key(cell, params, x, masks, keep)
    return find_program(*key) or make_program(*key)  # the second raises the error


def program_if_possible(
    cell: Cell, params: Any, x: Array, masks: Masks, keep: bool = True
) -> Program | None:
    """Return `program_of`'s program, or None if the cell cannot be compiled."""
    return find_program(*_key(cell, params, x, masks, keep))


def _key(cell: Cell, params: Any, x: Array, masks: Masks, keep: bool) -> tuple[Any, ...]:
    """Return what a program depends on."""
    kinds = tuple(mask_kinds(cell, masks).items())
    sizes = tuple(sorted(cell.sizes(params).items()))
    dtype = str(x.dtype).removeprefix("torch.")
    if dtype not in ("float32", "float64"):
        raise TypeError(f"x: got dtype {x.dtype}, expected float32 or float64")
    return cell, kinds, sizes, dtype, keep, this_processor()


def _of_masks(masks: Masks) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for site, mask in zip(Masks._fields[:-3], masks[:-3], strict=True):
        if mask is None:
            continue
        if not hasattr(mask, "shape"):
            arrays[f"mask_{site}"] = float(mask)
            continue
        array = as_numpy(mask)
        if array.ndim == 4:  # one for each gate; in a cell with one gate it has the site's name
            arrays |= {f"mask_{site}_{k}": array[:, k] for k in range(array.shape[1])}
            array = array[:, 0]
        arrays[f"mask_{site}"] = array
    return arrays


def _memory(scratch: Sequence[np.ndarray], shape: tuple[int, int, int], dtype: Any) -> np.ndarray:
    """Return an array, in memory that is no longer read if there is some of this shape."""
    for array in scratch:
        if array.shape == shape:
            return array
    return _rows(*shape, dtype)


def _rows(T: int, N: int, width: int, dtype: Any) -> np.ndarray:
    """Return an array for products over all rows.

    Rows are a cache line longer: at a distance of four kilobytes, the same columns of all rows
    would compete for a few places of the cache.
    """
    return empty((T, N, width + 64 // np.dtype(dtype).itemsize), dtype)[..., :width]


def _like(x: Array, array: np.ndarray) -> Array:
    """Undo `as_numpy`, to the library of x."""
    if isinstance(x, np.ndarray):
        return array
    import torch

    return torch.from_numpy(array)
