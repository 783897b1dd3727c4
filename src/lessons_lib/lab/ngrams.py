"""For charlm and dropout: predict the next symbol by counting n-grams, the baseline to beat."""

from __future__ import annotations

from collections import Counter

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
    validation.check_sizes(symbols=symbols)
    if not 0 <= order <= len(codes):
        raise ValueError(f"order: got {order}, expected 0 to {len(codes)}, the length of codes")
    if not strength > 0:
        raise ValueError(f"strength: got {strength!r}, expected more than 0")
    first = max(order - 1, 0)
    p = np.full(len(codes) - first, 1 / symbols)
    for n in range(1, order + 1):
        seen = Counter(_grams(counted, n))
        before = Counter(_grams(counted[:-1], n - 1))
        grams = _grams(codes, n)[first - n + 1 :]
        both = np.array([seen[gram] for gram in grams])
        alone = np.array([before[gram[:-1]] for gram in grams])
        p = (both + strength * p) / (alone + strength)
    return float(-np.log2(p).mean())


def _grams(codes: np.ndarray, n: int) -> list[str]:
    """Return the L − n + 1 runs of n symbols as text, which is faster to hash."""
    text = "".join(map(chr, codes))
    return [text[k : k + n] for k in range(len(text) - n + 1)]
