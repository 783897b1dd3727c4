"""The compiled loop in layers, both directions, and sequences of several lengths."""

from __future__ import annotations

import numpy as np
import pytest
from registry import CELLS

from lessons_lib import lstm, stack
from lessons_lib.dropout import VariationalDropout, Zoneout
from lessons_lib.dropout.variant import Sizes
from lessons_lib.nested import leaves
from lessons_lib.trace import compiled
from lessons_lib.verify.gradients import relative_difference

T, N, D, H = 7, 4, 3, 5


def assert_same(cell, params, x, dy, **options):
    """Compare all that the stack returns, with a state that is carried in and one that is not."""
    y, state, cache = stack.forward(cell, params, x, **options)
    expected = stack.backward(cell, params, cache, dy, state)
    y2, state2, cache2 = stack.forward(cell, params, x, **options, loop=compiled)
    actual = stack.backward(cell, params, cache2, dy, state2, loop=compiled)
    for a, b in zip([y2, *leaves([state2, actual])], [y, *leaves([state, expected])], strict=True):
        assert a.shape == b.shape
        assert relative_difference(a, b) < 1e-10


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("lengths", [None, (7, 5, 5, 2), (2, 7, 1, 4)])
def test_layers_directions_and_lengths(name, bidirectional, lengths):
    cell, rng = CELLS[name], np.random.default_rng(0)
    params = stack.init_params(cell, D, H, rng, 2, bidirectional)
    x = rng.standard_normal((T, N, D))
    width = cell.output_width(params[0][0]) * (1 + bidirectional)
    state = tuple(
        rng.standard_normal((2 * (1 + bidirectional), N, w))
        for w in cell.state_widths(params[0][0])
    )
    dy = rng.standard_normal((T, N, width))
    assert_same(cell, params, x, dy, state=state, lengths=lengths)


@pytest.mark.parametrize(
    "variant", [Zoneout(h=0.2, c=0.5), VariationalDropout(0.3, 0.3, tied=False)]
)
def test_dropouts_in_layers_and_directions(variant):
    rng = np.random.default_rng(0)
    params = stack.init_params(lstm.CELL, D, H, rng, 2, True)
    x, dy = rng.standard_normal((T, N, D)), rng.standard_normal((T, N, 2 * H))
    masks = variant.sample_stack(Sizes.of(lstm.CELL, params, x), rng)
    assert_same(lstm.CELL, params, x, dy, lengths=(3, 7, 6, 1), masks=masks)


def test_windows_with_a_carried_state_are_the_whole_sequence():
    rng = np.random.default_rng(0)
    params = lstm.init_params(D, H, rng)
    x = rng.standard_normal((T, N, D))
    whole, last, _ = compiled.forward(lstm.CELL, params, x)
    first, state, _ = compiled.forward(lstm.CELL, params, x[:3])
    second, state, _ = compiled.forward(lstm.CELL, params, x[3:], state)
    assert np.array_equal(np.concatenate([first, second]), whole)
    assert all(map(np.array_equal, state, last))
