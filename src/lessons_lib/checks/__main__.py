"""Check each function of a file that has the name of a check.

The file is run, with the rights of whoever runs this command.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from . import CHECKS
from .report import Finding, Report
from .runner import run
from .student import failed
from .texts import language, say

_MODULE = "learners_file"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a file; return 0 where all its functions are right, 1 where not, 2 without any."""
    options = _options(arguments)
    lang = language(options.lang)
    load = _loader(options.file)
    outcome = run(load, (), options.time_limit)
    if failure := failed(load, outcome, {}, options.time_limit, str(options.file)):
        print(f"✗ {options.file}: {failure.text(lang)}")
        return 2
    functions = {name: value for name, value in vars(outcome.value).items() if name in CHECKS}
    functions |= dict.fromkeys(set(options.names) - set(functions))
    names = [name for name in CHECKS if name in (options.names or functions)]
    if not names:
        print(say("report.none_there", {"file": options.file, "names": ", ".join(CHECKS)}, lang))
        return 2
    timed = {name: _timed(name, functions[name], lang, options) for name in names}
    reports = [report for report, _ in timed.values()]
    for report in reports:
        if report.findings:
            print(report, end="\n\n")
    width = max(map(len, names)) + 2
    for report in reports:
        print(f"{report.name:<{width}}{'✓' if report else '✗'}")
    print(say("report.total", {"right": sum(map(bool, reports)), "all": len(reports)}, lang))
    if options.junit:
        _write_junit(options.junit, options.file, timed)
    return 0 if all(reports) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m lessons_lib.checks", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE.py")
    parser.add_argument("names", nargs="*", metavar="NAME", help="check these, and miss none")
    parser.add_argument("--lang", choices=("ko", "en"), help="the locale's if not given")
    parser.add_argument("--seed", type=int, default=0, help="other seeds draw other cases")
    parser.add_argument("--time-limit", type=float, default=10, help="seconds for one call")
    parser.add_argument("--junit", type=Path, metavar="FILE.xml", help="write the results there")
    options = parser.parse_args(arguments)
    if not options.file.is_file():
        parser.error(f"{options.file}: no such file")
    if unknown := set(options.names) - set(CHECKS):
        parser.error(f"{', '.join(sorted(unknown))}: no such check; there are {', '.join(CHECKS)}")
    return options


def _loader(path: Path) -> Callable[[], ModuleType]:
    def load() -> ModuleType:
        module = ModuleType(_MODULE)
        module.__file__ = str(path)
        sys.modules[_MODULE] = module
        sys.path.insert(0, str(path.resolve().parent))
        exec(compile(path.read_bytes(), str(path), "exec"), vars(module))
        return module

    return load


def _timed(
    name: str, function: Any, lang: str, options: argparse.Namespace
) -> tuple[Report, float]:
    started = time.perf_counter()
    if function is None:
        report = Report(name, (Finding("not_there", {}),), 0, lang)
    else:
        report = CHECKS[name](function, lang, options.seed, options.time_limit)
    return report, time.perf_counter() - started


def _write_junit(path: Path, file: Path, timed: Mapping[str, tuple[Report, float]]) -> None:
    wrong = sum(not report for report, _ in timed.values())
    suite = ET.Element("testsuite", name=file.name, tests=str(len(timed)), failures=str(wrong))
    for name, (report, seconds) in timed.items():
        case = ET.SubElement(suite, "testcase", classname=file.stem, name=name)
        case.set("time", f"{seconds:.3f}")
        if not report:
            # XML has no control characters, which a learner's function may have printed
            text = "".join(c for c in str(report) if c.isprintable() or c == "\n")
            ET.SubElement(case, "failure", message=text.partition("\n")[0]).text = text
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


if __name__ == "__main__":
    # On Windows a pipe and a file have the code page of the country, which has no ✓
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main())
