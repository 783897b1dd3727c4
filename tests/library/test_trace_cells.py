"""A recording holds the operations of the equations: executed, it equals the library to the bit."""

from __future__ import annotations

import linecache

import numpy as np
import pytest
import torch
from registry import CELLS
from trace_cases import cases, kinds_of, masked_problem

from lessons_lib import gru, lstm, scan, trace
from lessons_lib.masks import dropped_weights, masked_step, masked_step_backward
from lessons_lib.weights import input_gradient

EACH = pytest.mark.parametrize(("cell", "masks"), cases())


def named_masks(masks):
    return {f"mask_{site}": m for site, m in masks._asdict().items() if m is not None}


def state_of(cell, prefix, state):
    return {f"{prefix}{name}": part for name, part in zip(cell.state_names, state, strict=True)}


def cache_of(cache):
    return {f"cache_{name}": part for name, part in cache._asdict().items()}


def assert_equal(actual, expected):
    assert set(actual) == set(expected)
    for name, array in expected.items():
        assert actual[name].dtype == array.dtype, name
        assert np.array_equal(actual[name], array), name


@EACH
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_recorded_step_equals_the_library_to_the_bit(cell, masks, dtype):
    p = masked_problem(cell, masks, dtype)
    params = dropped_weights(p.params, p.masks)
    inputs = {**params._asdict(), **named_masks(p.masks.at(2))}
    kinds = {k: v for k, v in kinds_of(cell, masks).items() if not k.startswith("W_")}
    recording = trace.record_step(p.cell, kinds)
    projected = p.cell.project(params, p.x[2], p.masks.at(2))
    new, cache = masked_step(p.cell, params, projected, p.state, p.masks.at(2))
    actual = trace.execute(
        recording.forward, {**inputs, "x": p.x[2], **state_of(p.cell, "", p.state)}
    )
    assert_equal(actual, {**state_of(p.cell, "new_", new), **cache_of(cache)})

    dstate = (p.dy[2] + p.dstate[0], *p.dstate[1:])
    da, dold = masked_step_backward(p.cell, params, cache, dstate, p.masks.at(2))
    actual = trace.execute(
        recording.backward,
        {**inputs, **cache_of(cache), "dy": p.dy[2], **state_of(p.cell, "d", p.dstate)},
    )
    assert_equal(actual, {"da": da, **state_of(p.cell, "dold_", dold)})

    dx = input_gradient(params, da, p.masks.at(2))
    assert_equal(
        trace.execute(trace.record_input_gradient(p.cell, kinds), {**inputs, "da": da}), {"dx": dx}
    )


@EACH
def test_a_recorded_sequence_equals_the_library_to_the_bit(cell, masks):
    p = masked_problem(cell, masks, T=1, N=1)
    recording = trace.record_sequence(p.cell, kinds_of(cell, masks))
    inputs = {**p.params._asdict(), **named_masks(p.masks), "x": p.x}
    _, new, cache = p.forward()
    actual = trace.execute(recording.forward, {**inputs, **state_of(p.cell, "", p.state)})
    assert_equal(actual, {**state_of(p.cell, "new_", new), **cache_of(cache.steps[0])})

    grads, dx, dold = scan.backward(p.cell, p.params, cache, p.dy, p.dstate)
    actual = trace.execute(
        recording.backward,
        {**inputs, **cache_of(cache.steps[0]), "dy": p.dy, **state_of(p.cell, "d", p.dstate)},
    )
    gradients = {f"grad_{name}": gradient for name, gradient in grads._asdict().items()}
    assert_equal(actual, {"dx": dx, **state_of(p.cell, "dold_", dold), **gradients})


@EACH
def test_recorded_weight_gradients_equal_the_library_to_the_bit(cell, masks):
    p = masked_problem(cell, masks)
    *_, cache = p.forward()
    da = np.random.default_rng(1).standard_normal(
        (*p.x.shape[:2], p.cell.step_backward(p.params, cache.steps[0], p.dstate)[0].shape[-1])
    )
    grads = p.cell.weight_gradients(p.params, p.x, cache.stacked, da, p.masks)
    fields = {name: getattr(cache.stacked, name) for name in cache.steps[0]._fields}
    inputs = {**p.params._asdict(), **named_masks(p.masks), "x": p.x, "da": da}
    inputs |= {f"cache_{name}": array for name, array in fields.items()}
    actual = trace.execute(trace.record_weight_gradients(p.cell, kinds_of(cell, masks)), inputs)
    assert_equal(actual, {f"grad_{name}": gradient for name, gradient in grads._asdict().items()})


def test_a_recording_runs_on_tensors_too():
    p = masked_problem("lstm.CELL", "zoneout").to_torch()
    recording = trace.record_step(p.cell, kinds_of("lstm.CELL", "zoneout")).forward
    projected = p.cell.project(p.params, p.x[0])
    new, _ = masked_step(p.cell, p.params, projected, p.state, p.masks.at(0))
    actual = trace.execute(
        recording,
        {
            **p.params._asdict(),
            **named_masks(p.masks.at(0)),
            "x": p.x[0],
            **state_of(p.cell, "", p.state),
        },
    )
    assert torch.equal(actual["new_c"], new[1])


def test_every_cell_is_enrolled():
    assert {cell for cell, _ in cases()} == set(CELLS)


def test_equal_operations_are_recorded_once():
    recording = trace.record_step(lstm.CELL).backward
    written = [recording.write(v) for v in recording.values]
    assert len(set(written)) == len(written)


def test_an_operation_knows_its_line_and_its_variable():
    recording = trace.record_step(lstm.CELL).forward
    (tanh_c,) = (v for v in recording.values if v.variable == "tanh_c")
    assert tanh_c.operation == "tanh"
    place = tanh_c.place()
    assert place is not None
    assert place.function == "step"
    assert linecache.getline(place.file, place.line).strip() == "tanh_c = tanh(c)"
    names = {v.variable for v in recording.values}
    assert {"a_i", "a_f", "a_g", "a_o", "i", "f", "g", "o", "c", "h"} <= names


def test_printed_a_recording_reads_like_the_equations():
    printed = str(trace.record_step(gru.CELL).forward).splitlines()
    columns = [" ".join(line.split()) for line in printed]
    assert 'h = input "h" N × H' in columns
    assert columns[-1] == "-> cache_q = q"
    (line,) = (line for line in columns if line.startswith("q = "))
    assert line.startswith("q = u_n + b_hn N × H gru.py:")
    assert line.endswith(" in step")


def test_of_a_cell_and_its_masks_there_is_one_recording():
    masks = {"h": "array", "keep_h": "number"}
    kept = trace.record_step(lstm.CELL, masks)
    assert trace.record_step(lstm.CELL, dict(reversed(masks.items()))) is kept
    assert trace.record_step(lstm.CELL, {"h": "array"}) is not kept
    assert trace.record_step(lstm.CELL) is trace.record_step(lstm.CELL, {})
