"""N-gram counts: equal to hand counts for small texts, and a distribution for every order."""

from itertools import product

import numpy as np
import pytest

from lessons_lib.lab import ngrams

K = 3
COUNTED = np.random.default_rng(0).integers(0, K, 40)


def probability(text, order, strength):
    """Return the probability of a text's last symbol, from the definition."""
    if order == 0:
        return 1 / K
    before = text[len(text) - order : -1]
    counted = COUNTED.tolist()
    places = [k for k in range(len(counted) - order + 1) if counted[k : k + order - 1] == before]
    both = sum(counted[k + order - 1] == text[-1] for k in places)
    shorter = probability(text, order - 1, strength)
    return (both + strength * shorter) / (len(places) + strength)


@pytest.mark.parametrize("order", range(5))
def test_bits_are_those_of_the_definition(order):
    text = np.random.default_rng(1).integers(0, K, 9).tolist()
    ends = range(max(order, 1), len(text) + 1)
    expected = -np.mean([np.log2(probability(text[:end], order, 0.7)) for end in ends])
    assert abs(ngrams.bits(np.array(text), COUNTED, K, order, 0.7) - expected) < 1e-12


@pytest.mark.parametrize("order", range(1, 4))
def test_probabilities_of_all_next_symbols_add_up_to_one(order):
    """In a text of n symbols only the last is scored, so the bits give its probability."""
    for before in product(range(K), repeat=order - 1):
        texts = [np.array([*before, k]) for k in range(K)]
        assert abs(sum(2 ** -ngrams.bits(text, COUNTED, K, order) for text in texts) - 1) < 1e-12


def test_pairs_that_decide_cost_nothing():
    """Every other symbol of abacabad is an a; after b, c or d it is the only one."""
    text = np.array([0, 1, 0, 2, 0, 1, 0, 3])
    by_order = [ngrams.bits(text, text, 4, order, 1e-9) for order in range(3)]
    assert np.allclose(by_order, [2, 1.75, 6 / 7], atol=1e-6)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="order: got -1, expected 0 to 40"):
        ngrams.bits(COUNTED, COUNTED, K, -1)
    with pytest.raises(ValueError, match="order: got 41, expected 0 to 40"):
        ngrams.bits(COUNTED, COUNTED, K, 41)
    with pytest.raises(ValueError, match="strength: got 0, expected more than 0"):
        ngrams.bits(COUNTED, COUNTED, K, 2, 0)
    with pytest.raises(ValueError, match="symbols: got 0"):
        ngrams.bits(COUNTED, COUNTED, 0, 2)
