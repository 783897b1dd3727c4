"""For charlm, dropout, bidirectional: the book's own prose as data, in codes and streams.

The prose is a copy, ``data/book_ko.txt`` and ``data/book_en.txt``, one paragraph a line and no
paragraph twice, that ``make corpus`` takes from the notebooks. A sentence changed in a notebook
changes nothing here until then.

Every tenth paragraph is held out: the parts "train" and "held_out" share no paragraph, both come
from every chapter, and together they are the part "all". A held-out paragraph has been seen by no
training on "train", although its words have, and sentences much like its own may have been.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

import numpy as np

from .._check import arguments as validation
from .hangul import from_jamo, to_jamo

_PARTS = {"all": range(10), "train": range(9), "held_out": range(9, 10)}  # of ten paragraphs
_UNITS = {"character": False, "syllable": False, "jamo": True}  # is a syllable taken apart?
_LANGUAGES = {"ko": _UNITS, "en": {"character": False}}


def book_text(language: str, unit: str = "character", part: str = "all") -> tuple[np.ndarray, str]:
    """Return the book's prose in one language, as codes.

    Parameters
    ----------
    language : "ko" or "en"
    unit : "character", "syllable" or "jamo", optional
        What one code stands for. A Korean character is a syllable, so the first two are the same;
        "jamo" takes syllables apart (`hangul.to_jamo`). English has characters only.
    part : "all", "train" or "held_out", optional
        Nine paragraphs of ten, or every tenth. The parts are the same whatever the unit.

    Returns
    -------
    codes : int64 array of shape (L,)
        Paragraphs end in a newline, which is a symbol too. L differs between units: to compare
        models, divide their summed losses on a part by the part's number of characters.
    vocabulary : str
        ``vocabulary[k]`` is the symbol with code k, in Unicode's order. It is that of the whole
        text, whichever the part.

    Raises
    ------
    ValueError
        No such language, unit or part.
    """
    units = validation.one_of("language", language, _LANGUAGES)
    validation.check_word("unit", unit, units)
    validation.check_word("part", part, _PARTS)
    _, vocabulary = encode(_prose(language, "all"), unit)
    return encode(_prose(language, part), unit, vocabulary)


def encode(
    text: str, unit: str = "character", vocabulary: str | None = None
) -> tuple[np.ndarray, str]:
    """Return a text as codes, and the vocabulary; arguments and shapes are `book_text`'s.

    Parameters
    ----------
    text : str
        Brought to Unicode's form NFC first, in which a Hangul syllable is one character.
    unit : "character", "syllable" or "jamo", optional
    vocabulary : str, optional
        Each symbol once; if not given, that of the text.

    Raises
    ------
    TypeError
        The text is no str.
    ValueError
        No such unit, a symbol of the text that is not in the vocabulary, or one in it twice.
    """
    if not isinstance(text, str):
        raise TypeError(f"text: got {type(text).__name__}, expected a str")
    symbols = unicodedata.normalize("NFC", text)
    if validation.one_of("unit", unit, _UNITS):
        symbols = to_jamo(symbols)
    if vocabulary is None:
        vocabulary = "".join(sorted(set(symbols)))
    code = {symbol: k for k, symbol in enumerate(vocabulary)}
    if len(code) != len(vocabulary):
        raise ValueError(f"vocabulary: got {vocabulary!r}, expected each symbol once")
    if unknown := sorted(set(symbols) - set(code)):
        raise ValueError(
            f"text: got {unknown[0]!r}, expected the {len(vocabulary)} symbols of the vocabulary"
        )
    return np.array([code[symbol] for symbol in symbols], dtype=np.int64), vocabulary


def decode(codes: np.ndarray, vocabulary: str) -> str:
    """Return the text that codes of shape (L,) stand for, jamo composed to syllables.

    Raises
    ------
    TypeError, ValueError
        The codes are no integers, not of one axis, or not all in the vocabulary.
    """
    codes = _checked(codes)
    if codes.size and not (codes.min() >= 0 and codes.max() < len(vocabulary)):
        raise ValueError(
            f"codes: got {codes.min()} to {codes.max()}, "
            f"expected 0 to {len(vocabulary) - 1} as in the vocabulary"
        )
    return from_jamo("".join(vocabulary[code] for code in codes))


def streams(codes: np.ndarray, batch: int) -> np.ndarray:
    """Lay one long text as N parallel streams, for truncated BPTT with the state handed on.

    Parameters
    ----------
    codes : integer array of shape (L,)
    batch : int
        N, at most L.

    Returns
    -------
    array of shape (T, N), T = L // N
        A view of `codes`: column n is the n-th of N equal parts, in running order. The last
        L − NT codes are left over. Windows are ``s[t : t + k]``, targets ``s[t + 1 : t + k + 1]``.

    Raises
    ------
    TypeError, ValueError
        The codes are no integers, not of one axis, or fewer than N; N is no positive integer.
    """
    codes = _checked(codes)
    validation.check_sizes(batch=batch)
    if len(codes) < batch:
        raise ValueError(f"codes: got {len(codes)}, expected at least batch = {batch}")
    T = len(codes) // batch
    return codes[: T * batch].reshape(batch, T).T


def word_spacing(
    batch: int, T: int, generator: np.random.Generator, part: str = "train"
) -> tuple[np.ndarray, np.ndarray]:
    """Tell after which syllables of Korean text, written without spaces, a space belongs.

    Parameters
    ----------
    batch, T : int
        N windows of T syllables each, at random places of the text. They may begin and end within
        a word, and may overlap each other, but none from "train" shares text with "held_out".
    generator : numpy.random.Generator
    part : "all", "train" or "held_out", optional

    Returns
    -------
    x : int64 array of shape (T, N)
        Codes of ``book_text("ko", "syllable")``'s vocabulary; other characters count as syllables.
        The space is never among them.
    target : int64 array of shape (T, N)
        1 where a space, or the paragraph's end, follows in the book.

    Raises
    ------
    TypeError, ValueError
        No such part or generator, a size that is no positive integer, a T longer than the part.
    """
    validation.check_generator(generator)
    validation.check_sizes(batch=batch, T=T)
    validation.check_word("part", part, _PARTS)
    syllables, follows = _without_spaces(part)
    if len(syllables) < T:
        raise ValueError(f"T: got {T}, expected at most the {len(syllables)} of part {part!r}")
    steps = np.arange(T)[:, None] + generator.integers(0, len(syllables) - T + 1, batch)
    return syllables[steps], follows[steps]


@cache
def _without_spaces(part: str) -> tuple[np.ndarray, np.ndarray]:
    codes, vocabulary = book_text("ko", "syllable", part)
    gap = np.isin(codes, [vocabulary.index(" "), vocabulary.index("\n")])
    return codes[~gap], np.append(gap[1:], False)[~gap].astype(np.int64)


@cache
def _prose(language: str, part: str) -> str:
    path = files("lessons_lib.lab") / "data" / f"book_{language}.txt"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for k, line in enumerate(lines) if k % 10 in _PARTS[part])


def _checked(codes: np.ndarray) -> np.ndarray:
    codes = np.asarray(codes)
    if codes.dtype.kind not in "iu":
        raise TypeError(f"codes: got dtype {codes.dtype}, expected integers")
    if codes.ndim != 1:
        raise ValueError(f"codes: got shape {codes.shape}, expected (L,)")
    return codes
