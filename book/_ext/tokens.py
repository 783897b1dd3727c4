"""The colours and typefaces of ``book/site/tokens.toml``, as style sheets."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any

TOKENS = Path(__file__).parents[1] / "site" / "tokens.toml"


@functools.cache
def tokens() -> dict[str, Any]:
    """Return the tables ``colour`` (light and dark) and ``type``."""
    return tomllib.loads(TOKENS.read_text("utf-8"))


def light(name: str) -> str:
    """Return a colour for light paper."""
    return tokens()["colour"][name][0]


def page_style() -> str:
    """Return the variables for pages, whose switch chooses light or dark; print is light."""
    both = {name: f"light-dark({a}, {b})" for name, (a, b) in tokens()["colour"].items()}
    dark = '@media screen { html[data-theme="dark"] { color-scheme: dark; } }'
    return f":root {{ color-scheme: light; {_variables(both | tokens()['type'])} }}\n{dark}\n"


def file_style(using: str) -> str:
    """Return the variables of a style sheet for a single file; the system chooses light or dark."""
    chosen = {n: pair for n, pair in tokens()["colour"].items() if f"var(--{n})" in using}
    on_light, on_dark = ({n: pair[k] for n, pair in chosen.items()} for k in (0, 1))
    letters = {n: stack for n, stack in tokens()["type"].items() if f"var(--{n})" in using}
    return (
        f":root {{ {_variables(on_light | letters)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(on_dark)} }} }}\n"
    )


def _variables(values: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in values.items())
