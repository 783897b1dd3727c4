"""Record a cell of the library: one step, or a sequence of one step with all its gradients.

The names of inputs and outputs: parameters have their own names; the input is ``x`` or
``projected``; the state before the step has the cell's names (``h``, ``c``), the state after it
``new_h``; a mask is ``mask_`` and its site, a field of the cache ``cache_`` and its name. A
gradient is ``d`` and the name of its array, for parameters ``grad_`` and the name, for the state
before the step ``dold_h``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

from .. import readout, scan
from ..cell import Cell, State, Trace, axes
from ..convert.layouts import join_biases
from ..masks import NO_MASKS, Masks, masked_step, masked_step_backward
from ..weights import input_gradient
from .recorder import Recorder, RecordingError, Symbol
from .recording import Recording, Value
from .sizes import Size

Recorded = TypeVar("Recorded")


class Passes(NamedTuple):
    """The recordings of a forward pass and of its backward pass."""

    forward: Recording
    backward: Recording


def _once(record: Callable[[Cell, Mapping[str, str]], Recorded]) -> Callable[..., Recorded]:
    """Keep what was recorded: of a cell and kinds of masks there is one recording for all sizes."""

    @functools.lru_cache(maxsize=256)
    def kept(cell: Cell, kinds: tuple[tuple[str, str], ...]) -> Recorded:
        return record(cell, dict(kinds))

    @functools.wraps(record)
    def call(cell: Cell, masks: Mapping[str, str] | None = None) -> Recorded:
        return kept(cell, tuple(sorted((masks or {}).items())))

    return call


@_once
def record_step(cell: Cell, masks: Mapping[str, str]) -> Passes:
    """Record one step of N sequences and its backward pass.

    Parameters
    ----------
    cell : Cell
    masks : dict, optional
        For each site with a mask, its kind: "array", "gates" (an array for each gate) or "number";
        ``{"h": "array", "keep_c": "number"}``. Masks of weights act before the loop over
        time, so they are not part of a step.

    Returns
    -------
    Passes
        Forward from ``x`` and the state, by the cell's `project` and `step`; backward from the
        cache, ``dy`` and the gradients of the state after the step, ``dh``, to ``da`` and the
        gradients of the state before.

    Raises
    ------
    RecordingError
        The cell does something with its arrays that cannot be recorded.
    """
    recorder, params, drawn = _start(cell, masks, ("N",))
    x = recorder.array("x", ("N", cell.sizes(params)["D"]))
    state = _state(recorder, cell, params, "", "N")
    projected = recorder.run(cell.project, params, x, drawn)
    new, cache = recorder.run(masked_step, cell, params, projected, state, drawn)
    forward = recorder.recording(**_named(cell, "new_", new), **_fields(cache))
    recorder, params, drawn = _start(cell, masks, ("N",))
    read = _read(recorder, cache)
    dstate = _state(recorder, cell, params, "d", "N")
    dy: Any = recorder.array("dy", dstate[0].shape)
    dstate = (dy + dstate[0], *dstate[1:])  # like scan.backward before each step
    da, dold = recorder.run(masked_step_backward, cell, params, read, dstate, drawn)
    return Passes(forward, recorder.recording(da=da, **_named(cell, "dold_", dold)))


@_once
def record_module_step(cell: Cell, masks: Mapping[str, str]) -> Recording:
    """Record one step of N sequences from the parameters of one of torch's cells.

    They are those of the cell but for the biases, ``b_ih`` and ``b_hh``. Arguments and errors are
    those of `record_step`; the results are the state after the step.
    """
    recorder, params, drawn = _start(cell, masks, ("N",))
    rows = params.W_ih.shape[0]
    biases = recorder.array("b_ih", (rows,)), recorder.array("b_hh", (rows,))
    x = recorder.array("x", ("N", cell.sizes(params)["D"]))
    state = _state(recorder, cell, params, "", "N")

    def step() -> State:
        joined = join_biases(cell, (params.W_ih, params.W_hh), *biases)
        return masked_step(cell, joined, cell.project(joined, x, drawn), state, drawn)[0]

    return recorder.recording(**_named(cell, "new_", recorder.run(step)))


@_once
def record_input_gradient(cell: Cell, masks: Mapping[str, str]) -> Recording:
    """Record `weights.input_gradient` of N sequences, from ``da`` to ``dx``.

    Arguments and errors are those of `record_step`.
    """
    passes = record_step(cell, masks)
    recorder, params, drawn = _start(cell, masks, ("N",))
    da = recorder.array("da", _shape(passes.backward.outputs["da"]))
    return recorder.recording(dx=recorder.run(input_gradient, params, da, drawn))


@_once
def record_weight_gradients(cell: Cell, masks: Mapping[str, str]) -> Recording:
    """Record a cell's `weight_gradients` of T steps and N sequences.

    Arguments and errors are those of `record_step`.

    Returns
    -------
    Recording
        From ``x``, ``da``, and the caches of all steps, to the gradients of the parameters.
    """
    passes = record_step(cell, masks)
    recorder, params, drawn = _start(cell, masks, ("T", "N"))
    x = recorder.array("x", ("T", "N", cell.sizes(params)["D"]))
    da = recorder.array("da", ("T", *_shape(passes.backward.outputs["da"])))
    fields = {
        name.removeprefix("cache_"): recorder.array(name, ("T", *_shape(value)))
        for name, value in passes.forward.outputs.items()
        if name.startswith("cache_")
    }
    caches = SimpleNamespace(**fields)
    grads = recorder.run(cell.weight_gradients, params, x, caches, da, drawn)
    return recorder.recording(**_gradients(grads))


def mask_kinds(cell: Cell, masks: Masks) -> dict[str, str]:
    """Return the kinds of masks as `record_step` takes them; those of weights are left out."""
    return {
        site: _kind(mask)
        for site, mask in zip(Masks._fields, masks, strict=True)
        if mask is not None and site not in cell.shapes
    }


def _kind(mask: Any) -> str:
    if not hasattr(mask, "shape"):
        return "number"
    return "gates" if mask.ndim == 4 else "array"


def fields_read(cell: Cell, masks: Mapping[str, str]) -> tuple[str, ...]:
    """Return the fields of the cell's cache that its backward pass reads.

    Arguments and errors are those of `record_step`.
    """
    forward, backward = record_step(cell, masks)
    read = set(backward.inputs())
    try:
        read |= set(record_weight_gradients(cell, masks).inputs())
    except RecordingError:  # NumPy or torch runs it, so it may read any field
        read |= set(forward.outputs)
    names = (name for name in forward.outputs if name.startswith("cache_") and name in read)
    return tuple(name.removeprefix("cache_") for name in names)


@_once
def record_sequence(cell: Cell, masks: Mapping[str, str]) -> Passes:
    """Record `scan.forward` and `scan.backward` for one sequence of one step (T = N = 1).

    Arguments and errors are those of `record_step`; here masks of weights are "array" as well.

    Returns
    -------
    Passes
        Forward from ``x`` and the state; backward from ``x``, the cache, ``dy`` and the gradients
        of the last state, ``dh``, to all gradients: ``dx``, of the state before, of the parameters.
    """
    recorder, params, drawn = _start(cell, masks, (1, 1))
    x = recorder.array("x", (1, 1, params.W_ih.shape[1]))
    state = _state(recorder, cell, params, "", 1)
    _, new, trace = recorder.run(scan.forward, cell, params, x, state, drawn)
    (cache,) = trace.steps
    forward = recorder.recording(**_named(cell, "new_", new), **_fields(cache))
    recorder, params, drawn = _start(cell, masks, (1, 1))
    x = recorder.array("x", (1, 1, params.W_ih.shape[1]))
    trace = Trace(cell.name, x, [_read(recorder, cache)], drawn)
    dy = recorder.array("dy", (1, 1, state[0].shape[1]))
    dstate = _state(recorder, cell, params, "d", 1)
    grads, dx, dold = recorder.run(scan.backward, cell, params, trace, dy, dstate)
    dold = _named(cell, "dold_", dold)
    return Passes(forward, recorder.recording(dx=dx, **dold, **_gradients(grads)))


def record_readout() -> Passes:
    """Record `readout` for one row: the scores, the loss and p, and all gradients.

    Returns
    -------
    Passes
        Forward from ``W``, ``b``, ``h`` and ``target`` to ``scores``, ``loss`` and ``p``; backward
        from ``W``, ``h``, ``p``, ``target`` and ``dloss`` to ``dh``, ``grad_W`` and ``grad_b``.
    """
    recorder = Recorder()
    params = readout.Params(recorder.array("W", ("C", "H")), recorder.array("b", ("C",)))
    h, target, p = (recorder.array(n, (1, w)) for n, w in (("h", "H"), ("target", "C"), ("p", "C")))
    dloss = recorder.array("dloss", (1, 1))
    scores = recorder.run(readout.forward, params, h)
    loss, probabilities = recorder.run(readout.cross_entropy, scores, target)
    dscores = recorder.run(readout.cross_entropy_backward, p, target, dloss)
    grads, dh = recorder.run(readout.backward, params, h, dscores)
    return Passes(
        recorder.recording(scores=scores, loss=loss, p=probabilities),
        recorder.recording(dh=dh, grad_W=grads.W, grad_b=grads.b),
    )


def _start(
    cell: Cell, kinds: Mapping[str, str], leading: tuple[int | str, ...]
) -> tuple[Recorder, Any, Masks]:
    """Return a recorder, and the parameters and masks as its symbols."""
    recorder = Recorder()
    letters = {letter for text in cell.shapes.values() for _, letter in axes(text)}
    shapes = cell.param_shapes(**{letter: Size.of(letter) for letter in letters})
    params = cell.params_type(**{name: recorder.array(name, s) for name, s in shapes.items()})
    drawn = {site: _mask(recorder, cell, params, site, k, leading) for site, k in kinds.items()}
    return recorder, params, Masks(**drawn) if drawn else NO_MASKS


def _mask(
    recorder: Recorder,
    cell: Cell,
    params: Any,
    site: str,
    kind: str,
    leading: tuple[int | str, ...],
) -> Any:
    name = f"mask_{site}"
    if kind == "number":
        return recorder.number(name)
    if site in cell.shapes:
        return recorder.array(name, getattr(params, site).shape)
    sizes = cell.sizes(params)
    widths = dict(zip(cell.state_names, cell.state_widths(params), strict=True))
    h, c = cell.output_width(params), widths.get("c", sizes["H"])
    width = {"x": sizes["D"], "h": h, "g": sizes["H"], "c": c, "keep_h": h, "keep_c": c}[site]
    gates = (cell.gates,) if kind == "gates" else ()
    return recorder.array(name, (*leading[:-1], *gates, leading[-1], width))


def _state(
    recorder: Recorder, cell: Cell, params: Any, prefix: str, N: int | str
) -> tuple[Symbol, ...]:
    names = zip(cell.state_names, cell.state_widths(params), strict=True)
    return tuple(recorder.array(f"{prefix}{name}", (N, width)) for name, width in names)


def _named(cell: Cell, prefix: str, state: tuple[Symbol, ...]) -> dict[str, Symbol]:
    return {f"{prefix}{name}": part for name, part in zip(cell.state_names, state, strict=True)}


def _gradients(grads: Any) -> dict[str, Symbol]:
    return {f"grad_{name}": gradient for name, gradient in grads._asdict().items()}


def _shape(value: Value) -> tuple[int, ...]:
    assert value.shape is not None
    return value.shape


def _fields(cache: Any) -> dict[str, Symbol]:
    """Name a cache's fields as outputs."""
    return {f"cache_{name}": part for name, part in cache._asdict().items()}


def _read(recorder: Recorder, cache: Any) -> Any:
    """Return a cache whose fields are inputs."""
    fields = {name: recorder.array(name, part.shape) for name, part in _fields(cache).items()}
    return type(cache)(*fields.values())
