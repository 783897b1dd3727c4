"""The one-language copies of notebooks: complete, valid, and free of raw markup."""

from __future__ import annotations

import base64
import posixpath
import re
from pathlib import Path

import nbformat
import pytest
from _ext.notebooks import BIBLIOGRAPHY, main, one_language_copy, write_copies
from _ext.one_language import LANGUAGES, keep_language
from _ext.plain.book_index import index_book, pages_of, read_notebook
from _ext.plain.chapters import chapter_numbers
from _ext.plain.citations import Bibliography
from _ext.plain.drawings import FORM
from _ext.plain.myst_blocks import MarkupError, parse, walk
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat.v4 import new_markdown_cell, new_output
from sample_book import PAGE, cell_of, code, edited, pair, printed, sample_notebook, write_book
from site_sample import DRAWING

from lessons_lib.lab import tables

ROOT = Path(__file__).resolve().parents[2]
PAGES = pages_of(ROOT)
# Jupyter's Markdown: plain Markdown, tables, formulas.
JUPYTER = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, allow_labels=False)
RAW = re.compile(r"\{[\w:-]+\}|^:[\w-]+:|^\([\w-]+\)=|:::|\*\*|[`$]", re.MULTILINE)


def copied(folder: Path, notebook, language: str):
    """Return the copy of a book's only notebook."""
    write_book(folder)
    index = index_book({PAGE: notebook}, language, Bibliography(folder / BIBLIOGRAPHY))
    return one_language_copy(notebook, PAGE, index, folder / "book")


def test_a_copy_keeps_outputs_and_loses_the_other_language(tmp_path):
    copy = copied(tmp_path, sample_notebook(), "ko")
    names = [cell.id for cell in copy.cells]
    assert "say-ko" in names
    assert not [name for name in names if name.endswith("-en")]
    assert cell_of(copy, "say-ko").outputs == [printed("값은 2.0 입니다\n")]
    drawn = cell_of(copy, "draw")
    assert drawn.execution_count == 3  # renumbered, because the other language's cell is left out
    assert not any({"ko", "en"} & set(cell.metadata.get("tags", [])) for cell in copy.cells)
    nbformat.validate(copy)


def test_a_drawing_speaks_the_language_of_its_copy(tmp_path):
    figure = "```{{figure}} #plot\n:name: fig-plot\n:alt: {}\n{}```"
    notebook = sample_notebook()
    notebook.cells += [
        code("plot", "x", 5, [new_output("display_data", data={FORM: DRAWING})]),
        *pair(
            "caption",
            figure.format("내려가는 선", "크기.\n"),
            figure.format("a falling line", "The size.\n"),
        ),
    ]
    for language, alt, label in (("ko", "내려가는 선", "시차 "), ("en", "a falling line", "lag ")):
        copy = copied(tmp_path, notebook, language)
        # JupyterLab shows no SVG among the outputs of a notebook that it was not told to trust.
        assert cell_of(copy, "plot").outputs == []
        source = cell_of(copy, f"caption-{language}").source
        assert f"![{alt}][fig-plot]" in source
        drawing = base64.b64decode(source.split("base64,")[1]).decode()
        assert f'aria-label="{alt}"' in drawing
        assert f">{label}<" in drawing
        assert "<style>" in drawing
    cell_of(notebook, "plot").id = "other"
    with pytest.raises(MarkupError, match=r"figure #plot: no code cell of that id draws"):
        copied(tmp_path, notebook, "ko")


def test_a_printed_table_speaks_the_language_of_its_copy(tmp_path):
    notebook = sample_notebook()
    shown = tables.table(["값 & 수 · value & number"], [(1,)])
    data = {"text/html": shown._repr_html_(), "text/plain": repr(shown)}
    notebook.cells.append(code("table", "x", 5, [new_output("display_data", data=data)]))
    for language, head in (("ko", "값 &amp; 수"), ("en", "value &amp; number")):
        (output,) = cell_of(copied(tmp_path, notebook, language), "table").outputs
        assert f">{head}</th>" in output.data["text/html"]
        assert "data-label" not in output.data["text/html"]


def test_a_gated_solution_is_folded_as_far_as_a_notebook_can(tmp_path):
    notebook = sample_notebook()
    start = "```{solution-start} ex-latch\n:class: dropdown\n```"
    notebook.cells += [
        new_markdown_cell(start, id="start"),
        *pair("why", "까닭.", "Because."),
        code("how", "x", 5),
        new_markdown_cell("```{solution-end}\n```", id="end"),
        code("after", "x", 6),
    ]
    copy = copied(tmp_path, notebook, "en")
    assert cell_of(copy, "why-en").source.startswith("<details>\n<summary><b>Show</b></summary>")
    assert cell_of(copy, "how").metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}
    assert "end" not in [cell.id for cell in copy.cells]
    assert "jupyter" not in cell_of(copy, "after").metadata


