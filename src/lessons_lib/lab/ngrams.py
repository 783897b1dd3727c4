"""For charlm and dropout: guess the next symbol by counting, the baseline to beat."""

from __future__ import annotations

from collections import Counter

import numpy as np

from .._check import arguments as validation


def bits(
    codes: np.ndarray, counted: np.ndarray, symbols: int, order: int, strength: float = 4.0
) -> float:
    """Return what an n-gram model needs for a symbol of a text, in bits on average.

        p_n(k | the n − 1 symbols before) = (count of both + m p_{n−1}(k | n − 2 symbols before))
                                            / (count of those before + m),    p_0(k) = 1 / K

    So a symbol that was never seen after those before it still has a chance: that of the shorter
    memory. This is interpolation with a Dirichlet prior.

    Parameters
    ----------
    codes : integer array of shape (L,)
        The text to be guessed. All but the first n − 1 symbols are scored, for n = 0 all.
    counted : integer array of shape (M,)
        The text in which is counted.
    symbols : int
        K, the length of the vocabulary.
    order : int
        n: 0 knows nothing, 1 counts symbols, 2 pairs.
    strength : float, optional
        m, above 0: as many counts as the shorter memory's opinion is worth.

    Raises
    ------
    ValueError
        `order` is negative or above L, or `strength` not above 0.

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
    """Return the n symbols from each place on, L − n + 1 of them, as text: it is faster to hash."""
    text = "".join(map(chr, codes))
    return [text[k : k + n] for k in range(len(text) - n + 1)]
