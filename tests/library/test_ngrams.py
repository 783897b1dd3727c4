"""N-gram models: equal to their definitions on small texts, and a distribution for every order."""

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


SKEWED = np.random.default_rng(2).choice(7, 400, p=np.array([40, 25, 15, 9, 6, 3, 2]) / 100)


def counts_by_kneser_ney(text, n, order):
    """Count n-grams: the longest by occurrence, the others by the symbols that precede them."""
    grams = [tuple(text[k : k + n]) for k in range(len(text) - n + 1)]
    if n == order:
        return {gram: grams.count(gram) for gram in set(grams)}
    longer = {tuple(text[k : k + n + 1]) for k in range(len(text) - n)}
    return {gram: sum(other[1:] == gram for other in longer) for gram in set(grams)}


def discount(counts, c):
    """Return the discount of the count c from the counts of counts, as Chen and Goodman do."""
    number = [sum(value == k for value in counts.values()) for k in range(5)]
    if all(number[1:]):
        Y = number[1] / (number[1] + 2 * number[2])
        found = [k - (k + 1) * Y * number[k + 1] / number[k] for k in (1, 2, 3)]
        if min(found) >= 0:
            return found[min(c, 3) - 1]
    return (0.5, 1, 1.5)[min(c, 3) - 1]


def by_kneser_ney(text, before, symbol, symbols, n, order):
    """Return p_n of a symbol after a text, from the definition."""
    if n == 0:
        return 1 / symbols
    context = tuple(before[len(before) - n + 1 :])
    shorter = by_kneser_ney(text, before, symbol, symbols, n - 1, order)
    counts = counts_by_kneser_ney(text, n, order)
    after = {gram: c for gram, c in counts.items() if gram[:-1] == context and c > 0}
    if not after:
        return shorter
    left = sum(discount(counts, c) for c in after.values())
    own = after.get((*context, symbol), 0)
    taken = discount(counts, own) if own else 0
    return (own - taken + left * shorter) / sum(after.values())


@pytest.mark.parametrize("order", range(6))
@pytest.mark.parametrize(("text", "symbols"), [(COUNTED, K), (SKEWED[:90], 8), (SKEWED, 7)])
def test_kneser_ney_is_its_definition(text, symbols, order):
    """Also with a symbol, 7, and contexts that do not occur in the counted text."""
    read = np.random.default_rng(1).integers(0, symbols, 12)
    counted = text.tolist()
    places = range(max(order - 1, 0), len(read))
    expected = [
        by_kneser_ney(counted, read[:place].tolist(), read[place], symbols, order, order)
        for place in places
    ]
    actual = ngrams.kneser_ney(read, text, symbols, order)
    assert actual.shape == (len(expected),)
    assert np.abs(actual - expected).max() < 1e-12


@pytest.mark.parametrize("order", range(1, 6))
def test_kneser_ney_is_a_distribution_after_seen_and_unseen_contexts(order):
    contexts = [SKEWED[k : k + order - 1] for k in range(40)]
    contexts += [np.full(order - 1, 7)]
    for context in contexts:
        texts = [np.append(context, k) for k in range(8)]
        p = np.concatenate([ngrams.kneser_ney(text, SKEWED, 8, order) for text in texts])
        assert p.min() > 0
        assert abs(p.sum() - 1) < 1e-12


def test_kneser_ney_counts_what_precedes_a_symbol_not_how_often_it_occurs():
    """In 0 1 0 1 0 1 0 2 3 2, the 1 occurs more often than the 2, but only after 0."""
    text = np.array([0, 1, 0, 1, 0, 1, 0, 2, 3, 2])
    one, two = (ngrams.kneser_ney(np.array([4, k]), text, 5, 2)[0] for k in (1, 2))
    assert two > one
    once, twice = (ngrams.kneser_ney(np.array([k]), text, 5, 1)[0] for k in (1, 2))
    assert once > twice


def test_discounts_are_those_of_chen_and_goodman():
    counts = np.repeat([0, 1, 2, 3, 4, 9], [5, 100, 40, 20, 12, 7])
    Y = 100 / 180
    expected = [0, 1 - 2 * Y * 40 / 100, 2 - 3 * Y * 20 / 40, 3 - 4 * Y * 12 / 20]
    assert np.allclose(ngrams.discounts(counts), expected)
    assert ngrams.discounts(np.array([1, 1, 2])).tolist() == [0, 0.5, 1, 1.5]
    rising = np.repeat([1, 2, 3, 4], [10, 20, 100, 400])
    assert ngrams.discounts(rising).tolist() == [0, 0.5, 1, 1.5]


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="order: got -1, expected 0 to 40"):
        ngrams.bits(COUNTED, COUNTED, K, -1)
    with pytest.raises(ValueError, match="order: got 41, expected 0 to 40"):
        ngrams.bits(COUNTED, COUNTED, K, 41)
    with pytest.raises(ValueError, match="strength: got 0, expected more than 0"):
        ngrams.bits(COUNTED, COUNTED, K, 2, 0)
    with pytest.raises(ValueError, match="symbols: got 0"):
        ngrams.bits(COUNTED, COUNTED, 0, 2)
    with pytest.raises(ValueError, match="order: got -1, expected 0 to 40"):
        ngrams.kneser_ney(COUNTED, COUNTED, K, -1)
    with pytest.raises(ValueError, match="symbols: got 0"):
        ngrams.kneser_ney(COUNTED, COUNTED, 0, 2)
