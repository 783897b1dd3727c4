"""The texts of the site and the copies by name, from ``book/locale/ko.toml`` and ``en.toml``."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any

LOCALE = Path(__file__).parents[1] / "locale"


@functools.cache
def texts(language: str) -> dict[str, Any]:
    """Return the tables of texts in one language: ``words``, ``copies``, ``front`` and ``root``."""
    return tomllib.loads((LOCALE / f"{language}.toml").read_text("utf-8"))


def words(language: str) -> dict[str, Any]:
    """Return the words of the site's interface in one language."""
    return texts(language)["words"]


@functools.cache
def translated_modules(language: str) -> dict[str, str]:
    """Return in one sentence what each module of the library is, in a language but English."""
    return tomllib.loads((LOCALE / f"{language}-modules.toml").read_text("utf-8"))
