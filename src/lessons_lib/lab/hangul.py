"""For charlm: split Hangul syllables into jamo, their letters, and compose them again.

The jamo here are Unicode's conjoining ones. A consonant that opens a syllable and the same
consonant at its end are two symbols, so a sequence of jamo determines the syllables.
"""

from __future__ import annotations

import re
import unicodedata

_SYLLABLE = re.compile("[\uac00-\ud7a3]+")
_JAMO_OF_A_SYLLABLE = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?")
_JAMO = re.compile("[\u1100-\u1112\u1161-\u1175\u11a8-\u11c2]")


def to_jamo(text: str) -> str:
    """Return the text with each Hangul syllable as two or three jamo, the rest unchanged."""
    return _SYLLABLE.sub(lambda match: unicodedata.normalize("NFD", match[0]), text)


def from_jamo(text: str) -> str:
    """Return the text with its jamo as syllables; jamo that form none become letters (ㄱ, ㅏ).

    The inverse of `to_jamo`. The single letters are for a model's output, which need not consist of
    syllables: outside a syllable, conjoining jamo are hardly readable.
    """
    composed = _JAMO_OF_A_SYLLABLE.sub(lambda m: unicodedata.normalize("NFC", m[0]), text)
    return _JAMO.sub(lambda match: _letter(match[0]), composed)


def _letter(jamo: str) -> str:
    """Return a jamo's free-standing letter: HANGUL LETTER KIYEOK for HANGUL CHOSEONG KIYEOK."""
    return unicodedata.lookup("HANGUL LETTER " + unicodedata.name(jamo).split(" ", 2)[2])
