"""Count the checks' findings in learners' submissions: ``python tests/library/measure_checks.py``.

``python tests/library/measure_checks.py FOLDER`` counts those in the files of ``FOLDER/wrong`` and
``FOLDER/right``. A file is one submission and begins with ``# check: NAME`` and, if it is wrong,
``# cause: …``. The reports are printed, because only a person can say whether they mislead.

In `handed_in`, ``NAME.py`` is correct and ``NAME.toml`` makes it wrong, with one entry per
submission: the function, the reason why it is wrong, the edits, and the expected finding (`says`,
decided by hand). `ported.py` holds whole wrong functions, with what is expected at the end of their
docstrings; `unusual.py` and `roundabout.py` hold correct ones.
"""

from __future__ import annotations

import linecache
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from lessons_lib.checks import CHECKS
from lessons_lib.checks.report import Report

FOLDER = Path(__file__).parent / "handed_in"
FILES = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
#: Findings from numbers that are the cause itself, not only a place.
_TELLING = (
    *("another", "argument", "divided", "not_summed", "extra_axis", "one_for_each"),
    *("transposed", "sign", "axes_exchanged", "order", "summed_too"),
)
#: Findings that explain the fault by themselves.
_SAYING = (
    *("how_many", "other_kind", "not_array", "nothing_returned", "dtype", "changed", "layout"),
    *("only", "imprecise", "digits_lost", "not_finite_at", "right_elsewhere", "ended"),
    *("varies", "unused"),
)


class Submission(NamedTuple):
    """A function with a check's name, the reason why it is wrong, and the mistakes to name."""

    file: str
    check: str
    why: str
    function: Callable[..., Any]
    says: frozenset[str]


def module(source: str, name: str) -> ModuleType:
    """Return a module made from a text, whose lines can be shown."""
    path = f"<{name} {hash(source)}>"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    made = ModuleType(name)
    exec(compile(source, path, "exec"), vars(made))
    return made


def wrong(file: str) -> Iterator[Submission]:
    """Yield the wrong submissions of a file."""
    right = (FOLDER / f"{file}.py").read_text("utf-8")
    for entry in tomllib.loads((FOLDER / f"{file}.toml").read_text("utf-8"))["wrong"]:
        source, edits = right, iter(entry["do"])
        for old, new in zip(edits, edits, strict=True):
            assert source.count(old) == 1, f"{file}: {old}"
            source = source.replace(old, new)
        function = getattr(module(source, file), entry["f"])
        yield Submission(file, entry["f"], entry["why"], function, frozenset(entry["says"]))


def whole(file: str) -> Iterator[Submission]:
    """Yield the functions of a file whose names begin with that of a check."""
    for name, value in vars(module((FOLDER / f"{file}.py").read_text("utf-8"), file)).items():
        if (check := name.partition("__")[0]) in CHECKS:
            why, _, says = (value.__doc__ or name).partition("Named: ")
            named = frozenset(filter(None, says.strip(" .\n").split(", ")))
            yield Submission(file, check, why.strip(), value, named)


def outcome(report: Report) -> str:
    """Return "accepted", "named" if the cause is named, "place" if only place and size are."""
    if report:
        return "accepted"
    shown = {f.values["text"].kind for f in report.findings if f.kind == "observed"}
    kinds = {finding.kind for finding in report.findings}
    if report.mistakes or shown & set(_TELLING) or kinds & set(_SAYING):
        return "named"
    return "condition" if "right_if" in kinds else "place"


def submission(path: Path) -> Submission:
    """Return the submission in a file."""
    source = path.read_text("utf-8")
    says = dict(re.findall(r"^# (check|cause|style): (.*)$", source, re.MULTILINE))
    check = says["check"].strip()
    why = says.get("cause") or says.get("style") or ""
    return Submission(path.stem, check, why, getattr(module(source, path.stem), check), frozenset())


def measure(folder: Path) -> None:
    """Print the reports of a folder's submissions, and the counts."""
    for kind in ("wrong", "right"):
        counts: Counter[str] = Counter()
        for path in sorted((folder / kind).glob("*.py")):
            one = submission(path)
            try:
                report = CHECKS[one.check](one.function, "en")
                result, text = outcome(report), str(report)
            except Exception as error:
                result, text = "traceback", repr(error)
            counts[result] += 1
            if kind == "wrong" or result != "accepted":
                print(f"{result:<11} {kind} {path.stem}\n= {one.why}\n{text}\n", flush=True)
        print(f"{kind}: {counts.total()}, of which {dict(counts)}", flush=True)


def main() -> None:
    """Print the submissions without a named cause, and the counts."""
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
        return
    counts: Counter[str] = Counter()
    every = [one for file in FILES for one in wrong(file)] + [*whole("ported")]
    for one in every:
        try:
            report = CHECKS[one.check](one.function, "en")
            result = outcome(report)
            if report.mistakes and set(report.mistakes) != one.says:
                result = "misleading"
        except Exception:
            result = "traceback"
        counts[result] += 1
        if result != "named":
            print(f"{result:<11}{one.file} {one.check}: {one.why}", flush=True)
    rights = [*whole("unusual"), *whole("roundabout"), *(w for f in FILES for w in whole(f))]
    refused = [one for one in rights if not CHECKS[one.check](one.function, "en")]
    for one in refused:
        print(f"refused    {one.file} {one.check}: {one.why}")
    print(f"wrong: {len(every)}, of which {dict(counts)}")
    print(f"right: {len(rights)}, of which {len(refused)} refused")


if __name__ == "__main__":
    main()
