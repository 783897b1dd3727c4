"""For every chapter: a table with heads in both languages; HTML on a page, text in a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from . import labels

_NUMBER = re.compile(r"[−+-]?[\d.,]+(e[+-]?\d+)?%?|—|")
_POWER = re.compile(r"([\d.]+)e([+-]?)0*(\d+)")


class Table:
    """A table that a notebook shows; see `table`."""

    def __init__(self, heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str):
        self.heads, self.rows, self.caption = heads, rows, caption

    def __repr__(self) -> str:
        """Return the table as text in columns; texts in both languages appear in English."""
        lines = [[labels.half(cell) for cell in row] for row in (self.heads, *self.rows)]
        widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
        right = [_is_numeric(column) for column in zip(*self.rows, strict=True)]
        written = [
            "  ".join(map(_padded, line, widths, right or [False] * len(line))).rstrip()
            for line in lines
        ]
        caption = [labels.half(self.caption)] if self.caption else []
        return "\n".join([*caption, *written])

    def _repr_html_(self) -> str:
        """Return the table as HTML; texts in both languages appear in English, both as data."""
        right = [_is_numeric(column) for column in zip(*self.rows, strict=True)]
        right = right or [False] * len(self.heads)
        caption = f"<caption{_in_both(self.caption)}</caption>" if self.caption else ""
        head = "".join(
            f'<th scope="col"{_side(aligned)}{_in_both(cell)}</th>'
            for cell, aligned in zip(self.heads, right, strict=True)
        )
        body = "\n".join(
            "<tr>"
            + "".join(
                f"<td{_side(aligned)}{_in_both(cell)}</td>"
                for cell, aligned in zip(row, right, strict=True)
            )
            + "</tr>"
            for row in self.rows
        )
        return (
            f'<table class="printed">{caption}\n<thead><tr>{head}</tr></thead>\n'
            f"<tbody>\n{body}\n</tbody>\n</table>"
        )


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], *, caption: str = "") -> Table:
    """Return a table that a notebook shows if it is the value of a cell.

    Parameters
    ----------
    heads : sequence of C str
        The heads of the columns; words in both languages: ``"망각 편향 · forget bias"``.
        Formulas are between dollar signs.
    rows : iterable of sequences of C cells
        Numbers are written with three significant digits; format them otherwise yourself. A
        column of numbers is aligned at the right. Texts may be in both languages too.
    caption : str, optional
        A line about the whole table.

    Raises
    ------
    ValueError
        A head is empty, or a row does not have a cell for each head.
    """
    if not heads or not all(head.strip() for head in heads):
        raise ValueError(f"heads: got {list(heads)}, expected a text for each column")
    written = [[_written(cell) for cell in row] for row in rows]
    for number, row in enumerate(written):
        if len(row) != len(heads):
            raise ValueError(f"rows[{number}]: got {len(row)} cells, expected {len(heads)}")
    return Table(list(heads), written, caption)


def _written(cell: Any) -> str:
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)


def _is_numeric(column: Sequence[str]) -> bool:
    return all(_NUMBER.fullmatch(cell) for cell in column)


def _side(right: bool) -> str:
    return f' style="text-align: {"right" if right else "left"}"'


def _in_both(text: str) -> str:
    """Return the end of a tag and its text: both languages as data, English to be read."""
    data = f' data-label="{escape(text)}"' if labels.is_in_both(text) else ""
    shown = escape(labels.half(text), quote=False)
    return f"{data}>{_POWER.sub(_power, shown) if _NUMBER.fullmatch(text) else shown}"


def _power(match: re.Match[str]) -> str:
    digits, sign, power = match.groups()
    return f"{digits} × 10<sup>{'−' if sign == '-' else ''}{power}</sup>"


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes; a Hangul character takes two."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
