"""Print two measures of the Korean prose, chapter by chapter. They are reported, not tested.

``PYTHONPATH=book python tests/book/style_report.py``

것 per 1,000 words: a published Korean book on language processing has 5.6, the first edition of
this book had 18.7. Sentences of at most 22 letters and spaces: 8 % there; 18 to 24 % in the first
edition.
"""

from __future__ import annotations

import re
from pathlib import Path

from _ext.one_language import language_of
from _ext.plain.book_index import pages_of
from _ext.plain.myst_blocks import walk
from pair_rules import blocks_of, markdown_cells, read_as_stored
from prose_rules import words_of_span

ROOT = Path(__file__).resolve().parents[2]
_SHORT = 22  # letters and spaces
# Forms of the bound noun 것 at a word's end: 것이, 것은, 것입니다, 이것.
_THING = re.compile(r"(?:것|걸)(?:이|을|은|의|도|과|만|에|으로|이다|입니다|이며|이고|처럼|보다)*$")


def words_or_formula(span) -> str:
    """Return a span's words; a formula, a name in code or a bare reference is three letters."""
    return (words_of_span(span) if span.kind in ("text", "role") else "") or "xxx"


def measures(pieces: list[str]) -> tuple[int, float, float]:
    """Return the number of words, 것 per 1,000 of them, and the share of short sentences."""
    words = [word.strip(".,?!:;()\"'") for piece in pieces for word in piece.split()]
    sentences = [
        sentence
        for piece in pieces
        for sentence in re.findall(r"[^.?!]+[.?!]", piece)
        if re.search(r"(다|오|까|요)[.?!]$", sentence)
    ]
    short = sum(len(sentence.strip()) <= _SHORT for sentence in sentences)
    things = sum(bool(_THING.search(word)) for word in words)
    return len(words), 1000 * things / max(len(words), 1), short / max(len(sentences), 1)


def main() -> None:
    """Print a line for each page and one for the book."""
    book: list[str] = []
    print(f"{'page':24}{'words':>8}{'것/1000':>9}{'short':>8}")
    for page in pages_of(ROOT):
        cells = markdown_cells(read_as_stored(ROOT / f"{page}.ipynb"))
        pieces = [
            "".join(words_or_formula(span) for span in block.spans)
            for cell in cells
            if language_of(cell) == "ko"
            for block in walk(blocks_of(cell))
            if block.kind == "paragraph"
        ]
        book += pieces
        print(_line(page.removeprefix("book/"), pieces))
    print(_line("all", book))


def _line(name: str, pieces: list[str]) -> str:
    words, things, short = measures(pieces)
    return f"{name:24}{words:8,}{things:9.1f}{short:8.0%}"


if __name__ == "__main__":
    main()
