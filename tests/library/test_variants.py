"""Relations between the models: special cases, frozen states, conventions, initial weights."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from registry import D, H, N, T, problem

from lessons_lib import (
    arrays,
    gru,
    lstm,
    lstm_peepholes,
    lstm_projected,
    rnn,
    scan,
)
from lessons_lib.verify.gradients import relative_difference

RESETS = pytest.mark.parametrize("name", ["gru.CELL", "gru.CELL_BEFORE"])


def with_gates(p, r, z):
    """Hold a GRU's gates at 0 or 1 by biases that saturate them."""
    b = p.params.b.copy()
    b[:H], b[H : 2 * H] = (2 * r - 1) * 1e3, (2 * z - 1) * 1e3
    return p._replace(params=p.params._replace(b=b))


@RESETS
def test_with_r_1_and_z_0_the_gru_is_the_plain_rnn(name):
    p = with_gates(problem(name), r=1, z=0)
    b_hn = getattr(p.params, "b_hn", 0)
    plain = rnn.Params(p.params.W_ih[2 * H :], p.params.W_hh[2 * H :], p.params.b[2 * H :] + b_hn)
    q = p._replace(cell=rnn.CELL, params=plain)
    assert relative_difference(p.forward()[0], q.forward()[0]) < 1e-14
    ours, theirs = p.backward(), q.backward()
    for key in ("x", "h0"):
        assert relative_difference(ours[key], theirs[key]) < 1e-13
    for key in ("W_ih", "W_hh", "b"):
        assert relative_difference(ours[key][2 * H :], theirs[key]) < 1e-13
        assert not ours[key][: 2 * H].any()  # saturated gates pass no gradient


@RESETS
@pytest.mark.parametrize("r", [0, 1])
def test_with_z_1_the_gru_keeps_its_state(name, r):
    p = with_gates(problem(name), r=r, z=1)
    y, *_ = p.forward()
    assert np.array_equal(y, np.broadcast_to(p.state[0], y.shape))
    ours = p.backward()
    assert relative_difference(ours["h0"], p.dy.sum(axis=0) + p.dstate[0]) < 1e-14
    assert not any(ours[key].any() for key in ("W_ih", "W_hh", "x"))


@RESETS
def test_chungs_sign_is_the_update_gates_weights_negated(name):
    """His (1 − z) h + z n with z = σ(a) is torch's (1 − z) n + z h with z = σ(−a)."""
    p = problem(name)
    sign = np.repeat([1.0, -1.0, 1.0], H)
    flipped = p.params._replace(
        W_ih=sign[:, None] * p.params.W_ih, W_hh=sign[:, None] * p.params.W_hh, b=sign * p.params.b
    )
    (h,) = p.state
    for x in p.x:
        (next_h,), cache = p.cell.step(flipped, p.cell.project(flipped, x), (h,))
        _, cache_torch = p.cell.step(p.params, p.cell.project(p.params, x), (h,))
        z = cache_torch.z
        assert relative_difference(next_h, (1 - z) * h + z * cache.n) < 1e-14
        h = next_h


def test_the_two_resets_are_different_models():
    p = problem("gru.CELL_BEFORE")
    W_ih, W_hh, b = p.params
    for b_hn in (np.zeros(H), np.ones(H)):
        after = gru.Params(W_ih, W_hh, b, b_hn)
        y, *_ = gru.forward(after, p.x, p.state)
        assert relative_difference(y, p.forward()[0]) > 0.01


@pytest.mark.parametrize(
    ("cell", "name", "words", "cells"),
    [
        (gru.cell, "reset", ("after", "before"), (gru.CELL, gru.CELL_BEFORE)),
        (rnn.cell, "nonlinearity", ("tanh", "relu"), (rnn.CELL, rnn.CELL_RELU)),
    ],
)
def test_a_word_chooses_the_cell(cell, name, words, cells):
    assert tuple(cell(word) for word in words) == cells
    assert cell() is cells[0]
    for bad in ("both", None, ["after"], 1):
        message = f"{name}: got {bad!r}, expected '{words[0]}' or '{words[1]}'"
        with pytest.raises(ValueError, match=re.escape(message)):
            cell(bad)


def test_init_params_of_the_gru_takes_the_word_too():
    rng = np.random.default_rng(0)
    assert gru.init_params(D, H, rng, reset="before")._fields == ("W_ih", "W_hh", "b")
    assert gru.init_params(D, H, rng)._fields == ("W_ih", "W_hh", "b", "b_hn")


@pytest.mark.parametrize("bad", ["aftr", "Before", "", None, True])
def test_a_misspelt_reset_is_refused_wherever_it_is_taken(bad):
    calls = {
        "cell": lambda: gru.cell(reset=bad),
        "init_params": lambda: gru.init_params(D, H, np.random.default_rng(0), reset=bad),
    }
    functions = {n: f for n, f in vars(gru).items() if "mutmut" not in n}  # mutants aside
    taking = {n for n, f in functions.items() if "reset" in getattr(f, "__annotations__", {})}
    assert taking == {*calls}
    for call in calls.values():
        with pytest.raises(ValueError, match=f"^reset: got {bad!r}, expected 'after' or 'before'"):
            call()


