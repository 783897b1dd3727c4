"""What the benchmarks' commands share: options, a description of the machine, a table as JSON."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .machine import describe, processor, slug

Size = tuple[int, int, int, int]
SIZES: list[Size] = [
    (50, 16, 32, 64),
    (100, 32, 128, 128),
    (100, 32, 256, 256),
    (200, 64, 256, 256),
]
GPU_SIZES: list[Size] = [*SIZES, (100, 64, 512, 512), (1024, 16, 768, 768)]
RESULTS = Path(__file__).parent / "results"
#: Largest difference of two implementations, relative to the largest element.
TOLERANCE = {"float32": 1e-3, "bfloat16": 1e-1}


def options(benchmark: str, description: str | None, seconds: float) -> argparse.ArgumentParser:
    """Return a parser of the common options; `seconds` per size is the default."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{benchmark}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument(
        "--seconds", type=float, default=seconds, help=f"for each size (default: {seconds:g})"
    )
    parser.add_argument(
        "--size", type=int, nargs=4, metavar=("T", "N", "D", "H"), help="one size (default: all)"
    )
    parser.add_argument("--output", type=Path, help="the JSON file")
    return parser


def sizes(arguments: argparse.Namespace) -> list[Size]:
    """Return the sizes T, N, D, H that are measured: one if asked for, or those of the device."""
    if arguments.size is not None:
        T, N, D, H = arguments.size
        return [(T, N, D, H)]
    return SIZES if arguments.device == "cpu" else GPU_SIZES


def record(benchmark: str, arguments: argparse.Namespace, rows: Iterable[dict[str, Any]]) -> None:
    """Describe the machine, measure row by row, and write the file.

    Parameters
    ----------
    benchmark : str
        The beginning of the file's name.
    arguments : namespace
        As parsed by `options`.
    rows : iterable of dicts
        Iterating over it measures.
    """
    machine = describe(arguments.device)
    for name, value in machine.items():
        print(f"{name}: {value}")
    table = list(rows)
    machine["load average after"] = round(os.getloadavg()[0], 2)
    name = slug(machine.get("gpu", processor()))
    path = arguments.output or RESULTS / f"{benchmark}-{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"machine": machine, "table": table}, indent=1) + "\n")
    print(f"\n{path}")
