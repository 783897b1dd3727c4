"""Executing the notebooks and comparing their outputs; both can fail."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from _ext.notebooks import main
from _ext.plain.execution import CELL_TIMEOUT, ExecutionError, clean, complaints, execute
from nbformat.v4 import new_code_cell
from pair_rules import read_as_stored
from sample_book import cell_of, code, image, printed, sample_notebook, write_book

ROOT = Path(__file__).resolve().parents[2]


def store(path: Path, *cells) -> Path:
    """Write a notebook of these code cells."""
    notebook = sample_notebook()
    notebook.cells = list(cells)
    path.write_text(nbformat.v4.writes(notebook), encoding="utf-8")
    return path


def new(name: str, source: str, **metadata):
    """Return a code cell that was not executed."""
    return new_code_cell(source, id=name, metadata=metadata)


def test_execute_stores_outputs_in_order_and_reports_time_and_memory(tmp_path, capsys):
    path = store(
        tmp_path / "a.ipynb",
        new("one", "import os\nx = os.environ['OMP_NUM_THREADS']", scrolled=True),
        new("two", "print(x, end='')\nprint(x)\nos.path.basename(os.getcwd())"),
        new("three", "from IPython.display import Markdown\nMarkdown('`x`')"),
    )
    execute([path])
    notebook = read_as_stored(path)
    assert [cell.id for cell in notebook.cells] == ["one", "two", "three"]
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3]
    two, three = notebook.cells[1].outputs, notebook.cells[2].outputs
    assert [output.get("text") for output in two] == ["11\n", None]
    assert two[1].data == {"text/plain": f"'{tmp_path.name}'"}
    assert three[0].data["text/markdown"] == "`x`"
    assert notebook.cells[0].metadata == {}
    assert [item.name for item in tmp_path.iterdir()] == ["a.ipynb"]
    output = capsys.readouterr().out
    seconds, megabytes = output.split("3 code cells, ")[1].split(" s, peak ")
    assert 0 < float(seconds) < 60
    assert 20 < float(megabytes.removesuffix(" MB\n")) < 200


def test_the_memory_told_is_the_kernels_at_its_most_and_not_its_parents(tmp_path, capsys):
    parents = b"x" * 600_000_000
    execute([store(tmp_path / "a.ipynb", new("one", "x = b'x' * 200_000_000\ndel x"))])
    megabytes = capsys.readouterr().out.split(" s, peak ")[1].removesuffix(" MB\n")
    assert 220 < float(megabytes) < len(parents) / 1e6 - 200


def test_execute_again_changes_nothing(tmp_path):
    path = store(tmp_path / "a.ipynb", new("one", "print(1)\n[2]"))
    execute([path])
    stored = path.read_bytes()
    execute([path])
    assert path.read_bytes() == stored


def test_a_failing_notebook_stays_as_it_was_and_names_the_cell(tmp_path):
    path = store(tmp_path / "a.ipynb", new("good", "print(1)"), new("bad", "1 / 0"))
    stored = path.read_bytes()
    with pytest.raises(ExecutionError, match=r"a\.ipynb, cell bad: (?s:.*)ZeroDivisionError"):
        execute([path])
    assert path.read_bytes() == stored
    assert [item.name for item in tmp_path.iterdir()] == ["a.ipynb"]


def test_the_command_executes_the_whole_book_or_the_notebooks_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("_ext.notebooks.ROOT", tmp_path)
    path = write_book(tmp_path)
    assert main(["execute"]) == 0
    assert cell_of(read_as_stored(path), "draw").outputs[0].data == {"text/plain": "2.0"}
    assert main(["execute", str(store(tmp_path / "b.ipynb", new("bad", "oops")))]) == 1
    assert "b.ipynb, cell bad: " in capsys.readouterr().err


def test_a_cell_may_take_five_minutes_in_execution_as_in_comparison(pytestconfig):
    assert pytestconfig.getoption("nbval_cell_timeout") == CELL_TIMEOUT


def test_clean_drops_what_tells_of_a_machine():
    notebook = sample_notebook()
    notebook.metadata.language_info.version = "3.11.7"
    notebook.metadata.widgets = {"state": {}}
    cell_of(notebook, "draw").metadata.execution = {"iopub.status.busy": "now"}
    clean(notebook)
    assert notebook == sample_notebook()


def test_complaints_about_stored_outputs():
    assert list(complaints(code("a", "x", 1, [image(60_000), printed("1")]))) == []
    assert list(complaints(code("a", "x", 1, [image(60_001)]))) == [
        "stores a figure of 60001 bytes, more than 60000"
    ]


DRAW = """from lessons_lib.lab import plots
plots.curves([1, 2, 3], {'': [1, 2, 4]}, xlabel='lag', ylabel='size')"""
TIMES = """import time
plots.curves([1, 2], {'': [1, time.perf_counter()]}, xlabel='lag', ylabel='time')"""
STORED = [
    code("setup", "from IPython.display import Markdown\nx = 0.7310585786", 1),
    code("digits", "print(f'{x:.4f}')", 2, [printed("0.7311\n")]),
    code("value", "round(x, 2)", 3, []),
    code("source", "Markdown('```python\\nf * c_prev\\n```')", 4, []),
    code("address", "object()", 5, []),
    code("quiet", "x;", 6, []),
    code("plot", DRAW, 7, []),
    code("times", TIMES, 8, [], tags=["figure-measured"]),
    code("sample", "import os\nprint(f'│ {os.getpid()}\\n│ ' * (os.getpid() % 2 + 1))", 9, []),
]


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Return what becomes of the cells of notebooks in which an output is not what is printed."""
    folder = tmp_path_factory.mktemp("stored")
    shutil.copy(ROOT / "book" / "conftest.py", folder)
    good = store(folder / "good.ipynb", *STORED)
    execute([good])
    stored = good.read_text(encoding="utf-8")
    for name, old, wrong in (
        ("digit", "0.7311", "0.7312"),
        ("value", '"0.73"', '"0.74"'),
        ("markdown", '"f * c_prev', '"f + c_prev'),
        ("drawing", "[1, 2, 4]}", "[1, 2.1, 4]}"),
    ):
        assert stored.count(old) == 1, old
        (folder / f"{name}.ipynb").write_text(stored.replace(old, wrong), encoding="utf-8")
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-rA",
            "-p",
            "no:cacheprovider",
            "--color=no",
            "-c",
            str(ROOT / "pyproject.toml"),
            f"--confcutdir={folder}",
            str(folder),
        ],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    told = re.findall(
        r"^(PASSED|FAILED|ERROR) \S*?(\w+\.ipynb::Cell \d+ \[\w+\])", result.stdout, re.M
    )
    return {name: outcome for outcome, name in told}


@pytest.mark.parametrize(
    ("notebook", "cell"),
    [
        ("digit", "Cell 1 [digits]"),
        ("value", "Cell 2 [value]"),
        ("markdown", "Cell 3 [source]"),
        ("drawing", "Cell 6 [plot]"),
    ],
)
def test_a_changed_output_fails_with_notebook_and_cell(compared, notebook, cell):
    names = [name for name, outcome in compared.items() if outcome == "FAILED"]
    assert [name for name in names if name.startswith(notebook)] == [f"{notebook}.ipynb::{cell}"]


def test_all_else_passes(compared):
    every = len(STORED) * len(["good", "digit", "value", "markdown", "drawing"])
    assert len(compared) == every
    assert list(compared.values()).count("PASSED") == every - 4
