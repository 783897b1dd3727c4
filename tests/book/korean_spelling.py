"""Spelling of Korean prose, by Hunspell and its Korean dictionary.

The dictionary lacks words of the subject, and npm's copy of it is installed below _build. A word
that it does not know is tried once more with a word of korean_words.toml at its beginning replaced
by an ordinary word of the same kind, whose endings the dictionary knows: 신경망을 is right because
집을 is, 신경망를 is wrong because 집를 is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from unicodedata import normalize

from _ext.node import install
from _ext.one_language import language_of
from hunspell import Hunspell
from pair_rules import Notebook, Problems, Rule
from prose_rules import prose_of

HERE = Path(__file__).parent
WORDS = tomllib.loads((HERE / "korean_words.toml").read_text(encoding="utf-8"))
# Korean words without what follows a formula, a number or a foreign word: its particle depends on
# how the reader says it, which test_particles.py knows.
WORD = re.compile(r"(?<![\w)\]’”\"'`%°])[가-힣]+")
# A noun takes other particles after a consonant, after ㄹ and after a vowel.
_AFTER_CONSONANT, _AFTER_L, _AFTER_VOWEL = "집", "길", "나무"
_VERBAL = ("시작", "공부")  # nouns that make verbs: 시작되다, 공부시키다
_CONSONANTS_AFTER_A_VOWEL = 28  # with none; Unicode's order of Hangul syllables
_L = 8


@cache
def dictionary() -> Hunspell:
    """Return Hunspell with the Korean dictionary."""
    folder = install(HERE / "dictionary", HERE.parents[1] / "_build" / "dictionary")
    return Hunspell("index", hunspell_data_dir=str(folder / "dictionary-ko"))


@cache
def is_spelled(word: str) -> bool:
    """Return whether a word is of the dictionary, or one that korean_words.toml explains."""
    if word in WORDS["words"] or any(map(dictionary().spell, [word, *_stand_ins(word)])):
        return True
    return any(_takes(word, particle) for particle in WORDS["particles"] if particle in word)


def _stand_ins(word: str) -> Iterator[str]:
    """Return the word with each known beginning replaced by an ordinary word of its kind."""
    for noun in WORDS["nouns"]:
        if word.startswith(noun):
            ending = word.removeprefix(noun)
            yield _like(noun) + ending
            if ending.startswith(tuple(WORDS["verbal"])):
                yield from (like + ending for like in _VERBAL)
    letters = normalize("NFD", word)
    for like, verbs in WORDS["verbs"].items():
        for verb in verbs:
            if letters.startswith(_stem(verb)):
                yield normalize("NFC", _stem(like) + letters.removeprefix(_stem(verb)))


def _stem(verb: str) -> str:
    """Return a verb's letters before 다 without the last vowel, which changes: 지, 져, 집니다."""
    return normalize("NFD", verb.removesuffix("다"))[:-1]


def _takes(word: str, particle: str) -> bool:
    """Return whether a word is a noun, this particle, and an ending that the particle takes.

    The dictionary knows few particles that follow each other. A formula may be in front.
    """
    noun, _, ending = word.partition(particle)
    return (not noun or is_spelled(noun)) and is_spelled(_like(particle) + ending)


def _like(noun: str) -> str:
    last = (ord(noun[-1]) - ord("가")) % _CONSONANTS_AFTER_A_VOWEL
    return {0: _AFTER_VOWEL, _L: _AFTER_L}.get(last, _AFTER_CONSONANT)


def korean_spelling(notebook: Notebook) -> Problems:
    """Hunspell knows each Korean word, or korean_words.toml does."""
    for cell in notebook.cells:
        if language_of(cell) == "ko":
            for word in WORD.findall(" ".join(prose_of(cell))):
                if not is_spelled(word):
                    yield (
                        cell.id,
                        f"spelling: {word} (a new word of the subject: korean_words.toml)",
                    )


RULES: tuple[Rule, ...] = (korean_spelling,)
