"""A verification record lists what a run has done; a run that leaves something out fails."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import nbformat
import pytest
import torch
import verification
from _ext.plain.code_digest import digest, is_of
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from verification import Recorder

ROOT = Path(__file__).parents[2]
PAGES = {
    f"book/{name}.ipynb": {"cells": [{"cell_type": "code", "source": f"{name} = 1"}]}
    for name in "ab"
}
MODULES = {
    "lessons_lib": "src/lessons_lib/__init__.py",
    "lessons_lib.rnn": "src/lessons_lib/rnn.py",
}


def report(
    nodeid: str,
    when: str = "call",
    outcome: str = "passed",
    duration: float = 0.5,
    megabytes: int | None = None,
    modules: dict[str, str] | None = None,
) -> Any:
    properties = [("megabytes", megabytes), ("modules", modules)]
    return SimpleNamespace(
        nodeid=nodeid,
        when=when,
        duration=duration,
        skipped=outcome == "skipped",
        user_properties=[(name, value) for name, value in properties if value is not None],
    )


def recorder(reports: list[Any], device: str = "cpu") -> Recorder:
    found = Recorder(ROOT, device)
    for one in reports:
        found.pytest_runtest_logreport(one)
    return found


def loaded(root: Path = ROOT) -> dict[str, str]:
    return {name: str(root / path) for name, path in MODULES.items()}


RUN = [
    report(f"{path}::Cell {cell}", when, modules=loaded() if cell and when == "teardown" else None)
    for path in PAGES for cell in (0, 1) for when in ("setup", "call", "teardown")
]  # fmt: skip


def test_cells_and_seconds_are_counted_by_notebook():
    found = recorder([*RUN, report("book/a.ipynb::Cell 1", "teardown", "passed", 0.0, 146)])
    assert not found.faults(PAGES)
    record = found.record(PAGES)
    a, b = (record["notebooks"][path] for path in PAGES)
    expected = {"cells": 2, "skipped": 0, "seconds": 3.0, "megabytes": 146}
    assert {name: a[name] for name in expected} == expected
    assert a["modules"] == "lessons_lib lessons_lib.rnn"
    assert a["code"] == digest(PAGES["book/a.ipynb"], a["modules"], ROOT) != b["code"]
    assert record["torch"] == torch.__version__
    assert record["date"][:2] == "20"
    assert record["device"]


@pytest.mark.parametrize(
    ("reports", "fault"),
    [
        (RUN[:6], "book/b.ipynb was not run"),
        ([*RUN, report("book/b.ipynb::Cell 2", "setup", "skipped")], "1 cells were skipped"),
        ([*RUN, report("book/b.ipynb::Cell 2", "call", "skipped")], "1 cells were skipped"),
        (
            [*RUN[:6], report("book/b.ipynb::Cell 0", duration=1e-4, modules={})],
            "took 0.0001 s, no time",
        ),
        (RUN[:-1], "book/b.ipynb: its kernel did not say which modules it had loaded"),
    ],
)
def test_what_was_left_out_is_a_fault(reports, fault):
    (message,) = recorder(reports).faults(PAGES)
    assert fault in message


def test_another_copy_of_the_library_is_a_fault(tmp_path):
    other = report("book/b.ipynb::Cell 1", "teardown", modules=loaded(tmp_path))
    assert recorder([*RUN, other]).faults(PAGES) == [
        f"{name} was loaded from {tmp_path / path}, expected {ROOT / path}"
        for name, path in MODULES.items()
    ]


@pytest.mark.parametrize(
    ("megabytes", "device", "fault"),
    [
        (800, "cpu", []),
        (801, "cpu", ["book/b.ipynb took 801 MB, more than 800"]),
        (3000, "gpu", []),  # CUDA's libraries alone take more
    ],
)
def test_too_much_memory_is_a_fault_on_the_cpu(megabytes, device, fault):
    last = report("book/b.ipynb::Cell 1", "teardown", megabytes=megabytes)
    assert recorder([*RUN, last], device).faults(PAGES) == fault


def test_the_most_memory_is_what_authors_are_told():
    limit = f"{verification.MOST_MEGABYTES} MB"
    for page in ("book/WRITING.md", "deploy/README.md"):
        assert limit in (ROOT / page).read_text("utf-8"), page


def test_skipped_tests_are_a_fault_on_the_gpu_alone():
    skipped = [*RUN, report("tests/library/test_gpu.py::test_a", "setup", "skipped")]
    assert recorder(skipped, "gpu").faults(PAGES) == [
        "tests/library/test_gpu.py::test_a was skipped"
    ]
    assert not recorder(skipped, "cpu").faults(PAGES)


def write_book(root: Path, *sources: str) -> None:
    """Write a book of one page with executed code, and the settings that a run needs."""
    cells = [new_code_cell(source, execution_count=i + 1) for i, source in enumerate(sources)]
    for cell in cells:
        if cell.source.startswith("print"):
            cell.outputs = [new_output("stream", name="stdout", text="2\n")]
    cells[-1].metadata["tags"] = ["nbval-skip"] if "skip" in cells[-1].source else []
    (root / "book").mkdir()
    nbformat.write(new_notebook(cells=cells), root / "book" / "a.ipynb")
    nbformat.write(new_notebook(cells=[new_markdown_cell("words")]), root / "book" / "b.ipynb")
    toc = "format: jb-book\nroot: book/a\nchapters:\n- file: book/b\n"
    (root / "_toc.yml").write_text(toc)
    (root / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}/book\n")
    library = root / "src" / "lessons_lib"
    (library / "lab").mkdir(parents=True)
    (library / "__init__.py").write_text("from . import rnn\n")
    for name in ("rnn", "lstm", "lab/__init__"):
        (library / f"{name}.py").write_text("x = 1\n")
    shutil.copy(ROOT / "src/lessons_lib/lab/labels.py", library / "lab")  # _ext needs it


def run(root: Path, device: str = "cpu") -> subprocess.CompletedProcess:
    words = ["-n", "1", "-p", "verification", "--record-verification", device]
    path = (root / "src", ROOT, ROOT / "tests" / "repository")
    nbval = ["--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "book"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *words, *nbval],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
    )


def test_a_run_is_recorded_and_merged(tmp_path):
    write_book(
        tmp_path, "a = bytes(1) * 250_000_000; import lessons_lib.lab", "a = 1", "print(a + 1)"
    )
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recorded: _build/verified/cpu.json" in done.stdout
    (tmp_path / verification.COMMITTED).write_text('{"gpu": {"date": "2026-01-02"}}')
    assert verification.merge(tmp_path) == ["gpu", "cpu"]
    merged = json.loads((tmp_path / verification.COMMITTED).read_text())
    assert list(merged) == ["cpu", "gpu"]
    assert merged["gpu"] == {"date": "2026-01-02"}  # notebooks that were not run again stay
    (path, page), = merged["cpu"]["notebooks"].items()  # fmt: skip
    assert (path, page["cells"], page["skipped"]) == ("book/a.ipynb", 3, 0)
    assert page["seconds"] > 0
    assert 300 < page["megabytes"] < 500
    assert page["modules"] == "lessons_lib lessons_lib.lab lessons_lib.rnn"
    notebook = json.loads((tmp_path / path).read_text("utf-8"))
    assert is_of(page, notebook, tmp_path)
    (tmp_path / "src" / "lessons_lib" / "lstm.py").write_text("x = 2\n")  # not loaded
    assert is_of(page, notebook, tmp_path)
    (tmp_path / "src" / "lessons_lib" / "rnn.py").write_text("x = 2\n")
    assert not is_of(page, notebook, tmp_path)


def test_a_run_that_skips_fails_and_is_not_recorded(tmp_path):
    write_book(tmp_path, "a = 1", "print(a + 1)  # skip")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "not verified: book/a.ipynb: 1 cells were skipped" in done.stdout
    assert not (tmp_path / verification.FOLDER).exists()
    with pytest.raises(FileNotFoundError, match="holds no record"):
        verification.merge(tmp_path)


def test_a_run_that_fails_is_not_recorded(tmp_path):
    found = Recorder(tmp_path, "cpu")
    found.pytest_sessionfinish(cast(Any, None), pytest.ExitCode.TESTS_FAILED)
    assert found.lines == ["not recorded: the run failed"]
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_is_not_claimed_where_there_is_none(tmp_path):
    write_book(tmp_path, "a = 1")
    done = run(tmp_path, "gpu")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "finds no GPU here" in done.stderr
