"""Make the students' and graders' versions of the assignments: `make assignments`.

    python release.py [--to DIR] [NAME ...]     default: all, to _build/assignments

The notebooks in this folder are nbgrader's sources in two languages. From each, in each language:

    nbgrader/LANGUAGE/source/NAME/NAME.ipynb     the solution, for nbgrader
    nbgrader/LANGUAGE/release/NAME/NAME.ipynb    the student's version; it needs no nbgrader
    otter/LANGUAGE/source/NAME.ipynb             the solution, for Otter
    otter/LANGUAGE/NAME/student, autograder      the output of `otter assign`

nbgrader and Otter, which remove solutions and hidden tests, run from .venv-grading.
"""

from __future__ import annotations

import argparse
import copy
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import yaml
from _ext.notebooks import BIBLIOGRAPHY, one_language_copy
from _ext.one_language import LANGUAGES
from _ext.plain.book_index import index_book, read_notebook
from _ext.plain.citations import Bibliography
from nbformat.v4 import new_raw_cell

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TOOLS = ROOT / ".venv-grading" / "bin"
NAMES = sorted(path.stem for path in HERE.glob("*.ipynb"))

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS\n", "\n### END HIDDEN TESTS"
STUB = "raise NotImplementedError"
HIDDEN = {
    "ko": "# 비공개 테스트: 채점할 때만 들어갑니다.",
    "en": "# Hidden tests: they are put in when this is graded.",
}
OTTER = {"init_cell": True, "check_all_cell": True, "export_cell": False}

Notebook = Any  # nbformat's nodes


def sources(language: str) -> dict[str, Notebook]:
    """Return the solution notebooks in one language, by name, as nbgrader's sources."""
    both = {name: read_notebook(HERE / f"{name}.ipynb") for name in NAMES}
    index = index_book(both, language, Bibliography(ROOT / BIBLIOGRAPHY))
    return {
        name: _as_source(one_language_copy(notebook, name, index, HERE), language)
        for name, notebook in both.items()
    }


def _as_source(notebook: Notebook, language: str) -> Notebook:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
        if cell.source.startswith(BEGIN_HIDDEN):
            cell.source = f"{HIDDEN[language]}\n{cell.source}"
    return notebook


def for_otter(notebook: Notebook) -> Notebook:
    """Return nbgrader's source in the form that `otter assign` reads, with its raw cells."""
    result = copy.deepcopy(notebook)
    result.cells = [_raw(f"# ASSIGNMENT CONFIG\n{yaml.safe_dump(OTTER)}")]
    groups = _questions(notebook)
    for cell in notebook.cells:
        group = groups.get(cell.id)
        if group is None:
            result.cells.append(_plain(cell))
        elif cell is group[0]:
            result.cells += _question(group)
    return result


def _questions(notebook: Notebook) -> dict[str, list[Any]]:
    """Map the id of each cell of a question to the question's cells: solution, then tests."""
    groups: dict[str, list[Any]] = {}
    group: list[Any] = []
    for cell in notebook.cells:
        kind = cell.metadata.get("nbgrader", {})
        if kind.get("solution"):
            group = []
        if kind.get("solution") or kind.get("grade"):
            group.append(cell)
            groups[cell.id] = group
    return groups


def _question(group: list[Any]) -> list[Any]:
    solution, *tests = group
    points = [cell.metadata.nbgrader.points for cell in tests]
    config = yaml.safe_dump({"name": solution.id.replace("-", "_"), "points": points})
    answer, checked = _plain(solution), [_plain(cell) for cell in tests]
    answer.source = re.sub(
        rf"( *){BEGIN}(.*?){END}",
        rf"\1# BEGIN SOLUTION NO PROMPT\2# END SOLUTION"
        rf'\n\1""" # BEGIN PROMPT\n\1{STUB}\n\1""" # END PROMPT',
        solution.source,
        flags=re.DOTALL,
    )
    for cell in checked:
        before, hidden, source = cell.source.partition(BEGIN_HIDDEN)
        cell.source = f"# HIDDEN\n{source.removesuffix(END_HIDDEN)}" if hidden else before
    return [
        *(_raw(f"# BEGIN QUESTION\n{config}"), _raw("# BEGIN SOLUTION"), answer),
        *(_raw("# END SOLUTION"), _raw("# BEGIN TESTS"), *checked),
        *(_raw("# END TESTS"), _raw("# END QUESTION")),
    ]


def _raw(text: str) -> Any:
    return new_raw_cell(text)


def _plain(cell: Any) -> Any:
    plain = copy.deepcopy(cell)
    plain.metadata.pop("nbgrader", None)
    return plain


def release(to: Path, names: list[str]) -> None:
    """Write the releases of the assignments into a folder, which is emptied first."""
    shutil.rmtree(to, ignore_errors=True)
    for language in LANGUAGES:
        course, otter = to / "nbgrader" / language, to / "otter" / language
        for name, notebook in sources(language).items():
            if name in names:
                _write(notebook, course / "source" / name / f"{name}.ipynb")
                _write(for_otter(notebook), otter / "source" / f"{name}.ipynb")
        shutil.copy(HERE / "nbgrader_config.py", course)
        for name in names:
            run(course, "nbgrader", "generate_assignment", "--force", name)
            run(otter, "otter", "assign", "--no-run-tests", f"source/{name}.ipynb", name)
            print(f"{language} {name}", flush=True)


def _write(notebook: Notebook, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def run(folder: Path, *command: str) -> str:
    """Run a tool of .venv-grading in a folder; return its output, or exit if it fails."""
    path = os.pathsep.join([str(TOOLS), os.environ["PATH"]])  # nbgrader calls alembic by name
    done = subprocess.run(
        [str(TOOLS / command[0]), *command[1:]],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--to", type=Path, default=ROOT / "_build" / "assignments")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"NAME: got {', '.join(unknown)}, expected {', '.join(NAMES)}")
    release(options.to.resolve(), options.names or NAMES)
