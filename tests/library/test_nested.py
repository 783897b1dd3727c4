"""Arrays of nested parameters: visited, changed, added and named."""

import numpy as np
import pytest

from lessons_lib import lstm, nested, rnn, stack


def params():
    return stack.init_params(rnn.CELL, 2, 3, np.random.default_rng(0), 2, bidirectional=True)


def test_leaves_are_in_the_order_of_layers_directions_and_names():
    tree = params()
    expected = [array for layer in tree for direction in layer for array in direction]
    assert len(expected) == 12
    assert all(a is b for a, b in zip(nested.leaves(tree), expected, strict=True))
    assert nested.leaves(expected[0]) == [expected[0]]


def test_mapping_keeps_the_form():
    tree = params()
    doubled = nested.map_leaves(lambda a: 2 * a, tree)
    assert type(doubled[1][0]) is rnn.Params
    assert np.array_equal(doubled[1][1].W_hh, 2 * tree[1][1].W_hh)
    assert nested.map_leaves(lambda a, b: a + b, [1, [2]], [10, [20]]) == [11, [22]]


def test_trees_of_different_forms_are_refused():
    with pytest.raises(ValueError, match="zip"):
        nested.add((1.0, 2.0), (1.0,))


def test_adding_is_array_by_array():
    one = lstm.init_params(2, 3, np.random.default_rng(0))
    both = nested.add(one, one)
    assert type(both) is lstm.Params
    assert all(np.array_equal(a, 2 * b) for a, b in zip(both, one, strict=True))


def test_names_tell_layer_and_direction():
    tree = params()
    names = dict(nested.named(tree))
    assert list(names)[:4] == ["W_ih_l0", "W_hh_l0", "b_l0", "W_ih_l0_reverse"]
    assert names["W_hh_l1_reverse"] is tree[1][1].W_hh
    assert [*dict(nested.named(tree[0][0]))] == ["W_ih", "W_hh", "b"]
