"""Prices: only the momentum says anything about tomorrow, and all days are distributed alike."""

import numpy as np
import pytest

from lessons_lib.lab import prices


@pytest.mark.parametrize("momentum", [0.0, 0.8, -0.5])
def test_changes_are_momentum_and_fresh_noise(momentum):
    x, target = prices.changes(20_000, 6, np.random.default_rng(0), momentum)
    assert x.shape == target.shape == (6, 20_000, 1)
    assert np.array_equal(x[1:], target[:-1])
    noise = (target - momentum * x)[..., 0]
    assert np.allclose(noise.var(axis=1), 1, atol=0.05)
    assert np.abs(np.corrcoef(noise) - np.eye(6)).max() < 0.03  # on one day and on another
    assert (
        np.abs([np.corrcoef(a, b)[0, 1] for a, b in zip(x[..., 0], noise, strict=True)]).max()
        < 0.03
    )
    assert np.allclose(x.var(axis=(1, 2)), 1 / (1 - momentum**2), rtol=0.05)


def test_changes_are_seeded():
    x, _ = prices.changes(2, 5, np.random.default_rng(0))
    again, _ = prices.changes(2, 5, np.random.default_rng(0))
    other, _ = prices.changes(2, 5, np.random.default_rng(1))
    assert np.array_equal(x, again)
    assert not np.array_equal(x, other)


@pytest.mark.parametrize("momentum", [1.0, -1.0, 1.5, float("nan")])
def test_changes_that_would_never_settle_are_refused(momentum):
    with pytest.raises(ValueError, match=f"momentum: got {momentum}, expected a number above -1"):
        prices.changes(2, 5, np.random.default_rng(0), momentum)


def test_sizes_and_generator_are_named():
    with pytest.raises(ValueError, match="T: got 0, expected at least 1"):
        prices.changes(2, 0, np.random.default_rng(0))
    with pytest.raises(TypeError, match=r"generator: got int, expected a numpy\.random\.Generator"):
        prices.changes(2, 5, 0)  # type: ignore[arg-type]
