"""An LSTM's forward and backward pass, by torch, by hand and by others: time and peak memory.

    python -m benchmarks.layers                     all sizes, some minutes
    python -m benchmarks.layers --seconds 60        longer, steadier
    python -m benchmarks.layers --device cuda       on a GPU, two sizes and bfloat16 added

Ratios are to torch.nn.LSTM in the same run. The table is printed, and written as JSON to
benchmarks/results/.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from . import THREADS
from .contenders import Problem, as_array, contenders
from .machine import describe, processor, slug
from .measure import peak_memory, progress, times

Size = tuple[int, int, int, int]
SIZES: list[Size] = [
    (50, 16, 32, 64),
    (100, 32, 128, 128),
    (100, 32, 256, 256),
    (200, 64, 256, 256),
]
GPU_SIZES: list[Size] = [*SIZES, (100, 64, 512, 512), (1024, 16, 768, 768)]
RESULTS = Path(__file__).parent / "results"
TOLERANCE = {"float32": 1e-3, "bfloat16": 1e-1}


def main() -> None:
    """Measure, print and store."""
    arguments = _arguments()
    device = arguments.device
    torch.set_num_threads(THREADS)
    if arguments.memory_of:
        print(_memory_here(arguments.memory_of, arguments.size, device, arguments.dtype))
        return
    machine = describe(device)
    for name, value in machine.items():
        print(f"{name}: {value}")
    table = []
    for dtype in ["float32"] if device == "cpu" else ["float32", "bfloat16"]:
        for size in SIZES if device == "cpu" else GPU_SIZES:
            rows = _compare(size, device, dtype, arguments.seconds)
            _show(size, dtype, rows)
            table.append({"T, N, D, H": size, "dtype": dtype, "layers": rows})
    machine["load average after"] = round(os.getloadavg()[0], 2)
    name = slug(machine["gpu"] if device == "cuda" else processor())
    path = arguments.output or RESULTS / f"layers-{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"machine": machine, "table": table}, indent=1) + "\n")
    print(f"\n{path}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layers", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--seconds", type=float, default=20, help="for each size (default: 20)")
    parser.add_argument("--output", type=Path, help="the JSON file")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)  # run by itself, in a fresh process
    parser.add_argument("--size", type=int, nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--dtype", default="float32", help=argparse.SUPPRESS)
    return parser.parse_args()


def _compare(size: Size, device: str, dtype: str, seconds: float) -> dict[str, Any]:
    problem = Problem.draw(*size, device, dtype)
    runs = {name: make(problem) for name, make in contenders(device).items()}
    wanted = as_array(next(iter(runs.values()))())
    for name, run in runs.items():
        difference = np.abs(as_array(run()) - wanted).max() / np.abs(wanted).max()
        if not difference < TOLERANCE[dtype]:
            raise AssertionError(f"{name}: dx differs from torch.nn.LSTM's by {difference:.1e}")
    rows: dict[str, Any] = times(runs, seconds, device)
    memory = {name: _memory_alone(name, size, device, dtype) for name in runs}
    for name, row in rows.items():
        row["peak MiB"] = round(memory[name], 1)
        row["memory ratio"] = round(memory[name] / next(iter(memory.values())), 2)
    return rows


def _memory_alone(name: str, size: Size, device: str, dtype: str) -> float:
    """Measure in a process of its own, where nothing has run before."""
    progress(f"memory: {name}")
    words = ["--memory-of", name, "--device", device, "--dtype", dtype, "--size", *map(str, size)]
    command = [sys.executable, "-m", "benchmarks.layers", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    progress("")
    return float(done.stdout.split()[-1])


def _memory_here(name: str, size: Size, device: str, dtype: str) -> float:
    make = contenders(device)[name]
    make(Problem.draw(2, 2, 2, 2, device, dtype))()  # libraries load
    return peak_memory(make(Problem.draw(*size, device, dtype)), device)


def _show(size: Size, dtype: str, rows: dict[str, Any]) -> None:
    print(f"\n(T, N, D, H) = {size}, {dtype}{'ms':>20}{'ratio':>10}{'MiB':>10}{'ratio':>8}")
    for name, row in rows.items():
        print(
            f"{name:<45}{row['milliseconds']:>14.2f}{row['ratio']:>10.2f}"
            f"{row['peak MiB']:>10.1f}{row['memory ratio']:>8.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
