"""Finite differences, and the gradient check's message with the likely cause."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch

from lessons_lib import lstm, rnn, scan
from lessons_lib.verify.gradients import check_gradients, numerical_gradient, relative_difference

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
    """For x³, (f(x + s) − f(x − s)) / 2s is off by exactly s², a one-sided one by about 3xs."""
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
    ("x", "actual"),
    [(np.zeros(2, np.float32), "float32"), ([0.0], "list"), (torch.zeros(2), "Tensor")],
)
def test_numerical_gradient_wants_float64(x, actual):
    with pytest.raises(TypeError, match=f"x: got {actual}, expected a NumPy array of float64"):
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


def gradients_of_a_network(seed=0, cell=lstm.CELL):
    """Return a loss, arrays and correct gradients for a cell with D = 4, H = 3, T = 5, N = 2."""
    rng = np.random.default_rng(seed)
    params = cell.init_params(4, 3, rng)
    x, dy = rng.standard_normal((5, 2, 4)), rng.standard_normal((5, 2, 3))
    *_, cache = scan.forward(cell, params, x)
    grads, dx, _ = scan.backward(cell, params, cache, dy)

    def loss():
        return float((scan.forward(cell, params, x)[0] * dy).sum())

    return loss, {**params._asdict(), "x": x}, {**grads._asdict(), "x": dx}


def changed(name, change):
    def apply(grads):
        grads[name] = change(grads[name].copy())

    return apply


def put(index, value):
    def apply(a):
        a[index] = value
        return a

    return apply


def swap_blocks(a):
    i, f, g, o = np.split(a, 4)
    return np.concatenate([i, f, o, g])


CAUSES = {
    "sign": (changed("W_ih", np.negative), "W_ih", "the sign"),
    "factor 2": (changed("x", lambda a: 2 * a), "x", "a factor: it is 2 times what it should be"),
    "mean for sum": (changed("b", lambda a: a / 5), "b", "a factor: it is 0.2 times"),
    "zero": (changed("W_hh", np.zeros_like), "W_hh", "it is zero"),
    "NaN": (changed("b", put(3, np.nan)), "b", "it is not finite"),
    "late": (changed("x", lambda a: np.roll(a, 1, axis=0)), "x",
             "off by one in time: what stands at t belongs to t − 1"),
    "early": (changed("x", lambda a: np.roll(a, -1, axis=0)), "x",
              "off by one in time: what stands at t belongs to t + 1"),
    "backwards": (changed("x", lambda a: a[::-1]), "x", "time runs backwards"),
    "cut": (changed("x", lambda a: a * [[[1.1]], [[1.2]], [[1.3]], [[1.4]], [[1]]]), "x",
            "only the last step is right: a term that comes back from step t + 1 is missing"),
    "first step": (changed("x", put(0, 0.0)), "x", "only step 0 is wrong"),
    "gate order": (changed("W_ih", swap_blocks), "W_ih", "the blocks stand in the order i f o g"),
    "one gate": (changed("W_hh", put((4, 1), 9.0)), "W_hh",
                 "of the blocks i f g o only these are wrong: f"),
    "two gates": (changed("b", put([0, 11], 9.0)), "b",
                  "of the blocks i f g o only these are wrong: i o"),
}  # fmt: skip


@pytest.mark.parametrize("case", CAUSES)
def test_check_gradients_names_the_likely_cause(case):
    change, name, cause = CAUSES[case]
    loss, x, grads = gradients_of_a_network()
    check_gradients(loss, x, grads)
    change(grads)
    with pytest.raises(AssertionError) as caught:
        check_gradients(loss, x, grads)
    message = str(caught.value)
    assert message.startswith(f"gradient of {name}: ")
    assert f"; likely cause: {cause}" in message
    assert "\n" not in message


def test_check_gradients_sees_a_transposed_matrix():
    loss, x, grads = gradients_of_a_network(cell=rnn.CELL)
    grads["W_hh"] = grads["W_hh"].T.copy()
    with pytest.raises(
        AssertionError, match=r"gradient of W_hh: .*; likely cause: it is transposed"
    ):
        check_gradients(loss, x, grads)


def test_check_gradients_suspects_the_state_when_b_is_right():
    """A common misprint: dW from h_t instead of h_{t−1}."""
    rng = np.random.default_rng(0)
    params = rnn.init_params(4, 3, rng)
    x, dy = rng.standard_normal((5, 2, 4)), rng.standard_normal((5, 2, 3))
    *_, cache = rnn.forward(params, x)
    late = cache._replace(steps=[step._replace(h_prev=step.h) for step in cache.steps])
    grads, _, _ = rnn.backward(params, late, dy)
    with pytest.raises(
        AssertionError, match=r"of W_hh: .*cause: that of b is right, .* off by one"
    ):
        check_gradients(
            lambda: float((rnn.forward(params, x)[0] * dy).sum()), params._asdict(), grads._asdict()
        )


def test_check_gradients_names_every_gradient_that_is_off():
    loss, x, grads = gradients_of_a_network()
    for change, *_ in (CAUSES["one gate"], CAUSES["late"]):
        change(grads)
    with pytest.raises(AssertionError) as caught:
        check_gradients(loss, x, grads)
    assert [line.split(":")[0] for line in str(caught.value).split("\n")] == [
        "gradient of W_hh",
        "gradient of x",
    ]


@pytest.mark.parametrize("name", ["W_ih", "W_hh", "b", "x"])
@pytest.mark.parametrize("cell", [rnn.CELL, lstm.CELL])
def test_no_cause_is_named_where_the_numbers_do_not_tell(name, cell):
    loss, x, grads = gradients_of_a_network(cell=cell)
    noise = np.random.default_rng(1).standard_normal(grads[name].shape)
    grads[name] = grads[name] * (1 + 0.3 * noise)
    others = {key: grads[key] for key in grads if key != "b" or name != "W_hh"}
    with pytest.raises(AssertionError, match=f"gradient of {name}") as caught:
        check_gradients(loss, {key: x[key] for key in others}, others)
    assert "likely cause" not in str(caught.value)
