"""Learners' files as modules: correct as they are, or with mistakes put in."""

from __future__ import annotations

import linecache
import tomllib
from collections.abc import Iterable
from itertools import permutations
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent / "student_code"
GATES = {"lstm_by_gate": "ifgo", "gru_with_vectors": "rzn"}


class Slip(NamedTuple):
    """A mistake: the checks that should recognise it, and its change to the file."""

    checks: tuple[str, ...]
    changes: tuple[tuple[str, str], ...]


def slips_of(file: str) -> dict[str, Slip]:
    """Return a file's mistakes by name."""
    table = tomllib.loads((FOLDER / f"{file}.toml").read_text(encoding="utf-8"))
    slips = {
        name: Slip(tuple(entry.pop("checks")), tuple(entry.items()))
        for name, entry in table.items()
    }
    gates = GATES.get(file, "")
    for order in permutations(gates):
        if (word := "".join(order)) != gates:
            changes = ((f'"{gates}"', f'"{word}"'),)
            slips[f"order-{word}"] = Slip(slips["no-bias"].checks, changes)
    return slips


def right(file: str) -> Any:
    """Return a learner's file unchanged."""
    return wrong(file, ())


def wrong(file: str, slips: Iterable[Slip]) -> Any:
    """Return a learner's file with mistakes, or None if two of them change the same text."""
    source = (FOLDER / f"{file}.py").read_text(encoding="utf-8")
    for slip in slips:
        for old, new in slip.changes:
            if source.count(old) != 1:
                return None
            source = source.replace(old, new)
    path = f"<{file} {hash(source)}>"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    made = ModuleType(file)
    exec(compile(source, path, "exec"), vars(made))
    return made
