"""Compile a cell for given masks, sizes and element type: its two passes over a sequence."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from ..cell import Cell
from . import llvm_module, llvm_pass
from .cache import cached
from .cells import (
    fields_read,
    record_input_gradient,
    record_module_step,
    record_step,
    record_weight_gradients,
)
from .llvm_gradients import emit_gradients
from .llvm_pass import Pass
from .llvm_step import emit_step
from .llvm_text import Vectors
from .normal import Normal
from .plan import make_plan
from .processor import Processor
from .recorder import RecordingError
from .recording import Recording
from .sizes import value as size_of
from .threads import Entry

_ELEMENTS = {"float32": "float", "float64": "double"}


@dataclass(frozen=True)
class Field:
    """The place of a field of the cache.

    Attributes
    ----------
    kind : {"before", "after", "stored"}
        The state before or after each step, or an array of its own.
    name : str
        Of the state's array.
    width : int
    """

    kind: str
    name: str = ""
    width: int = 0


@dataclass(frozen=True)
class Program:
    """A cell's compiled passes.

    Attributes
    ----------
    passes : dict of Pass
        "before", the products with the input of all steps; "forward" and "backward", the steps;
        "input", the gradient of the input; "weights", those of the weights. The last two, and the
        first, are missing if NumPy or torch computes them. Of a single step, "step".
    fields : dict of Field
        The fields of the cache that are kept, by their names.
    widths : dict of int
        The widths of ``da``, ``dx``, the state's arrays, and the results of "before".
    entries : dict of Entry
        By the passes' names.
    linked : Linked
        The object file to which the entries' addresses belong.
    panel : int
        Columns of a panel of a packed weight.
    """

    passes: Mapping[str, Pass]
    fields: Mapping[str, Field]
    widths: Mapping[str, int]
    entries: Mapping[str, Entry]
    linked: llvm_module.Linked
    panel: int


@lru_cache(maxsize=128)
def find_program(*arguments: Any) -> Program | None:
    """Return `make_program`'s result, kept for the next call; None if it cannot be compiled."""
    try:
        return make_program(*arguments)
    except RecordingError:
        return None


def make_program(
    cell: Cell,
    masks: tuple[tuple[str, str], ...],
    sizes: tuple[tuple[str, int], ...],
    dtype: str,
    keep: bool,
    processor: Processor,
) -> Program:
    """Compile a cell, or load an earlier result from disk.

    Parameters
    ----------
    cell : Cell
    masks : pairs of a site and a kind
        As for `cells.record_step`.
    sizes : pairs of a letter and its value
    dtype : {"float32", "float64"}
    keep : bool
        Whether a backward pass follows.
    processor : Processor

    Raises
    ------
    RecordingError
        The cell does something that cannot be recorded or compiled.
    """
    vectors = llvm_module.vectors_of(processor, _ELEMENTS[dtype])
    recordings = record_step(cell, dict(masks))
    values = dict(sizes)
    fields = _fields(cell, dict(masks), recordings.forward) if keep else {}
    passes = _forward_passes(cell, recordings.forward, fields, keep, vectors, values)
    if keep:
        passes += _backward_passes(cell, dict(masks), recordings.backward, vectors, values)
    outputs = {**recordings.forward.outputs, **recordings.backward.outputs}
    widths = {name: _width(value, values) for name, value in outputs.items()}
    stored = {name: Field(f.kind, f.name, widths[f"cache_{name}"]) for name, f in fields.items()}
    return _link(passes, stored, widths, vectors, processor)


@lru_cache(maxsize=128)
def find_step(
    cell: Cell,
    masks: tuple[tuple[str, str], ...],
    masked: tuple[str, ...],
    sizes: tuple[tuple[str, int], ...],
    dtype: str,
    processor: Processor,
) -> Program | None:
    """Compile a step of one of torch's cells, without a gradient; None if it cannot be compiled.

    Parameters
    ----------
    cell, masks, sizes, dtype, processor
        As for `make_program`.
    masked : tuple of str
        The weights that have a mask.

    Returns
    -------
    Program
        Its only pass is "step".
    """
    vectors = llvm_module.vectors_of(processor, _ELEMENTS[dtype])
    try:
        recording = record_module_step(cell, dict(masks))
        normal = Normal(recording)
        plan = make_plan(normal, normal.outputs)
        passes = [emit_step(plan, "step", vectors, dict(sizes), masked)]
    except RecordingError:
        return None
    widths = {name: _width(value, dict(sizes)) for name, value in recording.outputs.items()}
    return _link(passes, {}, widths, vectors, processor)


