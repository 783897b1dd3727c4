"""Linear recurrences: the scan against the loop, its backward pass against three references."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from registry import CELLS, D, H, N, T, problem
from trace_cases import MASKS, masked_problem

from lessons_lib import linear, lstm, min_gru, min_lstm, stack
from lessons_lib.nested import leaves
from lessons_lib.verify.gradients import numerical_gradient, relative_difference

LINEAR = [name for name, cell in CELLS.items() if isinstance(cell, linear.LinearCell)]
LENGTHS = [1, 2, 3, 4, 7, 8, 9, 100]
lengths = pytest.mark.parametrize("T", LENGTHS)
kinds = pytest.mark.parametrize("kind", [float, complex])
solvers = pytest.mark.parametrize("solve", [linear.scan, linear.chunks])


def normal(rng: np.random.Generator, kind: type, *shape: int) -> np.ndarray:
    real = rng.standard_normal(shape)
    return real + 1j * rng.standard_normal(shape) if kind is complex else real


def recurrence(kind: type, T: int, seed: int = 0) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    a, b, dy = (normal(rng, kind, T, N, H) for _ in range(3))
    return 0.6 * a, b, dy, normal(rng, kind, N, H)


def by_definition(a: Any, b: Any, h: Any) -> np.ndarray:
    """Return every state as the sum of all that reaches it."""
    return np.stack(
        [
            a[: t + 1].prod(axis=0) * h
            + sum(b[s] * a[s + 1 : t + 1].prod(axis=0) for s in range(t + 1))
            for t in range(len(a))
        ]
    )


@kinds
@lengths
@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("solve", [linear.loop, linear.scan, linear.chunks])
def test_all_solvers_compute_the_recurrence(solve, library, T, kind):
    a, b, _, h_0 = recurrence(kind, T)
    make = torch.from_numpy if library == "torch" else np.asarray
    for first in (h_0, np.zeros_like(h_0)):
        y = solve(make(a), make(b), make(first))
        assert relative_difference(np.asarray(y), by_definition(a, b, first)) < 1e-12
    assert relative_difference(np.asarray(solve(make(a), make(b))), np.asarray(y)) < 1e-15


@kinds
@solvers
def test_a_long_scan_equals_the_loop(solve, kind):
    a, b, _, h_0 = recurrence(kind, 4000)
    a = a / np.abs(a) * np.random.default_rng(1).uniform(0, 1, a.shape)
    assert relative_difference(solve(a, b, h_0), linear.loop(a, b, h_0)) < 1e-12


@pytest.mark.parametrize("size", [1, 2, 3, 99, 100, 1000])
def test_chunks_of_any_size(size):
    a, b, _, h_0 = recurrence(float, 100)
    y = linear.chunks(a, b, h_0, size)
    assert relative_difference(y, linear.loop(a, b, h_0)) < 1e-12


@lengths
def test_rounds_are_the_logarithm_of_the_length(T):
    rounds = 0

    def counted(first: Any, second: Any) -> Any:
        nonlocal rounds
        rounds += 1
        return linear.combine(first, second)

    linear.prefixes(recurrence(float, T)[:2], counted)
    assert rounds == int(np.ceil(np.log2(T)))


def test_any_associative_operation_on_any_number_of_arrays():
    x = np.random.default_rng(0).standard_normal((13, N, 2, 2))

    def matrices(first: Any, second: Any) -> Any:
        return (second[0] @ first[0],)  # does not commute

    (products,) = linear.prefixes((x,), matrices)
    expected = x[0]
    for t in range(1, len(x)):
        expected = x[t] @ expected
        assert relative_difference(products[t], expected) < 1e-13


@pytest.mark.parametrize("operation", [linear.combine, linear.combine_logs])
def test_the_operations_are_associative_and_do_not_commute(operation):
    p, q, r = (tuple(e) for e in np.random.default_rng(0).standard_normal((3, 2, H)))
    left, right = operation(operation(p, q), r), operation(p, operation(q, r))
    assert relative_difference(np.stack(left), np.stack(right)) < 1e-14
    assert relative_difference(np.stack(operation(p, q)), np.stack(operation(q, p))) > 1e-2


def autograd(solve: Any, arrays: list[Any], dy: Any) -> list[Any]:
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    y = solve(*tensors)
    return [np.asarray(g) for g in torch.autograd.grad(y, tensors, torch.from_numpy(dy))]


@kinds
@lengths
def test_the_backward_pass_equals_autograd_through_loop_scan_and_chunks(T, kind):
    a, b, dy, h_0 = recurrence(kind, T)
    ours = linear.scan_backward(a, linear.loop(a, b, h_0), dy, h_0)
    tensors = [torch.from_numpy(x) for x in (a, linear.loop(a, b, h_0), dy, h_0)]
    again = [np.asarray(x) for x in linear.scan_backward(*tensors)]
    for solve in (linear.loop, linear.scan, linear.chunks):
        theirs = autograd(solve, [a, b, h_0], dy)
        for mine, of_torch, other in zip(ours, again, theirs, strict=True):
            assert relative_difference(mine, other) < 1e-10
            assert relative_difference(of_torch, other) < 1e-10


@kinds
def test_the_backward_pass_equals_finite_differences(kind):
    a, b, dy, h_0 = recurrence(kind, 6)
    ours = linear.scan_backward(a, linear.loop(a, b, h_0), dy, h_0)

    def loss() -> float:
        return float(np.sum(np.conj(dy) * linear.loop(a, b, h_0)).real)

    for array, gradient in zip((a, b, h_0), ours, strict=True):
        if kind is float:
            assert relative_difference(gradient, numerical_gradient(loss, array)) < 1e-6
            continue
        parts = array.view(float)  # real and imaginary parts by turns
        difference = numerical_gradient(loss, parts)
        assert relative_difference(gradient.view(float), difference) < 1e-6


def test_without_an_initial_state_the_backward_pass_starts_from_zero():
    a, b, dy, h_0 = recurrence(float, 9)
    y = linear.loop(a, b)
    left = linear.scan_backward(a, y, dy)
    right = linear.scan_backward(a, y, dy, np.zeros_like(h_0))
    assert all(np.array_equal(p, q) for p, q in zip(left, right, strict=True))


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_arguments_are_not_changed_and_dtypes_stay(library):
    make = torch.from_numpy if library == "torch" else np.asarray
    for dtype in (np.float32, np.float64, np.complex64, np.complex128):
        kind = complex if np.issubdtype(dtype, np.complexfloating) else float
        arrays = [x.astype(dtype) for x in recurrence(kind, 9)]
        a, b, dy, h_0 = (make(x.copy()) for x in arrays)
        results = [solve(a, b, h_0) for solve in (linear.loop, linear.scan, linear.chunks)]
        results += linear.scan_backward(a, results[0], dy, h_0)
        assert {str(r.dtype).removeprefix("torch.") for r in results} == {np.dtype(dtype).name}
        for array, original in zip((a, b, dy, h_0), arrays, strict=True):
            assert np.array_equal(np.asarray(array), original)


def positive_recurrence(T: int, dtype: Any = np.float64) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0, 1, (2, T, N, H))
    return a.astype(dtype), b.astype(dtype), rng.uniform(0, 1, (N, H)).astype(dtype)


@lengths
def test_logarithms_give_the_same_positive_recurrence(T):
    a, b, h_0 = positive_recurrence(T)
    for first, log_first in ((h_0, np.log(h_0)), (None, None)):
        log_y = linear.scan_logs(np.log(a), np.log(b), log_first)
        assert relative_difference(np.exp(log_y), linear.loop(a, b, first)) < 1e-13
    tensors = [torch.from_numpy(np.log(x)) for x in (a, b, h_0)]
    log_y = linear.scan_logs(*tensors).numpy()
    assert relative_difference(np.exp(log_y), linear.loop(a, b, h_0)) < 1e-13


def test_logarithms_in_float32_lose_little_and_products_that_underflow_do_no_harm():
    a, b, h_0 = positive_recurrence(4000, np.float32)
    log_y = linear.scan_logs(np.log(a), np.log(b), np.log(h_0))
    expected = linear.loop(a.astype(float), b.astype(float), h_0.astype(float))
    assert relative_difference(np.exp(log_y), expected) < 1e-5
    assert relative_difference(linear.scan(a, b, h_0), expected) < 1e-5


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"a": [1.0]}, TypeError, r"^a: got list, expected a NumPy array or a tensor"),
        ({"a": np.ones((7, 3, 5), int)}, TypeError, r"^a: got dtype int64, expected real or"),
        ({"a": np.ones((0, 3, 5))}, ValueError, r"^a: got shape \(0, 3, 5\), expected \(T, ...\)"),
        ({"b": torch.ones(7, 3, 5)}, TypeError, r"^b: got torch.Tensor, expected numpy.ndarray"),
        ({"b": np.ones((7, 3, 5), complex)}, TypeError, r"^b: got dtype complex128, expected flo"),
        ({"b": np.ones((7, 3, 4))}, ValueError, r"^b: got shape \(7, 3, 4\), expected \(7, 3, 5\)"),
        ({"h_0": np.ones((1, 5))}, ValueError, r"^h_0: got shape \(1, 5\), expected \(3, 5\) for"),
    ],
)
def test_errors_name_the_argument(change, error, message):
    a, b, _, h_0 = recurrence(float, 7)
    for solve in (linear.loop, linear.scan, linear.chunks):
        with pytest.raises(error, match=message):
            solve(**({"a": a, "b": b, "h_0": h_0} | change))


def test_errors_of_the_other_functions_name_the_argument():
    a, b, dy, h_0 = recurrence(float, 7)
    with pytest.raises(ValueError, match=r"^dy: got shape \(6, 3, 5\), expected \(7, 3, 5\)"):
        linear.scan_backward(a, b, dy[:-1], h_0)
    with pytest.raises(ValueError, match=r"^log_b: got shape"):
        linear.scan_logs(a, b[:-1])
    with pytest.raises(ValueError, match=r"^size: got 0, expected at least 1"):
        linear.chunks(a, b, h_0, 0)


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("masks", MASKS)
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_linear_cell_is_the_same_by_a_parallel_scan(name, masks, library):
    p = masked_problem(name, masks)
    p = p.to_torch() if library == "torch" else p
    y, (h,), cache = linear.forward(p.cell, p.params, p.x, p.state, p.masks)
    expected_y, (expected_h,), _ = p.forward()
    assert relative_difference(np.asarray(y), np.asarray(expected_y)) < 1e-12
    assert relative_difference(np.asarray(h), np.asarray(expected_h)) < 1e-12
    actual = p.named(linear.backward(p.cell, p.params, cache, p.dy, p.dstate))
    for key, value in p.backward().items():
        assert relative_difference(np.asarray(actual[key]), np.asarray(value)) < 1e-11, key


@pytest.mark.parametrize("name", LINEAR)
def test_the_parallel_scan_is_a_loop_for_layers_directions_and_lengths(name):
    cell, rng = CELLS[name], np.random.default_rng(0)
    layers = stack.init_params(cell, D, H, rng, 2, bidirectional=True)
    x = rng.standard_normal((T, N, D))
    y, _, cache = stack.forward(cell, layers, x, lengths=[7, 2, 5])
    dy = rng.standard_normal(y.shape)
    fast_y, _, fast = stack.forward(cell, layers, x, lengths=[7, 2, 5], loop=linear)
    assert relative_difference(fast_y, y) < 1e-12
    grads, dx, _ = stack.backward(cell, layers, cache, dy)
    fast_grads, fast_dx, _ = stack.backward(cell, layers, fast, dy, loop=linear)
    assert relative_difference(fast_dx, dx) < 1e-11
    for one, other in zip(leaves(fast_grads), leaves(grads), strict=True):
        assert relative_difference(one, other) < 1e-11


def test_a_cell_that_is_not_linear_is_refused():
    p = problem("lstm.CELL")
    with pytest.raises(TypeError, match=r"^cell: got lstm, expected a LinearCell"):
        linear.forward(lstm.CELL, p.params, p.x)
    with pytest.raises(TypeError, match=r"^cell: got 3, expected a LinearCell"):
        linear.forward(3, p.params, p.x)  # type: ignore[arg-type]


def test_a_cache_of_another_cell_or_another_loop_is_refused():
    p = problem("min_lstm.CELL")
    *_, of_loop = p.forward()
    q = problem("min_gru.CELL")
    *_, of_other = linear.forward(q.cell, q.params, q.x)
    for cache, actual in ((of_loop, "cell.Trace"), (of_other, "one of the minGRU")):
        with pytest.raises(TypeError, match=rf"^cache: got {actual}, expected what linear.forward"):
            linear.backward(min_lstm.CELL, p.params, cache, p.dy)


def test_the_models_are_those_of_the_paper():
    """Feng et al., in Chung's sign, from torch's own layers."""
    for module, blocks in ((min_gru, 2), (min_lstm, 3)):
        params = module.init_params(D, H, np.random.default_rng(0))
        projection = torch.nn.Linear(D, blocks * H, dtype=torch.float64)
        with torch.no_grad():
            projection.weight.copy_(torch.from_numpy(params.W_ih))
            projection.bias.copy_(torch.from_numpy(params.b))
        x = torch.from_numpy(np.random.default_rng(1).standard_normal((T, N, D)))
        h, states = torch.zeros(N, H, dtype=torch.float64), []
        for x_t in x:
            parts = projection(x_t).chunk(blocks, dim=-1)
            if module is min_gru:
                z = torch.sigmoid(-parts[0])
                h = (1 - z) * h + z * parts[1]
            else:
                i, f = torch.sigmoid(parts[0]), torch.sigmoid(parts[1])
                h = f / (f + i) * h + i / (f + i) * parts[2]
            states.append(h)
        y, *_ = module.forward(params, x.numpy())
        assert relative_difference(y, torch.stack(states).detach().numpy()) < 1e-14


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gates_that_round_to_0_do_no_harm(dtype):
    """F / (f + i) of two gates of 0 is a number, not NaN."""
    params = min_lstm.init_params(D, H, np.random.default_rng(0), dtype)
    params.b[: 2 * H] = -500
    x = np.random.default_rng(1).standard_normal((T, N, D)).astype(dtype)
    y, _, cache = min_lstm.forward(params, x)
    assert np.isfinite(y).all()
    grads, dx, _ = min_lstm.backward(params, cache, np.ones_like(y))
    assert all(np.isfinite(array).all() for array in (*grads, dx))
    ratio = cache.stacked.a
    i, f, _ = np.split(x @ params.W_ih.T, 3, axis=-1)
    bound = 1e-4 if dtype is np.float32 else 1e-12
    assert relative_difference(ratio, 1 / (1 + np.exp(i - f))) < bound


def test_logarithms_are_the_positive_model_with_a_tolerance_of_their_own():
    p = problem("min_gru.CELL_POSITIVE", T=50)
    for state in ((np.abs(p.state[0]),), None):
        y, *_ = linear.forward(p.cell, p.params, p.x, state)
        assert (y > 0).all()
        assert relative_difference(min_gru.forward_logs(p.params, p.x, state), y) < 1e-12
    single = problem("min_gru.CELL_POSITIVE", np.float32, T=4000)
    y, *_ = linear.forward(single.cell, single.params, single.x)
    logs = min_gru.forward_logs(single.params, single.x)
    assert logs.dtype == np.float32
    assert relative_difference(logs, y) < 1e-4


def test_the_gradient_through_logarithms_is_the_positive_models():
    p = problem("min_gru.CELL_POSITIVE")
    state, zero = (np.abs(p.state[0]),), (np.zeros_like(p.state[0]),)
    p = p._replace(state=state, dstate=zero)
    q = p.to_torch(requires_grad=True)
    arrays = q.arrays()
    y = min_gru.forward_logs(q.params, q.x, q.state)
    found = torch.autograd.grad((y * q.dy).sum(), list(arrays.values()))
    for key, value in zip(arrays, found, strict=True):
        assert relative_difference(value.numpy(), p.backward()[key]) < 1e-10, key


def test_the_plain_model_is_another():
    p = problem("min_gru.CELL_POSITIVE")
    y, *_ = p.forward()
    plain, *_ = min_gru.forward(min_gru.Params(*p.params), p.x, p.state)
    assert relative_difference(y, plain) > 0.1


def test_logarithms_refuse_a_state_that_has_none():
    p = problem("min_gru.CELL_POSITIVE")
    with pytest.raises(ValueError, match=r"^state's h: got numbers that are not positive"):
        min_gru.forward_logs(p.params, p.x, p.state)


def test_positive_candidates():
    u = np.array([-800.0, -3.0, 0.0, 1e-3, 2.0])
    expected = np.array([0.0, 1 / (1 + np.exp(3.0)), 0.5, 0.501, 2.5])
    assert np.allclose(min_gru.positive(u), expected, rtol=1e-14, atol=1e-16)
    logs = min_gru.log_pairs(np.concatenate([0 * u, u]))[1] - np.log(0.5)
    assert np.allclose(logs[1:], np.log(expected[1:]), rtol=1e-13)
    assert logs[0] == -800
