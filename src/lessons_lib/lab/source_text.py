"""For the chapters before dropout: source text that can be edited where its syntax tree says.

`unmasked` leaves masks out of it. The syntax tree gives places as lines and bytes, and knows
neither commas nor comments. Here a place is a number of characters from the beginning, and each
comma and comment belongs to an argument or an element.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

#: The length of a line that a page shows whole.
WIDTH = 83


class Edit(NamedTuple):
    """New text that replaces the old text between two places."""

    start: int
    end: int
    new: str = ""


@dataclass
class Item:
    """One of several things that commas separate; the comma and its comments belong to it."""

    tokens: list[tokenize.TokenInfo]
    start: int  # of its code
    end: int
    first: int  # with comments above
    last: int  # with the comma, and a comment behind it


class Brackets(NamedTuple):
    """The contents of a pair of parentheses: where they begin and end, and their items."""

    begin: int
    end: int
    items: list[Item]


class SourceText:
    """Source text with its syntax tree and tokens, and their places in the text."""

    def __init__(self, text: str) -> None:
        self.text, self.tree = text, ast.parse(text)
        self.lines = text.split("\n")
        self.starts = [0, *accumulate(len(line) + 1 for line in self.lines)]
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        layout = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        self.tokens = [token for token in tokens if token.type not in layout]

    def place(self, line: int, column: int) -> int:
        """Return the place of a token's line and column."""
        return self.starts[line - 1] + column

    def span(self, node: Any) -> tuple[int, int]:
        """Return where a node begins and ends; the tree's columns count bytes, ours characters."""
        ends = ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
        start, end = (
            self.place(line, len(self.lines[line - 1].encode()[:column].decode()))
            for line, column in ends
        )
        return start, end

    def code(self, node: Any) -> str:
        """Return a node's text."""
        return self.text[slice(*self.span(node))]

    def code_of(self, item: Item) -> str:
        """Return an item's text."""
        return self.text[item.start : item.end]

    def whole_lines(self, start: int, end: int) -> Edit:
        """Return the edit that takes away the lines from one place to another."""
        first = self.text.rfind("\n", 0, start) + 1
        last = self.text.find("\n", end)
        return Edit(first, len(self.text) if last < 0 else last + 1)

    def bracketed(self, start: int) -> Brackets:
        """Return the contents of the first parentheses after a place."""
        begin = next(i for i, t in enumerate(self.tokens) if self.at(t) >= start and t[1] == "(")
        depth, end = 0, begin
        for end in range(begin, len(self.tokens)):
            depth += _deeper(self.tokens[end])
            if depth == 0:
                break
        items = self._items(self.tokens[begin + 1 : end])
        return Brackets(self.at(self.tokens[begin]) + 1, self.at(self.tokens[end]), items)

    def shorter(self, brackets: Brackets, number: int) -> Edit:
        """Return the edit that leaves out one of the items, and joins lines that then fit in one.

        A formatter breaks a line into several only if it is too long.
        """
        begin, end, items = brackets
        kept = [item for item in items if item is not items[number]]
        joined = ", ".join(map(self.code_of, kept))
        comments = any(t.type == tokenize.COMMENT for item in kept for t in item.tokens)
        whole = self.whole_lines(begin, end)
        length = len(self.text[whole.start : begin] + joined + self.text[end : whole.end].rstrip())
        one_line = "\n" not in self.text[begin:end]
        if one_line or comments or "\n" in joined or length > WIDTH:
            return self.without(items, number)
        return Edit(begin, end, joined)

    def elements(self, node: ast.Tuple) -> list[Item]:
        """Return the elements of a tuple, with or without parentheses."""
        start, end = self.span(node)
        within = [token for token in self.tokens if start <= self.at(token) < end]
        inside = start < self.span(node.elts[0])[0] and within[0][1] == "(" and self._whole(within)
        return self._items(within[1:-1] if inside else within)

    def without(self, items: Sequence[Item], number: int) -> Edit:
        """Return the edit that leaves out one of the items."""
        item = items[number]
        lines = self.whole_lines(item.first, item.last)
        if not (self.text[lines.start : item.first] + self.text[item.last : lines.end]).strip():
            return lines
        if number == 0:
            return Edit(item.first, items[1].first if len(items) > 1 else item.last)
        before = items[number - 1]
        if number + 1 < len(items):
            return Edit(before.last, item.last)
        if before.tokens[-1].type == tokenize.COMMENT:  # after the comma that would be removed too
            return Edit(item.first, item.last)
        return Edit(before.end, item.last)

    def _items(self, tokens: Iterable[tokenize.TokenInfo]) -> list[Item]:
        parts: list[list[tokenize.TokenInfo]] = [[]]
        depth = 0
        for token in tokens:
            depth += _deeper(token)
            behind = token.type == tokenize.COMMENT and not parts[-1] and len(parts) > 1
            if behind and parts[-2][-1].end[0] == token.start[0]:
                parts[-2].append(token)
                continue
            parts[-1].append(token)
            if token.string == "," and depth == 0:
                parts.append([])
        return [self._item(part) for part in parts if any(map(_is_code, part))]

    def _item(self, tokens: list[tokenize.TokenInfo]) -> Item:
        depths = [*accumulate(map(_deeper, tokens))]
        code = [
            token
            for token, depth in zip(tokens, depths, strict=True)
            if _is_code(token) and not (token.string == "," and depth == 0)
        ]
        places = (code[0].start, code[-1].end, tokens[0].start, tokens[-1].end)
        return Item(tokens, *(self.place(*place) for place in places))

    def at(self, token: tokenize.TokenInfo) -> int:
        """Return where a token begins."""
        return self.place(*token.start)

    @staticmethod
    def _whole(tokens: list[tokenize.TokenInfo]) -> bool:
        """Return whether the first parenthesis closes with the last token."""
        return 0 not in [*accumulate(map(_deeper, tokens))][:-1]


def _deeper(token: tokenize.TokenInfo) -> int:
    if token.type != tokenize.OP:
        return 0
    return (token.string in "([{") - (token.string in ")]}")


def _is_code(token: tokenize.TokenInfo) -> bool:
    return token.type not in (tokenize.COMMENT, tokenize.ENDMARKER)
