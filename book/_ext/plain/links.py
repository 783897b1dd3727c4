"""Symbols that light up together in a chapter's equations, figures and source, from its table.

``book/site/linked/CHAPTER.toml`` has a group for each figure, with the labels of equations, with
functions of the library whose source the chapter shows in one cell, and with symbols.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

LINKED = Path(__file__).parents[2] / "site" / "linked"


def groups_of(page: str) -> list[dict[str, Any]]:
    """Return the groups of a page, ``book/lstm``; empty if it has no table."""
    path = LINKED / f"{Path(page).name}.toml"
    return tomllib.loads(path.read_text("utf-8"))["group"] if path.exists() else []


def as_set(tex: str) -> str:
    """Return the text of a symbol as KaTeX sets it: ``c_{t-1}`` is ``ct−1``."""
    return tex.translate({ord(c): None for c in "_{}^"}).replace("-", "−").replace(r"\top", "⊤")
