"""The compiled loop under autograd: gradients, second derivatives, and cases for other code."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from registry import CELLS
from trace_cases import cases, masked_problem

from lessons_lib import lstm, scan
from lessons_lib.masks import NO_MASKS, StackMasks
from lessons_lib.torch_modules.autograd import Network, apply
from lessons_lib.trace import compiled
from lessons_lib.verify.gradients import relative_difference


def run_compiled(cell, params, x, state=None, masks=NO_MASKS):
    """Run a cell as the layers do; return y and the last state."""
    if state is None:
        state = scan.zero_state(cell, params, x)
    network = Network(cell, 1, 1, None, StackMasks((None,), ((masks,),)), "compiled")
    y, *last = apply(network, x, tuple(part[None] for part in state), ((params,),))
    return y, *(part[0] for part in last)


def leaves(p):
    return [p.x, *p.state, *p.params]


def loss(p, run):
    y, *last = run(p.cell, p.params, p.x, p.state, p.masks)
    return (y * p.dy).sum() + sum((s * d).sum() for s, d in zip(last, p.dstate, strict=True))


def by_equations(*args):
    y, last, _ = scan.forward(*args)
    return y, *last


@pytest.mark.parametrize(("cell", "masks"), cases())
def test_gradients_equal_autograds(cell, masks):
    p = masked_problem(cell, masks).to_torch(requires_grad=True)
    actual = torch.autograd.grad(loss(p, run_compiled), leaves(p))
    expected = torch.autograd.grad(loss(p, by_equations), leaves(p))
    for a, b in zip(actual, expected, strict=True):
        assert relative_difference(a.numpy(), b.numpy()) < 1e-10


@pytest.mark.parametrize("cell", CELLS)
def test_gradcheck_and_second_derivatives(cell):
    p = masked_problem(cell, "no masks", T=3, N=2).to_torch(requires_grad=True)

    def function(x, *rest):
        size = len(p.state)
        params = type(p.params)(*rest[size:])
        return run_compiled(p.cell, params, x, rest[:size])

    assert torch.autograd.gradcheck(function, leaves(p))
    if cell != "rnn.CELL_RELU":  # its second derivative jumps at the points of the differences
        assert torch.autograd.gradgradcheck(function, leaves(p))


def test_transformations_follow_the_equations():
    p = masked_problem("lstm.CELL", "no masks").to_torch()

    def function(x):
        return run_compiled(p.cell, p.params, x, p.state)[0].sum()

    x = p.x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(function(x), x)
    assert relative_difference(torch.func.grad(function)(p.x).numpy(), expected.numpy()) < 1e-12


def test_what_is_not_plain_runs_by_the_equations(monkeypatch):
    monkeypatch.setattr(compiled, "run", None)  # would fail
    p = masked_problem("lstm.CELL", "no masks").to_torch()
    for dtype in (torch.bfloat16, torch.float16):
        q = p.with_arrays(lambda a, dtype=dtype: a.to(dtype))
        y, *_ = run_compiled(q.cell, q.params, q.x, q.state)
        assert y.dtype == dtype
    y, *_ = run_compiled(*p.with_arrays(lambda a: a.to("meta"))[:4])
    assert y.is_meta


def test_without_gradients_nothing_is_kept(monkeypatch):
    asked, run = [], compiled.run

    def asking(*args):
        asked.append(args[-1])
        return run(*args)

    monkeypatch.setattr(compiled, "run", asking)
    p = masked_problem("lstm.CELL", "zoneout").to_torch()
    y, *last = run_compiled(p.cell, p.params, p.x, p.state, p.masks)
    expected, state, _ = scan.forward(p.cell, p.params, p.x, p.state, p.masks)
    assert asked == [False]
    assert relative_difference(y.numpy(), expected.numpy()) < 1e-12
    for a, b in zip(last, state, strict=True):
        assert relative_difference(a.numpy(), b.numpy()) < 1e-12


def test_a_tensor_that_is_changed_before_the_backward_pass_is_refused():
    p = masked_problem("lstm.CELL", "no masks").to_torch(requires_grad=True)
    value = loss(p, run_compiled)
    with torch.no_grad():
        p.params.W_hh.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        value.backward()


def test_the_backward_pass_runs_twice():
    p = masked_problem("gru.CELL", "all").to_torch(requires_grad=True)
    value = loss(p, run_compiled)
    first = torch.autograd.grad(value, leaves(p), retain_graph=True)
    second = torch.autograd.grad(value, leaves(p))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_gradients_that_are_expanded_or_transposed_are_read_rightly():
    p = masked_problem("lstm.CELL", "no masks").to_torch(requires_grad=True)
    for change in (torch.sum, lambda y: (y.transpose(0, 2) * p.dy.transpose(0, 2)).sum()):
        y, *_ = run_compiled(p.cell, p.params, p.x, p.state)
        expected, *_ = by_equations(p.cell, p.params, p.x, p.state)
        (a,) = torch.autograd.grad(change(y), p.x)
        (b,) = torch.autograd.grad(change(expected), p.x)
        assert relative_difference(a.numpy(), b.numpy()) < 1e-12


def test_it_trains_as_torchs_layer_does():
    torch.manual_seed(0)
    layer = torch.nn.LSTM(3, 5)
    params = lstm.Params(
        layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0 + layer.bias_hh_l0
    )
    x = torch.randn(7, 2, 3)
    y, *_ = run_compiled(lstm.CELL, params, x)
    y.square().sum().backward()
    actual = {n: p.grad.clone() for n, p in layer.named_parameters()}
    layer.zero_grad()
    layer(x)[0].square().sum().backward()
    for name, parameter in layer.named_parameters():
        assert np.allclose(actual[name], parameter.grad, rtol=1e-4, atol=1e-5)
