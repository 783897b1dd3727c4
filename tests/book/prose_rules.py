"""Rules for a notebook's words: the right language, correct spelling, the book's terms."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from _ext.one_language import language_of
from _ext.plain.myst_blocks import DIRECTIVES, Block, role_text, walk
from pair_rules import Cell, Notebook, Problems, Rule, blocks_of, markdown_cells

from lessons_lib.lab import labels

ROOT = Path(__file__).resolve().parents[2]
TERMS = {
    language: tomllib.loads((Path(__file__).parent / file).read_text(encoding="utf-8"))["term"]
    for language, file in (("ko", "korean_terms.toml"), ("en", "english_terms.toml"))
}
HANGUL = re.compile(r"[가-힣ㄱ-ㆎ]")
# Markup that Markdown does not recognise, such as ** between a quotation mark and a particle.
_RAW = re.compile(r"\*\*|[`$]|\{[\w:-]+\}|:::|^\([\w-]+\)=$")
_TERM_IN_PARENTHESES = re.compile(r"\([^()\n]{1,40}\)")


def words_of(block: Block) -> list[str]:
    """Return the pieces of prose in a block, without formulas, code and the blocks inside it."""
    pieces = ["".join(words_of_span(span) for span in block.spans)]
    if block.kind == "directive":
        titled = DIRECTIVES[block.name].argument == "title"
        pieces += [block.argument if titled else "", block.options.get("alt", "")]
    return [piece for piece in pieces if piece.strip()]


def words_of_span(span) -> str:
    """Return a span's words; a blank for a formula or code."""
    if span.kind == "text":
        return span.value
    return role_text(span) if span.kind == "role" else " "


def prose_of(cell: Cell) -> list[str]:
    """Return a cell's pieces of prose: of Markdown, of a code cell's strings."""
    if cell["cell_type"] == "markdown":
        return [words for block in walk(blocks_of(cell)) for words in words_of(block)]
    return list(_strings(cell))


def _strings(cell: Cell) -> Iterator[str]:
    try:
        tree = ast.parse(cell["source"])
    except SyntaxError:
        return  # `code_rules.plain_python` says so
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _labels(cell: Cell, language: str) -> list[str]:
    """Return one language's halves of the strings that code holds in both."""
    strings = _strings(cell) if cell.cell_type == "code" else ()
    return [labels.half(text, language) for text in strings if labels.is_in_both(text)]


def right_language(notebook: Notebook) -> Problems:
    """Hangul in every Korean cell; in English only as a term in parentheses."""
    for cell in notebook.cells:
        language = language_of(cell)
        if language == "ko" and not any(HANGUL.search(words) for words in prose_of(cell)):
            yield cell.id, "is tagged ko and holds no Hangul"
        comments = re.findall("#.*", cell.source) if cell.cell_type == "code" else []
        texts = [*prose_of(cell), *comments] if cell.cell_type == "code" else [cell.source]
        if language is None and HANGUL.search(" ".join(comments)):
            yield cell.id, "has no language and a comment with Hangul"
        if language == "en" and (found := _stray_hangul(texts)):
            yield cell.id, f"is tagged en and holds Hangul outside parentheses: {found!r}"


def _stray_hangul(texts: list[str]) -> str:
    for text in texts:
        left = _TERM_IN_PARENTHESES.sub(lambda m: " " * len(m[0]), text)
        if match := HANGUL.search(left):
            return text[max(match.start() - 10, 0) : match.start() + 10]
    return ""


def prose_has_a_language(notebook: Notebook) -> Problems:
    """A Markdown cell without a language holds labels, equations and empty directives only."""
    for cell in markdown_cells(notebook):
        if language_of(cell) is not None:
            continue
        if HANGUL.search(cell.source):
            yield cell.id, "has no language and holds Hangul"
        for block in blocks_of(cell):
            form = DIRECTIVES.get(block.name)
            bare = form and not form.body and not (form.argument == "title" and block.argument)
            if block.kind not in ("target", "math") and not bare:
                yield cell.id, f"has no language and holds a {block.name or block.kind}"


def nothing_raw(notebook: Notebook) -> Problems:
    """The text shows no raw markup, which happens if it is not closed or not recognised."""
    for cell in markdown_cells(notebook):
        for span in (span for block in walk(blocks_of(cell)) for span in block.spans):
            if span.kind == "text" and _RAW.search(span.value):
                yield cell.id, f"shows its markup: {span.value!r}"


def figures_described(notebook: Notebook) -> Problems:
    """A figure has a name, an alt text in plain words and a caption, in its cell's language."""
    for cell in markdown_cells(notebook):
        for block in walk(blocks_of(cell)):
            if block.name != "figure":
                continue
            alt = block.options.get("alt", "")
            said = f"figure {block.argument}"
            if not block.label:
                yield cell.id, f"{said} has no :name:"
            if not alt or set(alt) & set("$`{}"):
                yield cell.id, f"{said} has no alt text in plain words"
            if not block.children:
                yield cell.id, f"{said} has no caption"
            for name, text in (("alt text", alt), ("caption", block.source)):
                if language_of(cell) == "ko" and text and not HANGUL.search(text):
                    yield cell.id, f"{said}: its Korean {name} holds no Hangul"


def terms(notebook: Notebook) -> Problems:
    """Prose uses the book's terms: korean_terms.toml and english_terms.toml beside this."""
    for language in TERMS:
        yield from _terms_of(notebook, language)


def _terms_of(notebook: Notebook, language: str) -> Problems:
    seen: dict[str, str] = {}
    for cell in notebook.cells:
        pieces = prose_of(cell) if language_of(cell) == language else _labels(cell, language)
        text = " ".join(" ".join(pieces).split())
        for term in TERMS[language]:
            for variant in term["not"]:
                found = [match[0] for match in re.finditer(variant, text)]
                if term.get("once") and len(found) == 1 and variant not in seen:
                    seen[variant] = cell.id
                elif found:
                    yield cell.id, f"says {found[0]}, the book says {term['write']}: {term['why']}"


@cache
def misspellings() -> dict[str, str]:
    """Return codespell's default dictionaries without the words that pyproject.toml ignores."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    ignored = project["tool"]["codespell"].get("ignore-words-list", "").split(",")
    data = files("codespell_lib") / "data"
    lines = [
        line
        for name in ("dictionary.txt", "dictionary_rare.txt")
        for line in (data / name).read_text(encoding="utf-8").splitlines()
    ]
    words = dict(line.split("->", 1) for line in lines if "->" in line)
    return {wrong: right for wrong, right in words.items() if wrong not in ignored}


def spelling(notebook: Notebook) -> Problems:
    """Codespell's dictionary finds nothing in English prose, in code and in alt texts."""
    for cell in notebook.cells:
        if language_of(cell) != "ko":
            for word in re.findall(r"[\w'-]+", cell.source):
                if right := misspellings().get(word.lower()):
                    yield cell.id, f"spelling: {word} ==> {right}"


RULES: tuple[Rule, ...] = (
    right_language,
    prose_has_a_language,
    nothing_raw,
    figures_described,
    terms,
    spelling,
)
