"""The glossary: each term that a chapter introduces, where it does so, the search's aliases."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from _ext.plain.book_index import pages_of
from _ext.plain.glossary import GLOSSARY, entries, sources
from _ext.plain.terms import label_of

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = [BOOK.parent / f"{page}.ipynb" for page in pages_of(BOOK.parent)]
ALIASES = tomllib.loads((BOOK / "site" / "search-aliases.toml").read_text("utf-8"))
HANGUL = re.compile("[가-힣]")
INTRODUCED = re.compile(r"\*\*([가-힣][가-힣A-Za-z -]*)\*\*\(([A-Za-z][^()]*)\)")
ENTRIES = entries("ko")


@cache
def sections(language: str) -> dict[str, str]:
    """Return the chapters' sections by label, in small letters without spaces."""
    found: dict[str, str] = {}
    for path in CHAPTERS:
        parts = re.split(r"^\(([\w-]+)\)=\n(?=#)", "\n".join(sources(path, language)), flags=re.M)
        found |= {label: flat(text) for label, text in zip(parts[1::2], parts[2::2], strict=True)}
    return found


def flat(text: str) -> str:
    return re.sub(r"[\s-]+", "", text).lower()


def test_both_languages_have_the_same_entries():
    names = [entry.names for entry in ENTRIES]
    assert names == [entry.names for entry in entries("en")]
    assert len(set(names)) == len(names)


def test_each_term_has_an_address_of_its_own_the_same_in_both_languages():
    found = {}
    for language in ("ko", "en"):
        lines = re.findall(r"^- (\*\*.*)$", "\n".join(sources(GLOSSARY, language)), re.M)
        found[language] = [label_of(line) for line in lines]
    assert found["ko"] == found["en"]
    assert len(found["ko"]) == len(ENTRIES) == len(set(found["ko"]))
    assert "term-forget-gate" in found["ko"]
    assert all(re.fullmatch(r"term-[a-z0-9][a-z0-9-]*", label) for label in found["ko"])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.names[0])
def test_an_entry_leads_to_where_its_term_is_used(entry):
    assert len(entry.references) <= 1
    english = [flat(name) for name in entry.names if not HANGUL.search(name)]
    for label in entry.references:
        korean = [flat(name) for name in entry.names]
        assert any(name in sections("ko")[label] for name in korean), f"{label} in Korean"
        assert any(name in sections("en")[label] for name in english), f"{label} in English"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_what_a_chapter_introduces_is_in_the_glossary(path):
    known = [set(entry.names) for entry in ENTRIES]
    for korean, english in INTRODUCED.findall("\n".join(sources(path, "ko"))):
        assert any(korean in names for names in known), f"no entry {korean} ({english})"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_search_answers_to_the_glossarys_other_names(language):
    """The glossary and the search have the same aliases for each term."""
    searched = ALIASES[language]
    for alias, word in searched.items():
        own = [entry for entry in ENTRIES if any(flat(word) in flat(name) for name in entry.names)]
        assert any(alias in (*entry.aliases, *entry.names) for entry in own), f"{alias} = {word}"
    listed = {alias for entry in ENTRIES for alias in entry.aliases}
    mine = {alias for alias in listed if bool(HANGUL.search(alias)) == (language == "ko")}
    assert not mine - set(searched)
