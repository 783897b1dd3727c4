"""Sizes as letters: an int that remembers how it was made, so that a recording holds for all sizes.

    H = Size.of("H");  4 * H + 1  prints as "4 H + 1"

A size is a polynomial of letters. Its value as an int is that polynomial at large primes, so two
sizes are equal as ints only if they are equal as polynomials, and code that compares or slices with
sizes works unchanged. A size that is known, such as T = 1, is a plain int.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from math import prod
from string import ascii_uppercase
from typing import Any

#: A prime for each letter.
_PRIMES = dict(
    zip(
        ascii_uppercase,
        (
            1_000_003,
            1_000_033,
            1_000_037,
            1_000_039,
            1_000_081,
            1_000_099,
            1_000_117,
            1_000_121,
            1_000_133,
            1_000_151,
            1_000_159,
            1_000_171,
            1_000_183,
            1_000_187,
            1_000_193,
            1_000_199,
            1_000_211,
            1_000_213,
            1_000_231,
            1_000_249,
            1_000_253,
            1_000_273,
            1_000_289,
            1_000_291,
            1_000_303,
            1_000_313,
        ),
        strict=True,
    )
)

#: Letters of a product, sorted, and its integer factor: 4 H + 1 is {"H": 4, "": 1}.
Terms = dict[str, int]


class Size(int):
    """A polynomial of letters with integer factors; see the module's docstring."""

    terms: Terms

    def __new__(cls, terms: Terms) -> Size:
        """Return the size of these terms."""
        products = (factor * prod(_PRIMES[c] for c in letters) for letters, factor in terms.items())
        size = super().__new__(cls, sum(products))
        size.terms = terms
        return size

    @classmethod
    def of(cls, letter: str) -> Size:
        """Return the size that a letter denotes."""
        return cls({letter: 1})

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, int):
            return NotImplemented
        total = dict(self.terms)
        for letters, factor in _terms(other).items():
            total[letters] = total.get(letters, 0) + factor
        return _simplified(total)

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, int):
            return NotImplemented
        total: Terms = {}
        for (m, a), (n, b) in product(self.terms.items(), _terms(other).items()):
            letters = "".join(sorted(m + n))
            total[letters] = total.get(letters, 0) + a * b
        return _simplified(total)

    def __neg__(self) -> Any:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        return self + -other if isinstance(other, int) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __floordiv__(self, other: Any) -> Any:
        """Divide by one product of letters and a number, if nothing is left over."""
        if not isinstance(other, int):
            return NotImplemented
        divisor = _terms(other)
        if len(divisor) == 1:
            ((letters, factor),) = divisor.items()
            quotient = {}
            for m, n in self.terms.items():
                left = _without(m, letters)
                if left is None or n % factor:
                    break
                quotient[left] = n // factor
            else:
                return _simplified(quotient)
        raise ValueError(
            f"a recording holds for all sizes: {self} is not a multiple of {text(other)}"
        )

    __radd__, __rmul__ = __add__, __mul__

    def __repr__(self) -> str:
        return text(self)

    __str__ = __repr__

    def __reduce__(self) -> Any:
        return Size, (self.terms,)


def text(size: int, times: str = " ") -> str:
    """Write a size with its letters, ``4 H + 1``; `times` separates the factors."""
    parts = []
    for letters, factor in sorted(_terms(size).items(), reverse=True):
        number = [] if abs(factor) == 1 and letters else [str(abs(factor))]
        parts += ["+" if factor >= 0 else "-", times.join([*number, *letters])]
    return " ".join(parts).removeprefix("+ ")


def letters(size: int) -> set[str]:
    """Return the letters of a size."""
    return set("".join(_terms(size)))


def value(size: int, sizes: Mapping[str, int]) -> int:
    """Return a size's value for these values of its letters."""
    return sum(n * prod(sizes[c] for c in m) for m, n in _terms(size).items())


def solve(shapes: Iterable[tuple[tuple[int, ...], tuple[int, ...]]]) -> dict[str, int]:
    """Return the letters' values, read off arrays.

    Parameters
    ----------
    shapes : pairs
        A recorded shape and the shape of the array in its place.

    Raises
    ------
    ValueError
        The arrays' shapes contradict each other, or leave a letter open.
    """
    pairs = [pair for recorded, actual in shapes for pair in zip(recorded, actual, strict=True)]
    sizes: dict[str, int] = {}
    for _ in range(len(ascii_uppercase)):  # each letter that is known may tell another one
        for size, actual in pairs:
            unknown = letters(size) - set(sizes)
            if len(unknown) == 1:
                (letter,) = unknown
                without, once = (value(size, {**sizes, letter: n}) for n in (0, 1))
                if once > without:
                    sizes[letter] = (actual - without) // (once - without)
    for size, actual in pairs:
        if not letters(size) <= set(sizes) or value(size, sizes) != actual:
            raise ValueError(f"got {actual}, expected {text(size)} with {sizes}")
    return sizes


def _terms(size: int) -> Terms:
    return size.terms if isinstance(size, Size) else {"": int(size)}


def _simplified(terms: Terms) -> int:
    """Return a size without the terms that cancel; a plain int if no letter is left."""
    terms = {letters: factor for letters, factor in terms.items() if factor}
    return Size(terms) if any(terms) else terms.get("", 0)


def _without(letters: str, divisor: str) -> str | None:
    """Return a product of letters without some of them, None if one is missing."""
    for letter in divisor:
        if letter not in letters:
            return None
        letters = letters.replace(letter, "", 1)
    return letters
