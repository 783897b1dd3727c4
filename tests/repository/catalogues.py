"""Compare the catalogues of texts: both languages have the same names and the same placeholders.

A catalogue is a file with the tables ``[ko]`` and ``[en]``, or a folder's files ``ko.toml`` and
``en.toml``. Search aliases are not one: each language has its own. Run as a script, this module
compares all catalogues of the project.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

ROOT = Path(__file__).parents[2]
LANGUAGES = {"ko", "en"}
FOLDERS = ("book/locale", "book/site", "src/lessons_lib")
OTHERS = {"search-aliases.toml"}


def catalogues(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each catalogue's path below ``root`` and its tables by language."""
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.toml")):
        name = path.relative_to(root).as_posix()
        if path.name in OTHERS:
            continue
        if path.stem == "en":
            yield name, {language: _read(path.with_stem(language)) for language in LANGUAGES}
        elif (tables := _read(path)).keys() >= LANGUAGES:
            yield name, {language: tables[language] for language in LANGUAGES}


def differences(ko: dict[str, Any], en: dict[str, Any]) -> list[str]:
    """Return how two tables of a catalogue differ, one sentence for each name."""
    texts = {"ko": _flat(ko), "en": _flat(en)}
    found = [
        f"{name}: missing in {other}"
        for language, other in (("ko", "en"), ("en", "ko"))
        for name in sorted(texts[language].keys() - texts[other].keys())
    ]
    for name in sorted(texts["ko"].keys() & texts["en"].keys()):
        left, right = (_placeholders(texts[language][name]) for language in ("ko", "en"))
        if left != right:
            found.append(f"{name}: placeholders {sorted(left)} in ko, {sorted(right)} in en")
    return found


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def _flat(table: dict[Any, Any], prefix: str = "") -> dict[str, Any]:
    """Return the texts of nested tables by their dotted names; a list of texts is one text."""
    texts: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            value = dict(enumerate(value))
        if isinstance(value, dict):
            texts |= _flat(value, f"{prefix}{key}.")
        else:
            texts[f"{prefix}{key}"] = value
    return texts


def _placeholders(text: Any) -> Counter[str]:
    """Count the fields of a text for `str.format`; other braces are part of the text."""
    try:
        fields = [field for _, field, _, _ in Formatter().parse(str(text)) if field]
    except ValueError:
        fields = []
    return Counter(field for field in fields if field.isidentifier())


def main() -> int:
    """Print every difference; return the exit code."""
    found = [
        f"{name}: {difference}"
        for name, tables in catalogues(ROOT)
        for difference in differences(tables["ko"], tables["en"])
    ]
    print(*found, sep="\n", end="\n" if found else "")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
