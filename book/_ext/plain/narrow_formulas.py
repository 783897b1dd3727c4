"""Formulas for the narrowest screens: the same TeX, in one column and with places to break."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ALIGNED = re.compile(r"\\begin\{aligned\}(.*)\\end\{aligned\}([.,]?)", re.DOTALL)
LONG = 36  # signs: a longer row does not fit
_TOKEN = re.compile(
    r"\\begin\{\w+\}|\\end\{\w+\}|\\\\(?:\[[^\]]*\])?|\\[A-Za-z]+|\\.|[{}&=]|[^\\{}&=]+", re.DOTALL
)


def one_column(tex: str) -> str | None:
    """Return an aligned formula with its columns below each other and its long rows broken at =.

    None for a formula that is narrow as it is.
    """
    whole = _ALIGNED.fullmatch(tex.strip())
    if not whole or any(depth < 0 for _, depth in _tokens(whole[1])):
        return None
    rows = [[cell.strip() for cell in _split(row, "&")] for row in _split(whole[1], r"\\")]
    pairs = [row[k : k + 2] for row in rows for k in range(0, len(row), 2) if any(row[k : k + 2])]
    if any(_signs(" ".join(pair)) > LONG for pair in pairs):
        lines = [line for pair in pairs for line in _broken(" ".join(pair))]
    elif len(pairs) > sum(map(any, rows)):
        lines = [" & ".join(pair) for pair in pairs]
    else:
        return None
    body = r" \\ ".join(lines)
    return rf"\begin{{aligned}} {body} \end{{aligned}}{whole[2]}"


def _signs(tex: str) -> int:
    """Return about how many signs a formula shows."""
    return len(re.sub(r"\\[A-Za-z]+", "x", re.sub(r"[{}^_\s]", "", tex)))


def _broken(equation: str) -> list[str]:
    """Return the rows of an equation; if it is long, each = begins a row."""
    if _signs(equation) <= LONG:
        return [f"& {equation}"]
    first, *more = (part.strip() for part in _split(equation, "="))
    return [f"& {first}", *(rf"& \quad = {part}" for part in more)]


def breakable(tex: str) -> str:
    """Return the formula with a place to break a line behind each wide space between its parts."""
    return "".join(
        token + r"\allowbreak " if depth == 0 and token in (r"\qquad", r"\quad") else token
        for token, depth in _tokens(tex)
    )


def _split(tex: str, at: str) -> list[str]:
    """Split at ``at`` outside braces and environments."""
    parts = [""]
    for token, depth in _tokens(tex):
        if depth == 0 and (token == at or (at == r"\\" and token.startswith(r"\\"))):
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _tokens(tex: str) -> Iterator[tuple[str, int]]:
    """Yield the tokens of a formula, each with its depth in braces and environments."""
    depth = 0
    for match in _TOKEN.finditer(tex):
        token = match[0]
        if token == "}" or token.startswith(r"\end{"):
            depth -= 1
        yield token, depth
        if token == "{" or token.startswith(r"\begin{"):
            depth += 1
