"""Parse the marks of sections that may be skipped, without Sphinx.

A ``note`` of the class ``may-be-skipped`` directly below a heading says why::

    (bptt-recompute)=
    ### Recomputation saves memory

    ```{note}
    :class: may-be-skipped

    Later chapters do not use it.
    ```

The words "may be skipped" come from ``book/locale``, in pages and copies.
"""

from __future__ import annotations

from collections.abc import Iterator

from .myst_blocks import Block

CLASS = "may-be-skipped"


def is_mark(block: Block) -> bool:
    """Return whether a block marks a section that may be skipped."""
    return block.kind == "directive" and CLASS in block.options.get("class", "").split()


def faults(blocks: list[Block]) -> Iterator[str]:
    """Yield the faults of the marks in a cell's blocks, one sentence each."""
    for above, mark in zip([None, *blocks], blocks, strict=False):
        if not is_mark(mark):
            continue
        if mark.name != "note":
            yield f"is a {mark.name}, expected a note"
        if above is None or above.kind != "heading":
            yield "is not directly below a heading"
        if [block.kind for block in mark.children] != ["paragraph"]:
            yield "has no reason in one paragraph"


def labels(blocks: list[Block]) -> list[str]:
    """Return the labels of the sections of a cell that may be skipped."""
    places = [at for at, block in enumerate(blocks) if is_mark(block)]
    return [blocks[at - 2].label for at in places if at >= 2]
