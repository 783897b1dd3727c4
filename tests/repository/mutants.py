"""Change the equations in every way that mutmut knows, and check that the tests notice each change.

`make mutants` runs this. A mutant that survives must be listed in surviving_mutants.toml with the
reason why it is equivalent to the original; a listed mutant that does not survive is an error too.
The modules to change and the tests to run are in pyproject.toml, [tool.mutmut].
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "_build" / "mutants"  # a copy, because mutmut writes next to the sources
LIST = ROOT / "tests" / "repository" / "surviving_mutants.toml"
GOAL = 0.97  # smallest share of mutants that the tests must kill


class Mutant(NamedTuple):
    """A change of some lines of a function, each line without its indentation."""

    function: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.function}\n    - {self.before}\n    + {self.after}"


def listed() -> dict[Mutant, str]:
    """Return the mutants that may survive, with their reasons."""
    groups = tomllib.loads(LIST.read_text(encoding="utf-8"))["equivalent"]
    return {
        Mutant(group["function"], group["before"], after): group["reason"]
        for group in groups
        for after in group["after"]
    }


def complaints(found: dict[str, int], survivors: set[Mutant], known: set[Mutant]) -> Iterator[str]:
    """Return what is wrong with a run.

    Parameters
    ----------
    found : dict
        Number of mutants for each of mutmut's words.
    survivors, known : set of Mutant
        The mutants that survived, and those that may.
    """
    total, killed = sum(found.values()), found.get("killed", 0) + found.get("timeout", 0)
    for word in found.keys() - {"killed", "timeout", "survived", "no tests"}:
        yield f"{found[word]} mutants: mutmut says {word!r}, which is neither life nor death"
    if killed < GOAL * total or not total:
        yield f"{killed} of {total} mutants were killed, expected {GOAL:.0%} at least"
    for mutant in sorted(survivors - known):
        yield f"survives, and {LIST.name} gives no reason: {mutant}"
    for mutant in sorted(known - survivors):
        yield f"stands in {LIST.name}, and does not survive: {mutant}"


def read_diff(function: str, diff: str) -> Mutant:
    """Return the mutant described by a unified diff."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    before, after = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    return Mutant(function, before, after)


def mutmut(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from mutmut.__main__ import cli; cli()", *arguments]
    tool = {**os.environ, "PYTHONPATH": str(ROOT / ".venv-mutants")}
    return subprocess.run(command, cwd=WORK, env=tool, check=True, text=True, **options)


def run(workers: int) -> list[tuple[str, str]]:
    """Run mutmut on a copy of the sources; return (name, mutmut's word) of every mutant."""
    shutil.rmtree(WORK, ignore_errors=True)
    for folder in ("src", "tests", "book/_ext"):
        shutil.copytree(ROOT / folder, WORK / folder)
    shutil.copy(ROOT / "pyproject.toml", WORK)
    mutmut("run", "--max-children", str(workers))
    results = mutmut("results", "--all", "true", stdout=subprocess.PIPE).stdout
    return re.findall(r"^ *(\S+): (.+)$", results, re.MULTILINE)


def main() -> int:
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 1
    results = run(workers)
    survivors = set()
    for name, word in results:
        if word in ("survived", "no tests"):
            function = re.sub(r"^lessons_lib\.(.+)\.x_(.+)__mutmut_\d+$", r"\1.\2", name)
            survivors.add(read_diff(function, mutmut("show", name, stdout=subprocess.PIPE).stdout))
    words = [word for _, word in results]
    found = {word: words.count(word) for word in words}
    print(", ".join(f"{count} {word}" for word, count in found.items()))
    wrong = list(complaints(found, survivors, set(listed())))
    print("\n".join(wrong) or f"Every survivor stands in {LIST.name} with its reason.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
