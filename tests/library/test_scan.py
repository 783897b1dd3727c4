"""The loop over time: truncated BPTT against autograd, and the functions bound to a cell."""

from __future__ import annotations

import inspect
import pydoc

import numpy as np
import pytest
import torch
from registry import CELLS, T, problem

from lessons_lib import lstm, rnn, scan
from lessons_lib.verify.gradients import relative_difference

every_cell = pytest.mark.parametrize("name", CELLS)


@every_cell
def test_truncation_at_the_full_length_is_backward_bit_for_bit(name):
    p = problem(name)
    *_, cache = p.forward()
    whole = p.backward()
    for k2 in (None, T, T + 3):
        parts = scan.truncated_backward(p.cell, p.params, cache, p.dy, p.dstate, k1=T, k2=k2)
        for key, value in p.named(parts).items():
            assert np.array_equal(value, whole[key]), (key, k2)


@every_cell
@pytest.mark.parametrize(
    ("k1", "k2"), [(1, 1), (1, 3), (2, 2), (2, 5), (3, 3), (3, 4), (5, 6), (6, 7), (1, 20), (9, 9)]
)
@pytest.mark.parametrize("last", ["dstate", None])
def test_truncation_equals_autograd_with_a_detached_state(name, k1, k2, last):
    p = problem(name)
    *_, cache = p.forward()
    dstate = p.dstate if last else None
    ours = p.named(scan.truncated_backward(p.cell, p.params, cache, p.dy, dstate, k1=k1, k2=k2))
    theirs = truncated_by_autograd(p.to_torch(requires_grad=True), k1, k2, last is not None)
    for key, value in ours.items():
        assert relative_difference(value, theirs[key]) < 1e-10, key


def truncated_by_autograd(p, k1, k2, with_dstate):
    """Sum over windows: detach k2 − k1 steps before the k1 newest, whose losses are taken."""
    total = {key: np.zeros(tuple(a.shape)) for key, a in p.arrays().items()}
    for end in [*range(k1, T, k1), T]:
        newest = range((end - 1) // k1 * k1, end)
        start = max(0, newest.start - (k2 - k1))
        state, loss = p.state, torch.zeros(())
        for t in range(end):
            if t == start and start > 0:
                state = tuple(s.detach() for s in state)
            state, _ = p.cell.step(p.params, p.cell.project(p.params, p.x[t]), state)
            if t in newest:
                loss = loss + (state[0] * p.dy[t]).sum()
        if end == T and with_dstate:
            loss = loss + sum((s * d).sum() for s, d in zip(state, p.dstate, strict=True))
        grads = torch.autograd.grad(loss, list(p.arrays().values()), materialize_grads=True)
        for key, grad in zip(total, grads, strict=True):
            total[key] += grad.numpy()
    return total


@every_cell
def test_a_cut_gradient_is_not_the_whole_one(name):
    p = problem(name)
    *_, cache = p.forward()
    cut = p.named(scan.truncated_backward(p.cell, p.params, cache, p.dy, p.dstate, k1=2))
    whole = p.backward()
    assert all(relative_difference(cut[key], whole[key]) > 1e-3 for key in whole if key != "h0")


@pytest.mark.parametrize("module", [rnn, lstm])
@pytest.mark.parametrize("name", ["forward", "backward", "truncated_backward"])
def test_bound_functions_have_help_of_their_own(module, name):
    original = getattr(scan, name)
    bound_now = {function.__name__: function for function in scan.bind(module.CELL)}
    for function in (getattr(module, name), bound_now[name]):
        bound, unbound = (inspect.signature(f).parameters for f in (function, original))
        assert list(bound.items()) == list(unbound.items())[1:]
        text = pydoc.render_doc(function, renderer=pydoc.TextDoc())
        assert (original.__doc__ or "").strip().split("\n")[0] in text
        assert "cell : Cell" not in text
        assert "Parameters\n    ----------\n    params" in text
        assert inspect.getsource(function) == inspect.getsource(original)


def test_a_function_without_help_can_be_bound():
    def forward(cell, x):
        return cell, x

    bound = scan._bound(forward, lstm.CELL)
    assert bound(1) == (lstm.CELL, 1)
    assert bound.__doc__ == ""


@every_cell
def test_bound_functions_run_the_cell(name):
    p = problem(name)
    forward, backward, truncated_backward = scan.bind(p.cell)
    y, _, cache = forward(p.params, p.x, state=p.state)
    assert np.array_equal(y, p.forward()[0])
    ours = p.named(backward(p.params, cache, p.dy, dstate=p.dstate))
    assert all(np.array_equal(ours[key], value) for key, value in p.backward().items())
    cut = p.named(truncated_backward(p.params, cache, p.dy, p.dstate, k1=T))
    assert all(np.array_equal(cut[key], value) for key, value in p.backward().items())
