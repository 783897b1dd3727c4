"""Write citations and lists of works as plain Markdown, from the book's BibTeX file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from string import ascii_lowercase

from pybtex.database import BibliographyData, Entry, Person, parse_file
from pybtex.plugin import find_plugin

from ..texts import texts
from .myst_blocks import MarkupError


class Bibliography:
    """The works that the book may cite."""

    def __init__(self, path: Path):
        self.name = path.name
        self.data = parse_file(str(path))
        letter_years(self.data)

    def cite(self, keys: Iterable[str], textual: bool, language: str = "en") -> str:
        """Return links to the works: ``Elman (1990)`` if textual, else ``(Elman, 1990)``.

        In Korean ``Elman(1990)``, and ``Cho 등(2014)`` for more than two authors.

        Raises
        ------
        MarkupError
            A key is not in the bibliography.
        """
        parts = []
        for key in keys:
            entry = self._entry(key)
            year = entry.fields["year"]
            authors, space = _authors(entry, language), "" if language == "ko" else " "
            words = f"{authors}{space}({year})" if textual else f"{authors}, {year}"
            parts.append(f"[{words}]({address})" if (address := _address(entry)) else words)
        return "; ".join(parts) if textual else f"({'; '.join(parts)})"

    def listing(self, keys: Iterable[str] | None = None) -> str:
        """Return a Markdown list of the works with these keys (default: all), by author."""
        chosen = None if keys is None else [key for key in dict.fromkeys(keys) if self._entry(key)]
        style = find_plugin("pybtex.style.formatting", "plain")()
        backend = find_plugin("pybtex.backends", "markdown")()
        entries = style.format_bibliography(self.data, chosen)
        return "\n".join("- " + " ".join(e.text.render(backend).split()) for e in entries)

    def _entry(self, key: str) -> Entry:
        if key not in self.data.entries:
            raise MarkupError(f"citation {key!r} is not in {self.name}")
        return self.data.entries[key]


def letter_years(data: BibliographyData) -> None:
    """Write 2018a and 2018b as the years of works that would be cited in the same words.

    The letters follow the titles. Years that have letters already are given the same ones again,
    because Sphinx keeps the works between builds.
    """
    alike = defaultdict(list)
    for entry in data.entries.values():
        if "author" in entry.persons and "year" in entry.fields:
            year = re.sub(r"(?<=\d)[a-z]$", "", entry.fields["year"])
            entry.fields["year"] = year
            alike[_authors(entry, "en"), year].append(entry)
    for (_, year), entries in alike.items():
        if len(entries) > 1:
            entries.sort(key=lambda entry: re.sub("[{}]", "", entry.fields["title"]).lower())
            for letter, entry in zip(ascii_lowercase, entries, strict=False):
                entry.fields["year"] = year + letter


def _authors(entry: Entry, language: str) -> str:
    names = [_last_name(person) for person in entry.persons["author"]]
    phrases = texts(language)["citations"]
    return phrases["and"].join(names) if len(names) < 3 else names[0] + phrases["others"]


def _last_name(person: Person) -> str:
    return " ".join(str(part) for part in person.rich_prelast_names + person.rich_last_names)


def _address(entry: Entry) -> str:
    if "doi" in entry.fields:
        return f"https://doi.org/{entry.fields['doi']}"
    if "eprint" in entry.fields:
        return f"https://arxiv.org/abs/{entry.fields['eprint']}"
    return entry.fields.get("url", "")
