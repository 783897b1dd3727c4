"""A pytest plugin that records which notebooks a run has verified, when, and on which machine.

    python -m pytest -p verification --record-verification gpu book
    python tests/repository/verification.py         merge the records into book/verified.json

The run writes ``_build/verified/gpu.json`` (or ``cpu.json``): date, device, versions, and for each
notebook the code cells run and skipped, the seconds, the kernel's peak memory in MB, the library's
modules that it loaded, and a digest of its code and theirs, from which a page can tell whether
either has changed since. A failed run writes no record. A run also fails if a notebook was left out
or skipped, took no time, ran another copy of the library or, on the CPU, took too much memory.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

DEVICES = ("cpu", "gpu")
FOLDER = Path("_build") / "verified"
COMMITTED = Path("book") / "verified.json"
LEAST_SECONDS = 0.01  # shorter than any cell takes to reach the kernel
MOST_MEGABYTES = 800  # 1 GB, as in deploy/hub-values.yaml, minus 90 MB for the server and some room


@dataclass
class Tally:
    """The results of one notebook's code cells."""

    cells: int = 0
    skipped: int = 0
    seconds: float = 0.0
    megabytes: int = 0
    modules: str | None = None  # names separated by spaces; None if the kernel did not report them


class Recorder:
    """Count the cells of each notebook; check and store the run at its end."""

    def __init__(self, root: Path, device: str) -> None:
        self.root, self.device = root, device
        self.tallies: dict[str, Tally] = {}
        self.skipped_tests: list[str] = []
        self.files: dict[str, str] = {}
        self.lines: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the report of one phase of one test."""
        path = report.nodeid.split("::")[0]
        if path.endswith(".ipynb"):
            tally = self.tallies.setdefault(path, Tally())
            tally.seconds += report.duration
            tally.cells += report.when == "call" and not report.skipped
            tally.skipped += report.skipped
            properties: dict[str, Any] = dict(report.user_properties)
            tally.megabytes = properties.get("megabytes", tally.megabytes)
            if "modules" in properties:
                tally.modules = " ".join(sorted(properties["modules"]))
                self.files |= properties["modules"]
        elif report.skipped:
            self.skipped_tests.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Store the record, or fail the run if it verified less than it should."""
        if exitstatus != pytest.ExitCode.OK:
            self.lines = ["not recorded: the run failed"]
            return
        pages = notebooks(self.root)
        self.lines = [f"not verified: {fault}" for fault in self.faults(pages)]
        if self.lines:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            return
        path = self.root / FOLDER / f"{self.device}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, self.record(pages))
        self.lines = [f"recorded: {path.relative_to(self.root)}"]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print what was recorded."""
        terminalreporter.section(f"verification on the {self.device}")
        for line in self.lines:
            terminalreporter.line(line)

    def faults(self, pages: Iterable[str]) -> list[str]:
        """Return the faults of the run, one sentence each."""
        from _ext.plain.code_digest import module_file

        found = [
            f"{module} was loaded from {file}, expected {module_file(self.root, module)}"
            for module, file in self.files.items()
            if Path(file).resolve() != module_file(self.root, module).resolve()
        ]
        for path in pages:
            tally = self.tallies.get(path)
            if tally is None:
                found.append(f"{path} was not run")
            elif tally.skipped:
                found.append(f"{path}: {tally.skipped} cells were skipped")
            elif tally.modules is None:
                found.append(f"{path}: its kernel did not say which modules it had loaded")
            elif tally.seconds < LEAST_SECONDS * tally.cells:
                found.append(f"{path}: {tally.cells} cells took {tally.seconds:.4f} s, no time")
            elif self.device == "cpu" and tally.megabytes > MOST_MEGABYTES:
                found.append(f"{path} took {tally.megabytes} MB, more than {MOST_MEGABYTES}")
        if self.device == "gpu":
            found += [f"{test} was skipped" for test in self.skipped_tests]
        return found

    def record(self, pages: dict[str, Any]) -> dict[str, Any]:
        """Return the record to store."""
        from _ext.plain.code_digest import digest  # pytest's settings put it on the path

        tallies = {path: self.tallies[path] for path in sorted(pages)}
        codes = {
            path: digest(pages[path], tally.modules or "", self.root)
            for path, tally in tallies.items()
        }
        return {
            "date": datetime.now(UTC).date().isoformat(),
            **machine(self.device),
            "notebooks": {
                path: {**vars(tally), "seconds": round(tally.seconds, 1), "code": codes[path]}
                for path, tally in tallies.items()
            },
        }


def notebooks(root: Path) -> dict[str, Any]:
    """Return the book's notebooks with code, by path."""
    from _ext.plain.book_index import pages_of, read_notebook
    from _ext.plain.code_digest import code_cells

    found = {f"{page}.ipynb": read_notebook(root / f"{page}.ipynb") for page in pages_of(root)}
    return {path: notebook for path, notebook in found.items() if code_cells(notebook)}


def machine(device: str) -> dict[str, str]:
    """Return the device's name and the versions."""
    import numpy
    import torch

    from benchmarks.machine import processor

    versions = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
    }
    if device == "gpu":
        cuda = {"cuda": str(torch.version.cuda), "cudnn": str(torch.backends.cudnn.version())}
        return {"device": torch.cuda.get_device_name(), **versions, **cuda}
    return {"device": processor(), **versions}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that asks for a record."""
    parser.addoption(
        "--record-verification",
        choices=DEVICES,
        help="write _build/verified/DEVICE.json; fail where a notebook is left out",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start recording if asked to; with pytest-xdist, in the process that collects the reports."""
    device = config.getoption("--record-verification")
    if device is None or hasattr(config, "workerinput"):
        return
    if device == "gpu":
        import torch

        if not torch.cuda.is_available():
            raise pytest.UsageError(
                f"--record-verification gpu: torch {torch.__version__} finds no GPU here"
            )
    config.pluginmanager.register(Recorder(config.rootpath, device))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Report memory and modules of a notebook's kernel with its last cell, before it stops."""
    kernel = getattr(item.parent, "kernel", None)
    last = nextitem is None or nextitem.parent is not item.parent
    if kernel and last and kernel.is_alive() and item.config.getoption("--record-verification"):
        from _ext.plain.code_digest import loaded_modules
        from _ext.plain.kernel_memory import peak_memory

        ask = kernel.kc.execute_interactive
        item.user_properties.append(("megabytes", round(peak_memory(ask))))
        item.user_properties.append(("modules", loaded_modules(ask)))


def write(path: Path, record: dict[str, Any]) -> None:
    """Write JSON in the form that is committed."""
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")


def merge(root: Path) -> list[str]:
    """Merge each device's new record into the committed file; return the devices that it names.

    Raises
    ------
    FileNotFoundError
        There is no new record.
    """
    new = {path.stem: path for path in (root / FOLDER).glob("*.json") if path.stem in DEVICES}
    if not new:
        raise FileNotFoundError(f"{FOLDER} holds no record; run make verify or make test-gpu first")
    committed = root / COMMITTED
    records = json.loads(committed.read_text("utf-8")) if committed.exists() else {}
    records |= {device: json.loads(path.read_text("utf-8")) for device, path in new.items()}
    write(committed, {device: records[device] for device in DEVICES if device in records})
    return list(records)


if __name__ == "__main__":
    try:
        print(f"{COMMITTED}: {', '.join(merge(Path.cwd()))}")
    except FileNotFoundError as error:
        sys.exit(f"error: {error}")