@pytest.mark.parametrize("library", [np.asarray, torch.tensor])
def test_relu_is_torchs_nan_and_infinities_included(library):
    x = np.array([-np.inf, -1.0, -0.0, 0.0, 2.0, np.inf, np.nan])
    theirs = torch.relu(torch.tensor(x)).numpy()
    assert np.array_equal(np.asarray(arrays.relu(library(x))), theirs, equal_nan=True)


@pytest.mark.parametrize("library", [np.asarray, torch.tensor])
def test_relus_reverse_is_torchs_nan_and_infinities_included(library):
    odd = np.array([-np.inf, -1.0, 0.0, 2.0, np.inf, np.nan])
    h, dh = (part.reshape(1, -1) for part in np.meshgrid(odd, odd))  # each with each
    params = rnn.Params(None, library(np.eye(odd.size**2)), None)
    cache = rnn.Cache(library(h), library(h))
    with np.errstate(invalid="ignore"):  # of da @ W_hh
        da, _ = rnn.step_relu_backward(params, cache, (library(dh),))
    theirs = torch.ops.aten.threshold_backward(torch.tensor(dh), torch.tensor(h), 0)
    assert np.array_equal(np.asarray(da), theirs.numpy(), equal_nan=True)


def test_relus_slope_at_0_is_0_by_hand_as_in_torch():
    params = rnn.init_identity(D, H, np.random.default_rng(0))
    x = np.zeros((T, N, D))
    _, _, cache = scan.forward(rnn.CELL_RELU, params, x)
    grads, dx, (dh0,) = scan.backward(rnn.CELL_RELU, params, cache, np.ones((T, N, H)))
    assert not any(a.any() for a in (*grads, dx, dh0))
    h = torch.zeros(H, requires_grad=True)
    arrays.relu(h).sum().backward()
    assert not h.grad.any()


def test_the_irnn_starts_by_keeping_what_it_has():
    params = rnn.init_identity(D, H, np.random.default_rng(0), scale=0.9)
    assert np.array_equal(params.W_hh, 0.9 * np.eye(H))
    assert not params.b.any()
    assert rnn.init_identity(D, H, np.random.default_rng(0)).W_hh[0, 0] == 1
    wide = rnn.init_identity(100, 100, np.random.default_rng(0), dtype=np.float32)
    assert wide.W_ih.std() == pytest.approx(1e-3, rel=0.05)
    assert {a.dtype for a in wide} == {np.dtype(np.float32)}
    assert (
        rnn.init_identity(100, 100, np.random.default_rng(0), input_deviation=0.5).W_ih.std() > 0.4
    )
    state = (np.abs(np.random.default_rng(1).standard_normal((N, H))),)
    y, *_ = scan.forward(rnn.CELL_RELU, params, np.zeros((T, N, D)), state)
    assert relative_difference(y[-1], 0.9**T * state[0]) < 1e-14
    with pytest.raises(TypeError, match="generator: got NoneType"):
        rnn.init_identity(D, H, None)  # type: ignore[arg-type]


def test_peepholes_as_their_equations_say():
    """Each step again in plain NumPy, without sharing any code with the library."""
    p = problem("lstm_peepholes.CELL")
    (h, c), y = p.state, []
    for x in p.x:
        i, f, g, o = np.split(p.params.W_ih @ x.T + p.params.W_hh @ h.T, 4)
        b_i, b_f, b_g, b_o = np.split(p.params.b, 4)
        i = 1 / (1 + np.exp(-(i.T + b_i + p.params.p_i * c)))
        f = 1 / (1 + np.exp(-(f.T + b_f + p.params.p_f * c)))
        c = f * c + i * np.tanh(g.T + b_g)
        o = 1 / (1 + np.exp(-(o.T + b_o + p.params.p_o * c)))
        h = o * np.tanh(c)
        y.append(h)
    ours, (_, last_c), _ = p.forward()
    assert relative_difference(ours, np.stack(y)) < 1e-13
    assert relative_difference(last_c, c) < 1e-13


def test_without_peepholes_in_use_it_is_the_plain_lstm():
    p = problem("lstm_peepholes.CELL")
    none = np.zeros(H)
    y, *_ = lstm_peepholes.forward(p.params._replace(p_i=none, p_f=none, p_o=none), p.x, p.state)
    plain, *_ = lstm.forward(lstm.Params(*p.params[:3]), p.x, p.state)
    assert np.array_equal(y, plain)


def test_projection_is_narrower_and_its_state_too():
    params = lstm_projected.init_params(D, H, np.random.default_rng(0), proj_size=2)
    y, (h, c), _ = lstm_projected.forward(params, np.zeros((T, N, D)))
    assert (y.shape, h.shape, c.shape) == ((T, N, 2), (N, 2), (N, H))
    count = sum(a.size for a in params)
    assert count == 4 * (D * H + H * 2 + H) + H * 2
    for bad, error in ((H, ValueError), (0, ValueError), (2.0, TypeError)):
        with pytest.raises(error, match=f"proj_size: got {bad}, expected "):
            lstm_projected.init_params(D, H, np.random.default_rng(0), proj_size=bad)  # type: ignore[arg-type]
