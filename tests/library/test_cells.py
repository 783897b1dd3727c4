"""Each cell's forward and backward pass against torch.nn, autograd and finite differences.

`registry` finds the cells, so that every test here includes a new one.
"""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from registry import CELLS, D, H, N, T, init_params, param_shapes, problem
from torch_oracle import TORCH_LAYERS, torch_gradients, torch_layer

from lessons_lib import scan
from lessons_lib.verify.gradients import check_gradients, relative_difference

every_cell = pytest.mark.parametrize("name", CELLS)


def assert_close(ours, theirs, bound):
    assert ours.keys() == theirs.keys()
    for key in ours:
        assert tuple(ours[key].shape) == tuple(theirs[key].shape), key
        assert relative_difference(ours[key], theirs[key]) < bound, key


@pytest.mark.parametrize("name", TORCH_LAYERS)
def test_outputs_and_gradients_equal_those_of_torch_nn(name):
    p = problem(name).to_torch()
    layer = torch_layer(name, ((p.params,),))
    x, *state = (a.clone().requires_grad_() for a in (p.x, *p.state))
    y, last = layer(x, state[0][None] if len(state) == 1 else tuple(s[None] for s in state))
    last = [s[0] for s in (last if isinstance(last, tuple) else (last,))]
    our_y, our_last, _ = p.forward()
    assert relative_difference(our_y, y.detach()) < 1e-10
    for ours, theirs in zip(our_last, last, strict=True):
        assert relative_difference(ours, theirs.detach()) < 1e-10

    loss = (y * p.dy).sum() + sum((s * d).sum() for s, d in zip(last, p.dstate, strict=True))
    loss.backward()
    ((d_params,),) = torch_gradients(p.cell, layer)
    theirs = p.named((d_params, x.grad, tuple(s.grad for s in state)))
    assert_close(p.backward(), theirs, 1e-10)


@every_cell
def test_gradients_equal_autograd_through_the_same_forward(name):
    p = problem(name).to_torch(requires_grad=True)
    arrays = p.arrays()
    theirs = torch.autograd.grad(p.loss(), list(arrays.values()))
    with torch.no_grad():
        ours = p.backward()
    assert_close(ours, dict(zip(arrays, theirs, strict=True)), 1e-10)


@every_cell
def test_gradients_equal_central_differences(name):
    p = problem(name)
    differences = check_gradients(lambda: float(p.loss()), p.arrays(), p.backward(), 1e-6)
    assert differences.keys() == p.arrays().keys()


@every_cell
def test_numpy_and_torch_agree(name):
    p = problem(name)
    q = p.to_torch()
    (y, state, _), (y_torch, state_torch, _) = p.forward(), q.forward()
    for ours, theirs in zip((y, *state), (y_torch, *state_torch), strict=True):
        assert relative_difference(ours, theirs.numpy()) < 1e-12
    assert_close(p.backward(), {k: v.numpy() for k, v in q.backward().items()}, 1e-12)


@every_cell
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_float32_stays_float32(name, library):
    p = problem(name, np.float32)
    p = p.to_torch() if library == "torch" else p
    y, state, cache = p.forward()
    results = [y, *state, *p.backward().values(), *(a for step in cache.steps for a in step)]
    assert {str(a.dtype).removeprefix("torch.") for a in results} == {"float32"}
    assert y.shape[:2] == (T, N)


@every_cell
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_no_argument_is_changed_and_no_result_shares_memory_with_one(name, library):
    p = problem(name)
    p = p.to_torch() if library == "torch" else p
    before = p.with_arrays(copy.deepcopy)
    y, state, _ = p.forward()
    results = [y, *state, *p.backward().values()]
    arguments = [*p.arrays().values(), p.dy, *p.dstate]
    copies = [*before.arrays().values(), before.dy, *before.dstate]
    for argument, original in zip(arguments, copies, strict=True):
        assert np.array_equal(argument, original)
        assert not any(np.shares_memory(argument, result) for result in results)


def every_other(a):
    """Return the same numbers, each followed in memory by an unrelated one."""
    return np.repeat(a, 2, axis=-1)[..., ::2]


def turned(a):
    """Return the same numbers, stored from the last axis to the first."""
    return np.asfortranarray(a)


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


