"""Products under masks equal the plain sums; states are kept as the masks say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from registry import CELLS, D, H, N, T, problem

from lessons_lib import dropout, lstm, masks, scan, stack
from lessons_lib.masks import NO_MASKS, NO_STACK_MASKS, Masks
from lessons_lib.verify.gradients import relative_difference

GATES = 3
LIBRARIES = pytest.mark.parametrize("library", [np.asarray, torch.tensor])
#: Together they have masks of every kind of site: inputs, outputs, steps, sequences and weights.
SOME_OF_EACH = [
    dropout.NonRecurrentDropout(0.3),
    dropout.VariationalDropout(0.3, 0.4, tied=False),
    dropout.Combined(dropout.WeightDrop(0.3), dropout.Zoneout(h=0.2, c=0.4)),
]
#: Shapes of masks for one step and for all steps, by name; M is the product's input width.
SHAPES = {
    "none": None,
    "each": (N, D),
    "of the batch": (1, D),
    "each gate's": (GATES, N, D),
    "each gate's, of the batch": (GATES, 1, D),
}


def arrays(shape, time=()):
    rng = np.random.default_rng(0)
    a, W = rng.standard_normal((*time, N, D)), rng.standard_normal((GATES * H, D))
    da = rng.standard_normal((*time, N, GATES * H))
    if shape is None:
        return a, W, da, None
    return a, W, da, rng.standard_normal((*(1 for _ in time), *shape))


def by_gate(a, mask, k):
    """Return the masked input of gate k."""
    if mask is None:
        return a
    return a * (mask[..., k, :, :] if mask.ndim > a.ndim else mask)


@LIBRARIES
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_product_of_a_step_and_its_gradients(shape, library):
    a, W, da, mask = arrays(shape)
    expected = np.concatenate(
        [by_gate(a, mask, k) @ W[k * H : (k + 1) * H].T for k in range(GATES)], axis=1
    )
    given = [library(array) for array in (a, W, da)]
    own = None if mask is None else library(mask)
    actual = np.asarray(masks.masked_product(given[0], given[1], own))
    assert relative_difference(actual, expected) < 1e-14
    gradient = sum(
        by_gate(da[:, k * H : (k + 1) * H] @ W[k * H : (k + 1) * H], mask, k) for k in range(GATES)
    )
    actual = np.asarray(masks.masked_product_backward(given[2], given[1], own))
    assert relative_difference(actual, gradient) < 1e-14


@LIBRARIES
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_products_of_all_steps_are_those_of_each(shape, library):
    a, W, da, mask = arrays(shape, (T,))
    at = [None if mask is None else mask[0] for _ in range(T)]
    given = [library(array) for array in (a, W, da)]
    own = None if mask is None else library(mask)
    steps = [masks.masked_product(a[t], W, at[t]) for t in range(T)]
    actual = np.asarray(masks.masked_products(given[0], given[1], own))
    assert relative_difference(actual, np.stack(steps)) < 1e-14
    steps = [masks.masked_product_backward(da[t], W, at[t]) for t in range(T)]
    actual = np.asarray(masks.masked_products_backward(given[2], given[1], own))
    assert relative_difference(actual, np.stack(steps)) < 1e-14
    expected = np.concatenate(
        [
            np.einsum("tnk,tnm->km", da[..., k * H : (k + 1) * H], by_gate(a, mask, k))
            for k in range(GATES)
        ]
    )
    actual = np.asarray(masks.masked_outer_products(given[2], given[0], own))
    assert relative_difference(actual, expected) < 1e-14


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("gates", [slice(0, 2), slice(2, 3)])
def test_a_part_of_the_gates_reads_under_its_own_masks(shape, gates):
    a, W, da, mask = arrays(shape)
    rows = slice(gates.start * H, gates.stop * H)
    whole = masks.masked_product(a, W, mask)
    part = masks.masked_product(a, W[rows], mask, gates)
    assert relative_difference(part, whole[:, rows]) < 1e-14
    alone = np.zeros_like(da)
    alone[:, rows] = da[:, rows]
    assert (
        relative_difference(
            masks.masked_product_backward(da[:, rows], W[rows], mask, gates),
            masks.masked_product_backward(alone, W, mask),
        )
        < 1e-14
    )
    timed = None if mask is None else mask[None]
    whole = masks.masked_outer_products(da[None], a[None], timed)
    part = masks.masked_outer_products(da[None][..., rows], a[None], timed, gates)
    assert relative_difference(part, whole[rows]) < 1e-14


def test_weights_masks_are_factors_of_the_weights():
    p = problem("lstm.CELL")
    mask = np.random.default_rng(0).standard_normal(p.params.W_hh.shape)
    dropped = masks.dropped_weights(p.params, Masks(W_hh=mask))
    assert np.array_equal(dropped.W_hh, p.params.W_hh * mask)
    assert dropped.W_ih is p.params.W_ih
    assert masks.dropped_weights(p.params, NO_MASKS) is p.params


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("same", [NO_MASKS, Masks(), Masks(g=None)])
def test_masks_without_fields_change_nothing(name, same):
    p = problem(name)
    y, state, trace = scan.forward(p.cell, p.params, p.x, p.state)
    again, again_state, again_trace = scan.forward(p.cell, p.params, p.x, p.state, same)
    for a, b in zip((y, *state), (again, *again_state), strict=True):
        assert np.array_equal(a, b)
    for a, b in zip(trace.steps, again_trace.steps, strict=True):
        assert all(map(np.array_equal, a, b))


@pytest.mark.parametrize("variant", SOME_OF_EACH, ids=str)
@pytest.mark.parametrize("chosen", [[2, 0], slice(1, 3)], ids=str)
def test_masks_of_some_sequences_act_on_them_as_on_all(variant, chosen):
    rng = np.random.default_rng(0)
    params = stack.init_params(lstm.CELL, D, H, rng, num_layers=2, bidirectional=True)
    x = rng.standard_normal((T, N, D))
    sizes = dropout.Sizes(T, N, D, H, layers=2, directions=2)
    drawn = variant.sample_stack(sizes, rng)
    y, _, _ = stack.forward(lstm.CELL, params, x, masks=drawn)
    some = drawn.of_sequences(chosen)
    of_some, _, _ = stack.forward(lstm.CELL, params, x[:, chosen], masks=some)
    assert relative_difference(of_some, y[:, chosen]) < 1e-14


def test_no_masks_stay_no_masks():
    for masked in (
        NO_MASKS.at(3),
        NO_MASKS.between(0, 2),
        NO_MASKS.of_sequences(slice(2)),
        NO_MASKS.map(np.negative),
        NO_STACK_MASKS.network(1, 0),
    ):
        assert masked is NO_MASKS
    assert NO_STACK_MASKS.map(np.negative) is NO_STACK_MASKS
    assert NO_STACK_MASKS.of_sequences(slice(2)) is NO_STACK_MASKS
    assert NO_STACK_MASKS.input(2) is NO_STACK_MASKS.output(2) is None


def test_a_third_array_of_a_state_is_handed_on():
    """Zoneout keeps parts of h and c; other arrays of a state are new at each step."""
    old = tuple(np.full(2, k) for k in (1.0, 2.0, 3.0))
    new = tuple(-array for array in old)
    keep: Any = np.array([True, False])
    some = Masks(keep_h=keep, keep_c=0.25, y=2.0)
    h, c, s = masks.renew(old, new, some)
    assert h.tolist() == [1, -2]
    assert c.tolist() == [-1, -1]
    assert s is new[2]
    dh, dc, ds = masks.renew_backward(old, some)
    assert (dh.tolist(), dc.tolist(), ds.tolist()) == ([0, 2], [1.5, 1.5], [3, 3])
    dh, dc, ds = masks.add_kept(new, old, some)
    assert (dh.tolist(), dc.tolist(), ds is new[2]) == ([0, -1], [-1.5, -1.5], True)


def test_the_mask_of_a_layers_output_is_the_next_layers_input():
    stacked = masks.StackMasks((1, 2), ((NO_MASKS,),) * 2, 3)
    assert [stacked.input(0), stacked.output(0), stacked.output(1)] == [1, 2, 3]


def test_masks_are_read_step_by_step():
    keep: Any = np.arange(T * N * H).reshape(T, N, H) > 20
    shared: Any = np.ones((1, N, H))
    some = Masks(h=shared, keep_h=keep, y=0.5)
    assert np.array_equal(some.at(2).keep_h, keep[2])  # type: ignore[arg-type]
    assert np.array_equal(some.at(2).h, shared[0])  # type: ignore[arg-type]
    assert some.at(2).y == 0.5
    assert lstm.CELL.all_sites


def test_a_factor_of_the_new_state_acts_without_a_kept_one():
    p = problem("lstm.CELL")
    _, (h, c), _ = scan.forward(p.cell, p.params, p.x[:1], p.state)
    y, (scaled, same), trace = scan.forward(p.cell, p.params, p.x[:1], p.state, Masks(y=0.25))
    assert np.array_equal(scaled, 0.25 * h)
    assert np.array_equal(same, c)
    _, _, (dh_0, _) = scan.backward(p.cell, p.params, trace, np.ones_like(y))
    *_, plain = scan.forward(p.cell, p.params, p.x[:1], p.state)
    _, _, (expected, _) = scan.backward(p.cell, p.params, plain, np.full_like(y, 0.25))
    assert relative_difference(dh_0, expected) < 1e-14