def test_a_fault_names_page_and_cell(tmp_path):
    notebook = edited("state-en", "{eq}`step`", "{eq}`stop`")
    write_book(tmp_path, notebook)
    with pytest.raises(MarkupError, match=r"^book/sample\.ipynb, cell state-en: label 'stop'"):
        write_copies(tmp_path, tmp_path / "copies")


def test_a_label_given_twice_is_refused(tmp_path):
    books = {PAGE: sample_notebook(), "book/again": sample_notebook()}
    write_book(tmp_path)
    with pytest.raises(MarkupError, match=r"^book/again\.ipynb, cell title-en: label 'sample' is"):
        index_book(books, "en", Bibliography(tmp_path / BIBLIOGRAPHY))


def test_the_command_writes_both_languages_and_reports_a_fault(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("_ext.notebooks.ROOT", tmp_path)
    write_book(tmp_path)
    stale = tmp_path / "copies/ko/book/dropped.ipynb"
    stale.parent.mkdir(parents=True)
    stale.touch()
    assert main(["copies", "--to", str(tmp_path / "copies")]) == 0
    assert not stale.exists()
    for language in LANGUAGES:
        assert (tmp_path / f"copies/{language}/{PAGE}.ipynb").is_file()
    write_book(tmp_path, edited("state-en", "{eq}`step`", "{eq}`stop`"))
    assert main(["copies", "--to", str(tmp_path / "copies")]) == 1
    assert "error: book/sample.ipynb, cell state-en" in capsys.readouterr().err


@pytest.fixture(scope="module", params=LANGUAGES)
def copies(request):
    """Return the language and the copies of all notebooks of the book in it."""
    pages = {page: read_notebook(ROOT / f"{page}.ipynb") for page in PAGES}
    bibliography = Bibliography(ROOT / BIBLIOGRAPHY)
    index = index_book(pages, request.param, bibliography, chapter_numbers(ROOT))
    return request.param, {
        page: one_language_copy(notebook, page, index, (ROOT / page).parent)
        for page, notebook in pages.items()
    }


def test_copies_name_chapters_as_the_site_does(copies):
    language, notebooks = copies
    expected = {
        "ko": ("# 4. LSTM: 장단기 메모리", "[4장 「LSTM: 장단기 메모리」](lstm.ipynb#lstm)"),
        "en": ("# 4. LSTM: long", "[chapter 4, “LSTM: long short-term memory”](lstm.ipynb#lstm)"),
    }
    title, link = expected[language]
    assert any(title in cell.source for cell in notebooks["book/lstm"].cells)
    texts = [cell.source for cell in notebooks["book/bidirectional"].cells]
    assert any(link in text for text in texts)


def test_no_copy_shows_raw_markup(copies):
    for page, copy in copies[1].items():
        for cell in copy.cells:
            if cell.cell_type == "markdown":
                for token in JUPYTER.parse(cell.source):
                    where = f"{page}, cell {cell.id}: {token.content!r}"
                    assert not token.info.startswith("{"), where
                    for child in token.children or []:
                        assert child.type != "text" or not RAW.search(child.content), where


def test_every_copy_is_a_valid_notebook(copies):
    for copy in copies[1].values():
        nbformat.validate(copy)
        counts = [cell.execution_count for cell in copy.cells if cell.cell_type == "code"]
        assert counts == list(range(1, len(counts) + 1))


def test_copies_keep_every_alt_text(copies):
    language, notebooks = copies
    for page in PAGES:
        text = "\n".join(cell.source for cell in notebooks[page].cells)
        text = text.replace("\\[", "[").replace("\\]", "]")
        for cell in keep_language(read_notebook(ROOT / f"{page}.ipynb"), language)["cells"]:
            blocks = walk(parse(cell["source"])) if cell["cell_type"] == "markdown" else ()
            expected = [block.options.get("alt", "") for block in blocks]
            for alt in expected:
                assert alt in text, f"{page}, cell {cell['id']}"


def test_links_within_the_copies_lead_somewhere(copies):
    notebooks = copies[1]
    text = {page: "\n".join(c.source for c in copy.cells) for page, copy in notebooks.items()}
    anchors = {page: set(re.findall(r'<a id="([^"]+)">', text[page])) for page in text}
    for page, words in text.items():
        for path, label in re.findall(r"\]\(([\w./-]*\.ipynb)?#([^)]+)\)", words):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
            target = other.removesuffix(".ipynb") if path else page
            assert label in anchors[target], f"{page} links to {path}#{label}"
