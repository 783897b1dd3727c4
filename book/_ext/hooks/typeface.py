"""Reduce the site's typeface, and KaTeX's, to the characters that the book uses."""

from __future__ import annotations

import hashlib
import html
import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from ..plain.book_index import pages_of, read_notebook

WEIGHTS = {400: "Regular", 600: "SemiBold"}
# A browser fetches a file if the page has a character in its ranges; English pages have no Hangul.
RANGES = {
    "hangul": "U+1100-11FF, U+3000-318F, U+AC00-D7FF, U+FF00-FFEF",
    "latin": "U+0000-10FF, U+1E00-2FFF",
}
HANGUL = re.compile("[\u1100-\u11ff\u3000-\u318f\uac00-\ud7ff\uff00-\uffef]")
# What the styles set in bold: by its element, or by a class that holds "title" or "caption".
BOLD = re.compile(
    r"<(h[1-4]|strong|b|th|dt|summary|button)\b.*?</\1>"
    r"|<(\w+)[^>]* class=\"[^\"]*(?:title|caption|button|home|rubric)[^\"]*\".*?</\2>",
    re.DOTALL,
)
ALWAYS = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100)])) + "–—‘’“”…×−→←↑↓␣↵"
LETTERS = "".join(map(chr, range(0x3131, 0x3164)))  # Hangul's, for a figure of charlm
# Kerning, combining marks and figures of one width. The rest, such as arrows made of ->, would
# double the Latin letters; hints are a fifth of KaTeX's files, and browsers smooth letters anyway.
KEPT = {"layout_features": ["ccmp", "kern", "mark", "mkmk", "tnum"], "hinting": False}
# On a first visit over a slow connection the reader's own typeface stays, so text never jumps.
FACE = """@font-face {{ font-family: Pretendard; font-weight: {weight}; font-display: optional;
  src: url(fonts/{file}) format("woff2"); unicode-range: {range}; }}"""


def for_folders(rules: str) -> str:
    """Return the rules of `write_fonts` for pages opened as files, which ``static/page.js`` adds.

    A browser does not preload fonts from a folder, so they would always come too late.
    """
    return rules.replace("font-display: optional", "font-display: swap")


def characters_of_book(root: Path | str) -> str:
    """Return every character that the book's pages or the site's words may show, once."""
    root = Path(root)
    texts = [ALWAYS, LETTERS]
    for page in pages_of(root):
        notebook = read_notebook(root / f"{page}.ipynb")
        texts += [str(cell["source"]) for cell in notebook["cells"]]
        # What cells print has characters of its own: models write text, too.
        texts += [json.dumps(cell.get("outputs"), ensure_ascii=False) for cell in notebook["cells"]]
    files = [*root.glob("book/locale/*.toml"), *root.glob("book/appendix/*.bib")]
    files += [*root.glob("book/locale/*/*/*.po"), root / "_toc.yml", root / "_config.yml"]
    library = root.glob("src/lessons_lib/**/*.py")  # its docstrings are pages, too
    files += [path for path in library if "lab" not in path.parts]
    texts += [path.read_text("utf-8") for path in files]
    return "".join(sorted(set("".join(texts))))


def write_fonts(package: Path, characters: str, cache: Path, to: Path) -> str:
    """Write the font files for ``characters`` below ``to``; return the rules that name them."""
    cache.mkdir(parents=True, exist_ok=True)
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    rules = []
    for weight, name in WEIGHTS.items():
        for script, unicode_range in RANGES.items():
            chosen = "".join(c for c in characters if bool(HANGUL.match(c)) == (script == "hangul"))
            mark = hashlib.sha256(f"{version}{weight}{chosen}{KEPT}".encode()).hexdigest()[:10]
            file = f"Pretendard-{weight}-{script}.woff2"  # pages refer to it, so it does not change
            kept = cache / f"{mark}-{file}"
            if not kept.exists():
                _cut(package / f"dist/public/static/Pretendard-{name}.otf", chosen, kept)
            shutil.copyfile(kept, to / file)
            rules.append(FACE.format(weight=weight, file=file, range=unicode_range))
    return "\n".join(rules)


def cut_written_fonts(site: Path, root: Path | str, cache: Path) -> None:
    """Reduce KaTeX's fonts, and the bold typeface, to the characters that the site shows in them.

    They are known when all pages are written. ASCII stays whole, for words that scripts write, and
    so do the words of the catalogues, which scripts may write in bold.
    """
    cache.mkdir(parents=True, exist_ok=True)
    pages = [path.read_text("utf-8") for path in site.rglob("*.html")]
    drawings = [path.read_text("utf-8") for path in site.rglob("*.svg")]
    words = [path.read_text("utf-8") for path in Path(root).glob("book/locale/*.toml")]
    used = set(ALWAYS).union(*map(html.unescape, [*pages, *drawings]))
    bold = set(ALWAYS).union(*words, *map(html.unescape, [*drawings, *map(bold_of, pages)]))
    _cut_to(used, site.glob("_static/fonts/KaTeX_*.woff2"), cache)
    _cut_to(bold, site.glob("_static/fonts/Pretendard-600-*.woff2"), cache)


def bold_of(page: str) -> str:
    """Return the parts of a written page that its styles set in bold, with their markup."""
    return "".join(match[0] for match in BOLD.finditer(page))


def _cut_to(used: set[str], fonts: Iterable[Path], cache: Path) -> None:
    for font in sorted(fonts):
        whole = font.read_bytes()
        characters = "".join(sorted(used & _characters_of(font)))
        mark = hashlib.sha256(whole + f"{characters}{KEPT}".encode()).hexdigest()[:10]
        kept = cache / f"{mark}-{font.name}"
        if not kept.exists():
            _cut(font, characters, kept)
        shutil.copyfile(kept, font)


def _characters_of(font: Path) -> set[str]:
    with TTFont(font) as opened:
        return set(map(chr, opened.getBestCmap()))


def _cut(font: Path, characters: str, to: Path) -> None:
    options = subset.Options(flavor="woff2", desubroutinize=True, **KEPT)
    opened = subset.load_font(str(font), options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(opened)
    whole = to.with_suffix(f".{id(opened)}.part")  # two builds may write the same file
    subset.save_font(opened, str(whole), options)
    whole.replace(to)
