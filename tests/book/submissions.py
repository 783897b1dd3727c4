"""Possible submissions: the stub, the solution, and partly wrong solutions."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from release import BEGIN, BEGIN_HIDDEN, END, END_HIDDEN, STUB

_PARTIAL = tomllib.loads(Path(__file__).with_name("partial_solutions.toml").read_text("utf-8"))


class Submission(NamedTuple):
    """Edits of the solution, and the tests that the result should fail; None for the stub."""

    name: str
    edits: dict[str, str] | None
    fails: frozenset[str]
    score: int
    cheat: str = ""


#: Attempts on the verdict, written below each stub; FUNCTION is what the stub defines.
CHEATS = {
    "replaces-checks": (
        "checks = type('C', (), {'__getattr__': lambda s, n: lambda *a, **k: True})()"
    ),
    "patches-reports": (
        "import lessons_lib.checks.report\n"
        "lessons_lib.checks.report.Report.__bool__ = lambda self: True\n"
        "lessons_lib.checks.report.Report.right = lambda self, *names: True"
    ),
    "patches-numpy": "np.abs = lambda a: 0 * a\nnp.isfinite = lambda a: a == a",
    "reads-the-expected-value": (
        "def FUNCTION(*arguments):\n"
        "    import gc\n"
        "    found = [d for d in gc.get_objects() if type(d) is dict and 'expected' in d]\n"
        "    return tuple(found[-1]['expected'].values())"
    ),
    "leaves": "def FUNCTION(*arguments):\n    import os\n    os._exit(0)",
}


def cheats(notebook: Any) -> list[Submission]:
    """Return the attempts on the verdict of an assignment whose functions all have a check."""
    tests = frozenset(points(notebook))
    return [Submission(name, None, tests, 0, cheat) for name, cheat in CHEATS.items()]


def partial_solutions(assignment: str) -> list[Submission]:
    """Return the partly wrong solutions of an assignment."""
    found = []
    for name, entry in _PARTIAL.items():
        if name.startswith(f"{assignment}/"):
            edits = {old: new for old, new in entry.items() if old not in ("fails", "score")}
            short = name.partition("/")[2]
            found.append(Submission(short, edits, frozenset(entry["fails"]), entry["score"]))
    return found


def points(notebook: Any) -> dict[str, int]:
    """Return each test's points by the id of its cell."""
    kinds = {cell.id: cell.metadata.get("nbgrader", {}) for cell in notebook.cells}
    return {name: kind["points"] for name, kind in kinds.items() if kind.get("grade")}


def submissions(assignment: str, notebook: Any) -> list[Submission]:
    """Return the stub, the solution and the partly wrong solutions; `notebook` is the solution."""
    tests = points(notebook)
    return [
        Submission("stub", None, frozenset(tests), 0),
        Submission("solution", {}, frozenset(), sum(tests.values())),
        *partial_solutions(assignment),
        *(cheats(notebook) if assignment == "lstm" else ()),
    ]


def solution(source: str, edits: dict[str, str]) -> str:
    """Return a solution cell's code without markers and with its edits."""
    code = re.sub(rf"^ *({BEGIN}|{END})\n?", "", source, flags=re.MULTILINE)
    for old, new in edits.items():
        code = code.replace(old, new)
    return code


def stub(source: str) -> str:
    """Return a solution cell's code as a student gets it."""
    return re.sub(rf"{BEGIN}.*{END}", STUB, source, flags=re.DOTALL)


def answer(released: Any, source: Any, submission: Submission) -> Any:
    """Return the student's version of an assignment with what the submission makes of it."""
    filled = copy.deepcopy(released)
    solutions = {cell.id: cell.source for cell in source.cells if BEGIN in cell.source}
    for cell in filled.cells:
        if cell.id not in solutions:
            continue
        if submission.edits is not None:
            cell.source = solution(solutions[cell.id], submission.edits)
        elif submission.cheat:
            *_, function = re.findall(r"^def (\w+)", cell.source, re.MULTILINE)
            cell.source += "\n\n\n" + submission.cheat.replace("FUNCTION", function)
    return filled


def secrets(source: Any) -> set[str]:
    """Return the lines that no student may see: those of solutions and hidden tests."""
    both = rf"{BEGIN}(.*?){END}|{BEGIN_HIDDEN}(.*?){END_HIDDEN}"
    text = "\n".join(cell.source for cell in source.cells)
    hidden = "\n".join(one or other for one, other in re.findall(both, text, re.DOTALL))
    shown = re.sub(both, "", text, flags=re.DOTALL)
    return {line.strip() for line in hidden.split("\n") if line.strip() and line not in shown}
