"""The whole site as a ZIP, whose pages open from a folder without a server."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from ..one_language import LANGUAGES
from ..plain import books

FOLDER = "rnn-lessons"
#: For a server alone: the page for missing addresses, whose links are absolute, lists for robots.
ON_SERVER = {"404.html", "robots.txt", "sitemap.xml"}
_OFFER = re.compile(r'\s*<p class="take-along">.*?</p>', re.DOTALL)


def write_zip(site: Path, to: Path) -> None:
    """Write the site's files below one folder; its front pages do not offer what is not in it."""
    left_out = {books.file_name(name, kind) for name in LANGUAGES for kind in books.KINDS}
    left_out |= {books.ZIP, *ON_SERVER}
    with zipfile.ZipFile(to, "w") as file:
        for path in sorted(site.rglob("*")):
            if not path.is_file() or path.name in left_out or path.name.startswith("."):
                continue
            place = path.relative_to(site).as_posix()
            content = path.read_bytes()
            if place in {f"{language}/index.html" for language in LANGUAGES}:
                content = _OFFER.sub("", content.decode()).encode()
            entry = zipfile.ZipInfo(f"{FOLDER}/{place}", (2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            file.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
