"""Colours and typefaces are written in one file, from which all others take them."""

import re

import pytest
from _ext import tokens
from _ext.hooks import diagrams, social_card
from site_sample import ROOT

BOOK = ROOT / "book"
COLOUR = re.compile(
    r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\("
    r"|(?<=[:, ])(?:white|black|red|green|blue|gr[ae]y|orange|yellow|purple|navy)(?=[;, ])"
)
NAMES_OF_FILES = (
    *("site/styles/*.css", "site/static/*.js", "site/templates/*", "slides/*.css", "slides/*.j2"),
    *("figures/figure.css", "figures/*.svg", "_ext/**/*.py"),
)


@pytest.mark.parametrize("pattern", NAMES_OF_FILES)
def test_no_other_file_writes_a_colour(pattern):
    found = {}
    for path in BOOK.glob(pattern):
        text = path.read_text("utf-8")
        if path.suffix == ".svg":  # its style is a copy, which tests/book/test_figures.py compares
            text = re.sub("<style>.*?</style>", "", text, flags=re.DOTALL)
        elif path.suffix in (".css", ".js"):
            text = re.sub(
                r"/\*.*?\*/|//.*", "", text, flags=re.DOTALL if path.suffix == ".css" else 0
            )
        elif path.suffix == ".py":
            text = re.sub(r'"""(.|\n)*?"""', "", text)
        if colours := COLOUR.findall(text):
            found[path.name] = colours
    assert not found, "colours belong in book/site/tokens.toml"


@pytest.mark.parametrize("pattern", ["site/styles/*.css", "slides/*.css", "figures/figure.css"])
def test_no_other_file_names_a_typeface(pattern):
    for path in BOOK.glob(pattern):
        for value in re.findall(r"font(?:-family)?: ([^;]+);", path.read_text("utf-8")):
            assert not re.search(r'"|sans-serif|monospace|system-ui', value), (
                f"{path.name}: {value}"
            )


def test_dark_colours_follow_the_switch_of_the_page_and_the_system_in_a_file():
    style = tokens.page_style()
    light, dark = tokens.tokens()["colour"]["ink"]
    assert f"--ink: light-dark({light}, {dark});" in style
    assert style.endswith('html[data-theme="dark"] { color-scheme: dark; } }\n')
    own = diagrams.own_style()
    on_light, on_dark = own.split("@media (prefers-color-scheme: dark)")
    assert f"--ink: {light};" in on_light
    assert f"--ink: {dark};" in on_dark
    assert "--mark" not in own  # variables that a diagram does not use


@pytest.mark.parametrize("path", [*BOOK.glob("site/styles/*.css"), *BOOK.glob("*/figure.css")])
def test_every_variable_is_defined(path):
    css = path.read_text("utf-8")
    own = set(re.findall(r"--([\w-]+):", css)) | {"bar"}
    known = own | set(tokens.tokens()["colour"]) | set(tokens.tokens()["type"])
    assert set(re.findall(r"var\(--([\w-]+)", css)) <= known


def test_card_takes_its_colours_from_the_tokens():
    assert tokens.light("paper") == social_card.PAPER