@every_cell
@pytest.mark.parametrize("change", [every_other, turned, read_only])
def test_the_order_in_memory_does_not_matter(name, change):
    p = problem(name)
    y, *_ = p.forward()
    arrays = p.with_arrays(change)
    libraries = [arrays]
    if change is not read_only:  # torch has no such thing
        libraries.append(arrays.with_arrays(torch.from_numpy))
    for q in libraries:
        assert relative_difference(np.asarray(q.forward()[0]), y) < 1e-12
        ours = {key: np.asarray(value) for key, value in q.backward().items()}
        assert_close(ours, p.backward(), 1e-12)


@every_cell
def test_without_a_state_it_starts_from_zeros(name):
    p = problem(name)
    zeros = tuple(np.zeros_like(s) for s in p.state)
    y, state, cache = scan.forward(p.cell, p.params, p.x)
    y_zeros, state_zeros, _ = p._replace(state=zeros).forward()
    pairs = zip((y, *state), (y_zeros, *state_zeros), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    ours = p.named(scan.backward(p.cell, p.params, cache, p.dy))
    theirs = p._replace(state=zeros, dstate=zeros).backward()
    assert all(np.array_equal(ours[key], theirs[key]) for key in theirs)


@every_cell
def test_sequences_of_a_batch_do_not_meet(name):
    p = problem(name)
    y, *_ = p.forward()
    for n in range(N):
        alone, *_ = p._replace(
            x=p.x[:, n : n + 1], state=tuple(s[n : n + 1] for s in p.state)
        ).forward()
        assert relative_difference(alone, y[:, n : n + 1]) < 1e-12


@every_cell
def test_step_by_step_is_the_same_as_at_once(name):
    """The five functions for one step, called as in a chapter, give the loop's results."""
    p = problem(name)
    y, last, _ = p.forward()
    state, caches = p.state, []
    for t in range(T):
        state, cache = p.cell.step(p.params, p.cell.project(p.params, p.x[t]), state)
        assert relative_difference(state[0], y[t]) < 1e-12
        caches.append(cache)
    assert all(relative_difference(a, b) < 1e-12 for a, b in zip(state, last, strict=True))

    dstate = p.dstate
    total = type(p.params)(*map(np.zeros_like, p.params))
    for t in reversed(range(T)):
        dstate = (dstate[0] + p.dy[t], *dstate[1:])
        da, dstate = p.cell.step_backward(p.params, caches[t], dstate)
        whole = type(caches[t])(*(array[None] for array in caches[t]))
        part = p.cell.weight_gradients(p.params, p.x[t : t + 1], whole, da[None])
        total = type(part)(*map(np.add, total, part))
    expected = p.backward()
    for key, value in total._asdict().items():
        assert relative_difference(value, expected[key]) < 1e-12, key
    for key, value in zip(p.cell.state_names, dstate, strict=True):
        assert relative_difference(value, expected[f"{key}0"]) < 1e-12, key


@every_cell
def test_an_empty_batch_gives_empty_outputs_and_zero_gradients(name):
    p = problem(name, N=0)
    y, *_ = p.forward()
    assert y.shape[:2] == (T, 0)
    ours = p.backward()
    assert all(a.shape == p.arrays()[key].shape and not a.any() for key, a in ours.items())


@every_cell
def test_nan_stays_in_its_own_sequence(name):
    p = problem(name)
    p.x[2, 1, 0] = np.nan
    y, *_ = p.forward()
    assert np.isnan(y[2:, 1]).any(axis=-1).all()
    assert np.isfinite(y[:2]).all()
    assert np.isfinite(y[:, [0, 2]]).all()


@every_cell
def test_initial_parameters_are_drawn_as_torch_does(name):
    cell = CELLS[name]
    params = init_params(name, D, H, np.random.default_rng(0))
    shapes = {key: value.shape for key, value in params._asdict().items()}
    assert shapes == param_shapes(name, D, H)
    assert type(params) is cell.params_type
    many = init_params(name, 60, 50, np.random.default_rng(0), np.float32)
    for key, value in many._asdict().items():
        assert value.dtype == np.float32, key
        bound = 50**-0.5
        assert np.abs(value).max() <= bound, key
        assert np.abs(value).max() > 0.8 * bound, key
        assert abs(value.mean()) < 0.2 * bound, key
    again = init_params(name, 60, 50, np.random.default_rng(0), np.float32)
    assert all(np.array_equal(a, b) for a, b in zip(many, again, strict=True))
