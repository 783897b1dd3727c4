"""Parse quick questions: a question, two to five answers, and a reason for each, without Sphinx.

A box of the class ``quick-question`` holds them; ``✓`` marks a correct answer::

    ```{admonition} Quick question
    :class: quick-question
    By what is the gradient of $c_{t-1}$ multiplied on the cell state's path?

    1. ✓ The forget gate

       Only $f_t$ is on that path.
    2. The input gate

       It multiplies the candidate.
    ```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .myst_blocks import Block

CLASS = "quick-question"
RIGHT = "✓ "
FEWEST, MOST = 2, 5


class Answer(NamedTuple):
    """An answer's blocks: the first is the answer itself, the others are its reason."""

    is_right: bool
    blocks: list[Block]


def is_question(block: Block) -> bool:
    """Return whether a block is the box of a quick question."""
    return block.kind == "directive" and CLASS in block.options.get("class", "").split()


def answers_of(question: Block) -> list[Answer]:
    """Return the answers of a quick question; none if it does not end with a numbered list."""
    last = question.children[-1] if question.children else None
    if last is None or last.kind != "ordered_list":
        return []
    return [
        Answer(bool(item.children) and item.children[0].source.startswith(RIGHT), item.children)
        for item in last.children
    ]


def faults(question: Block) -> Iterator[str]:
    """Yield the faults of a quick question, one sentence each."""
    answers = answers_of(question)
    if not FEWEST <= len(answers) <= MOST:
        yield f"ends with a list of {len(answers)} answers, expected {FEWEST} to {MOST}"
        return
    if not question.argument:
        yield "has no title"
    if [block.kind for block in question.children[:-1]] == []:
        yield "asks nothing before its answers"
    right = sum(answer.is_right for answer in answers)
    if not 0 < right < len(answers):
        yield f"marks {right} of {len(answers)} answers with ✓, expected some and not all"
    for number, answer in enumerate(answers, start=1):
        if len(answer.blocks) < 2 or answer.blocks[0].kind != "paragraph":
            yield f"gives no reason below answer {number}"
