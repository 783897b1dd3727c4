"""The texts of reports: one catalogue for each language, ``ko.toml`` and ``en.toml``, by key.

A key is a table and a name in it, such as ``lstm.no-output-gate``. A placeholder is never followed
by a Korean particle whose form depends on the last letter.
"""

from __future__ import annotations

import locale
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from lessons_lib._check import arguments as validation

LANGUAGES = ("ko", "en")


@cache
def catalogue(lang: str) -> dict[str, str]:
    """Return all texts of a language by key."""
    text = (files(__name__) / f"{lang}.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text).items()
    return {f"{table}.{name}": t for table, texts in tables for name, t in texts.items()}


def say(key: str, values: Mapping[str, Any], lang: str) -> str:
    """Return a text with its placeholders filled in."""
    return catalogue(lang)[key].format(**values)


def language(lang: str | None) -> str:
    """Return a language, that of the locale if none is given: "ko" if it is Korean, else "en".

    Raises
    ------
    ValueError
        `lang` is neither "ko" nor "en".
    """
    if lang is not None:
        validation.check_word("lang", lang, LANGUAGES)
        return lang
    named = [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    code = next(filter(None, named), None) or locale.getlocale()[0] or ""
    return "ko" if code.lower().startswith("ko") else "en"
