"""Make slides of each chapter in each language, from the same notebooks: `make slides`.

    python -m _ext.slides [--to DIR]      default: _build/slides

The slides send no request to another server: reveal.js is in their folder, and KaTeX sets formulas
when they are made. `S` opens the speaker's view, whose notes are the chapter's paragraphs.
"""

from __future__ import annotations

import argparse
import html
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbconvert import SlidesExporter
from nbconvert.preprocessors import TagRemovePreprocessor
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from .hooks import typeface
from .hooks.math_in_page import typesetter
from .hooks.web_assets import CACHE, LICENCES, ROOT, code_style, packages, write_letters
from .node import install
from .notebooks import BIBLIOGRAPHY
from .one_language import LANGUAGES, Notebook
from .plain.book_index import BookIndex, index_book, pages_before_appendix, pages_of, read_notebook
from .plain.chapters import chapter_numbers, numbered
from .plain.citations import Bibliography
from .plain.printed_tables import set_formulas
from .plain.slide_cells import WITHOUT_CODE, slide_cells
from .tokens import page_style

SOURCE = ROOT / "book" / "slides"


def markdown_to_html() -> Any:
    """Return a function that renders Markdown: formulas by KaTeX, links in the book as words."""
    markdown = MarkdownIt("commonmark", {"html": True, "highlight": _code}).enable("table")
    markdown.use(dollarmath_plugin, allow_labels=False, renderer=_formula)
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]  # diagrams are data: links
    markdown.add_render_rule("link_open", _link_open)
    markdown.add_render_rule("link_close", lambda *_: "</span>")
    return markdown.render


def _formula(tex: str, options: Mapping[str, Any]) -> str:
    return typesetter.html(tex, options["display_mode"])


def _code(text: str, language: str, _: str) -> str:
    formatter = HtmlFormatter(nowrap=True)
    return f'<pre class="highlight">{highlight(text, get_lexer_by_name(language), formatter)}</pre>'


def _link_open(_renderer: Any, tokens: Any, at: int, *_: Any) -> str:
    return f'<span title="{html.escape(tokens[at].attrs["href"])}">'


def slides(notebook: Notebook, page: str, index: BookIndex, folder: Path) -> str:
    """Return a chapter's slides as a page that expects reveal.js in ``../reveal``."""
    shown = notebook.copy()
    shown["cells"] = slide_cells(notebook, page, index, folder)
    set_formulas(shown, lambda tex: typesetter.html(tex, display=False))
    shown["metadata"]["title"] = numbered(index.numbers.get(page), index.titles[page])
    exporter = SlidesExporter(
        template_file=str(SOURCE / "slides.html.j2"),
        reveal_url_prefix="../reveal",
        language_code=index.language,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    hide = TagRemovePreprocessor(remove_input_tags={WITHOUT_CODE})
    exporter.register_preprocessor(hide, enabled=True)
    exporter.register_filter("markdown2html", markdown_to_html())
    return exporter.from_notebook_node(shown)[0]


def write_assets(to: Path) -> None:
    """Write reveal.js, the style sheet and the fonts, with their licences."""
    reveal = install(SOURCE, CACHE / "reveal") / "reveal.js"
    for name in ("dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js", "LICENSE"):
        (to / "reveal" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(reveal / name, to / "reveal" / name)
    fonts = to / "fonts"
    # Slides may wait for their letters; a page must not jump under a reader's eyes.
    letters = [typeface.for_folders(css) for css in write_letters(ROOT, fonts)]
    for name in ("katex", "pretendard"):
        shutil.copyfile(packages() / LICENCES[name], fonts / f"LICENCE-{name}.txt")
    style = [*letters, code_style(), page_style(), (SOURCE / "slides.css").read_text("utf-8")]
    (to / "slides.css").write_text("\n".join(style), "utf-8")


def chapters_of(root: Path) -> list[str]:
    """Return the pages to teach: neither the first, on how to read, nor the appendix."""
    return pages_before_appendix(root)[1:]


def write_slides(to: Path) -> None:
    """Write the slides of the chapters, not of the first page or the appendix."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    write_assets(to)
    pages, chapters, numbers = pages_of(ROOT), chapters_of(ROOT), chapter_numbers(ROOT)
    for language in LANGUAGES:
        notebooks = {page: read_notebook(ROOT / f"{page}.ipynb") for page in pages}
        index = index_book(notebooks, language, Bibliography(ROOT / BIBLIOGRAPHY), numbers)
        (to / language).mkdir()
        for page, notebook in notebooks.items():
            if page in chapters:
                path = to / language / f"{Path(page).name}.html"
                path.write_text(slides(notebook, page, index, (ROOT / page).parent), "utf-8")
                print(path, flush=True)
    typesetter.close()


def main() -> int:
    """Write the slides; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--to", type=Path, default=ROOT / "_build" / "slides")
    write_slides(parser.parse_args().to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
