"""The digest of what a page runs: it follows equations, not docstrings, comments or layout."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from _ext.hooks import page_facts
from _ext.plain import code_digest

NOTEBOOK: dict[str, Any] = {
    "cells": [{"cell_type": "code", "source": ["a = ", "1"]}, {"cell_type": "markdown"}]
}
MODULES = "lessons_lib lessons_lib.lab lessons_lib.lab.show lessons_lib.rnn"
RNN = '''\
"""The RNN."""

BOUND = 1.0  # in torch's way


class Cell:
    """A cell."""

    size: int = 1

    def step(self, a, b=None):
        """Take one step.

        Returns nothing new.
        """
        "not a docstring"
        return a + 2 * b
'''


def library(root: Path, rnn: str = RNN) -> Path:
    folder = root / "src" / "lessons_lib"
    (folder / "lab").mkdir(parents=True, exist_ok=True)
    (folder / "rnn.py").write_text(rnn, "utf-8")
    for name in ("__init__", "lstm", "lab/__init__", "lab/show"):
        (folder / f"{name}.py").write_text("", "utf-8")
    return root


def record(root: Path) -> dict:
    return {"modules": MODULES, "code": code_digest.digest(NOTEBOOK, MODULES, library(root))}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a + 2 * b", "a + (2 * b)"),
        ("a + 2 * b", "a + 2 * b  # twice"),
        ("a + 2 * b", "(\n            a + 2 * b\n        )"),
        ("# in torch's way", "# in another"),
        ("BOUND = 1.0", "BOUND = 1.00"),
        ('"""The RNN."""', '"""The plain network."""'),
        ('"""The RNN."""', ""),
        ('"""A cell."""', "'A layer.'"),
        ("Returns nothing new.", "Returns the state."),
    ],
)
def test_words_and_layout_leave_it(tmp_path, old, new):
    run = record(tmp_path)
    assert RNN.count(old) == 1
    library(tmp_path, RNN.replace(old, new))
    assert code_digest.is_of(run, NOTEBOOK, tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a + 2 * b", "a - 2 * b"),
        ("a + 2 * b", "(a + 2) * b"),
        ("a + 2 * b", "a + 2.0 * b"),
        ("a + 2 * b", "b + 2 * a"),
        ("b=None", "b"),
        ("b=None", "b=False"),
        ("size: int = 1", "size: int = True"),
        ("not a docstring", "not one"),
        ('"""The RNN."""', '"""The RNN."""\nimport numpy'),
    ],
)
def test_equations_change_it(tmp_path, old, new):
    run = record(tmp_path)
    assert RNN.count(old) == 1
    library(tmp_path, RNN.replace(old, new))
    assert not code_digest.is_of(run, NOTEBOOK, tmp_path)


def test_every_module_that_was_loaded_counts_and_no_other(tmp_path):
    run = record(tmp_path)
    for name in ("__init__", "lstm", "lab/__init__", "lab/show"):
        file = library(tmp_path) / "src" / "lessons_lib" / f"{name}.py"
        file.write_text("x = 1", "utf-8")
        assert code_digest.is_of(run, NOTEBOOK, tmp_path) == (name == "lstm")
    file.unlink()
    assert not code_digest.is_of(run, NOTEBOOK, tmp_path)


def test_the_pages_own_code_counts_and_not_its_words(tmp_path):
    run = record(tmp_path)
    code, words = NOTEBOOK["cells"]
    assert code_digest.is_of(run, {"cells": [words, {**code, "source": "a = 1"}]}, tmp_path)
    assert not code_digest.is_of(run, {"cells": [{**code, "source": "a = 2"}]}, tmp_path)


def test_an_old_record_is_of_other_code(tmp_path):
    run = record(tmp_path)
    del run["modules"]
    assert not code_digest.is_of(run, NOTEBOOK, tmp_path)


def test_a_tree_is_written_alike_by_every_python():
    """Some versions list empty fields such as `type_params`; 3.12 adds empty texts."""
    tree = code_digest.ast.parse("def f(a, *, b, c=0):\n  f'{a!r:>{b}}'")
    assert "".join(code_digest._written(tree)) == (
        "Module(body=[FunctionDef(name='f'args=arguments(args=[arg(arg='a')]"
        "kwonlyargs=[arg(arg='b')][arg(arg='c')]kw_defaults=[None][Constant(value=0)])"
        "body=[Expr(value=JoinedStr(values=[FormattedValue(value=Name(id='a')conversion=114"
        "format_spec=JoinedStr(values=[Constant(value='>')]"
        "[FormattedValue(value=Name(id='b')conversion=-1)]))]))])])"
    )


def test_a_page_is_built_again_when_the_library_changes_that_it_ran(tmp_path):
    noted: list[str] = []
    env = SimpleNamespace(docname="book/a", note_dependency=noted.append)
    app = SimpleNamespace(srcdir=library(tmp_path), env=env)
    other = {"modules": "lessons_lib.lstm"}
    pages = {"book/a.ipynb": {"modules": MODULES}, "book/b.ipynb": other, "book/old.ipynb": {}}
    page_facts.note_modules(app, {"cpu": {"notebooks": pages}}, "book/a")
    files = ["__init__.py", "lab/__init__.py", "lab/show.py", "rnn.py"]
    assert noted == [f"src/lessons_lib/{file}" for file in files]
    page_facts.note_modules(app, {"cpu": {"notebooks": pages}})
    assert noted[len(files) :] == [*noted[: len(files)], "src/lessons_lib/lstm.py"]
