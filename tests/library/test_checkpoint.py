"""Recomputation changes only what is kept in memory."""

import numpy as np
import pytest

from lessons_lib import checkpoint, lstm, rnn, scan
from lessons_lib.verify.gradients import relative_difference

T, N, D, H = 11, 3, 2, 4


def case(module):
    generator = np.random.default_rng(0)
    params = module.init_params(D, H, generator)
    state, dstate = (
        tuple(generator.standard_normal((N, H)) for _ in module.CELL.state_names) for _ in "12"
    )
    x, dy = generator.standard_normal((T, N, D)), generator.standard_normal((T, N, H))
    return params, x, state, dy, dstate


@pytest.mark.parametrize("module", [rnn, lstm])
@pytest.mark.parametrize("every", [None, 1, 3, 4, T, T + 1])
def test_equal_to_bptt(module, every):
    params, x, state, dy, dstate = case(module)
    y, last, kept = checkpoint.forward(module.CELL, params, x, state, every)
    expected_y, expected_last, trace = module.forward(params, x, state)
    for a, b in zip((y, *last), (expected_y, *expected_last), strict=True):
        assert relative_difference(a, b) < 1e-14  # BLAS may round fewer rows differently
    grads, dx, dstate0 = checkpoint.backward(module.CELL, params, kept, dy, dstate)
    expected = module.backward(params, trace, dy, dstate)
    for a, b in zip((*grads, dx, *dstate0), (*expected[0], expected[1], *expected[2]), strict=True):
        assert relative_difference(a, b) < 1e-13


def test_without_a_state_it_starts_from_zeros():
    params, x, _, dy, _ = case(lstm)
    y, _, kept = checkpoint.forward(lstm.CELL, params, x)
    expected, _, trace = lstm.forward(params, x)
    assert relative_difference(y, expected) < 1e-14
    grads, *_ = checkpoint.backward(lstm.CELL, params, kept, dy)
    assert relative_difference(grads.W_hh, lstm.backward(params, trace, dy)[0].W_hh) < 1e-13


def test_states_are_held_at_the_square_root_of_the_steps():
    params, x, *_ = case(rnn)
    _, _, kept = checkpoint.forward(rnn.CELL, params, x)
    assert (kept.every, len(kept.states)) == (3, 4)  # √11 = 3.3; steps 0, 3, 6, 9


def test_held_bytes_counts_an_array_once():
    params, x, *_ = case(rnn)
    _, _, trace = scan.forward(rnn.CELL, params, x)
    assert checkpoint.held_bytes(trace.steps) == (T + 1) * N * H * 8
    _, _, kept = checkpoint.forward(rnn.CELL, params, x)
    assert checkpoint.held_bytes(kept.states) == 4 * N * H * 8


def test_refuses_what_does_not_fit():
    params, x, _, dy, _ = case(rnn)
    with pytest.raises(ValueError, match="every: got 0, expected at least 1"):
        checkpoint.forward(rnn.CELL, params, x, every=0)
    _, _, kept = checkpoint.forward(rnn.CELL, params, x)
    with pytest.raises(ValueError, match=r"dy: got shape \(10, 3, 4\), expected \(T, N, H\)"):
        checkpoint.backward(rnn.CELL, params, kept, dy[1:])