def _link(
    passes: list[Pass],
    fields: Mapping[str, Field],
    widths: Mapping[str, int],
    vectors: Vectors,
    processor: Processor,
) -> Program:
    """Compile passes, or load them from disk."""
    text = llvm_module.module(passes, vectors)
    key = "\n".join((llvmlite.__version__, str(llvm.llvm_version_info), str(processor), text))
    image = cached(key, lambda: llvm_module.compile_module(text, processor))
    names = [name for p in passes for name in (p.name, f"{p.name}_shared")]
    linked = llvm_module.Linked(image, names, processor)
    entries = {
        p.name: Entry(linked.addresses[p.name], linked.addresses[f"{p.name}_shared"])
        for p in passes
    }
    named = {p.name: p for p in passes}
    return Program(named, fields, widths, entries, linked, vectors.panel)


def _forward_passes(
    cell: Cell,
    recording: Recording,
    fields: Mapping[str, Field],
    keep: bool,
    vectors: Vectors,
    sizes: Mapping[str, int],
) -> list[Pass]:
    """Return "before", if there are products that need no state, and "forward"."""
    normal = Normal(recording)
    outputs = {
        name: node
        for name, node in normal.outputs.items()
        if not name.startswith("cache_") or _is_stored(fields, name)
    }
    moving = {
        node.number
        for node in normal.nodes
        if node.operation == "input" and node.detail[0] in cell.state_names
    }
    for node in normal.nodes:  # in order, so that the arguments are known
        if any(a.number in moving for a in node.arguments):
            moving.add(node.number)
    still = [
        node
        for node in normal.needed(outputs.values())
        if node.operation == "product" and node.number not in moving
    ]
    leaves = {f"X{k}": node for k, node in enumerate(still)}
    _, *others = cell.state_names
    turns = {} if keep else _by_turns(others, "", "new_")
    plan = make_plan(normal, outputs, leaves=leaves)
    passes = [llvm_pass.emit(plan, "forward", vectors, sizes, by_turns=turns)]
    if leaves:
        passes.append(
            llvm_pass.emit(make_plan(normal, leaves, direct=leaves), "before", vectors, sizes)
        )
    return passes


def _backward_passes(
    cell: Cell,
    masks: dict[str, str],
    recording: Recording,
    vectors: Vectors,
    sizes: Mapping[str, int],
) -> list[Pass]:
    """Return "backward", and "input" and "weights" if they can be compiled."""
    normal = Normal(recording)
    turns = _by_turns(cell.state_names, "d", "dold_")
    plan = make_plan(normal, normal.outputs, direct=turns)
    passes = [llvm_pass.emit(plan, "backward", vectors, sizes, True, turns)]
    normal = Normal(record_input_gradient(cell, masks))
    plan = make_plan(normal, normal.outputs, direct=("dx",))
    passes.append(llvm_pass.emit(plan, "input", vectors, sizes))
    with contextlib.suppress(RecordingError):  # then the cell's own function runs
        normal = Normal(record_weight_gradients(cell, masks))
        plan = make_plan(normal, normal.outputs)
        passes.append(emit_gradients(plan, "weights", vectors, sizes))
    return passes


def _fields(cell: Cell, masks: dict[str, str], forward: Recording) -> dict[str, Field]:
    """Return the fields of the cache that the backward pass or the weights' gradients read."""
    return {
        name: _field(cell, forward, forward.outputs[f"cache_{name}"])
        for name in fields_read(cell, masks)
    }


def _field(cell: Cell, forward: Recording, value: Any) -> Field:
    for name in cell.state_names:
        if value is forward.outputs[f"new_{name}"]:
            return Field("after", name)
    if value.operation == "input" and value.detail in cell.state_names:
        return Field("before", value.detail)
    return Field("stored")


def _is_stored(fields: Mapping[str, Field], name: str) -> bool:
    field = fields.get(name.removeprefix("cache_"))
    return field is not None and field.kind == "stored"


def _by_turns(names: Any, before: str, after: str) -> dict[str, int]:
    return {
        f"{prefix}{name}": turn for name in names for turn, prefix in enumerate((before, after))
    }


def _width(value: Any, sizes: Mapping[str, int]) -> int:
    return size_of(value.shape[-1], sizes)
