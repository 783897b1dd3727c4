"""Bad input is rejected by name: the argument, what it got, what was expected."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from registry import CELLS, D, H, N, T, init_params, param_shapes, problem

from lessons_lib import lstm, rnn, scan

every_cell = pytest.mark.parametrize("name", CELLS)


def run(p, **changes):
    """Run forward and backward with some arguments replaced."""
    params, x, state = (changes.get(k, getattr(p, k)) for k in ("params", "x", "state"))
    *_, cache = scan.forward(p.cell, params, x, state)
    dy, dstate = (changes.get(k, getattr(p, k)) for k in ("dy", "dstate"))
    return scan.backward(
        p.cell, changes.get("back_params", params), changes.get("cache", cache), dy, dstate
    )


def first(state, array):
    return (array, *state[1:])


# what is changed: (argument's name in the message, error, what came, what was expected)
BAD = {
    "x a list": (
        lambda p: {"x": p.x.tolist()},
        TypeError, "x", "list", "a NumPy array or a tensor",
    ),
    "x of two axes": (
        lambda p: {"x": p.x[0]},
        ValueError, "x", f"({N}, {D})", "(T, N, D)",
    ),
    "x without a step": (
        lambda p: {"x": p.x[:0]},
        ValueError, "x", f"(0, {N}, {D})", "T >= 1",
    ),
    "x of integers": (
        lambda p: {"x": p.x.astype(int)},
        TypeError, "x", "int64", "a floating-point dtype",
    ),
    "x complex": (
        lambda p: {"x": p.x + 0j},
        TypeError, "x", "complex128", "a floating-point dtype",
    ),
    "x of objects": (
        lambda p: {"x": p.x.astype(object)},
        TypeError, "x", "object", "a floating-point dtype",
    ),
    "x of other features": (
        lambda p: {"x": p.x[..., 1:]},
        ValueError, "x", f"{D - 1} features", f"expected {D}",
    ),
    "x a tensor, params arrays": (
        lambda p: {"x": torch.tensor(p.x)},
        TypeError, "params.W_ih", "ndarray", "Tensor",
    ),
    "x of other dtype": (
        lambda p: {"x": p.x.astype(np.float32)},
        TypeError, "params.W_ih", "float64", "float32",
    ),
    "params a tuple": (
        lambda p: {"params": tuple(p.params)},
        TypeError, "params", "tuple", "(W_ih, ",
    ),
    "params None": (
        lambda p: {"params": None},
        TypeError, "params", "NoneType", "(W_ih",
    ),
    "a list for a matrix": (
        lambda p: {"params": p.params._replace(W_hh=p.params.W_hh.tolist())},
        TypeError, "params.W_hh", "list", "a NumPy array",
    ),
    "one bias number": (
        lambda p: {"params": p.params._replace(b=0.0)},
        TypeError, "params.b", "float", "a NumPy array",
    ),
    "bias of mixed dtype": (
        lambda p: {"params": p.params._replace(b=p.params.b.astype(np.float32))},
        TypeError, "params.b", "float32", "float64",
    ),
    "a vector for a matrix": (
        lambda p: {"params": p.params._replace(W_ih=p.params.W_ih[0])},
        ValueError, "params.W_ih", f"({D},)", "a matrix",
    ),
    "W_ih transposed": (
        lambda p: {"params": p.params._replace(W_ih=p.params.W_ih.T)},
        ValueError, "params.W_ih", f"({D}, ", "expected",
    ),
    "W_hh cut": (
        lambda p: {"params": p.params._replace(W_hh=p.params.W_hh[1:])},
        ValueError, "params.W_hh", "got shape", "expected",
    ),
    "b a column": (
        lambda p: {"params": p.params._replace(b=p.params.b[:, None])},
        ValueError, "params.b", ", 1)", "expected",
    ),
    "state an array": (
        lambda p: {"state": p.state[0]},
        TypeError, "state", "ndarray", "the tuple (h,",
    ),
    "state a list": (
        lambda p: {"state": list(p.state)},
        TypeError, "state", "list", "the tuple (h,",
    ),
    "state of one more": (
        lambda p: {"state": (*p.state, p.state[0])},
        ValueError, "state", "a tuple of", "the tuple (h,",
    ),
    "state empty": (
        lambda p: {"state": ()},
        ValueError, "state", "a tuple of 0", "the tuple (h,",
    ),
    "state of other batch": (
        lambda p: {"state": tuple(s[1:] for s in p.state)},
        ValueError, "state's h", f"({N - 1}, ", f"({N}, ",
    ),
    "state with torch's layer axis": (
        lambda p: {"state": tuple(s[None] for s in p.state)},
        ValueError, "state's h", f"(1, {N}, ", "(N, H)",
    ),
    "state of integers": (
        lambda p: {"state": first(p.state, np.zeros(p.state[0].shape, int))},
        TypeError, "state's h", "int64", "a floating-point dtype",
    ),
    "state of mixed dtype": (
        lambda p: {"state": first(p.state, p.state[0].astype(np.float32))},
        TypeError, "state's h", "float32", "float64",
    ),
    "state a tensor": (
        lambda p: {"state": first(p.state, torch.tensor(p.state[0]))},
        TypeError, "state's h", "Tensor", "ndarray",
    ),
    "state None inside": (
        lambda p: {"state": first(p.state, None)},
        TypeError, "state's h", "NoneType", "a NumPy array",
    ),
    "dy of one step": (
        lambda p: {"dy": p.dy[-1]},
        ValueError, "dy", f"({N}, ", f"(T, N, H) = ({T}, {N}, ",
    ),
    "dy of other steps": (
        lambda p: {"dy": p.dy[1:]},
        ValueError, "dy", f"({T - 1}, {N}, ", f"(T, N, H) = ({T}, {N}, ",
    ),
    "dy None": (
        lambda p: {"dy": None},
        TypeError, "dy", "NoneType", "a NumPy array",
    ),
    "dy of mixed dtype": (
        lambda p: {"dy": p.dy.astype(np.float32)},
        TypeError, "dy", "float32", "float64",
    ),
    "dstate an array": (
        lambda p: {"dstate": p.dstate[0]},
        TypeError, "dstate", "ndarray", "the tuple (h,",
    ),
    "dstate of other batch": (
        lambda p: {"dstate": tuple(s[1:] for s in p.dstate)},
        ValueError, "dstate's h", f"({N - 1}, ", f"({N}, ",
    ),
    "cache is y": (
        lambda p: {"cache": p.forward()[0]},
        TypeError, "cache", "ndarray", "forward returned third",
    ),
    "cache is what forward returned": (
        lambda p: {"cache": p.forward()},
        TypeError, "cache", "tuple", "forward returned third",
    ),
    "cache None": (
        lambda p: {"cache": None},
        TypeError, "cache", "NoneType", "forward returned third",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "case"),
    [
        (name, case)
        for name, cell in CELLS.items()
        for case, (_, _, argument, *_) in BAD.items()
        if argument != "params.W_hh" or "W_hh" in cell.shapes
    ],
)
def test_bad_arguments_are_named(name, case):
    change, error, argument, actual, expected = BAD[case]
    p = problem(name)
    run(p)  # valid unchanged
    with pytest.raises(error) as caught:
        run(p, **change(p))
    message = str(caught.value)
    assert message.startswith(f"{argument}: got ")
    assert actual in message
    assert expected in message


@every_cell
def test_what_belongs_to_another_cell_is_refused(name):
    p = problem(name)
    for other_name in CELLS:
        other = problem(other_name)
        if other.cell.params_type is not p.cell.params_type:
            with pytest.raises(TypeError, match=r"^params: got \w+\.\w+, expected \w+\.\w+\(W_ih"):
                run(p, params=other.params)
        if other.cell is not p.cell:
            message = f"cache: got one of the {other.cell.name}, expected what forward"
            with pytest.raises(TypeError, match="^" + re.escape(message)):
                run(p, cache=other.forward()[2])


def test_the_module_is_not_the_cell():
    p = problem("lstm.CELL")
    *_, cache = p.forward()
    message = "cell: got <module 'lessons_lib.lstm' .*, expected a Cell, such as lstm.CELL"
    with pytest.raises(TypeError, match=message):
        scan.forward(lstm, p.params, p.x)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=message):
        scan.backward(lstm, p.params, cache, p.dy)  # type: ignore[arg-type]


def test_no_two_cells_share_a_name():
    assert len({cell.name for cell in CELLS.values()}) == len(CELLS)


@every_cell
def test_a_cache_of_other_sizes_is_refused(name):
    p = problem(name)
    for sizes in ((D + 1, H), (D, H + 1)):
        params = init_params(name, *sizes, np.random.default_rng(0))
        dy = np.zeros((T, N, scan.zero_state(p.cell, params, p.x)[0].shape[1]))
        with pytest.raises(ValueError, match=r"^cache: got .*, expected "):
            run(p, back_params=params, dy=dy, dstate=None)


@every_cell
def test_devices_do_not_mix(name):
    p = problem(name).to_torch()
    with pytest.raises(ValueError, match=r"^params\.W_ih: got device cpu, expected meta"):
        scan.forward(p.cell, p.params, p.x.to("meta"))
    with pytest.raises(ValueError, match=r"^state's h: got device meta, expected cpu"):
        scan.forward(p.cell, p.params, p.x, tuple(s.to("meta") for s in p.state))


@pytest.mark.parametrize(
    ("k1", "k2", "error", "message"),
    [
        (0, None, ValueError, "k1: got 0, expected at least 1"),
        (-2, 3, ValueError, "k1: got -2, expected at least 1"),
        (3, 2, ValueError, "k2: got 2, expected at least k1 = 3"),
        (2.0, 2, TypeError, "k1: got 2.0, expected an int"),
        (2, 3.5, TypeError, "k2: got 3.5, expected an int"),
        (True, 2, TypeError, "k1: got True, expected an int"),
        ("2", None, TypeError, "k1: got '2', expected an int"),
    ],
)
def test_bad_windows_are_named(k1, k2, error, message):
    p = problem("rnn.CELL")
    *_, cache = p.forward()
    with pytest.raises(error, match=re.escape(message)):
        scan.truncated_backward(p.cell, p.params, cache, p.dy, k1=k1, k2=k2)


def test_truncated_backward_checks_its_arguments_before_its_first_pass():
    p = problem("lstm.CELL")
    *_, cache = p.forward()
    cell = replace(p.cell, step_backward=None)  # type: ignore[arg-type]
    for change, message in (({"dy": p.dy[1:]}, "dy: got "), ({"dstate": ()}, "dstate: got ")):
        q = p._replace(**change)
        with pytest.raises(ValueError, match="^" + message):
            scan.truncated_backward(cell, q.params, cache, q.dy, q.dstate, k1=2)


def test_windows_may_be_numpy_integers():
    p = problem("rnn.CELL")
    *_, cache = p.forward()
    int_like: Any = np.int64(2)
    grads, *_ = scan.truncated_backward(p.cell, p.params, cache, p.dy, k1=int_like)
    expected, *_ = scan.truncated_backward(p.cell, p.params, cache, p.dy, k1=2)
    assert all(np.array_equal(a, b) for a, b in zip(grads, expected, strict=True))


RNG = np.random.default_rng(0)


@every_cell
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, H, RNG), ValueError, "input_size: got 0, expected at least 1"),
        ((D, -1, RNG), ValueError, "hidden_size: got -1, expected at least 1"),
        ((4.0, H, RNG), TypeError, "input_size: got 4.0, expected an int"),
        ((D, True, RNG), TypeError, "hidden_size: got True, expected an int"),
        ((D, H, None), TypeError, "generator: got NoneType, expected a numpy.random.Generator"),
        ((D, H, 0), TypeError, "generator: got int, expected a numpy.random.Generator"),
        ((D, H, np.random), TypeError, "generator: got module, expected a numpy.random.Generator"),
        ((D, H, RNG, int), TypeError, "dtype: got <class 'int'>, expected a floating-point"),
        ((D, H, RNG, None), TypeError, "dtype: got None, expected a floating-point"),
        ((D, H, RNG, torch.float32), TypeError, "dtype: got torch.float32, expected a floating"),
    ],
)
def test_bad_initial_arguments_are_named(name, arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        init_params(name, *arguments)


shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(sorted(CELLS)), data=st.data())
def test_any_shapes_give_an_answer_or_a_named_error(name, data):
    """The answer has the right shapes, or the error names the argument."""
    cell = CELLS[name]
    sizes = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    good = param_shapes(name, *sizes)
    widths = cell.state_widths(cell.params_type(**{k: np.ones(s) for k, s in good.items()}))

    def array(right):
        wrong = data.draw(st.booleans()) and data.draw(st.booleans())
        return np.ones(data.draw(shapes) if wrong else right)

    params = cell.params_type(**{key: array(shape) for key, shape in good.items()})
    batch = data.draw(st.integers(0, 3))
    x = array((data.draw(st.integers(0, 3)), batch, sizes[0]))
    state = tuple(array((batch, width)) for width in widths)
    try:
        y, last, cache = scan.forward(cell, params, x, state)
    except (TypeError, ValueError) as error:
        refused = re.match(r"(params\.\w+|x|state's \w): got .*, expected ", str(error))
        if refused is None:
            raise
        return
    assert [s.shape for s in last] == [s.shape for s in state]
    assert y.shape == (x.shape[0], *state[0].shape)
    dy = array(y.shape)
    try:
        grads, dx, dstate0 = scan.backward(cell, params, cache, dy)
    except (TypeError, ValueError) as error:
        refused = re.match(r"dy: got .*, expected ", str(error))
        if refused is None:
            raise
        return
    assert [g.shape for g in grads] == [p.shape for p in params]
    assert dx.shape == x.shape
    assert [s.shape for s in dstate0] == [s.shape for s in state]


def test_forget_bias_is_put_in_the_forget_gate_alone():
    plain = lstm.init_params(D, H, np.random.default_rng(0))
    params = lstm.init_params(D, H, np.random.default_rng(0), forget_bias=2.0)
    assert np.all(params.b[H : 2 * H] == 2.0)
    assert np.array_equal(np.delete(params.b, slice(H, 2 * H)), np.delete(plain.b, slice(H, 2 * H)))
    per_unit = lstm.init_params(D, H, np.random.default_rng(0), forget_bias=np.arange(H))
    assert np.array_equal(per_unit.b[H : 2 * H], np.arange(H))
    with pytest.raises(ValueError, match=r"^forget_bias: got shape \(4,\), expected .* \(5,\)"):
        lstm.init_params(D, H, np.random.default_rng(0), forget_bias=np.arange(H - 1))


def test_the_names_of_two_cells_params_tell_them_apart():
    p = problem("lstm.CELL")
    with pytest.raises(TypeError, match=re.escape("got rnn.Params, expected lstm.Params(W_ih,")):
        lstm.forward(rnn.init_params(D, H, np.random.default_rng(0)), p.x)
