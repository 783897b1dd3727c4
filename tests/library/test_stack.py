"""Stacked and bidirectional layers, with padding: against torch.nn, autograd and single runs."""

from __future__ import annotations

import copy
import re
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from registry import CELLS, D, H, N, T
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch_oracle import TORCH_LAYERS, torch_gradients, torch_layer

from lessons_lib import lstm, padding, rnn, scan, stack
from lessons_lib.cell import Cell
from lessons_lib.verify.gradients import relative_difference

every_cell = pytest.mark.parametrize("name", CELLS)
both_ways = pytest.mark.parametrize("bidirectional", [False, True])
LENGTHS = [None, [4, 7, 2], [7, 7, 7], [3, 3, 5], [1, 1, 1]]


class Problem(NamedTuple):
    """Layers, their arguments, and the loss Σ dy ⊙ y + Σ dstate ⊙ (last states)."""

    cell: Cell
    params: Any
    x: Any
    state: tuple[Any, ...]
    lengths: Any
    dy: Any
    dstate: tuple[Any, ...]

    def forward(self):
        return stack.forward(self.cell, self.params, self.x, self.state, self.lengths)

    def loss(self):
        y, last, _ = self.forward()
        products = [(y * self.dy).sum()]
        return sum(products + [(s * d).sum() for s, d in zip(last, self.dstate, strict=True)])

    def backward(self):
        *_, cache = self.forward()
        return leaves(stack.backward(self.cell, self.params, cache, self.dy, self.dstate))

    def map(self, function):
        def apply(value):
            if isinstance(value, tuple):
                items = map(apply, value)
                return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
            return function(value)

        changed = {
            key: apply(getattr(self, key)) for key in ("params", "x", "state", "dy", "dstate")
        }
        return self._replace(**changed)

    def arrays(self):
        return leaves((self.params, self.x, self.state))


def leaves(value):
    return [a for v in value for a in leaves(v)] if isinstance(value, tuple) else [value]


def problem(name, layers=2, bidirectional=True, lengths=None):
    rng = np.random.default_rng(1)
    cell = CELLS[name]
    params = stack.init_params(cell, D, H, rng, layers, bidirectional)
    x = rng.standard_normal((T, N, D))
    y, last, _ = stack.forward(cell, params, x)
    state, dstate = (tuple(rng.standard_normal(s.shape) for s in last) for _ in "01")
    p = Problem(cell, params, x, state, lengths, rng.standard_normal(y.shape), dstate)
    grown = [[type(q)(*(1.5 * a for a in q)) for q in layer] for layer in params]
    return p._replace(params=tuple(map(tuple, grown)))


def assert_close(ours, theirs, bound):
    for a, b in zip(ours, theirs, strict=True):
        assert tuple(a.shape) == tuple(b.shape)
        assert relative_difference(a, b) < bound


@pytest.mark.parametrize("name", TORCH_LAYERS)
@pytest.mark.parametrize("layers", [1, 2, 3])
@both_ways
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_outputs_and_gradients_equal_those_of_torch_nn(name, layers, bidirectional, lengths):
    p = problem(name, layers, bidirectional, lengths).map(torch.tensor)
    layer = torch_layer(name, p.params)
    x, *state = (a.clone().requires_grad_() for a in (p.x, *p.state))
    read = x if lengths is None else pack_padded_sequence(x, lengths, enforce_sorted=False)
    y, last = layer(read, state[0] if len(state) == 1 else tuple(state))
    if lengths is not None:
        y, _ = pad_packed_sequence(y, total_length=T)
    last = last if isinstance(last, tuple) else (last,)
    our_y, our_last, _ = p.forward()
    assert_close((our_y, *our_last), (y.detach(), *(s.detach() for s in last)), 1e-10)

    products = [(y * p.dy).sum()] + [(s * d).sum() for s, d in zip(last, p.dstate, strict=True)]
    torch.stack(products).sum().backward()
    theirs = leaves((torch_gradients(p.cell, layer), x.grad, tuple(s.grad for s in state)))
    assert_close(p.backward(), theirs, 1e-10)


