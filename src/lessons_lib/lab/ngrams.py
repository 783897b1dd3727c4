"""For charlm and dropout: predict the next symbol by counting n-grams, the baseline to beat."""

from __future__ import annotations

import numpy as np

from .._check import arguments as validation


def bits(
    codes: np.ndarray, counted: np.ndarray, symbols: int, order: int, strength: float = 4.0
) -> float:
    """Return the mean loss of an n-gram model on a text, in bits per symbol.

        p_n(k | n − 1 symbols before) = (count of them and k + m p_{n−1}(k | n − 2 symbols before))
                                        / (count of them + m),    p_0(k) = 1 / K

    A symbol that was never seen after this context keeps a chance: the one that the shorter context
    gives it. This is interpolation with a Dirichlet prior.

    Parameters
    ----------
    codes : integer array of shape (L,)
        The text to predict. All symbols except the first n − 1 are scored; all of them for n = 0.
    counted : integer array of shape (M,)
        The text whose n-grams are counted.
    symbols : int
        K, the length of the vocabulary.
    order : int
        n: 0 knows nothing, 1 counts symbols, 2 counts pairs.
    strength : float, optional
        m, above 0: the number of counts that the shorter context's estimate is worth.

    Raises
    ------
    ValueError
        `order` is negative or above L, or `strength` is not above 0.

    References
    ----------
    MacKay and Peto (1995), "A hierarchical Dirichlet language model", Natural Language Engineering
    1 (3).
    """
    _check_order(codes, symbols, order)
    if not strength > 0:
        raise ValueError(f"strength: got {strength!r}, expected more than 0")
    numbers = _numbered(np.concatenate([counted, codes]), symbols, order)
    p = np.full(len(codes), 1 / symbols)
    for n in range(1, order + 1):
        places = len(counted) - n + 1
        both = _occurrences(numbers[n], places)[numbers[n][len(counted) :]]
        alone = _occurrences(numbers[n - 1], places)[numbers[n - 1][len(counted) : -1]]
        p = (both + strength * p[min(n - 1, 1) :]) / (alone + strength)
    return float(-np.log2(p).mean())


def kneser_ney(codes: np.ndarray, counted: np.ndarray, symbols: int, order: int) -> np.ndarray:
    """Return the probabilities that interpolated modified Kneser–Ney gives a text's symbols.

        p_n(k | u) = (c(u k) − d(c(u k)) + (sum of d(c(u j)) over all j) p_{n−1}(k | u less its
                     first symbol)) / (sum of c(u j) over all j),    p_0(k) = 1 / K

    For the longest n-grams, c is the number of occurrences. For shorter ones it is the number of
    different symbols that occur before them. A context that never occurred leaves the shorter
    context's probability as it is. The discount d is 0 for c = 0 and otherwise one of three
    numbers, for c = 1, 2, and 3 or more, which `discounts` computes for each n.

    Parameters
    ----------
    codes : integer array of shape (L,)
        The text to predict. All symbols except the first n − 1 are scored; all of them for n = 0.
    counted : integer array of shape (M,)
        The text whose n-grams are counted.
    symbols : int
        K, the length of the vocabulary.
    order : int
        n: 0 knows nothing, 1 counts symbols, 2 counts pairs.

    Returns
    -------
    array of shape (L − max(n − 1, 0),)

    Raises
    ------
    ValueError
        `order` is negative or above L.

    References
    ----------
    Chen and Goodman (1999), "An empirical study of smoothing techniques for language modeling",
    Computer Speech and Language 13 (4).
    """
    _check_order(codes, symbols, order)
    numbers = _numbered(np.concatenate([counted, codes]), symbols, order)
    p = np.full(len(codes), 1 / symbols)
    for n in range(1, order + 1):
        counts = _occurrences(numbers[n], len(counted) - n + 1)
        if n < order:
            longer = _occurrences(numbers[n + 1], len(counted) - n)
            counts = _different_before(numbers, n, longer > 0, len(counts))
        p = _interpolated(counts, numbers, n, len(counted), p[1:] if n > 1 else p)
    return p


def discounts(counts: np.ndarray) -> np.ndarray:
    """Return modified Kneser–Ney's discounts of the counts 0, 1, 2, and 3 or more.

    With N_c n-grams that have the count c, and Y = N_1 / (N_1 + 2 N_2), the discount of c is
    c − (c + 1) Y N_{c+1} / N_c. Where a number of n-grams is 0, or a discount is not between 0 and
    c, as in very short texts, the discounts are 0.5, 1 and 1.5.

    Parameters
    ----------
    counts : integer array
        The counts of all n-grams of one n; zeros are not used.
    """
    N = np.bincount(np.minimum(counts, 5), minlength=5)[:5].astype(float)
    if (N[1:] > 0).all():
        c = np.arange(1, 4)
        found = c - (c + 1) * N[1] / (N[1] + 2 * N[2]) * N[2:] / N[1:4]
        if (found >= 0).all():  # and below c, as all numbers are positive
            return np.array([0, *found])
    return np.array([0, 0.5, 1, 1.5])


def _interpolated(
    counts: np.ndarray, numbers: list[np.ndarray], n: int, counted: int, shorter: np.ndarray
) -> np.ndarray:
    """Return p_n of the text's symbols from the counts of n-grams and from p_{n−1}."""
    taken = discounts(counts)[np.minimum(counts, 3)]
    contexts = np.zeros(len(counts), dtype=np.int64)
    contexts[numbers[n]] = numbers[n - 1][: len(numbers[n])]
    total = np.bincount(contexts, counts, numbers[n - 1].max() + 1)
    left = np.bincount(contexts, taken, len(total))
    grams = numbers[n][counted:]
    total, left = total[contexts[grams]], left[contexts[grams]]
    mixed = counts[grams] - taken[grams] + left * shorter
    return np.divide(mixed, total, out=shorter.copy(), where=total > 0)


def _numbered(text: np.ndarray, symbols: int, order: int) -> list[np.ndarray]:
    """Return for n = 0 … order the runs of n symbols by place; equal runs have equal numbers."""
    numbers = [np.zeros(len(text) + 1, dtype=np.int64)]
    for n in range(1, order + 1):
        pairs = numbers[-1][: len(text) - n + 1] * symbols + text[n - 1 :]
        numbers.append(np.unique(pairs, return_inverse=True)[1])
    return numbers


def _occurrences(numbers: np.ndarray, places: int) -> np.ndarray:
    """Return how often each number occurs at the first places, those of the counted text."""
    return np.bincount(numbers[: max(places, 0)], minlength=numbers.max() + 1)


def _different_before(
    numbers: list[np.ndarray], n: int, seen: np.ndarray, kinds: int
) -> np.ndarray:
    """Return for each run of n symbols how many seen runs of n + 1 symbols end in it."""
    ends = np.zeros(len(seen), dtype=np.int64)
    ends[numbers[n + 1]] = numbers[n][1 : 1 + len(numbers[n + 1])]
    return np.bincount(ends[seen], minlength=kinds)


def _check_order(codes: np.ndarray, symbols: int, order: int) -> None:
    validation.check_sizes(symbols=symbols)
    if not 0 <= order <= len(codes):
        raise ValueError(f"order: got {order}, expected 0 to {len(codes)}, the length of codes")
