"""Which figures move: those whose picture has a script of the same name in ``book/site/moving``.

``figures/lstm-driven.svg`` moves if there is ``lstm-driven.js``. The picture is the still: it is
shown until the script arrives, and wherever no script runs. If a still holds a language's letters,
``NAME.ko.svg`` beside ``NAME.svg`` is the Korean one; Sphinx chooses it by the same rule.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from ..repository import Repository

ROOT = Path(__file__).resolve().parents[3]
MOVING = ROOT / "book" / "site" / "moving"


def moves(picture: str | Path) -> bool:
    """Return whether a reader can move the figure that shows this picture."""
    return Path(picture).suffix == ".svg" and script_of(name_of(picture)).is_file()


def name_of(picture: str | Path) -> str:
    """Return a picture's name, without its language."""
    return Path(picture).stem.partition(".")[0]


def in_language(picture: Path, language: str) -> Path:
    """Return the picture in a language, the one for all if it has no other."""
    own = picture.with_suffix(f".{language}{picture.suffix}")
    return own if own.is_file() else picture


def script_of(name: str) -> Path:
    """Return the path of a figure's script."""
    return MOVING / f"{name}.js"


def site_address(root: Path = ROOT) -> str:
    """Return the address of the published site; empty if it is not known."""
    settings = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    repository = Repository(settings["repository"]["url"].rstrip("/"), "")
    return (settings.get("html", {}).get("baseurl") or repository.pages_address).rstrip("/")


def place_on_site(page: str, label: str, language: str, root: Path = ROOT) -> str:
    """Return the address of a figure on the site; empty if the site's address is not known."""
    site = site_address(root)
    return f"{site}/{language}/{page}.html#{label}" if site else ""
