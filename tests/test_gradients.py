"""Finite differences, the gradient check's failure, and norms."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lessons_lib.gradients import (
    check_gradients,
    global_norm,
    numerical_gradient,
    relative_difference,
)

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("library", [np.asarray, torch.tensor])
def test_relative_difference_is_relative_to_the_largest_element(library):
    a, b = (library(np.array(v)) for v in ([1.0, -2.0, 0.5], [1.0, -4.0, 0.0]))
    assert relative_difference(a, b) == 0.5
    assert relative_difference(b, a) == 0.5
    assert relative_difference(1e-200 * a, 1e-200 * b) == pytest.approx(0.5)
    assert relative_difference(a, a) == 0
    assert relative_difference(0 * a, 0 * a) == 0
    assert relative_difference(0 * a, a) == 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("library", [np.asarray, torch.tensor])
def test_relative_difference_to_what_is_not_finite_is_nan(bad, library):
    a, b = library([1.0, 2.0]), library([1.0, bad])
    for pair in ((a, b), (b, a), (b, b)):
        assert math.isnan(relative_difference(*pair))


def test_relative_difference_of_empty_arrays_is_zero():
    assert relative_difference(np.zeros((0, 3)), np.zeros((0, 3))) == 0


def test_relative_difference_refuses_to_broadcast():
    with pytest.raises(ValueError, match=re.escape("b: got shape (1, 3), expected (3,)")):
        relative_difference(np.zeros(3), np.zeros((1, 3)))


def test_numerical_gradient_of_a_known_function():
    x = RNG.standard_normal((2, 3))
    before = x.copy()
    gradient = numerical_gradient(lambda: float(np.sum(np.sin(x) * np.arange(6).reshape(2, 3))), x)
    expected = np.cos(x) * np.arange(6).reshape(2, 3)
    assert np.abs(gradient - expected).max() < 1e-8
    assert np.array_equal(x, before)


def test_numerical_gradient_is_of_second_order():
    """(f(x + s) − f(x − s)) / 2s of x³ is off by s² exactly, a one-sided quotient by some 3xs."""
    x = np.array([2.0])
    assert numerical_gradient(lambda: float(x[0] ** 3), x, 0.5)[0] == pytest.approx(12.25)


def test_numerical_gradient_puts_the_element_back_when_the_loss_raises():
    x = np.array([1.0, 2.0])

    def loss():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        numerical_gradient(loss, x)
    assert np.array_equal(x, [1.0, 2.0])


@pytest.mark.parametrize(
    ("x", "came"),
    [(np.zeros(2, np.float32), "float32"), ([0.0], "list"), (torch.zeros(2), "Tensor")],
)
def test_numerical_gradient_wants_float64(x, came):
    with pytest.raises(TypeError, match=f"x: got {came}, expected a NumPy array of float64"):
        numerical_gradient(lambda: 0.0, x)


def quadratic():
    x = {"A": RNG.standard_normal((3, 2)), "b": RNG.standard_normal(4)}
    return (
        x,
        lambda: float(sum((a**3).sum() for a in x.values())),
        {name: 3 * a**2 for name, a in x.items()},
    )


def test_check_gradients_passes_what_is_right():
    x, loss, gradients = quadratic()
    differences = check_gradients(loss, x, gradients)
    assert differences.keys() == x.keys()
    assert all(0 < d < 1e-8 for d in differences.values())


def test_check_gradients_names_array_element_and_both_values():
    x, loss, gradients = quadratic()
    gradients["A"][2, 1] += 0.5
    wrong, right = gradients["A"][2, 1], 3 * x["A"][2, 1] ** 2
    with pytest.raises(AssertionError) as caught:
        check_gradients(loss, x, gradients)
    message = str(caught.value)
    assert "gradient of A" in message
    assert "(2, 1)" in message
    assert f"got {wrong:.6g}, finite differences give {right:.6g}" in message


@pytest.mark.parametrize("tolerance", [1e-6, 0.3])
def test_check_gradients_fails_just_above_the_tolerance(tolerance):
    x, loss, gradients = quadratic()
    scale = np.abs(gradients["b"]).max()
    smallest = np.abs(gradients["b"]).argmin()
    gradients["b"][smallest] += 0.9 * tolerance * scale
    check_gradients(loss, x, gradients, tolerance)
    gradients["b"][smallest] += 0.2 * tolerance * scale
    with pytest.raises(AssertionError, match="gradient of b"):
        check_gradients(loss, x, gradients, tolerance)


def test_check_gradients_fails_for_nan():
    x, loss, gradients = quadratic()
    gradients["b"][:] = np.nan
    with pytest.raises(AssertionError, match="gradient of b"):
        check_gradients(loss, x, gradients)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda x, g: g.pop("b"), ValueError, "gradients: got ['A'], expected ['A', 'b']"),
        (lambda x, g: x.pop("b"), ValueError, "gradients: got ['A', 'b'], expected ['A']"),
        (
            lambda x, g: g.update(A=g["A"].T),
            ValueError,
            "gradients['A']: got shape (2, 3), expected (3, 2)",
        ),
        (
            lambda x, g: g.update(A=torch.tensor(g["A"])),
            TypeError,
            "gradients['A']: got Tensor, expected a NumPy array",
        ),
        (
            lambda x, g: x.update(A=x["A"].astype(np.float32)),
            TypeError,
            "arrays['A']: got float32, expected a NumPy array of float64",
        ),
    ],
)
def test_check_gradients_names_a_bad_argument(change, error, message):
    x, loss, gradients = quadratic()
    change(x, gradients)
    with pytest.raises(error, match=re.escape(message)):
        check_gradients(loss, x, gradients)


finite = arrays(np.float64, st.integers(0, 5), elements=st.floats(-1e3, 1e3, allow_subnormal=False))


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
