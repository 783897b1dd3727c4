"""For every chapter: the labels of figures and tables, in two languages, and as SVG.

A label is written as in matplotlib: words, with formulas between dollar signs. Where it differs
between the languages it is written in both: ``"시차 $k$ · lag $k$"``. The site sets labels too, so
this module needs no matplotlib.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "eta": "η", "theta": "θ", "lambda": "λ", "mu": "μ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ", "omega": "ω", "ell": "ℓ", "partial": "∂", "nabla": "∇",
}  # fmt: skip
SIGNS = {
    "sum": "∑", "prod": "∏", "infty": "∞", "times": "×", "cdot": "·", "odot": "⊙", "oplus": "⊕",
    "leq": "≤", "geq": "≥", "approx": "≈", "pm": "±", "top": "⊤", "rightarrow": "→", "to": "→",
    "leftarrow": "←", "rightleftarrows": "⇄", "|": "‖", "prime": "′", "Delta": "Δ", "Sigma": "Σ",
    "Lambda": "Λ", "varnothing": "∅", "neq": "≠", "sqrt": "√",
    ",": "\u2009", ";": "\u2005", " ": " ", "ldots": "…", "dots": "…", "{": "{", "}": "}", "%": "%",
}  # fmt: skip
RELATIONS = "=<>≤≥≈→⇄"  # with room at both sides where they are on the line
FUNCTIONS = ("tanh", "ln", "log", "exp", "max", "min")
ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
FONTS = ("mathrm", "mathdefault", "mathcal", "text")
SCRIPT = {"L": "ℒ", "N": "𝒩", "H": "ℋ", "R": "ℛ"}
#: Names that are the same in every language; so are abbreviations in capitals.
NAMES = {"tanh", "torch", "nn", "NumPy", "RNNDrop", "RNNs", "LSTMs", "GRUs", "PyTorch"}

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_SMALLER, _UP, _DOWN = 0.72, 0.36, 0.22  # of the surrounding letters' size


_HANGUL = re.compile("[가-힣ㄱ-ㆎ]")


def is_in_both(label: str) -> bool:
    """Return whether a label is written in both languages, Korean first."""
    korean, dot, english = label.partition(" · ")
    return bool(dot and _HANGUL.search(korean) and not _HANGUL.search(english))


def half(label: str, language: str = "en") -> str:
    """Return the label in a language, ``"ko"`` or ``"en"``; as it is if it is not in both."""
    korean, _, english = label.partition(" · ")
    return label if not is_in_both(label) else korean if language == "ko" else english


def parts(label: str) -> list[tuple[bool, str]]:
    """Return the label's pieces in order, each with whether it is a formula.

    Raises
    ------
    ValueError
        The number of dollar signs is odd.
    """
    pieces = label.split("$")
    if len(pieces) % 2 == 0:
        raise ValueError(f"label {label!r}: got an odd number of $, expected pairs")
    return [(k % 2 == 1, piece) for k, piece in enumerate(pieces) if piece]


def has_words(label: str) -> bool:
    """Return whether a label holds something to translate: a word that is not a name."""
    found = re.findall(r"[A-Za-z]{2,}", " ".join(text for math, text in parts(label) if not math))
    return any(not word.isupper() and word not in NAMES for word in found)


def typeset(label: str, size: float) -> str:
    """Return the label as the inside of a ``<text>`` element of ``size``.

    Letters of formulas carry the class ``m`` (italic), their other signs ``r`` (upright).

    Raises
    ------
    ValueError
        A formula holds an unknown command.
    """
    written = []
    for math, text in parts(label):
        if not math:
            written.append(escape(text, quote=False))
            continue
        level = 0.0
        for kind, piece, scale, wanted in _merged(_formula(text, label)):
            shift, level = wanted * size - level, wanted * size
            attributes = f' dy="{_short(shift)}"' if round(shift, 1) else ""
            if scale != 1:
                attributes += f' font-size="{_short(scale * size)}"'
            if kind or attributes:
                kind = f' class="{kind}"' if kind else ""
                written.append(f"<tspan{kind}{attributes}>{escape(piece, quote=False)}</tspan>")
            else:
                written.append(escape(piece, quote=False))
        if round(level, 1):
            # A zero-width space moves the following letters back to the line.
            written.append(f'<tspan dy="{_short(-level)}">\u200b</tspan>')
    return "".join(written)


def width(label: str, size: float) -> float:
    """Return about how wide the label is, in the units of ``size``: in its longer language."""
    if is_in_both(label):
        return max(width(half(label, language), size) for language in ("ko", "en"))
    total = 0.0
    for math, text in parts(label):
        pieces = _formula(text, label) if math else [("", text, 1.0, 0.0)]
        total += sum(length(piece, scale * size) for _, piece, scale, _ in pieces)
    return total


def length(text: str, size: float) -> float:
    """Return an estimate of the letters' width, in the units of ``size``."""
    return size * sum(
        0.95 if "\uac00" <= letter <= "\ud7a3" else 0.28 if letter in " ,.:;'|()il\u2009\u2005"
        else 0.0 if letter in ACCENTS.values() else 0.85 if letter in "mwMW—→⇄" else 0.58
        for letter in text
    )  # fmt: skip


