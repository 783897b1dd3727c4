"""A book of one chapter that uses what a chapter may contain, built in a folder of its own."""

import contextlib
import io
import json
import re
import shutil
from pathlib import Path

import pytest
from _ext import make_site
from _ext.one_language import LANGUAGES
from bs4 import BeautifulSoup

from lessons_lib.lab import tables

ROOT = Path(__file__).parents[2]
DIAGRAM = """<svg xmlns="http://www.w3.org/2000/svg" class="diagram" width="9" height="9"
viewBox="0 0 9 9"><style></style>
<defs><marker id="arrow"><path class="fill-ink" d="M0 0"/></marker></defs>
<path class="ink" d="M0 0L9 9" marker-end="url(#arrow)"/><use href="#arrow"/></svg>"""
DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" class="plot" width="90" height="60"
viewBox="0 0 90 60">
<style>.plot { color: black; }</style>
<path class="s1" stroke-width="1.8" d="M10,10 l50 30"/>
<text class="f7" x="45" y="55" data-label="시차 $k$ · lag $k$">lag <tspan class="m">k</tspan></text>
</svg>"""
QUESTION = """```{{admonition}} {}
:class: quick-question
{}

1. ✓ {}

   {}
2. {}

   {}
```"""
KOREAN_ANSWERS = ("바로 확인", "무엇입니까?", "$f_t$", "경로에 있습니다.", "$i_t$", "아닙니다.")
ENGLISH_ANSWERS = ("Quick question", "What is it?", "$f_t$", "On the path.", "$i_t$", "Not it.")
PYTHON = {"language_info": {"name": "python"}}
FIGURE = "```{{figure}} figures/line.svg\n:name: fig-{0}\n:alt: {1}\n\n{1}\n```"


def prose(pair, korean, english):
    """Return the two cells of a pair."""
    return [
        {
            "cell_type": "markdown",
            "id": f"{pair}-{tag}",
            "metadata": {"tags": [tag]},
            "source": text,
        }
        for tag, text in (("ko", korean), ("en", english))
    ]


def markdown(name, source):
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def drawing(name):
    """Return a code cell with a stored drawing, and the two captions that show it."""
    data = {"image/svg+xml": DRAWING, "text/plain": "<Figure size 1x1>"}
    printed = {"output_type": "stream", "name": "stdout", "text": "0.5\n"}
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    cell = {"cell_type": "code", "id": name, "source": "draw(h)", "outputs": [printed, output]}
    figure = f"```{{figure}} #{name}\n:name: fig-{name}\n:alt: "
    return [
        cell | {"metadata": {}, "execution_count": 2},
        *prose(
            f"{name}-caption",
            f"{figure}내려가는 선\n그림 설명.\n```",
            f"{figure}A falling line\nWhat it shows.\n```",
        ),
    ]


def printed_table(name):
    """Return a code cell with a stored table."""
    shown = tables.table(["시차 $k$ · lag $k$", "값 · value"], [(1, 0.5)])
    data = {"text/html": shown._repr_html_(), "text/plain": repr(shown)}
    output = {"output_type": "execute_result", "metadata": {}, "data": data, "execution_count": 3}
    source = 'table("값 · value")'
    cell = {"cell_type": "code", "id": name, "source": source, "outputs": [output]}
    return cell | {"metadata": {}, "execution_count": 3}


def tagged(tag, source):
    """Return a code cell with a tag that prints nothing."""
    cell = {"cell_type": "code", "id": f"cell-{tag}", "source": source, "outputs": []}
    return cell | {"metadata": {"tags": [tag]}, "execution_count": 1}


SAMPLE = [
    *prose("top", "(sample)=\n# 표본", "(sample)=\n# A sample"),
    # The words of this English heading are another heading's label.
    *prose("one", "(first-label)=\n## 게이트\n\n글.", "(first-label)=\n## Gates\n\nText."),
    *prose(
        "two",
        "(gates)=\n## 둘째\n\n- 값(value)는 $c_t$가 큽니다.",
        "(gates)=\n## Second\n\n- $c_t$, large.",
    ),
    markdown("equation", "$$h_t = 1$$ (eq-sample)"),
    *prose("pictures", FIGURE.format("a", "선"), FIGURE.format("a", "A line")),
    *prose("again", FIGURE.format("b", "또 선"), FIGURE.format("b", "Another line")),
    *drawing("drawn"),
    printed_table("tabled"),
    *prose("ask", QUESTION.format(*KOREAN_ANSWERS), QUESTION.format(*ENGLISH_ANSWERS)),
    markdown("start", "```{exercise-start}\n:label: ex-sample\n```"),
    *prose("task", "해 보십시오.\n\n| 가 |\n|---|\n| 1 |", "Try it.\n\n| A |\n|---|\n| 1 |"),
    markdown("end", "```{exercise-end}\n```"),
    markdown("solve", "```{solution} ex-sample\n:label: ex-sample-solution\n$1$\n```"),
    markdown("more", "```{exercise}\n:label: ex-more\n$2$\n```"),
    *prose(
        "names",
        "{ref}`sample`과 {ref}`first-label`을 보십시오. {ref}`제 말 <gates>`을",
        "{ref}`sample` and {ref}`first-label`. {ref}`My words <gates>`",
    ),
    tagged("setup", "import math\n\nx = math.sqrt(1)"),
    tagged("check", "assert x == 1\nassert x > 0"),
    *prose("help", "```{tip}\n도움말\n```\n\n> 인용", "```{tip}\nHelp\n```\n\n> Quotation"),
]


def write_notebook(path, cells):
    notebook = {"cells": cells, "metadata": PYTHON, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), "utf-8")


def make_book(root, cells):
    """Write a book of one chapter that uses everything of this one but its chapters."""
    for name in (
        "_config.yml",
        "book/_ext",
        "book/site",
        "book/locale",
        "book/figures/favicon.svg",
    ):
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, target)
    aliases = root / "book/site/search-aliases.toml"  # its last table names the book's own sections
    words = aliases.read_text("utf-8").partition("[sections]")[0]
    aliases.write_text(f"{words}[sections]\n", "utf-8")
    (root / "book/appendix").mkdir()
    shutil.copy(ROOT / "book/appendix/references.bib", root / "book/appendix")
    (root / "book/figures/line.svg").write_text(DIAGRAM, "utf-8")
    (root / "_toc.yml").write_text(
        "{format: jb-book, root: book/start, "
        "parts: [{caption: 부분 · Part, chapters: [{file: book/sample}]}]}",
        "utf-8",
    )
    write_notebook(
        root / "book/start.ipynb", prose("start", "(start)=\n# 시작", "(start)=\n# Start")
    )
    write_notebook(root / "book/sample.ipynb", cells)


def build_or_fail(root):
    """Build a book; where that fails, fail with Sphinx's warnings alone as the message."""
    lines = io.StringIO()
    with contextlib.redirect_stdout(lines):
        went_well = make_site.build(root)
    if not went_well:
        wrong = [
            line for line in lines.getvalue().splitlines() if re.search("WARN|ERROR|rror:", line)
        ]
        pytest.fail("\n".join(["the book does not build without warnings:", *wrong]), pytrace=False)


def pages_of(folder, name):
    return {
        language: BeautifulSoup((folder / language / name).read_text("utf-8"), "html.parser")
        for language in LANGUAGES
    }


def names_of_pages(folder):
    """Return the paths of a folder's pages; what lies under _static are the theme's templates."""
    pages = (path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    return sorted(page for page in pages if "_static/" not in page)


def anchors(page):
    headings = page.select("article section > :is(h1, h2, h3, h4)")
    return [heading.parent.get("id") for heading in headings]
