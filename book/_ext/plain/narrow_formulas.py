"""Formulas for the narrowest screens: the same TeX, in one column and with places to break."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ALIGNED = re.compile(r"\\begin\{aligned\}(.*)\\end\{aligned\}([.,]?)", re.DOTALL)
_TOKEN = re.compile(
    r"\\begin\{\w+\}|\\end\{\w+\}|\\\\(?:\[[^\]]*\])?|\\[A-Za-z]+|\\.|[{}&]|[^\\{}&]+", re.DOTALL
)


def one_column(tex: str) -> str | None:
    """Return an aligned formula with its columns below each other; None if it has one column."""
    whole = _ALIGNED.fullmatch(tex.strip())
    if not whole or any(depth < 0 for _, depth in _tokens(whole[1])):
        return None
    rows: list[str] = []
    several = False
    for row in _split(whole[1], r"\\"):
        cells = [cell.strip() for cell in _split(row, "&")]
        pairs = [cells[k : k + 2] for k in range(0, len(cells), 2)]
        several = several or len(pairs) > 1
        rows += [" & ".join(pair) for pair in pairs if any(pair)]
    lines = r" \\ ".join(rows)
    return rf"\begin{{aligned}} {lines} \end{{aligned}}{whole[2]}" if several else None


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
