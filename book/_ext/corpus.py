"""Extract the book's prose from its notebooks, as the text that `lessons_lib.lab.book_text` reads.

The library contains this copy, so that chapters can train on the book without a download, and a
changed sentence changes no chapter's stored output. Only ``make corpus`` renews it.

It has one paragraph of a chapter per line, without labels, tables, figures, code cells and display
equations. Links keep their words; inline code, and formulas as simple as ``h_t``, keep their
source. A sentence with any other formula is left out, because the rest of it would not be a
sentence.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from .notebooks import BIBLIOGRAPHY, ROOT
from .one_language import LANGUAGES, Notebook, language_of
from .plain.book_index import (
    BookIndex,
    index_book,
    pages_before_appendix,
    pages_of,
    place,
    read_notebook,
)
from .plain.citations import Bibliography
from .plain.myst_blocks import Block, MarkupError, Span, parse, walk
from .plain.plain_roles import RoleWriter

DATA = Path("src/lessons_lib/lab/data")
LEAST = 10_000  # characters; with fewer, a chapter has nothing to learn from

_FUNCTION = re.compile(r"\\(tanh|exp|ln|log|max|min)(?![A-Za-z])")
_CITED_IN_PARENTHESES = re.compile(r"\s*\{cite:p\}`[^`]+`")
_UNREADABLE = "\ufffc"  # marks a formula that plain text cannot show


class ShrunkError(RuntimeError):
    """The notebooks hold much less prose than the stored copy; nothing was written."""


def book_prose(root: Path, language: str) -> str:
    """Return the chapters' prose in one language, one paragraph per line, without duplicates.

    Raises
    ------
    MarkupError
        Markup that the book does not use, or that leads nowhere; names page and cell.
    """
    notebooks = {page: read_notebook(root / f"{page}.ipynb") for page in pages_of(root)}
    index = index_book(notebooks, language, Bibliography(root / BIBLIOGRAPHY))
    # The appendix is left out, because its glossary has words of one language in the other's text.
    chapters = pages_before_appendix(root)
    found = (text for page in chapters for text in paragraphs(notebooks[page], page, index))
    return "".join(f"{text}\n" for text in dict.fromkeys(found))


def paragraphs(notebook: Notebook, page: str, index: BookIndex) -> Iterator[str]:
    """Yield the headings and paragraphs of a notebook in the index's language as plain text.

    Raises
    ------
    MarkupError
        As for `book_prose`.
    """
    writer = RoleWriter(page, index)
    for cell in notebook["cells"]:
        if cell["cell_type"] != "markdown" or language_of(cell) != index.language:
            continue
        try:
            for block in _running_text(parse(cell["source"])):
                source = _CITED_IN_PARENTHESES.sub("", block.source)
                if text := readable(writer.plain(source)):
                    yield text
        except MarkupError as error:
            raise MarkupError(f"{place(page, cell)}: {error}") from None


def _running_text(blocks: list[Block]) -> Iterator[Block]:
    for block in blocks:
        if block.kind in ("heading", "paragraph"):
            yield block
        elif block.name != "list-table":  # a cell of a plain table is not a paragraph anyway
            yield from _running_text(block.children)


def readable(markdown: str) -> str:
    """Return the sentences of running text that are readable without markup, on one line."""
    spans = (span for block in walk(parse(markdown)) for span in block.spans)
    text = " ".join("".join(map(_words, spans)).split())
    sentences = re.split(r"(?<=[.?!]) ", unicodedata.normalize("NFC", text))
    return " ".join(sentence for sentence in sentences if _UNREADABLE not in sentence)


def _words(span: Span) -> str:
    if span.kind == "link":
        return ""  # the address; the words are separate spans
    if span.kind == "math":
        formula = re.sub(r"[{}]", "", _FUNCTION.sub(r"\1", span.value))
        return _UNREADABLE if "\\" in formula else formula
    return span.value


def check_size(path: Path, text: str) -> None:
    """Reject a text that is much shorter than the one that it replaces.

    Raises
    ------
    ShrunkError
        It has less than nine tenths of the characters stored at the path, or less than `LEAST`.
    """
    stored = len(path.read_text(encoding="utf-8")) if path.exists() else 0
    least = max(LEAST, stored * 9 // 10)
    if len(text) < least:
        raise ShrunkError(
            f"{path}: got {len(text)} characters of prose, expected at least {least} where "
            f"{stored} are stored. If the book is meant to have shrunk, delete the file first"
        )


def main(root: Path = ROOT) -> int:
    """Renew the copies in both languages, or neither; return the exit code."""
    try:
        texts = {
            root / DATA / f"book_{language}.txt": book_prose(root, language)
            for language in LANGUAGES
        }
        for path, text in texts.items():
            check_size(path, text)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{path}: {len(text)} characters", flush=True)
    except (MarkupError, ShrunkError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