@every_cell
@pytest.mark.parametrize("lengths", LENGTHS[:2], ids=str)
def test_gradients_equal_autograd_through_the_same_forward(name, lengths):
    p = problem(name, lengths=lengths).map(lambda a: torch.tensor(a, requires_grad=True))
    theirs = torch.autograd.grad(p.loss(), p.arrays())
    with torch.no_grad():
        assert_close(p.backward(), theirs, 1e-10)


@pytest.mark.parametrize(
    ("lengths", "copied"), [(None, False), ([7, 4, 2], False), ([4, 7, 2], True)]
)
def test_the_input_is_copied_only_where_the_sequences_are_out_of_order(lengths, copied):
    p = problem("lstm.CELL", 1, False, lengths)
    *_, cache = p.forward()
    assert not any(
        np.shares_memory(trace.x, p.x) is copied for *_, trace in cache.layers[0][0].stretches
    )


@every_cell
@pytest.mark.parametrize("lengths", LENGTHS[:2], ids=str)
def test_numpy_and_torch_agree(name, lengths):
    p = problem(name, lengths=lengths)
    q = p.map(torch.tensor)
    assert_close(leaves(p.forward()[:2]), [a.numpy() for a in leaves(q.forward()[:2])], 1e-12)
    assert_close(p.backward(), [a.numpy() for a in q.backward()], 1e-12)


@every_cell
@both_ways
def test_a_padded_batch_is_what_its_sequences_are_alone(name, bidirectional):
    lengths = np.array([4, 7, 2])
    p = problem(name, 2, bidirectional, lengths)
    y, last, _ = p.forward()
    for n, length in enumerate(lengths):
        own_state = tuple(s[:, n : n + 1] for s in p.state)
        alone = p._replace(x=p.x[:length, n : n + 1], state=own_state, lengths=None)
        y_alone, last_alone, _ = alone.forward()
        assert relative_difference(y[:length, n : n + 1], y_alone) < 1e-12
        assert not y[length:, n].any()
        for ours, theirs in zip(last, last_alone, strict=True):
            assert relative_difference(ours[:, n : n + 1], theirs) < 1e-12


@every_cell
def test_padding_is_never_read(name):
    p = problem(name, lengths=[4, 7, 2])
    good = [*leaves(p.forward()[:2]), *p.backward()]
    for n, length in enumerate(p.lengths):
        p.x[length:, n] = np.nan
        p.dy[length:, n] = np.inf
    bad = [*leaves(p.forward()[:2]), *p.backward()]
    assert all(np.array_equal(a, b) for a, b in zip(good, bad, strict=True))
    *_, cache = p.forward()
    _, dx, _ = stack.backward(p.cell, p.params, cache, p.dy, p.dstate)
    assert all(not dx[length:, n].any() for n, length in enumerate(p.lengths))


@every_cell
def test_one_layer_in_one_direction_is_the_cell(name):
    p = problem(name, 1, False)
    state, dstate = (tuple(a[0] for a in arrays) for arrays in (p.state, p.dstate))
    y, last, cache = scan.forward(p.cell, p.params[0][0], p.x, state)
    theirs = [y, *last, *leaves(scan.backward(p.cell, p.params[0][0], cache, p.dy, dstate))]
    for a, b in zip([*leaves(p.forward()[:2]), *p.backward()], theirs, strict=True):
        assert np.array_equal(a.reshape(b.shape), b)


@every_cell
def test_the_two_directions_of_a_layer_do_not_meet(name):
    p = problem(name, 1, True)
    (one, other) = p.params[0]
    y, last, _ = p.forward()
    P = y.shape[2] // 2
    first, (h_first, *_), _ = scan.forward(p.cell, one, p.x, tuple(s[0] for s in p.state))
    second, (h_second, *_), _ = scan.forward(p.cell, other, p.x[::-1], tuple(s[1] for s in p.state))
    assert relative_difference(y, np.concatenate([first, second[::-1]], axis=2)) < 1e-12
    assert relative_difference(last[0], np.stack([h_first, h_second])) < 1e-12
    assert np.array_equal(y[0, :, P:], last[0][1])  # the reverse one ends at the first step
    p.dy[..., :P] = 0  # a loss of one direction gives the other no gradient
    *_, cache = p.forward()
    ((grads_one, grads_other),), _, _ = stack.backward(p.cell, p.params, cache, p.dy)
    assert not any(g.any() for g in grads_one)
    assert all(g.any() for g in grads_other)


