"""The chapters' numbers, and the names of chapters and sections in running text."""

from __future__ import annotations

from pathlib import Path

from sphinx_external_toc.parsing import parse_toc_yaml

from ..texts import texts


def chapter_numbers(root: Path) -> dict[str, int]:
    """Return the numbers of the chapters: pages of the first part in ``_toc.yml``."""
    parts = parse_toc_yaml(root / "_toc.yml").root.subtrees
    items = parts[0].items if parts else []
    return {str(page): number for number, page in enumerate(items, start=1)}


def numbered(number: int | None, title: str) -> str:
    """Return a chapter's title with its number, ``4. LSTM``; a page without one keeps its title."""
    return f"{number}. {title}" if number else title


def unnumbered(number: int | None, title: str) -> str:
    """Return the title without the number that `numbered` gave it."""
    return title.removeprefix(numbered(number, ""))


def name_of_page(language: str, number: int | None, title: str) -> str:
    """Return how running text names a page: 4장 「LSTM」, ``chapter 4, “LSTM”``."""
    kind = "chapter" if number else "page"
    return texts(language)["names"][kind].format(number=number, title=title)


def name_of_section(language: str, number: int | None, title: str) -> str:
    """Return how running text names a section, with its chapter if that is another one."""
    kind = "section_elsewhere" if number else "section"
    return texts(language)["names"][kind].format(number=number, title=title)


def at_start(name: str, before: str) -> str:
    """Return the name with a capital letter if a sentence begins with it."""
    begins = not before.strip() or before.rstrip()[-1] in ".?!:|"
    return name[:1].upper() + name[1:] if begins else name
