"""The one-language copies: MyST turned into Markdown that shows no raw markup anywhere."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import nbformat
import pytest
from book_index import index_book, pages_of, read_notebook
from citations import Bibliography
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from myst_blocks import MarkupError, parse, walk
from nbformat.v4 import new_markdown_cell
from notebooks import BIBLIOGRAPHY, main, one_language_copy, write_copies
from one_language import LANGUAGES, keep_language
from plain_markdown import CellWriter
from sample_book import PAGE, cell_of, code, edited, pair, printed, sample_notebook, write_book

ROOT = Path(__file__).resolve().parents[1]
PAGES = pages_of(ROOT)
# What Jupyter reads: plain Markdown, tables, formulas.
JUPYTER = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, allow_labels=False)
RAW = re.compile(r"\{[\w:-]+\}|^:[\w-]+:|^\([\w-]+\)=|:::|\*\*|[`$]", re.MULTILINE)


@pytest.fixture
def writer(tmp_path):
    """Return a function that writes a text as plain Markdown, on a page of a book of two."""
    write_book(tmp_path)
    other = sample_notebook()
    other.cells = [
        *pair("far", "(far)=\n# 먼 곳", "(far)=\n# Far away"),
        new_markdown_cell("$$\na\n$$ (far-eq)", id="far-eq"),
    ]
    books = {PAGE: sample_notebook(), "book/appendix/far": other}
    bibliography = Bibliography(tmp_path / "book/appendix/references.bib")

    def write(text: str, language: str = "en") -> str:
        index = index_book(books, language, bibliography)
        return CellWriter(PAGE, index, tmp_path / "book").plain(text)

    return write


ELMAN = "https://doi.org/10.1207/s15516709cog1402_1"
PASCANU = "https://arxiv.org/abs/1211.5063"
TABLE = """```{list-table} Gates
:header-rows: 1
* - name
  - in `|`
* - {ref}`state`
  - $i$
```"""


@pytest.mark.parametrize(
    ("myst", "plain"),
    [
        ("(a)=\n## A {ref}`state`", '<a id="a"></a>\n\n## A [The hidden state](#state)'),
        ("See {ref}`here <state>`.", "See [here](#state)."),
        ("{ref}`far`", "[Far away](appendix/far.ipynb#far)"),
        (
            "{doc}`appendix/far` {doc}`this <sample>`",
            "[Far away](appendix/far.ipynb) [this](sample.ipynb)",
        ),
        ("{eq}`step` and {eq}`far-eq`", "(1) and [(2)](appendix/far.ipynb#far-eq)"),
        ("{numref}`fig-cell`, {numref}`ex-latch`", "[Fig. 1](#fig-cell), [Exercise 1](#ex-latch)"),
        ("{numref}`picture %s <fig-cell>`", "[picture 1](#fig-cell)"),
        ("{cite:t}`elman1990` said", f"[Elman (1990)]({ELMAN}) said"),
        (
            "so {cite:p}`elman1990, pascanu2013`",
            f"so ([Elman, 1990]({ELMAN}); [Pascanu et al., 2013]({PASCANU}))",
        ),
        ("``{ref}`x` `` and `{eq}`", "``{ref}`x` `` and `{eq}`"),
        ("- a {ref}`the\n  state <state>`\n- b", "- a [the state](#state)\n- b"),
        ("% a remark\n\ntext", "text"),
        ("$$\na = b\n$$ (step)", "$$\na = b\n\\tag{1}\n$$"),
        ("$$\na \\\\\nb\n$$", "$$\n\\begin{aligned}\na \\\\\nb\n\\end{aligned}\n$$"),
        ("```{math}\n:label: step\na\n```", "$$\na\n\\tag{1}\n$$"),
        (
            "```{note}\nText.\n\n$$\na =\nb\n$$\n```",
            "> **Note**\n>\n> Text.\n>\n> $$ a = b $$",
        ),
        (
            "~~~{admonition} A `hint`\n:class: tip dropdown\nText.\n~~~",
            "<details>\n<summary><b>A <code>hint</code></b></summary>\n\nText.\n\n</details>",
        ),
        (
            "- one\n\n  ```{tip}\n  Text.\n  ```",
            "- one\n\n  > **Tip**\n  >\n  > Text.",
        ),
        (
            "```{exercise} A latch\n:label: ex-latch\nMake {ref}`state`.\n```",
            '<a id="ex-latch"></a>\n\n**Exercise 1 (A latch)**\n\nMake [The hidden state](#state).',
        ),
        ("```{exercise-start}\n:label: ex-latch\n```", '<a id="ex-latch"></a>\n\n**Exercise 1**'),
        ("```{exercise-end}\n```", ""),
        (
            "```{solution} ex-latch\nText.\n```",
            "<details>\n<summary><b>Solution to Exercise 1</b></summary>\n\nText.\n\n</details>",
        ),
        ("```{solution-start} ex-latch\n```", "**Solution to Exercise 1**"),
        (
            TABLE,
            "**Gates**\n\n| name | in `\\|` |\n| --- | --- |\n| [The hidden state](#state) | $i$ |",
        ),
        (
            "````{tip}\n```python\nx\n\n\ny\n```\n````",
            "> **Tip**\n>\n> ```python\n> x\n>\n>\n> y\n> ```",
        ),
    ],
)
def test_markup_becomes_plain_markdown(writer, myst, plain):
    assert writer(myst) == plain


def test_a_figure_is_inside_the_cell_with_its_alt_text_and_a_caption(writer):
    text = cell_of(sample_notebook(), "figure-ko").source
    lines = writer(text, "ko").split("\n")
    assert "![원 하나][fig-cell]" in lines
    assert f"*그림 1. 상태. ([Pascanu et al., 2013]({PASCANU}))*" in lines
    assert lines[-1].startswith("[fig-cell]: data:image/svg+xml;base64,")


def test_korean_copies_speak_korean(writer):
    assert writer("```{note}\n값.\n```", "ko") == "> **참고**\n>\n> 값."
    assert writer("```{solution-start} ex-latch\n```", "ko") == "**풀이: 연습문제 1**"
    assert writer("{numref}`fig-cell`", "ko") == "[그림 1](#fig-cell)"
    assert writer("{ref}`state`", "ko") == "[은닉 상태](#state)"


def test_works_are_listed_by_author(writer):
    listed = writer("```{bibliography}\n:all:\n```").split("\n")
    assert [line[:9] for line in listed] == ["- Jeffrey", "- Razvan "]
    assert ELMAN in listed[0]
    assert writer("```{bibliography}\n:filter: docname in docnames\n```").split("\n") == listed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a {term}`b`", "line 1: role {term} is not one of"),
        ("a\n\n```{danger}\nb\n```", "line 3: directive {danger} is not one of"),
        ("````{note}\na\n\n```{danger}\n```\n````", "line 4: directive {danger}"),
        ("```{figure} figures/cell.svg\n:scale: 3\na\n```", "{figure} takes no option :scale:"),
        ("```{note} Title\na\n```", "{note} takes no argument, got 'Title'"),
        ("```{exercise-end}\na\n```", "{exercise-end} holds no text"),
        ("```{note} a `b`\nc\n```", "a directive's title with backticks wants a fence of ~~~"),
        (":::{note}\na\n:::", "colon_fence is not used in this book"),
        ("a <br> b", "html_inline is not used in this book: '<br>'"),
        ("![a](b.png)", "image is not used in this book"),
        ("\\begin{align}\na\n\\end{align}", "amsmath is not used"),
        ("{ref}`nowhere`", "label 'nowhere' is nowhere in the book"),
        ("{eq}`nothing`", "label 'nothing' is nowhere in the book"),
        ("{numref}`state`", "label 'state' names nothing that has a number"),
        ("{ref}`step`", "a reference to 'step' needs words of its own"),
        ("{doc}`elsewhere`", "page 'elsewhere' is not in the table of contents"),
        ("{cite:t}`nobody1900`", "citation 'nobody1900' is not in references.bib"),
        ("[a](other.md)", "link 'other.md' leads to no page of the book"),
        ("[a](#gone)", "label 'gone' is nowhere in the book"),
        ("[a](#far)", "link '#far' leads to no label of that page"),
        ("```{figure} figures/no.svg\na\n```", "figure figures/no.svg is no SVG or PNG file"),
        ("```{list-table}\n* - a\n  - b\n* - c\n```", "each one list of as many cells"),
    ],
)
def test_what_the_book_does_not_use_is_refused(writer, text, words):
    with pytest.raises(MarkupError, match=re.escape(words)):
        writer(text)


def copied(folder: Path, notebook, language: str):
    """Return the copy of the only notebook of a book."""
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
    assert drawn.execution_count == 3  # renumbered: the other language's cell is gone
    assert drawn.outputs[0].metadata["image/png"]["alt"] == "오르는 직선"
    assert not any({"ko", "en"} & set(cell.metadata.get("tags", [])) for cell in copy.cells)
    nbformat.validate(copy)


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
    monkeypatch.setattr("notebooks.ROOT", tmp_path)
    write_book(tmp_path)
    assert main(["copies", "--to", str(tmp_path / "copies")]) == 0
    for language in LANGUAGES:
        assert (tmp_path / f"copies/{language}/{PAGE}.ipynb").is_file()
    write_book(tmp_path, edited("state-en", "{eq}`step`", "{eq}`stop`"))
    assert main(["copies", "--to", str(tmp_path / "copies")]) == 1
    assert "error: book/sample.ipynb, cell state-en" in capsys.readouterr().err


@pytest.fixture(scope="module", params=LANGUAGES)
def copies(request):
    """Return the language and the copies of all notebooks of the book in it."""
    pages = {page: read_notebook(ROOT / f"{page}.ipynb") for page in PAGES}
    index = index_book(pages, request.param, Bibliography(ROOT / BIBLIOGRAPHY))
    return request.param, {
        page: one_language_copy(notebook, page, index, (ROOT / page).parent)
        for page, notebook in pages.items()
    }


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


def _sources_and_alts(copy):
    for cell in copy.cells:
        yield cell.source
        for output in cell.get("outputs", []):
            yield output.get("metadata", {}).get("image/png", {}).get("alt", "")


def test_copies_keep_every_alt_text(copies):
    language, notebooks = copies
    for page in PAGES:
        text = "\n".join(_sources_and_alts(notebooks[page])).replace("\\[", "[").replace("\\]", "]")
        for cell in keep_language(read_notebook(ROOT / f"{page}.ipynb"), language)["cells"]:
            expected = [cell["metadata"].get("alt", {}).get(language, "")]
            if cell["cell_type"] == "markdown":
                blocks = walk(parse(cell["source"]))
                expected += [block.options.get("alt", "") for block in blocks]
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
