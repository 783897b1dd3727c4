"""Gradients through time equal BPTT and finite differences, and split into two paths."""

import numpy as np
import pytest

from lessons_lib import lstm, rnn
from lessons_lib.verify import paths
from lessons_lib.verify.gradients import relative_difference

T, N, D, H = 6, 3, 2, 4


def lstm_case(forget_bias=0.5):
    generator = np.random.default_rng(0)
    params = lstm.init_params(D, H, generator, forget_bias=forget_bias)
    return params, generator.standard_normal((T, N, D))


@pytest.mark.parametrize("module", [rnn, lstm])
def test_state_gradients_are_those_of_shorter_backward_passes(module):
    generator = np.random.default_rng(0)
    params = module.init_params(D, H, generator)
    x = generator.standard_normal((T, N, D))
    _, state, cache = module.forward(params, x)
    dstate = tuple(generator.standard_normal((N, H)) for _ in state)
    arrived = paths.state_gradients(module.CELL, params, cache, dstate)
    for lag in range(1, T + 1):
        tail = cache._replace(x=x[T - lag :], steps=cache.steps[T - lag :])
        _, _, expected = module.backward(params, tail, np.zeros((lag, N, H)), dstate)
        for part, by_scan in zip(arrived, expected, strict=True):
            assert part.shape == (T + 1, N, H)
            assert relative_difference(part[lag], by_scan) < 1e-14
    assert all(np.array_equal(part[0], d) for part, d in zip(arrived, dstate, strict=True))


def test_state_gradients_refuse_a_state_that_does_not_fit():
    params, x = lstm_case()
    _, _, cache = lstm.forward(params, x)
    with pytest.raises(ValueError, match="dstate"):
        paths.state_gradients(lstm.CELL, params, cache, (np.zeros((N, H)),))


def test_cell_jacobian_is_the_derivative_by_the_first_cell_state():
    params, x = lstm_case()
    kept, rest = paths.split_cell_jacobian(params, x)
    zero, step = np.zeros((N, H)), 1e-6
    for j in range(H):
        moved = np.zeros((N, H))
        moved[:, j] = step
        (_, above), (_, below) = (lstm.forward(params, x, (zero, c))[1] for c in (moved, -moved))
        column = (above - below) / (2 * step)
        assert np.allclose(rest[T, :, :, j] + kept[T] * (np.arange(H) == j), column, atol=1e-9)


def test_cell_jacobian_splits_into_forget_gates_and_the_rest():
    params, x = lstm_case()
    kept, rest = paths.split_cell_jacobian(params, x)
    _, _, cache = lstm.forward(params, x)
    assert np.allclose(kept[2], cache.steps[-1].f * cache.steps[-2].f, rtol=1e-14)
    assert (kept[0] == 1).all()
    assert not rest[:2].any()  # one step back, only f lies between
    assert (np.linalg.norm(rest[2:], axis=(-2, -1)) > 1e-3).all()
    alone = params._replace(W_hh=np.zeros_like(params.W_hh))
    assert not paths.split_cell_jacobian(alone, x).rest.any()  # without W_hh there is one path
