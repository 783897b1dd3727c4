"""For lstm and every chapter with a longer experiment: record its run, and load the record.

    python -m lessons_lib.lab.record lstm_adding

runs the experiment of `recordings.lstm_adding` again and writes ``recorded/lstm_adding.json``: its
results and its provenance (command, versions, processor, minutes). A chapter draws the record; a
test trains the first updates again and compares. `load` needs neither torch nor the experiment.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import platform
import sys
import time
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

#: Number of significant digits in a record.
DIGITS = 6

#: Number of updates that a test trains again.
BEGINNING = 20


def names() -> list[str]:
    """Return the names of all experiments that can be recorded."""
    recordings = importlib.import_module("lessons_lib.lab.recordings")
    return sorted(module.name for module in pkgutil.iter_modules(recordings.__path__))


def load(name: str) -> dict[str, Any]:
    """Return a record: its results by name, as the experiment's `record` returned them.

    Parameters
    ----------
    name : str
        One of `names()`.

    Raises
    ------
    ValueError
        No record has this name.
    """
    return read(name)["result"]


def read(name: str) -> dict[str, Any]:
    """Return a whole record: "result", "beginning" and "provenance"; errors as for `load`."""
    path = files("lessons_lib.lab") / "recorded" / f"{name}.json"
    if not path.is_file():
        raise ValueError(f"name: got {name!r}, expected one of {', '.join(names())}")
    return json.loads(path.read_text("utf-8"))


def experiment(name: str) -> Any:
    """Return the module of an experiment, with `record` and `beginning`."""
    return importlib.import_module(f"lessons_lib.lab.recordings.{name}")


def beginning(name: str, updates: int = BEGINNING) -> dict[str, list[float]]:
    """Train the first updates of an experiment's configurations; return their losses by name."""
    return rounded(experiment(name).beginning(updates))


def make(name: str) -> dict[str, Any]:
    """Run an experiment; return its record."""
    started = time.monotonic()
    result = rounded(experiment(name).record())
    return {
        "provenance": {
            "command": f"python -m lessons_lib.lab.record {name}",
            "date": datetime.now(UTC).date().isoformat(),
            "minutes": round((time.monotonic() - started) / 60, 1),
            "processor": platform.machine(),
            "versions": _versions(),
        },
        "beginning": beginning(name),
        "result": result,
    }


def rounded(value: Any) -> Any:
    """Return nested dicts, lists and arrays with rounded numbers, ready for JSON."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def written(record: dict[str, Any]) -> str:
    """Return a record as JSON with a line for each of its fields."""
    parts = (
        f'"{part}": {{\n'
        + ",\n".join(f' "{k}": {json.dumps(v)}' for k, v in fields.items())
        + "\n}"
        for part, fields in record.items()
    )
    return "{\n" + ",\n".join(parts) + "\n}"


def say(text: str) -> None:
    """Print the progress of a run."""
    print(text, file=sys.stderr, flush=True)


def _versions() -> dict[str, str]:
    import numpy
    import torch

    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "torch": torch.__version__.partition("+")[0],
    }


def main(arguments: list[str] | None = None) -> int:
    """Record the named experiments, each in its file."""
    parser = argparse.ArgumentParser("python -m lessons_lib.lab.record", description=__doc__)
    parser.add_argument("name", nargs="+", choices=names())
    parser.add_argument("--to", type=Path, default=Path(str(files("lessons_lib.lab") / "recorded")))
    options = parser.parse_args(arguments)
    for name in options.name:
        text = written(make(name))
        unfinished = options.to / f".{name}.json"
        unfinished.write_text(text + "\n", "utf-8")
        os.replace(unfinished, options.to / f"{name}.json")
        say(f"{name}: recorded, {len(text) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
