"""Norms of gradients and clipping, by norm and by value."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lessons_lib import lstm, stack
from lessons_lib.clipping import clip_by_norm, clip_by_value, global_norm

finite = arrays(np.float64, st.integers(0, 5), elements=st.floats(-1e3, 1e3, allow_subnormal=False))


@settings(deadline=None)
@given(st.lists(finite, max_size=3))
def test_global_norm_is_that_of_all_elements_in_a_row(parts):
    expected = math.hypot(*(value for part in parts for value in part))
    assert global_norm(parts) == pytest.approx(expected, rel=1e-12)
    assert global_norm([torch.tensor(a) for a in parts]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("library", [np.asarray, torch.tensor])
def test_global_norm_of_an_exploded_float32_gradient_does_not_overflow(library):
    exploded = library(np.array([3e30, 4e30], dtype=np.float32))
    assert global_norm([exploded]) == pytest.approx(5e30, rel=1e-6)


def test_global_norm_of_what_is_not_finite_is_not_finite():
    assert global_norm([np.array([1.0, np.inf])]) == np.inf
    assert math.isnan(global_norm([np.array([1.0]), np.array([np.nan])]))
    assert math.isnan(global_norm([np.array([np.nan]), np.array([1.0])]))


LIBRARIES = pytest.mark.parametrize("library", [np.asarray, torch.tensor])


def gradients(library, scale=1.0):
    rng = np.random.default_rng(0)
    params = lstm.init_params(4, 3, rng)
    return lstm.Params(*(library(scale * rng.standard_normal(p.shape)) for p in params))


@LIBRARIES
@pytest.mark.parametrize("max_norm", [0.1, 3.0, 9.1])
def test_a_longer_gradient_is_shortened_in_its_own_direction(library, max_norm):
    grads = gradients(library)
    norm = global_norm(grads)
    assert norm > 9.1
    clipped = clip_by_norm(grads, max_norm)
    assert type(clipped) is lstm.Params
    assert global_norm(clipped) == pytest.approx(max_norm, rel=1e-12)
    for a, b in zip(clipped, grads, strict=True):
        assert np.abs(np.asarray(a * norm - b * max_norm)).max() < 1e-12


@LIBRARIES
def test_a_shorter_gradient_is_left_as_it_is_in_fresh_arrays(library):
    grads = gradients(library)
    norm = global_norm(grads)
    for max_norm in (norm, norm * 1.01, 1e9, math.inf):
        clipped = clip_by_norm(grads, max_norm)
        for a, b in zip(clipped, grads, strict=True):
            assert np.array_equal(a, b)
            assert not np.shares_memory(np.asarray(a), np.asarray(b))


def test_it_is_torchs_clip_grad_norm():
    grads = gradients(torch.tensor, 5.0)
    parameters = [torch.nn.Parameter(torch.zeros_like(g)) for g in grads]
    for parameter, g in zip(parameters, grads, strict=True):
        parameter.grad = g.clone()
    torch.nn.utils.clip_grad_norm_(parameters, 2.0)
    for parameter, g in zip(parameters, clip_by_norm(grads, 2.0), strict=True):
        assert parameter.grad is not None
        assert torch.allclose(parameter.grad, g, rtol=1e-6)  # torch adds 1e-6 to the norm


@LIBRARIES
def test_by_value_each_element_is_cut(library):
    grads = gradients(library)
    before = [np.array(np.asarray(g)) for g in grads]
    clipped = clip_by_value(grads, 0.5)
    for a, b, original in zip(clipped, grads, before, strict=True):
        assert np.array_equal(np.asarray(a), np.clip(original, -0.5, 0.5))
        assert np.array_equal(np.asarray(b), original)
        assert not np.shares_memory(np.asarray(a), np.asarray(b))
    untouched = clip_by_value(grads, 100.0)
    assert all(np.array_equal(a, b) for a, b in zip(untouched, grads, strict=True))
    assert not np.shares_memory(np.asarray(untouched[0]), np.asarray(grads[0]))


def test_the_gradients_of_a_stack_keep_their_form():
    params = stack.init_params(lstm.CELL, 4, 3, np.random.default_rng(0), 2, bidirectional=True)
    norm = global_norm(params)
    for clipped in (clip_by_norm(params, norm / 2), clip_by_value(params, 0.01)):
        assert [[type(p) for p in layer] for layer in clipped] == [[lstm.Params] * 2] * 2
    assert global_norm(clip_by_norm(params, norm / 2)) == pytest.approx(norm / 2)
    assert isinstance(clip_by_norm(list(params[0][0]), 1.0), list)


@pytest.mark.parametrize("bad", [0, -1.0, math.nan])
@pytest.mark.parametrize(("clip", "name"), [(clip_by_norm, "max_norm"), (clip_by_value, "limit")])
def test_a_bound_that_is_none_is_refused(clip, name, bad):
    with pytest.raises(
        ValueError, match=re.escape(f"{name}: got {bad}, expected a number above 0")
    ):
        clip([np.ones(2)], bad)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_has_no_direction_is_refused_by_norm_and_passed_by_value(bad):
    grads = [np.array([1.0, bad])]
    with pytest.raises(ValueError, match=f"grads: got a norm of {bad}, expected a finite one"):
        clip_by_norm(grads, 1.0)
    passed = np.nan if np.isnan(bad) else 2.0
    assert np.array_equal(clip_by_value(grads, 2.0)[0], [1.0, passed], equal_nan=True)
