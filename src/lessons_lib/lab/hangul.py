"""For charlm: split Hangul syllables into jamo, their letters, and put them together again.

The jamo here are Unicode's conjoining ones, in which a consonant that opens a syllable and the
same consonant closing it are two symbols: so the syllables can be found again in a row of jamo.
"""

from __future__ import annotations

import re
import unicodedata

_SYLLABLE = re.compile("[\uac00-\ud7a3]+")
_JAMO_OF_A_SYLLABLE = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?")
_JAMO = re.compile("[\u1100-\u1112\u1161-\u1175\u11a8-\u11c2]")


def to_jamo(text: str) -> str:
    """Return the text with each Hangul syllable as two or three jamo, all else as it was."""
    return _SYLLABLE.sub(lambda match: unicodedata.normalize("NFD", match[0]), text)


def from_jamo(text: str) -> str:
    """Return the text with its jamo as syllables, and as single letters (ㄱ, ㅏ) where none forms.

    The inverse of `to_jamo`. The single letters are for what a model writes, which need not be
    syllables: without a syllable around them, conjoining jamo are hardly readable.
    """
    composed = _JAMO_OF_A_SYLLABLE.sub(lambda m: unicodedata.normalize("NFC", m[0]), text)
    return _JAMO.sub(lambda match: _letter(match[0]), composed)


def _letter(jamo: str) -> str:
    """Return the letter that stands by itself: for HANGUL CHOSEONG KIYEOK, HANGUL LETTER KIYEOK."""
    return unicodedata.lookup("HANGUL LETTER " + unicodedata.name(jamo).split(" ", 2)[2])
