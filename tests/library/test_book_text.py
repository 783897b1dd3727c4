"""The book's prose as data: complete codes, disjoint parts, recoverable spaces."""

from __future__ import annotations

import unicodedata
from importlib.resources import files

import numpy as np
import pytest

from lessons_lib.lab import tasks
from lessons_lib.lab.hangul import from_jamo, to_jamo

UNITS = [("ko", "character"), ("ko", "syllable"), ("ko", "jamo"), ("en", "character")]
ALL_SYLLABLES = "".join(map(chr, range(0xAC00, 0xD7A4)))


def stored(language: str) -> str:
    """Return the prose as stored in the package."""
    path = files("lessons_lib.lab") / "data" / f"book_{language}.txt"
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_copy_is_readable_prose_each_paragraph_once(language):
    text = stored(language)
    lines = text.splitlines()
    assert len(text) >= 10_000
    assert text == unicodedata.normalize("NFC", text)
    assert text == "".join(" ".join(line.split()) + "\n" for line in lines)
    assert all(lines)
    assert len(set(lines)) == len(lines)
    assert not [
        mark for mark in ("`", "$", "\\", "**", "](", "http", "{", "\ufffc") if mark in text
    ]
    hangul = sum("가" <= letter <= "힣" for letter in text) / len(text)
    assert hangul > 0.4 if language == "ko" else hangul < 0.01


@pytest.mark.parametrize(("language", "unit"), UNITS)
def test_the_codes_are_the_whole_text(language, unit):
    codes, vocabulary = tasks.book_text(language, unit)
    assert codes.dtype == np.int64
    assert codes.ndim == 1
    assert np.array_equal(np.unique(codes), np.arange(len(vocabulary)))
    assert list(vocabulary) == sorted(set(vocabulary))
    assert tasks.decode(codes, vocabulary) == stored(language)


def test_a_syllable_is_one_code_and_two_or_three_jamo():
    codes, _ = tasks.book_text("ko", "syllable")
    jamo, vocabulary = tasks.book_text("ko", "jamo")
    text = stored("ko")
    closed = [(ord(c) - 0xAC00) % 28 != 0 for c in text if "가" <= c <= "힣"]
    assert len(codes) == len(text)
    assert len(jamo) == len(text) + len(closed) + sum(closed)
    assert not [symbol for symbol in vocabulary if "가" <= symbol <= "힣"]


@pytest.mark.parametrize(("language", "unit"), UNITS)
def test_the_parts_share_no_paragraph_and_are_the_same_in_every_unit(language, unit):
    parts = {}
    for part in ("all", "train", "held_out", "validation", "test"):
        codes, vocabulary = tasks.book_text(language, unit, part)
        assert vocabulary == tasks.book_text(language, unit)[1]
        parts[part] = tasks.decode(codes, vocabulary).splitlines()
    assert not set(parts["train"]) & set(parts["held_out"])
    assert sorted(parts["train"] + parts["held_out"]) == sorted(parts["all"])
    assert parts["held_out"] == stored(language).splitlines()[9::10]
    assert parts["validation"] == parts["held_out"][::2]
    assert parts["test"] == parts["held_out"][1::2]


def test_jamo_round_trip():
    assert to_jamo(ALL_SYLLABLES) == unicodedata.normalize("NFD", ALL_SYLLABLES)
    assert from_jamo(to_jamo(ALL_SYLLABLES)) == ALL_SYLLABLES
    assert to_jamo("é≠ ㄱA") == "é≠ ㄱA"  # NFD would split é and ≠, too
    assert from_jamo(to_jamo("값이 é ≠ ㄱ, LSTM의")) == "값이 é ≠ ㄱ, LSTM의"


def test_jamo_that_form_no_syllable_become_letters():
    opening, vowel, closing = list(to_jamo("각"))
    assert from_jamo(opening + opening + vowel + closing + closing) == "ㄱ각ㄱ"
    assert from_jamo(vowel + opening) == "ㅏㄱ"
    every = set(to_jamo(ALL_SYLLABLES))
    alone = [from_jamo(jamo) for jamo in sorted(every)]
    assert [letter for letter in alone if not "\u3131" <= letter <= "\u3163"] == []
    assert len(set(alone)) == 51  # 30 consonants and clusters, 21 vowels


def test_a_text_of_ones_own():
    decomposed = unicodedata.normalize("NFD", "각 é")  # the form that some file systems use
    codes, vocabulary = tasks.encode(decomposed, "syllable")
    assert vocabulary == " é각"
    assert codes.tolist() == [2, 0, 1]
    assert tasks.encode("é각", "syllable", vocabulary)[0].tolist() == [1, 2]
    codes, vocabulary = tasks.encode("각 é", "jamo")
    assert vocabulary == " é\u1100\u1161\u11a8"
    assert codes.tolist() == [2, 3, 4, 0, 1]
    empty, nothing = tasks.encode("")
    assert (empty.shape, nothing, tasks.decode(empty, nothing)) == ((0,), "", "")


