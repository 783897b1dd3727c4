"""For recurrence, lstm, gru, bidirectional, stacked, linear: sequence tasks that need no download.

A task is a function of the batch size N, a length and a ``numpy.random.Generator``; each call draws
a new batch and returns ``(x, target)``. The input x (T, N, D) has time first, as everywhere here;
symbols are one-hot vectors. The target's axes determine which steps are scored: (T, N, ·) every
step, (S, N, ·) with S < T the last S steps, (N, ·) only the last step. Floating-point targets end
in an axis of size K, the K numbers to predict. Integer targets have no such axis: they name a
class.

A size that is not a positive integer, or a missing generator, raises an error that names it.

The book's prose and `word_spacing`, whose x (T, N) are integer codes, come from `book_text`, and
`near_and_far` comes from `two_memories`.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from .._check import arguments as validation
from .book_text import book_text as book_text
from .book_text import decode as decode
from .book_text import encode as encode
from .book_text import streams as streams
from .book_text import word_spacing as word_spacing
from .two_memories import near_and_far as near_and_far

#: Input and target of one batch.
Batch: TypeAlias = tuple[np.ndarray, np.ndarray]


def running_sum(batch: int, T: int, generator: np.random.Generator) -> Batch:
    """Add all numbers so far.

    Parameters
    ----------
    batch, T : int
        N sequences of T steps.
    generator : numpy.random.Generator

    Returns
    -------
    x : array of shape (T, N, 1)
        Standard normal numbers.
    target : array of shape (T, N, 1)
        Their sum up to each step.
    """
    _check(generator, batch=batch, T=T)
    x = generator.standard_normal((T, batch, 1))
    return x, np.cumsum(x, axis=0)


def parity(batch: int, T: int, generator: np.random.Generator) -> Batch:
    """Decide whether the number of ones so far is odd.

    Parameters
    ----------
    batch, T, generator
        As for `running_sum`.

    Returns
    -------
    x : array of shape (T, N, 1)
        Bits, 0.0 or 1.0.
    target : integer array of shape (T, N)
        1 if the number of ones up to this step is odd.
    """
    _check(generator, batch=batch, T=T)
    bits = generator.integers(0, 2, (T, batch))
    return bits[..., None].astype(float), np.cumsum(bits, axis=0) % 2


def adding_problem(batch: int, T: int, generator: np.random.Generator) -> Batch:
    """Add the two marked numbers among T.

    Parameters
    ----------
    batch, T, generator
        As for `running_sum`; T is at least 2.

    Returns
    -------
    x : array of shape (T, N, 2)
        Column 0: numbers uniform in (0, 1). Column 1: the marks, 1 at one step of each half.
    target : array of shape (N, 1)
        The sum of the two marked numbers. Always answering 1 gives a mean squared error of 1/6.

    References
    ----------
    Arjovsky, Shah and Bengio (2016), "Unitary evolution recurrent neural networks", after
    Hochreiter and Schmidhuber (1997), experiment 4.
    """
    _check(generator, batch=batch, T=T)
    if T < 2:
        raise ValueError(f"T: got {T}, expected at least 2 steps, one for each mark")
    x = np.zeros((T, batch, 2))
    x[..., 0] = generator.uniform(0, 1, (T, batch))
    sequence = np.arange(batch)
    first = generator.integers(0, T // 2, batch)
    second = generator.integers(T // 2, T, batch)
    x[first, sequence, 1] = x[second, sequence, 1] = 1
    return x, (x[first, sequence, 0] + x[second, sequence, 0])[:, None]


def recall(batch: int, T: int, generator: np.random.Generator, noise: float = 0.0) -> Batch:
    """Report at the last step which bit was at the first.

    Parameters
    ----------
    batch, T, generator
        As for `running_sum`; the answer is due T − 1 steps after the bit.
    noise : float, optional
        Standard deviation of the numbers after the bit; by default they are zero.

    Returns
    -------
    x : array of shape (T, N, 2)
        Column 0: the bit as −1 or 1 at the first step, noise at all others. Column 1: 1 at the
        first step, 0 at all others.
    target : integer array of shape (N,)
        The bit, 0 or 1.
    """
    _check(generator, batch=batch, T=T)
    bit = generator.integers(0, 2, batch)
    x = np.zeros((T, batch, 2))
    x[..., 0] = noise * generator.standard_normal((T, batch))
    x[0, :, 0] = 2 * bit - 1
    x[0, :, 1] = 1
    return x, bit


def delayed_copy(
    batch: int, lag: int, generator: np.random.Generator, length: int = 1, symbols: int = 4
) -> Batch:
    """Repeat a word after a silence.

    Parameters
    ----------
    batch, lag : int
        N sequences. Each answer is due `lag` steps after its symbol, with `lag` >= `length`.
    generator : numpy.random.Generator
    length, symbols : int, optional
        Number of symbols in the word and in the alphabet.

    Returns
    -------
    x : array of shape (lag + length, N, symbols + 2)
        One-hot: column k < symbols is symbol k, column `symbols` is silence, and the last column is
        the signal to answer, at every step where an answer is due.
    target : integer array of shape (length, N)
        The word.

    References
    ----------
    Arjovsky et al. (2016), as for `adding_problem`: the copying memory problem.
    """
    _check(generator, batch=batch, lag=lag, length=length, symbols=symbols)
    if lag < length:
        raise ValueError(f"lag: got {lag}, expected at least length = {length}")
    word = generator.integers(0, symbols, (length, batch))
    silence = np.full((lag - length, batch), symbols)
    signal = np.full((length, batch), symbols + 1)
    return np.eye(symbols + 2)[np.concatenate([word, silence, signal])], word


def reversed_copy(
    batch: int, length: int, generator: np.random.Generator, symbols: int = 4
) -> Batch:
    """Repeat a word backwards without a pause; the rest is as in `delayed_copy`."""
    x, word = delayed_copy(batch, length, generator, length, symbols)
    return x, word[::-1]


def nesting(batch: int, T: int, generator: np.random.Generator, letters: float = 0.3) -> Batch:
    """Decide whether a bracket is still open: bracket matching, with letters as noise.

    Parameters
    ----------
    batch, T, generator
        As for `running_sum`: N texts of T characters.
    letters : float, optional
        Share of characters that are not brackets, from 0 to 1.

    Returns
    -------
    x : array of shape (T, N, 3)
        One-hot: ``(``, ``)``, any other character. A bracket is closed only if one is open.
    target : integer array of shape (T, N)
        1 if the depth, the number of open brackets, is above 0. The depth is
        ``(x[..., 0] - x[..., 1]).cumsum(axis=0)``.
    """
    _check(generator, batch=batch, T=T)
    if not 0 <= letters <= 1:
        raise ValueError(f"letters: got {letters}, expected a share from 0 to 1")
    x = np.zeros((T, batch, 3))
    depth = np.zeros(batch)
    for t in range(T):
        closes = (generator.uniform(size=batch) < 0.5) & (depth > 0)
        other = generator.uniform(size=batch) < letters
        x[t] = np.eye(3)[np.where(other, 2, closes)]
        depth = depth + x[t, :, 0] - x[t, :, 1]
    return x, ((x[..., 0] - x[..., 1]).cumsum(axis=0) > 0).astype(int)


def key_value_recall(
    batch: int, pairs: int, generator: np.random.Generator, keys: int = 16, values: int = 8
) -> Batch:
    """Look up the values of keys: some pairs are shown, then each key is asked once.

    Parameters
    ----------
    batch, pairs : int
        N sequences, each with this many pairs of different keys, in random order; at most `keys`.
    generator : numpy.random.Generator
    keys, values : int, optional
        How many different keys and values there are.

    Returns
    -------
    x : array of shape (2 · pairs, N, keys + values)
        A key's one-hot vector, and next to it its value's; zeros instead of the value if the key is
        asked. The second half asks the keys in an order of its own.
    target : integer array of shape (pairs, N)
        The values that are asked.
    """
    _check(generator, batch=batch, pairs=pairs, keys=keys, values=values)
    if pairs > keys:
        raise ValueError(f"pairs: got {pairs}, expected at most keys = {keys}, which differ")
    key = generator.permuted(np.tile(np.arange(keys)[:, None], batch), axis=0)[:pairs]
    value = generator.integers(0, values, (pairs, batch))
    order = generator.permuted(np.tile(np.arange(pairs)[:, None], batch), axis=0)
    asked, target = (np.take_along_axis(array, order, axis=0) for array in (key, value))
    shown = np.concatenate([np.eye(keys)[key], np.eye(values)[value]], axis=-1)
    question = np.concatenate([np.eye(keys)[asked], np.zeros((pairs, batch, values))], axis=-1)
    return np.concatenate([shown, question]), target


def _check(generator: np.random.Generator, **sizes: int) -> None:
    validation.check_generator(generator)
    validation.check_sizes(**sizes)
