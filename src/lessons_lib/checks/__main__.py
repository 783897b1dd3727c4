"""Check each function of a file that has the name of a check.

The file runs in a process of its own, with the permissions of whoever runs this command.
"""

from __future__ import annotations

import argparse
import difflib
import io
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import CHECKS
from .isolation import EndedError, TooSlowError, Worker
from .report import Finding, Report
from .student import Learner, learner_in, raised, too_slow
from .texts import language, say

#: A check's report on a function, and how many seconds it took.
Timed = Mapping[str, tuple[Report, float]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a file; return 0 if all its functions are correct, 1 if not, 2 if it has none."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["watch"]:
        from .watch import watch

        return watch(_options(arguments[1:]), checked)
    options = _options(arguments)
    text, timed, status = checked(options)
    print(text)
    if options.junit:
        _write_junit(options.junit, options.file, timed)
    return status


def checked(options: argparse.Namespace) -> tuple[str, Timed, int]:
    """Return the text for the learner, the reports by name, and the exit status."""
    lang = language(options.lang)
    process = Worker()
    try:
        there, failure = _load(process, options)
        if failure:
            report = Report(options.file.name, (failure,), 0, lang)
            return f"✗ {options.file}: {failure.text(lang)}", {options.file.name: (report, 0.0)}, 2
        names = [name for name in CHECKS if name in (options.names or there)]
        if not names:
            values = {"file": options.file, "names": ", ".join(CHECKS)}
            found = Finding("none_there", values)
            report = Report(options.file.name, (found,), 0, lang)
            return found.text(lang), {options.file.name: (report, 0.0)}, 2
        timed = {name: _timed(name, there, process, lang, options) for name in names}
    finally:
        process.close()
    reports = [report for report, _ in timed.values()]
    return _text(reports, lang), timed, 0 if all(reports) else 1


def _text(reports: Sequence[Report], lang: str) -> str:
    parts = [f"{report}\n" for report in reports if report.findings]
    width = max(len(report.name) for report in reports) + 2
    parts += [f"{report.name:<{width}}{'✓' if report else '✗'}" for report in reports]
    total = {"right": sum(map(bool, reports)), "all": len(reports)}
    return "\n".join([*parts, say("report.total", total, lang)])


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m lessons_lib.checks",
        usage="%(prog)s [watch] FILE.py [NAME ...]",
        description=__doc__,
    )
    parser.add_argument("file", type=Path, metavar="FILE.py")
    parser.add_argument("names", nargs="*", metavar="NAME", help="check these, and miss none")
    parser.add_argument("--lang", choices=("ko", "en"), help="the locale's if not given")
    parser.add_argument("--seed", type=int, default=0, help="other seeds draw other cases")
    parser.add_argument("--time-limit", type=float, default=10, help="seconds for one call")
    parser.add_argument("--junit", type=Path, metavar="FILE.xml", help="write the results there")
    parser.add_argument(
        "--carry", action="store_true", help="count a mistake once, not where it is called from"
    )
    options = parser.parse_args(arguments)
    if not options.file.is_file():
        parser.error(f"{options.file}: no such file")
    if unknown := set(options.names) - set(CHECKS):
        parser.error(f"{', '.join(sorted(unknown))}: no such check; there are {', '.join(CHECKS)}")
    return options


def _load(process: Worker, options: argparse.Namespace) -> tuple[list[str], Finding | None]:
    """Run the file; return the names in it, or the reason why it failed."""
    path = str(options.file.resolve())
    try:
        answer = process.load(path, options.time_limit)
    except TooSlowError as slow:
        return [], too_slow(path, slow.lines, options.time_limit)
    except EndedError as ended:
        return [], Finding("ended", {"code": ended.code})
    if error := answer.get("error"):
        return [], raised(error, path, {})
    return answer["names"], None


def _timed(
    name: str, there: Sequence[str], process: Worker, lang: str, options: argparse.Namespace
) -> tuple[Report, float]:
    started = time.perf_counter()
    if name not in there:
        near = difflib.get_close_matches(name, [n for n in there if n not in CHECKS], 1)
        kind = "not_there_but" if near else "not_there"
        report = Report(name, (Finding(kind, {"name": "".join(near)}),), 0, lang)
        return report, time.perf_counter() - started
    check, path = CHECKS[name], str(options.file.resolve())

    def learner(replaced: Mapping[str, Any]) -> Learner:
        return learner_in(path, name, process, tuple(check.shapes), replaced)

    report = check.of(learner, lang, options.seed, options.time_limit, options.carry)
    return report, time.perf_counter() - started


def _write_junit(path: Path, file: Path, timed: Timed) -> None:
    wrong = sum(not report for report, _ in timed.values())
    suite = ET.Element("testsuite", name=file.name, tests=str(len(timed)), failures=str(wrong))
    for name, (report, seconds) in timed.items():
        case = ET.SubElement(suite, "testcase", classname=file.stem, name=name)
        case.set("time", f"{seconds:.3f}")
        if not report:
            # XML allows no control characters, which a learner's function may have printed
            text = "".join(c for c in str(report) if c.isprintable() or c == "\n")
            ET.SubElement(case, "failure", message=text.partition("\n")[0]).text = text
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


if __name__ == "__main__":
    # On Windows, pipes and files use the country's code page, which has no ✓
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main())
