"""Gradients under frozen masks for every cell, variant and loop, against three references."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from dropout_examples import EXAMPLES, PAIRS, RATE, masked_problem
from registry import CELLS, Problem

from lessons_lib import checkpoint, scan, stack
from lessons_lib.dropout import Sizes
from lessons_lib.verify.gradients import check_gradients, relative_difference

every_pair = pytest.mark.parametrize(("name", "cell"), PAIRS)


def assert_close(ours: Any, theirs: Any, bound: float) -> None:
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        assert relative_difference(value, theirs[key]) <= bound, key


def autograd(p: Problem) -> dict[str, torch.Tensor]:
    """Differentiate the forward pass."""
    p = p.to_torch(requires_grad=True)
    arrays = p.arrays()
    return dict(zip(arrays, torch.autograd.grad(p.loss(), list(arrays.values())), strict=True))


@every_pair
def test_equal_to_autograd(name: str, cell: str) -> None:
    for training in (True, False):
        p = masked_problem(name, cell, training=training)
        q = p.to_torch()
        assert_close(q.backward(), autograd(p), 1e-10)
        assert_close(p.backward(), {k: v.numpy() for k, v in q.backward().items()}, 1e-12)


@every_pair
def test_equal_to_central_differences(name: str, cell: str) -> None:
    """Along three random directions of each array; each direction involves every element."""
    p, rng = masked_problem(name, cell, T=3, N=2), np.random.default_rng(7)
    arrays, gradients = p.arrays(), p.backward()
    ways = {key: rng.standard_normal((3, *array.shape)) for key, array in arrays.items()}
    moves = {key: np.zeros(3) for key in arrays}

    def loss() -> float:
        moved = {key: a + np.tensordot(moves[key], ways[key], 1) for key, a in arrays.items()}
        params = type(p.params)(*(moved[key] for key in p.params._fields))
        state = tuple(moved[f"{part}0"] for part in p.cell.state_names)
        return float(p._replace(params=params, x=moved["x"], state=state).loss())

    along = {key: np.tensordot(ways[key], gradients[key], arrays[key].ndim) for key in arrays}
    assert check_gradients(loss, moves, along, 1e-6).keys() == arrays.keys()


@every_pair
def test_recomputation_takes_the_same_masks(name: str, cell: str) -> None:
    p = masked_problem(name, cell)
    y, last, kept = checkpoint.forward(p.cell, p.params, p.x, p.state, 3, p.masks)
    expected, expected_last, _ = p.forward()
    # Not to the bit: on some processors, a product of another size sums in another order.
    names = ("y", *p.cell.state_names)
    actual = dict(zip(names, (y, *last), strict=True))
    assert_close(actual, dict(zip(names, (expected, *expected_last), strict=True)), 1e-12)
    ours = p.named(checkpoint.backward(p.cell, p.params, kept, p.dy, p.dstate))
    assert_close(ours, p.backward(), 1e-12)


@every_pair
def test_truncated_passes_take_their_own_steps_masks(name: str, cell: str) -> None:
    """TBPTT(k, k): autograd over windows, which pass on the state without its gradient."""
    p, k = masked_problem(name, cell), 3
    *_, cache = p.forward()
    ours = p.named(scan.truncated_backward(p.cell, p.params, cache, p.dy, p.dstate, k1=k))
    q = p.to_torch(requires_grad=True)
    state, loss = q.state, torch.tensor(0.0)
    for start in range(0, len(q.x), k):
        steps = slice(start, start + k)
        shared = ("W_ih", "W_hh", "W_hr")
        own = {
            site: mask[steps] if getattr(mask, "ndim", 0) > 2 and len(mask) > 1 else mask
            for site, mask in q.masks._asdict().items()
            if site not in shared
        }
        masks = q.masks._replace(**own)
        y, state, _ = scan.forward(q.cell, q.params, q.x[steps], state, masks)
        loss = loss + (y * q.dy[steps]).sum()
        if start + k < len(q.x):
            state = tuple(part.detach() for part in state)
    loss = loss + sum((s * d).sum() for s, d in zip(state, q.dstate, strict=True))
    arrays = q.arrays()
    theirs = torch.autograd.grad(loss, list(arrays.values()))
    found = {key: value.numpy() for key, value in zip(arrays, theirs, strict=True)}
    assert_close(ours, found, 1e-10)


@every_pair
def test_layers_directions_and_lengths(name: str, cell: str) -> None:
    rng, own = np.random.default_rng(5), CELLS[cell]
    params = stack.init_params(own, 4, 5, rng, 2, True)
    x, lengths = rng.standard_normal((5, 3, 4)), [3, 5, 2]
    masks = EXAMPLES[name](RATE).sample_stack(Sizes.of(own, params, x), rng)
    y, last, cache = stack.forward(own, params, x, None, lengths, masks)
    weigh = [rng.standard_normal(a.shape) for a in (y, *last)]
    grads, dx, dstate0 = stack.backward(own, params, cache, weigh[0], tuple(weigh[1:]))
    leaves = [torch.tensor(a, requires_grad=True) for layer in params for q in layer for a in q]
    size = len(params[0][0])
    networks = [own.params_type(*leaves[k : k + size]) for k in range(0, len(leaves), size)]
    tensors = (tuple(networks[:2]), tuple(networks[2:]))
    state = tuple(torch.zeros(s.shape, dtype=torch.float64, requires_grad=True) for s in last)
    x_leaf = torch.tensor(x, requires_grad=True)
    outputs = stack.forward(own, tensors, x_leaf, state, lengths, masks.map(torch.tensor))[:2]
    pairs = zip((outputs[0], *outputs[1]), map(torch.tensor, weigh), strict=True)
    sources = [x_leaf, *state, *leaves]
    theirs = torch.autograd.grad(sum((a * w).sum() for a, w in pairs), sources)
    ours = [dx, *dstate0, *(a for layer in grads for q in layer for a in q)]
    for got, want in zip(ours, theirs, strict=True):
        assert relative_difference(got, want.numpy()) <= 1e-10
