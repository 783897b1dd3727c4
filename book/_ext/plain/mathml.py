r"""MathML that the standard allows, from KaTeX's, which is sometimes not.

KaTeX writes the invisible sign of function application behind every ``\operatorname``, also as a
second child of an element whose children have their places: the arrow above, the index below.
"""

from __future__ import annotations

import re

SIGN = "<mo>\u2061</mo>"
#: Elements whose children have a fixed number and fixed places.
PLACED = {"msub", "msup", "msubsup", "munder", "mover", "munderover", "mfrac", "mroot"}
_TAG = re.compile(rf"{SIGN}|<(/?)([A-Za-z]+)[^>]*?(/?)>")


def valid(formula: str) -> str:
    """Return a formula without signs of application that take an element's place.

    Parameters
    ----------
    formula : str
        KaTeX's output, in which every element is closed.
    """
    if SIGN not in formula:
        return formula
    parents: list[str] = []

    def change(tag: re.Match[str]) -> str:
        if tag[0] == SIGN:
            return "" if parents and parents[-1] in PLACED else SIGN
        if tag[1]:
            parents.pop()
        elif not tag[3]:
            parents.append(tag[2])
        return tag[0]

    return _TAG.sub(change, formula)
