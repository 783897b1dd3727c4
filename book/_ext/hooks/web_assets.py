"""Sphinx extension: one style sheet for all pages, and the third-party files of the site.

KaTeX, MiniSearch, a stemmer and the Pretendard typeface come from npm under
``book/site/package-lock.json``, with their licences. Of the typeface, the
site contains only the characters that the book uses.
"""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

from pygments.formatters import HtmlFormatter
from sphinx.application import Sphinx

from ..node import install
from ..tokens import page_style
from . import diagrams, typeface

ROOT = Path(__file__).parents[3]
SITE = ROOT / "book" / "site"
CACHE = ROOT / "_build" / "assets"
LEFTOVERS = (
    *("basic.css", "exercise.css", "mystnb.*.css", "pygments.css"),
    *("doctools.js", "documentation_options.js", "language_data.js", "searchtools.js"),
    *("sphinx_highlight.js", "translations.js", "file.png", "minus.png", "plus.png"),
)
CODE_LIGHT, CODE_DARK = "a11y-high-contrast-light", "a11y-high-contrast-dark"
LICENCES = {
    "katex": "katex/LICENSE",
    "minisearch": "minisearch/LICENSE.txt",
    "pretendard": "pretendard/dist/LICENSE.txt",
    "stemmer": "stemmer/license",
}


@functools.cache
def packages() -> Path:
    """Return the folder of the npm packages, which are fetched if they are missing."""
    return install(SITE, CACHE / "npm")


def formula_style(css: str) -> str:
    """Return KaTeX's style with each font in the newest of its three formats only."""
    return re.sub(r',url\([^)]*\) format\("(?:woff|truetype)"\)', "", css)


def write_letters(root: Path | str, fonts: Path) -> list[str]:
    """Write the fonts of the book and of its formulas into a folder; return their styles."""
    shutil.rmtree(fonts, ignore_errors=True)  # files of an earlier build
    fonts.mkdir(parents=True)
    for font in (packages() / "katex/dist/fonts").glob("*.woff2"):
        shutil.copyfile(font, fonts / font.name)
    characters = typeface.characters_of_book(root)
    return [
        typeface.write_fonts(packages() / "pretendard", characters, CACHE / "fonts", fonts),
        formula_style((packages() / "katex/dist/katex.min.css").read_text("utf-8")),
    ]


def code_style() -> str:
    """Return the colours of code, light and dark; print uses the light ones."""
    dark = HtmlFormatter(style=CODE_DARK).get_style_defs('html[data-theme="dark"] .highlight')
    light = HtmlFormatter(style=CODE_LIGHT).get_style_defs(".highlight")
    return f"{light}\n@media screen {{\n{dark}\n}}"


def stemmer() -> str:
    """Return npm's stemmer, a module, as a script that defines ``stemmer``."""
    module = (packages() / "stemmer/index.js").read_text("utf-8")
    function = module.replace("export function stemmer", "function stemmer")
    return f"const stemmer = (() => {{\n{function}\nreturn stemmer;\n}})();\n"


def write_assets(app: Sphinx) -> None:
    """Write the style sheet, fonts and scripts below ``_static``, before the pages are written."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    letters = write_letters(app.srcdir, static / "fonts")
    shutil.copyfile(packages() / "minisearch/dist/umd/index.js", static / "minisearch.js")
    (static / "stemmer.js").write_text(stemmer(), "utf-8")
    for name, licence in LICENCES.items():
        shutil.copyfile(packages() / licence, static / f"LICENCE-{name}.txt")
    style = "\n".join(
        [
            *letters,
            code_style(),
            page_style(),
            diagrams.STYLE.read_text("utf-8"),
            (files("lessons_lib.lab") / "plot.css").read_text("utf-8"),
            *(path.read_text("utf-8") for path in sorted((SITE / "styles").glob("*.css"))),
        ]
    )
    (static / "site.css").write_text(style, "utf-8")
    (static / "letters-from-folder.css").write_text(typeface.for_folders(letters[0]), "utf-8")


def remove_leftovers(app: Sphinx, error: Exception | None) -> None:
    """Remove files of Sphinx and its extensions below ``_static`` that no page loads."""
    if error or app.builder.format != "html":
        return
    for pattern in LEFTOVERS:
        for path in Path(app.outdir, "_static").glob(pattern):
            path.unlink()


def cut_written_fonts(app: Sphinx, error: Exception | None) -> None:
    """Reduce KaTeX's fonts and the bold typeface to what the written pages show."""
    if not error and app.builder.format == "html":
        typeface.cut_written_fonts(Path(app.outdir), app.srcdir, CACHE / "fonts")


def address_with_version(path: Path) -> str:
    """Return a file's name with a mark that changes with its contents, for browsers' caches."""
    return f"{path.name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.connect("builder-inited", write_assets)
    app.connect("build-finished", cut_written_fonts)
    app.connect("build-finished", remove_leftovers, priority=900)  # after the hooks that copy
    return {"parallel_read_safe": True}
