"""A small chapter in both languages that breaks no rule; tests change it in one place."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

PAGE = "book/sample"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="4"/></svg>'
BIB = """@article{elman1990,
  author = {Elman, Jeffrey L.}, title = {Finding structure in time}, journal = {Cognitive Science},
  year = {1990}, doi = {10.1207/s15516709cog1402_1},
}
@article{pascanu2013,
  author = {Pascanu, Razvan and Mikolov, Tomas and Bengio, Yoshua}, title = {On the difficulty},
  journal = {ICML}, year = {2013}, eprint = {1211.5063},
}
"""

KO_TEXT = """(state)=
## 은닉 상태

은닉 상태(hidden state) $h_t$ 는 {eq}`step` 로 {cite:t}`elman1990` 을 따라 `lstm.step` 이 만듭니다.
{ref}`다음 절 <next>` 과 [원문](https://example.org/a) 을 보십시오.

- 첫째 $x_t$
- 둘째

| 게이트 | 값 |
|---|---|
| 입력 | $i$ |

```{note}
:class: dropdown
기억은 $c_t$ 에 있습니다.

$$c_t = f c_{t-1}$$
```
"""
EN_TEXT = """(state)=
## The hidden state

By {eq}`step`, after {cite:t}`elman1990`, the hidden state (은닉 상태) $h_t$ comes of `lstm.step`.
See {ref}`the next section <next>` and [the original](https://example.org/a).

- first $x_t$
- second

| gate | value |
|---|---|
| input | $i$ |

```{note}
:class: dropdown
The memory is in $c_t$.

$$c_t = f c_{t-1}$$
```
"""
FIGURE = """(next)=
## {title}

```{{figure}} figures/cell.svg
:name: fig-cell
:alt: {alt}
{caption} {{cite:p}}`pascanu2013`
```

{closing} {{numref}}`fig-cell`, {{numref}}`ex-latch`.
"""
EXERCISE = """```{{exercise}} {title}
:label: ex-latch
{text}
```

```{{solution}} ex-latch
:class: dropdown
{answer}
```
"""


def pair(name: str, ko: str, en: str) -> list:
    """Return a pair of prose cells."""
    return [
        new_markdown_cell(text, id=f"{name}-{language}", metadata={"tags": [language]})
        for language, text in (("ko", ko), ("en", en))
    ]


def code(name: str, source: str, count: int, outputs: list = (), **metadata):  # type: ignore[assignment]
    """Return an executed code cell."""
    return new_code_cell(
        source, id=name, execution_count=count, outputs=list(outputs), metadata=metadata
    )


def printed(text: str):
    """Return the output that a cell stores if it prints a text."""
    return new_output("stream", name="stdout", text=text)


def image(size: int = 90):
    """Return what a cell stores when it draws a figure of so many bytes."""
    start, end = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">', "</svg>"
    drawing = f"{start}{' ' * (size - len(start) - len(end))}{end}"
    return new_output("display_data", data={"image/svg+xml": drawing, "text/plain": "<Figure>"})


def shown(text: str, count: int):
    """Return what a cell stores when its value shows itself as text."""
    return new_output("execute_result", data={"text/plain": text}, execution_count=count)


def markdown_result(text: str, count: int):
    """Return the output that a cell stores if its value is shown as Markdown."""
    data = {"text/markdown": text, "text/plain": "<Markdown>"}
    return new_output("execute_result", data=data, execution_count=count)


def sample_notebook():
    """Return the chapter, with stored outputs, for the caller to change."""
    return copy.deepcopy(_sample_notebook())


@cache
def _sample_notebook():
    cells = [
        *pair("title", "(sample)=\n# 보기", "(sample)=\n# Sample"),
        *pair("state", KO_TEXT, EN_TEXT),
        new_markdown_cell("$$\nh_t = \\tanh(z_t) \\\\\nz_t = W h_{t-1}\n$$ (step)", id="step-eq"),
        code("numbers", "import math\n\nx = math.sqrt(4)\nprint(x)", 1, [printed("2.0\n")]),
        code("say-ko", 'print(f"값은 {x} 입니다")', 2, [printed("값은 2.0 입니다\n")], tags=["ko"]),
        code("say-en", 'print(f"It is {x}")', 3, [printed("It is 2.0\n")], tags=["en"]),
        code("draw", "x", 4, [shown("2.0", 4)]),
        *pair(
            "figure",
            FIGURE.format(title="그림", alt="원 하나", caption="상태.", closing="보십시오:"),
            FIGURE.format(title="Figure", alt="a circle", caption="The state.", closing="See"),
        ),
        *pair(
            "exercise",
            EXERCISE.format(title="걸쇠", text="만드십시오.", answer="1 입니다."),
            EXERCISE.format(title="A latch", text="Make one.", answer="It is 1."),
        ),
        new_markdown_cell("```{bibliography}\n:filter: docname in docnames\n```", id="works"),
    ]
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return new_notebook(cells=cells, metadata=metadata)


def cell_of(notebook, name: str):
    """Return the cell with the id."""
    return next(cell for cell in notebook.cells if cell.id == name)


def edited(name: str, old: str, new: str):
    """Return the sample with a text in one cell replaced."""
    notebook = sample_notebook()
    cell = cell_of(notebook, name)
    assert old in cell.source, f"{name} holds no {old!r}"
    cell.source = cell.source.replace(old, new)
    return notebook


def write_book(folder: Path, notebook=None) -> Path:
    """Write a book of one chapter below the folder; return the path of its notebook."""
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: {PAGE}\n", encoding="utf-8")
    for name, text in (("book/figures/cell.svg", SVG), ("book/appendix/references.bib", BIB)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    path = folder / f"{PAGE}.ipynb"
    path.write_text(nbformat.v4.writes(notebook or sample_notebook()), encoding="utf-8")
    return path
