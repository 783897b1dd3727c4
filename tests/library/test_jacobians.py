"""Jacobians of the state, their products and spectra, against autograd and known matrices."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from dropout_examples import PAIRS, masked_problem
from registry import CELLS, N, T, problem

from lessons_lib import lstm, masks, rnn
from lessons_lib.verify import jacobians
from lessons_lib.verify.gradients import relative_difference

every_cell = pytest.mark.parametrize("name", CELLS)


def by_autograd(p, start, n):
    """Return ∂ state_T / ∂ state_start of sequence n, through `step`, by torch."""
    q = p.to_torch()
    state = q.state
    for t in range(start):
        state, _ = q.cell.step(q.params, q.cell.project(q.params, q.x[t]), state)
    widths = [s.shape[1] for s in state]

    def last(vector):
        now = tuple(part[None] for part in torch.split(vector, widths))
        for t in range(start, T):
            now, _ = q.cell.step(q.params, q.cell.project(q.params, q.x[t, n : n + 1]), now)
        return torch.cat([s[0] for s in now])

    vector = torch.cat([s[n] for s in state])
    return torch.autograd.functional.jacobian(last, vector).numpy()


@every_cell
def test_products_equal_autograd(name):
    p = problem(name)
    *_, cache = p.forward()
    steps = jacobians.step_jacobians(p.cell, p.params, cache)
    found = jacobians.products(steps)
    assert found.shape == (T + 1, *steps.shape[1:])
    assert np.array_equal(found[0], np.broadcast_to(np.eye(steps.shape[-1]), steps.shape[1:]))
    for lag in (1, 2, T):
        for n in (0, N - 1):
            assert relative_difference(found[lag, n], by_autograd(p, T - lag, n)) < 1e-10
    assert relative_difference(found[1], steps[-1]) == 0


@every_cell
def test_lag_norms_are_what_the_products_make_of_the_gradient(name):
    p = problem(name)
    *_, cache = p.forward()
    norms = jacobians.lag_norms(p.cell, p.params, cache, p.dstate)
    found = jacobians.products(jacobians.step_jacobians(p.cell, p.params, cache))
    gradient = np.concatenate(p.dstate, axis=1)
    expected = np.linalg.norm(np.einsum("nk,lnkj->lnj", gradient, found), axis=2)
    assert norms.shape == (T + 1, N)
    assert relative_difference(norms, expected) < 1e-12


def test_a_jacobian_of_the_plain_rnn_is_its_slope_times_w():
    p = problem("rnn.CELL")
    y, _, cache = p.forward()
    steps = jacobians.step_jacobians(rnn.CELL, p.params, cache)
    assert relative_difference(steps, (1 - y**2)[..., None] * p.params.W_hh) < 1e-14


def test_the_spectrum_of_known_matrices():
    """A triangular matrix has its eigenvalues on the diagonal, but can still lengthen a vector."""
    A = np.array([[0.5, 10.0], [0.0, -0.9]])
    B = 2 * np.array([[0.0, -1.0], [1.0, 0.0]])
    found = jacobians.spectrum(np.stack([A, B]))
    assert found.eigenvalues[0] == pytest.approx([-0.9, 0.5])
    assert np.abs(found.eigenvalues[1]) == pytest.approx([2, 2])
    assert found.eigenvalues.dtype == complex
    assert found.radius == pytest.approx([0.9, 2])
    assert found.singular_values[1] == pytest.approx([2, 2])
    assert found.singular_values[0][0] == pytest.approx(np.linalg.norm(A, 2))
    assert found.singular_values[0][0] > 10
    one = jacobians.spectrum(A)
    assert one.radius == pytest.approx(0.9)
    assert one.singular_values.shape == (2,)


def test_a_cache_of_another_cell_is_refused():
    p = problem("rnn.CELL")
    *_, cache = p.forward()
    with pytest.raises(TypeError, match="cache: got one of the rnn, expected"):
        jacobians.step_jacobians(lstm.CELL, problem("lstm.CELL").params, cache)


@pytest.mark.parametrize(("name", "cell"), PAIRS)
def test_jacobians_under_masks_equal_central_differences(name, cell):
    p = masked_problem(name, cell, T=3)
    *_, cache = p.forward()
    found = jacobians.step_jacobians(p.cell, p.params, cache)
    assert np.isfinite(found).all()
    params = masks.dropped_weights(p.params, p.masks)
    projected = p.cell.project(params, p.x, p.masks)
    states = [p.state]
    for t in range(3):
        state, _ = masks.masked_step(p.cell, params, projected[t], states[-1], p.masks.at(t))
        states.append(state)
    expected = np.zeros_like(found)
    for t, state in enumerate(states[:-1]):
        column = 0
        for k, array in enumerate(state):
            for unit in range(array.shape[1]):
                moved = []
                for sign in (1, -1):
                    there = array.copy()
                    there[:, unit] += sign * 1e-6
                    now = (*state[:k], there, *state[k + 1 :])
                    after, _ = masks.masked_step(p.cell, params, projected[t], now, p.masks.at(t))
                    moved.append(np.concatenate(after, axis=1))
                expected[t, :, :, column] = (moved[0] - moved[1]) / 2e-6
                column += 1
    assert relative_difference(found, expected) < 1e-7


def test_the_gradient_of_the_state_under_masks_of_each_gate_arrives():
    """Untied variational dropout, on which Jacobians and paths used to fail."""
    p = masked_problem("VariationalDropout untied", "lstm.CELL")
    *_, cache = p.forward()
    norms = jacobians.lag_norms(p.cell, p.params, cache, p.dstate)
    found = jacobians.products(jacobians.step_jacobians(p.cell, p.params, cache))
    gradient = np.concatenate(p.dstate, axis=1)
    expected = np.linalg.norm(np.einsum("nk,lnkj->lnj", gradient, found), axis=2)
    assert relative_difference(norms, expected) < 1e-12
