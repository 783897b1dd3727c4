"""Rules for quick questions: complete, the same answers in both languages, numbers asserted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from _ext.one_language import language_of
from _ext.plain.myst_blocks import Block, walk
from _ext.plain.quick_questions import answers_of, faults, is_question
from pair_rules import Cell, Notebook, Problems, Rule, blocks_of, markdown_cells, twins

# A computed number, not a count: it has a point or at least three digits.
_COMPUTED = re.compile(r"(?<![\w.])(?:\d+\.\d+|\d{3,})(?![\w.])")


def _questions(cell: Cell) -> Iterator[Block]:
    yield from filter(is_question, walk(blocks_of(cell)))


def questions_complete(notebook: Notebook) -> Problems:
    """A quick question has a title, two to five answers, a reason for each, some of them right."""
    for cell in markdown_cells(notebook):
        for question in _questions(cell):
            for fault in faults(question):
                yield cell.id, f"a quick question {fault}"


def same_answers(notebook: Notebook) -> Problems:
    """The same answers are right in both languages."""
    for ko, en in twins(notebook):
        marks = [
            [[answer.is_right for answer in answers_of(question)] for question in _questions(cell)]
            for cell in (ko, en)
        ]
        if ko.cell_type == "markdown" and marks[0] != marks[1]:
            yield f"{ko.id} / {en.id}", "quick questions whose right answers differ"


def numbers_asserted(notebook: Notebook) -> Problems:
    """A computed number in a quick question is asserted by the code cell below it."""
    for cell, below in zip(notebook.cells, notebook.cells[1:], strict=False):
        if language_of(cell) != "en" or cell.cell_type != "markdown":
            continue
        computed = any(_COMPUTED.search(question.source) for question in _questions(cell))
        if computed and (below.cell_type != "code" or "assert " not in below.source):
            yield cell.id, "a quick question with numbers, and no cell below it asserts them"


RULES: tuple[Rule, ...] = (questions_complete, same_answers, numbers_asserted)
