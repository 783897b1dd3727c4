"""MyST is converted into plain Markdown, piece by piece."""

from __future__ import annotations

import base64
import re

import pytest
from _ext.plain import plain_markdown
from _ext.plain.book_index import index_book
from _ext.plain.citations import Bibliography, letter_years
from _ext.plain.moving import place_on_site
from _ext.plain.myst_blocks import MarkupError
from _ext.plain.plain_markdown import CellWriter
from nbformat.v4 import new_markdown_cell
from sample_book import PAGE, cell_of, pair, sample_notebook, write_book


@pytest.fixture
def writer(tmp_path):
    """Return a function that writes a text as plain Markdown, on a page of a book of two pages."""
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
        ("(a)=\n## A {ref}`state`", '<a id="a"></a>\n\n## A [“The hidden state”](#state)'),
        ("See {ref}`here <state>`.", "See [here](#state)."),
        ("{ref}`far`", "[“Far away”](appendix/far.ipynb#far)"),
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
            '<a id="ex-latch"></a>\n\n**Exercise 1 (A latch)**\n\n'
            "Make [“The hidden state”](#state).",
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
            "**Gates**\n\n| name | in `\\|` |\n| --- | --- |\n"
            "| [“The hidden state”](#state) | $i$ |",
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
    assert f"*그림 1. 상태. ([Pascanu 등, 2013]({PASCANU}))*" in lines
    assert lines[-1].startswith("[fig-cell]: data:image/svg+xml;base64,")


def test_of_a_computed_figure_the_caption_is_written_below_its_cell(writer):
    text = "```{figure} #draw\n:name: fig-cell\n:alt: a line\nThe $h$.\n\nMore.\n```"
    assert writer(text) == '<a id="fig-cell"></a>\n\n*Fig. 1. The $h$.*\n\nMore.'


def test_a_figure_that_moves_leads_to_the_site(writer, monkeypatch):
    text = "```{figure} figures/cell.svg\n:name: fig-cell\n:alt: a line\nThe $h$.\n```"
    said = "On the site, you can move this figure."
    assert said not in writer(text)
    monkeypatch.setattr(plain_markdown, "moves", lambda picture: picture == "figures/cell.svg")
    assert said in writer(text).split("\n")
    place = "https://someone.org/en/book/sample.html#fig-cell"
    monkeypatch.setattr(plain_markdown, "place_on_site", lambda *_: place)
    assert f"[{said}]({place})" in writer(text).split("\n")


def test_a_picture_of_one_language_is_shown_in_it(writer, tmp_path):
    text = "```{figure} figures/cell.svg\n:alt: a line\nThe $h$.\n```"
    for_all = writer(text, "ko")
    assert for_all.split("base64,")[1] == writer(text).split("base64,")[1]
    own = tmp_path / "book/figures/cell.ko.svg"
    own.write_text("<svg/>", "utf-8")
    assert base64.b64encode(b"<svg/>").decode() in writer(text, "ko")
    assert writer(text).split("base64,")[1] == for_all.split("base64,")[1]


def test_the_place_of_a_figure_on_the_site(tmp_path):
    for url, base, expected in (
        ("https://github.com/OWNER/a-book", "", ""),
        ("https://github.com/Me/a-book", "", "https://me.github.io/a-book/ko/book/x.html#fig"),
        ("https://github.com/Me/a-book", "https://a.org/", "https://a.org/ko/book/x.html#fig"),
    ):
        (tmp_path / "_config.yml").write_text(
            f'repository: {{url: "{url}"}}\nhtml: {{baseurl: "{base}"}}', "utf-8"
        )
        assert place_on_site("book/x", "fig", "ko", tmp_path) == expected


def test_korean_copies_speak_korean(writer):
    assert writer("```{note}\n값.\n```", "ko") == "> **참고**\n>\n> 값."
    assert writer("```{solution-start} ex-latch\n```", "ko") == "**풀이: 연습문제 1**"
    assert writer("{numref}`fig-cell`", "ko") == "[그림 1](#fig-cell)"
    assert writer("{ref}`state`", "ko") == "[「은닉 상태」](#state)"
    assert writer("{ref}`state`을, {eq}`step`는", "ko") == "[「은닉 상태」](#state)를, (1)은"


def test_a_link_to_a_program_has_only_its_words(writer):
    text = "[a.py](../src/a.py), [b](https://example.org/b.py)"
    assert writer(text) == "`a.py`, [b](https://example.org/b.py)"


def test_works_cited_in_the_same_words_have_letters(tmp_path):
    path = tmp_path / "works.bib"
    works = (
        ("second", "Lei, Tao and Zhang, Yu and Wang, Sida", "Simple units", 2018),
        ("first", "Lei, Jing and G'Sell, Max and Wasserman, Larry", "{D}istribution-free", 2018),
        ("pair", "Lei, Tao and Zhang, Yu", "A pair", 2018),
        ("later", "Lei, Tao and Zhang, Yu and Wang, Sida", "Later", 2019),
    )
    fields = "@misc{{{}, author = {{{}}}, title = {{{}}}, year = {{{}}}}}"
    path.write_text("\n".join(fields.format(*work) for work in works), encoding="utf-8")
    bibliography = Bibliography(path)
    letter_years(bibliography.data)  # once more, as for Sphinx's next build
    assert bibliography.cite(["second", "first"], textual=False) == (
        "(Lei et al., 2018b; Lei et al., 2018a)"
    )
    assert bibliography.cite(["pair"], textual=True) == "Lei and Zhang (2018)"
    assert bibliography.cite(["later"], textual=True, language="ko") == "Lei 등(2019)"
    assert ["2018a" in line for line in bibliography.listing().split("\n")].count(True) == 1


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
        ("```{figure} figures/no.svg\na\n```", "figure figures/no.svg is not an SVG or PNG file"),
        ("```{list-table}\n* - a\n  - b\n* - c\n```", "each one list of as many cells"),
    ],
)
def test_what_the_book_does_not_use_is_refused(writer, text, words):
    with pytest.raises(MarkupError, match=re.escape(words)):
        writer(text)
