"""Texts of the interface: the same names in both languages, all of them used, none elsewhere."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from _ext.one_language import LANGUAGES
from _ext.texts import texts
from site_sample import ROOT

BOOK = ROOT / "book"
#: Files in which Hangul is data and not a text: words, their endings and pronunciations.
HANGUL_AS_DATA = {
    *("search-words.js", "particles.py", "passages.py", "terms.py", "typography.py", "typeface.py"),
}


def names(value: Any, path: str = "") -> Iterator[str]:
    """Yield the dotted name of each text below a table."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from names(inner, f"{path}.{name}")
    elif path.endswith(".search_samples"):  # as many as a language needs
        yield path
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from names(inner, f"{path}[{number}]")
    else:
        yield path


def test_both_languages_have_the_same_names():
    korean, english = (list(names(texts(language))) for language in LANGUAGES)
    assert korean == english


def test_placeholders_are_the_same_in_both_languages():
    def holes(language):
        return {
            name: set(re.findall(r"\{\w+\}", text))
            for name, text in texts(language)["words"].items()
            if isinstance(text, str)
        }

    assert holes("ko") == holes("en")


def test_every_word_is_used():
    files = [*BOOK.glob("_ext/**/*.py"), *BOOK.glob("site/templates/*"), *BOOK.glob("site/*/*.js")]
    using = "\n".join(path.read_text("utf-8") for path in files)
    using += '"theme_light" "theme_dark" "theme_auto"'  # scripts and hooks put these together
    using += '"fold_setup" "fold_plot" "fold_table" "fold_check"'
    words = texts("ko")["words"]
    used = r'words(?:\.\w+|\[\w+\])?\.{0}\b|"{0}"'
    assert [name for name in words if not re.search(used.format(name), using)] == []


@pytest.mark.parametrize("pattern", ["_ext/**/*.py", "site/templates/*", "site/static/*.js"])
def test_no_text_stands_outside_the_catalogues(pattern):
    wrong = []
    for path in BOOK.glob(pattern):
        text = path.read_text("utf-8")
        if path.suffix == ".py":  # docstrings and comments may quote Korean
            text = re.sub(r'"""(.|\n)*?"""|#.*', "", text)
        elif path.suffix == ".js":
            text = re.sub(r"//.*", "", text)
        if path.name not in HANGUL_AS_DATA and re.search("[가-힣]{2}", text):
            wrong.append(path.name)
    assert wrong == []