def test_streams_run_on_down_the_columns():
    lanes = tasks.streams(np.arange(14), 3)
    assert lanes.tolist() == [[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]]
    assert tasks.streams(np.arange(3), 3).tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("part", ["all", "train", "held_out"])
def test_word_spacing_is_the_books(part):
    x, target = tasks.word_spacing(30, 50, np.random.default_rng(0), part)
    codes, vocabulary = tasks.book_text("ko", "syllable", part)
    assert x.shape == target.shape == (50, 30)
    assert x.dtype == target.dtype == np.int64
    assert not np.isin(x, [vocabulary.index(" "), vocabulary.index("\n")]).any()
    text = tasks.decode(codes, vocabulary).replace("\n", " ")
    for syllables, follows in zip(x.T, target.T, strict=True):
        written = (vocabulary[s] + " " * f for s, f in zip(syllables, follows, strict=True))
        assert "".join(written) in text


def test_word_spacing_reaches_both_ends_of_the_text():
    codes, vocabulary = tasks.book_text("ko", "syllable", "held_out")
    text = tasks.decode(codes, vocabulary)
    T = len("".join(text.split()))
    x, target = tasks.word_spacing(2, T, np.random.default_rng(0), "held_out")
    assert tasks.decode(x[:, 1], vocabulary) == "".join(text.split())
    assert target[:, 0].sum() == len(text.split())
    assert target[-1].all()
    with pytest.raises(ValueError, match=f"T: got {T + 1}, expected at most the {T} of part 'held"):
        tasks.word_spacing(2, T + 1, np.random.default_rng(0), "held_out")
    starts, _ = tasks.word_spacing(200, T - 1, np.random.default_rng(0), "held_out")
    assert len(np.unique(starts[0])) == 2


def test_word_spacing_is_seeded_and_its_arrays_may_be_changed():
    x, target = tasks.word_spacing(5, 7, np.random.default_rng(0))
    again, _ = tasks.word_spacing(5, 7, np.random.default_rng(0))
    other, _ = tasks.word_spacing(5, 7, np.random.default_rng(1))
    assert np.array_equal(x, again)
    assert not np.array_equal(x, other)
    x[:], target[:] = -1, -1
    assert np.array_equal(tasks.word_spacing(5, 7, np.random.default_rng(0))[0], again)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tasks.book_text("jp"), ValueError, "language: got 'jp', expected 'ko' or 'en'"),
        (lambda: tasks.book_text("en", "jamo"), ValueError, "unit: got 'jamo', expected 'char"),
        (lambda: tasks.book_text("ko", "word"), ValueError, "unit: got 'word', expected 'char"),
        (lambda: tasks.book_text("ko", part="dev"), ValueError, "part: got 'dev', expected 'all"),
        (lambda: tasks.book_text("ko", part=None), ValueError, "part: got None"),  # type: ignore[arg-type]
        (lambda: tasks.encode(b"a"), TypeError, "text: got bytes, expected a str"),  # type: ignore[arg-type]
        (lambda: tasks.encode("a", "word"), ValueError, "unit: got 'word'"),
        (lambda: tasks.encode("ab", vocabulary="a"), ValueError, "text: got 'b', expected the 1 "),
        (lambda: tasks.encode("a", vocabulary="aa"), ValueError, "vocabulary: got 'aa', expected"),
        (lambda: tasks.decode(np.array([2]), "ab"), ValueError, "codes: got 2 to 2, expected 0 to"),
        (lambda: tasks.decode(np.array([-1]), "ab"), ValueError, "codes: got -1 to -1, expected 0"),
        (lambda: tasks.decode(np.array([0.0]), "ab"), TypeError, "codes: got dtype float64, exp"),
        (lambda: tasks.streams(np.zeros((2, 2), int), 1), ValueError, r"codes: got shape \(2, 2\)"),
        (lambda: tasks.streams(np.arange(2), 3), ValueError, "codes: got 2, expected at least bat"),
        (lambda: tasks.streams(np.arange(2), 0), ValueError, "batch: got 0, expected at least 1"),
        (
            lambda: tasks.word_spacing(2, 3, np.random.default_rng(0), "dev"),
            ValueError,
            "part: got 'dev'",
        ),
        (lambda: tasks.word_spacing(2, 3, 0), TypeError, "generator: got int, expected a numpy"),  # type: ignore[arg-type]
        (
            lambda: tasks.word_spacing(2, 0, np.random.default_rng(0)),
            ValueError,
            "T: got 0, expected at least 1",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
