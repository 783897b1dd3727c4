"""For charlm, dropout, bidirectional: the book's own prose as data, in codes and streams.

The prose is a copy, ``data/book_ko.txt`` and ``data/book_en.txt``, one paragraph per line and no
paragraph twice, which ``make corpus`` extracts from the notebooks. A sentence changed in a notebook
changes nothing here until then.

Every tenth paragraph is held out: the parts "train" and "held_out" share no paragraph, both come
from every chapter, and together they are the part "all". Training on "train" never sees a held-out
paragraph, but it does see the paragraph's words, and it may see very similar sentences. The
held-out paragraphs are dealt out in turn to the parts "validation" and "test".
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

import numpy as np

from .._check import arguments as validation
from .hangul import from_jamo, to_jamo

#: Which of twenty paragraphs a part has.
_PARTS = {"all": {*range(20)}, "train": {*range(20)} - {9, 19}, "held_out": {9, 19}}
_PARTS |= {"validation": {9}, "test": {19}}
_UNITS = {"character": False, "syllable": False, "jamo": True}  # is a syllable taken apart?
_LANGUAGES = {"ko": _UNITS, "en": {"character": False}}


def book_text(language: str, unit: str = "character", part: str = "all") -> tuple[np.ndarray, str]:
    """Return the book's prose in one language as codes.

    Parameters
    ----------
    language : "ko" or "en"
    unit : "character", "syllable" or "jamo", optional
        What one code represents. A Korean character is a syllable, so the first two are the same;
        "jamo" splits syllables (`hangul.to_jamo`). English has characters only.
    part : "all", "train", "held_out", "validation" or "test", optional
        All paragraphs, nine of ten, every tenth, or every other one of these. The parts are the
        same for every unit.

    Returns
    -------
    codes : int64 array of shape (L,)
        Paragraphs end in a newline, which is a symbol too. L differs between units. To compare
        models, divide their summed losses on a part by the part's number of characters.
    vocabulary : str
        ``vocabulary[k]`` is the symbol with code k, in Unicode's order. Every part has the
        vocabulary of the whole text.

    Raises
    ------
    ValueError
        The language, unit or part does not exist.
    """
    units = validation.one_of("language", language, _LANGUAGES)
    validation.check_word("unit", unit, units)
    validation.check_word("part", part, _PARTS)
    _, vocabulary = encode(_prose(language, "all"), unit)
    return encode(_prose(language, part), unit, vocabulary)


def encode(
    text: str, unit: str = "character", vocabulary: str | None = None
) -> tuple[np.ndarray, str]:
    """Return a text as codes, and its vocabulary, in the form of `book_text`.

    Parameters
    ----------
    text : str
        First converted to Unicode's form NFC, in which a Hangul syllable is one character.
    unit : "character", "syllable" or "jamo", optional
    vocabulary : str, optional
        Each symbol once; if not given, the symbols of the text.

    Raises
    ------
    TypeError
        The text is not a str.
    ValueError
        The unit does not exist, a symbol of the text is not in the vocabulary, or the vocabulary
        has a symbol twice.
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
    """Return the text that codes of shape (L,) represent, jamo composed to syllables.

    Raises
    ------
    TypeError, ValueError
        The codes are not integers, do not have one axis, or are not all in the vocabulary.
    """
    codes = _checked(codes)
    if codes.size and not (codes.min() >= 0 and codes.max() < len(vocabulary)):
        raise ValueError(
            f"codes: got {codes.min()} to {codes.max()}, "
            f"expected 0 to {len(vocabulary) - 1} as in the vocabulary"
        )
    return from_jamo("".join(vocabulary[code] for code in codes))


def streams(codes: np.ndarray, batch: int) -> np.ndarray:
    """Arrange one long text as N parallel streams, for truncated BPTT that passes the state on.

    Parameters
    ----------
    codes : integer array of shape (L,)
    batch : int
        N, at most L.

    Returns
    -------
    array of shape (T, N), T = L // N
        A view of `codes`: column n is the n-th of N equal parts, in reading order. The last
        L − NT codes are left out. Windows are ``s[t : t + k]``, targets ``s[t + 1 : t + k + 1]``.

    Raises
    ------
    TypeError, ValueError
        The codes are not integers, do not have one axis, or are fewer than N; N is not a positive
        integer.
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
    """Predict after which syllables of Korean text without spaces a space belongs.

    Parameters
    ----------
    batch, T : int
        N windows of T syllables each, at random places in the text. They may begin and end inside
        a word, and may overlap each other, but no window of "train" shares text with "held_out".
    generator : numpy.random.Generator
    part : "all", "train", "held_out", "validation" or "test", optional

    Returns
    -------
    x : int64 array of shape (T, N)
        Codes from the vocabulary of ``book_text("ko", "syllable")``; other characters count as
        syllables. The space is never among them.
    target : int64 array of shape (T, N)
        1 where a space or the paragraph's end follows in the book.

    Raises
    ------
    TypeError, ValueError
        The part does not exist, the generator is missing, a size is not a positive integer, or T is
        longer than the part.
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
    return "".join(line for k, line in enumerate(lines) if k % 20 in _PARTS[part])


def _checked(codes: np.ndarray) -> np.ndarray:
    codes = np.asarray(codes)
    if codes.dtype.kind not in "iu":
        raise TypeError(f"codes: got dtype {codes.dtype}, expected integers")
    if codes.ndim != 1:
        raise ValueError(f"codes: got shape {codes.shape}, expected (L,)")
    return codes
