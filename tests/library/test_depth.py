"""Layers equal their equations, runs do not interact, skips learn where the plain net fails."""

import numpy as np
import pytest
import torch

from lessons_lib.lab import depth


def weights(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_layers_are_their_equations():
    h, W, b = weights(2, 5, 3, seed=0), weights(2, 3, 3, seed=1), weights(2, 1, 3, seed=2)
    W_z = weights(2, 3, 3, seed=3)
    candidate = torch.tanh(torch.einsum("rnj,rjk->rnk", h, W) + b)
    assert torch.allclose(depth.plain(h, W, b), candidate)
    assert torch.allclose(depth.residual(h, W, b), h + candidate)
    shut, open_ = torch.full((2, 1, 3), -800.0), torch.full((2, 1, 3), 800.0)
    assert torch.equal(depth.highway(h, W, b, 0 * W_z, shut.double()), h)
    assert torch.allclose(depth.highway(h, W, b, 0 * W_z, open_.double()), candidate)
    half = depth.highway(h, W, b, 0 * W_z, 0 * b)
    assert torch.allclose(half, (h + candidate) / 2)


def test_skips_learn_at_a_depth_where_the_plain_stack_does_not():
    losses = {
        layer: depth.losses(layer, 40, np.random.default_rng(0), runs=1)[:, -1]
        for layer in (depth.plain, depth.highway, depth.residual)
    }
    assert losses[depth.plain].min() > 0.4
    assert max(losses[depth.highway].max(), losses[depth.residual].max()) < 0.2


def test_the_generator_decides_and_runs_differ():
    first, second = (
        depth.losses(depth.plain, 2, np.random.default_rng(0), runs=3, updates=5) for _ in "12"
    )
    assert first.shape == (3, 6)
    assert np.array_equal(first, second)
    assert len(set(first[:, -1])) == 3


def test_an_orthogonal_start_keeps_lengths_from_layer_to_layer():
    seen = []

    def spy(h, W, b):
        seen.append(W.detach().clone())
        return h @ W + b

    depth.losses(spy, 3, np.random.default_rng(0), runs=2, updates=1, orthogonal=True)
    assert torch.allclose(seen[0] @ seen[0].mT, torch.eye(16).expand(2, 16, 16), atol=1e-5)
    seen.clear()
    depth.losses(spy, 3, np.random.default_rng(0), runs=2, updates=1)
    assert not torch.allclose(seen[0] @ seen[0].mT, torch.eye(16).expand(2, 16, 16), atol=1e-1)


def test_refuses_what_is_no_size():
    with pytest.raises(ValueError, match="depth: got 0, expected at least 1"):
        depth.losses(depth.plain, 0, np.random.default_rng(0))
