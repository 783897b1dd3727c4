"""What the title page and the files' metadata say about one language's book."""

from __future__ import annotations

import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import yaml

from ..hooks.interface import half
from ..texts import texts


class Book(NamedTuple):
    """One language's book.

    Attributes
    ----------
    language : str
    title : str
    claim : str
        One sentence on what the book is.
    edition : str
        The version and the licences, as the title page says them.
    author, rights : str
    modified : str
        The date of the last commit in UTC, ``2026-11-30T20:15:00Z``.
    """

    language: str
    title: str
    claim: str
    edition: str
    author: str
    rights: str
    modified: str


def about(root: Path, language: str) -> Book:
    """Return what the book's files say about it."""
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    version = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    said = texts(language)
    rights = said["words"]["licences"]
    return Book(
        language=language,
        title=half(config["title"], language),
        claim=said["front"]["claim"],
        edition=f"{said['printed']['version'].format(version=version)} · {rights}",
        author=config["author"],
        rights=rights,
        modified=_last_change(root),
    )


def _last_change(root: Path) -> str:
    """Return the date of the last commit; today's date outside a repository."""
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    done = subprocess.run(command, capture_output=True, text=True)
    moment = datetime.fromtimestamp(int(done.stdout), UTC) if done.stdout else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