_Piece = tuple[str, str, float, float]  # class, text, size and height relative to the line


def _merged(pieces: Iterator[_Piece]) -> Iterator[_Piece]:
    last: _Piece | None = None
    for piece in pieces:
        if last and (last[0], *last[2:]) == (piece[0], *piece[2:]):
            last = (last[0], last[1] + piece[1], *last[2:])
        else:
            if last:
                yield last
            last = piece
    if last:
        yield last


def _formula(tex: str, label: str) -> Iterator[_Piece]:
    tokens = _TOKEN.findall(tex)
    yield from _run(tokens, 1.0, 0.0, "", label)
    if tokens:
        raise ValueError(f"label {label!r}: got a }} too many")


def _run(tokens: list[str], scale: float, height: float, font: str, label: str) -> Iterator[_Piece]:
    """Yield the pieces of a formula up to the end of its group; take their tokens."""
    while tokens and tokens[0] != "}":
        token = tokens.pop(0)
        name = token.removeprefix("\\") if len(token) > 1 else ""
        if token in "^_":
            lift = -_UP if token == "^" else _DOWN
            inner = _argument(tokens, label)
            yield from _run(inner, scale * _SMALLER, height + lift * scale, font, label)
        elif token == "{":
            inner = _group(tokens, label)
            yield from _run(inner, scale, height, font, label)
        elif name in FONTS:
            yield from _run(_argument(tokens, label), scale, height, name, label)
        elif name in ACCENTS:
            *before, last = _run(_argument(tokens, label), scale, height, font, label)
            yield from before
            yield (last[0], last[1] + ACCENTS[name], *last[2:])
        elif name in FUNCTIONS:
            yield "r", name, scale, height
        elif name in SYMBOLS:
            yield "m", SYMBOLS[name], scale, height
        elif name in SIGNS:
            yield "r", _spaced(SIGNS[name], scale), scale, height
        elif name:
            raise ValueError(f"label {label!r}: \\{name} is not known; add it to labels.SIGNS")
        elif not token.isspace():
            yield _letter(token, scale, height, font)


def _letter(letter: str, scale: float, height: float, font: str) -> _Piece:
    if font == "mathcal":
        return "r", SCRIPT.get(letter, letter), scale, height
    kind = "" if font == "mathdefault" else "m" if letter.isalpha() and not font else "r"
    return kind, _spaced({"-": "−", "'": "′"}.get(letter, letter), scale), scale, height


def _spaced(sign: str, scale: float) -> str:
    return f"\u2005{sign}\u2005" if sign in RELATIONS and scale == 1 else sign


def _argument(tokens: list[str], label: str) -> list[str]:
    while tokens and tokens[0].isspace():
        tokens.pop(0)
    if not tokens:
        raise ValueError(f"label {label!r}: a command has nothing to act on")
    first = tokens.pop(0)
    return _group(tokens, label) if first == "{" else [first]


def _group(tokens: list[str], label: str) -> list[str]:
    inner: list[str] = []
    depth = 1
    while tokens:
        token = tokens.pop(0)
        depth += (token == "{") - (token == "}")
        if depth == 0:
            return inner
        inner.append(token)
    raise ValueError(f"label {label!r}: got a {{ that is not closed")


def _short(number: float) -> str:
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text.replace("0.", ".", 1) if abs(number) < 1 else text