@every_cell
def test_without_states_zeros_are_taken(name):
    p = problem(name, lengths=[4, 7, 2])
    zeros = p._replace(
        state=tuple(map(np.zeros_like, p.state)), dstate=tuple(map(np.zeros_like, p.state))
    )
    y, last, cache = stack.forward(p.cell, p.params, p.x, lengths=p.lengths)
    pairs = zip(leaves((y, last)), leaves(zeros.forward()[:2]), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    grads = leaves(stack.backward(p.cell, p.params, cache, p.dy))
    assert all(np.array_equal(a, b) for a, b in zip(grads, zeros.backward(), strict=True))


@every_cell
def test_no_argument_is_changed(name):
    p = problem(name, lengths=np.array([4, 7, 2]))
    before = copy.deepcopy(p)
    p.backward()
    for ours, theirs in zip(leaves(tuple(p[1:])), leaves(tuple(before[1:])), strict=True):
        assert np.array_equal(ours, theirs)


def test_an_empty_batch_gives_empty_outputs():
    p = problem("lstm.CELL")
    y, last, cache = stack.forward(p.cell, p.params, p.x[:, :0], lengths=np.zeros(0, int))
    assert y.shape == (T, 0, 2 * H)
    assert [s.shape for s in last] == [(4, 0, H)] * 2
    grads, dx, _ = stack.backward(p.cell, p.params, cache, p.dy[:, :0])
    assert dx.shape == (T, 0, D)
    assert not any(g.any() for g in leaves(grads))


@pytest.mark.parametrize("library", [np.asarray, torch.tensor])
def test_reverse_turns_each_sequence_within_its_length(library):
    x = library(np.arange(8.0).reshape(4, 2, 1))
    turned = np.asarray(padding.reverse(x, np.array([4, 2])))[..., 0]
    assert turned.T.tolist() == [[6, 4, 2, 0], [3, 1, 5, 7]]
    assert np.array_equal(
        padding.reverse(padding.reverse(x, np.array([4, 2])), np.array([4, 2])), x
    )


def test_sequences_of_one_length_keep_their_order():
    """Thus sums over a batch without padding are rounded like those of the cell alone."""
    lengths = np.array([5] + [3, 5] * 32)
    params = rnn.init_params(D, H, np.random.default_rng(0))
    x, state = np.zeros((T, 65, D)), (np.zeros((65, H)),)
    *_, cache = padding.forward(rnn.CELL, params, x, state, lengths)
    assert cache.order.tolist() == [*range(0, 65, 2), *range(1, 65, 2)]


def test_init_params_gives_each_layer_its_width():
    rng = np.random.default_rng(0)
    assert len(stack.init_params(rnn.CELL, D, H, rng)) == 1
    one = stack.init_params(rnn.CELL, D, H, rng, 2)
    assert [[p.W_ih.shape for p in layer] for layer in one] == [[(H, D)], [(H, H)]]
    two = stack.init_params(lstm.CELL, D, H, rng, 2, bidirectional=True, dtype=np.float32)
    widths = [[p.W_ih.shape[1] for p in layer] for layer in two]
    assert widths == [[D, D], [2 * H, 2 * H]]
    assert {a.dtype for a in leaves(two)} == {np.dtype(np.float32)}
    with pytest.raises(ValueError, match="num_layers: got 0, expected at least 1"):
        stack.init_params(rnn.CELL, D, H, rng, 0)


RNN = rnn.init_params(D, H, np.random.default_rng(0))
WIDE = rnn.init_params(D + 1, H, np.random.default_rng(0))
SMALL = rnn.init_params(D, H - 1, np.random.default_rng(0))
BAD: dict[str, Any] = {
    "the module for the cell": ({"cell": lstm}, TypeError, "cell: got <module", "a Cell"),
    "another cell": ({"cell": rnn.CELL}, TypeError, "params[0][0]: got lstm.Params", "rnn.Params"),
    "one Params": ({"params": RNN}, TypeError, "params: got rnn.Params", "a tuple of layers"),
    "a list of Params": ({"params": [RNN]}, TypeError, "params: got list", "a tuple of layers"),
    "no layer": ({"params": ()}, ValueError, "params: got [] directions", "1 or 2"),
    "three directions": ({"params": ((RNN,) * 3,)}, ValueError, "params: got [3]", "1 or 2"),
    "now one, now two": ({"params": ((RNN,), (RNN,) * 2)}, ValueError, "params: got [1, 2]", "1"),
    "features": (
        {"cell": rnn.CELL, "params": ((WIDE,),)},
        ValueError, f"x: got {D} features", f"expected {D + 1} as in params[0][0].W_ih",
    ),
    "layers that do not fit": (
        {"cell": rnn.CELL, "params": ((RNN,), (RNN,))},
        ValueError, f"params[1][0]: got D = {D} features", f"expected {H}",
    ),
    "widths that differ": (
        {"cell": rnn.CELL, "params": ((RNN, SMALL),)},
        ValueError, f"params[0][1]: got a state of width {H - 1}", f"expected a state of width {H}",
    ),
    "lengths of floats": ({"lengths": [1.0, 2, 3]}, TypeError, "lengths: got dtype float64", "int"),
    "lengths true": ({"lengths": [True] * N}, TypeError, "lengths: got dtype bool", "integers"),
    "lengths too few": ({"lengths": [1, 2]}, ValueError, "lengths: got shape (2,)", f"({N},)"),
    "length 0": ({"lengths": [1, 0, 2]}, ValueError, "lengths: got 0 at 1", f"1 to T = {T}"),
    "length over T": ({"lengths": [1, 2, 8]}, ValueError, "lengths: got 8 at 2", f"1 to T = {T}"),
    "length below 0": ({"lengths": [-1, 2, 3]}, ValueError, "lengths: got -1 at 0", "1 to T"),
    "state of one layer": (
        {"state": (np.zeros((N, H)), np.zeros((N, H)))},
        ValueError, f"state's h: got shape ({N}, {H})", f"(4, {N}, {H})",
    ),
    "state without c": (
        {"state": (np.zeros((4, N, H)),)},
        ValueError, "state: got a tuple of 1", "the tuple (h, c)",
    ),
    "state of float32": (
        {"state": (np.zeros((4, N, H), np.float32),) * 2},
        TypeError, "state's h: got dtype float32", "float64",
    ),
    "x of two axes": ({"x": np.zeros((T, D))}, ValueError, f"x: got shape ({T}, {D})", "(T, N, D)"),
    "cache of the cell": (
        {"cache": rnn.forward(RNN, np.zeros((T, N, D)))[2]},
        TypeError, "cache: got Trace", "what stack.forward returned third",
    ),
    "cache of another cell": (
        {"cache": problem("rnn.CELL").forward()[2]},
        TypeError, "cache: got one of the rnn", "what stack.forward returned third for the lstm",
    ),
    "cache of fewer layers": (
        {"cache": problem("lstm.CELL", 1).forward()[2]},
        ValueError, "cache: got one of 1 layers × 2 directions", "expected 2 × 2",
    ),
    "cache of one direction": (
        {"cache": problem("lstm.CELL", 2, False).forward()[2]},
        ValueError, "cache: got one of 2 layers × 1 directions", "expected 2 × 2",
    ),
    "dy of one direction": (
        {"dy": np.zeros((T, N, H))},
        ValueError, f"dy: got shape ({T}, {N}, {H})", f"({T}, {N}, {2 * H})",
    ),
    "dstate of one layer": (
        {"dstate": (np.zeros((N, H)), np.zeros((N, H)))},
        ValueError, f"dstate's h: got shape ({N}, {H})", f"(4, {N}, {H})",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments_are_named(case):
    changes, error, actual, expected = BAD[case]
    p = problem("lstm.CELL")
    cache = changes.get("cache", p.forward()[2])
    p = p._replace(**{key: value for key, value in changes.items() if key != "cache"})
    with pytest.raises(error, match="^" + re.escape(actual)) as caught:
        run(p, cache)
    assert expected in str(caught.value)


def run(p, cache):
    p.forward()
    stack.backward(p.cell, p.params, cache, p.dy, p.dstate)
