"""An LSTM's forward and backward pass, by torch, by hand and by others: time and peak memory.

    python -m benchmarks.layers                     all sizes, several minutes
    python -m benchmarks.layers --seconds 60        longer, less noise
    python -m benchmarks.layers --device cuda       on a GPU, with two more sizes and bfloat16

Ratios are to torch.nn.LSTM in the same run. The table is printed, and written as JSON to
benchmarks/results/.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from . import THREADS
from .command import TOLERANCE, Size, options, record, sizes
from .contenders import Problem, as_array, contenders
from .measure import peak_memory, progress, times


def main() -> None:
    """Measure, print and store."""
    arguments = _arguments()
    device = arguments.device
    torch.set_num_threads(THREADS)
    if arguments.memory_of:
        print(_memory_here(arguments.memory_of, arguments.size, device, arguments.dtype))
        return
    record("layers", arguments, _rows(arguments))


def _arguments() -> argparse.Namespace:
    parser = options("layers", __doc__, seconds=20)
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)  # used by _memory_alone
    parser.add_argument("--dtype", default="float32", help=argparse.SUPPRESS)
    return parser.parse_args()


def _rows(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    device = arguments.device
    for dtype in ["float32"] if device == "cpu" else ["float32", "bfloat16"]:
        for size in sizes(arguments):
            rows = _compare(size, device, dtype, arguments.seconds)
            _show(size, dtype, rows)
            yield {"T, N, D, H": size, "dtype": dtype, "layers": rows}


def _compare(size: Size, device: str, dtype: str, seconds: float) -> dict[str, Any]:
    problem = Problem.draw(*size, device, dtype)
    runs = {name: make(problem) for name, make in contenders(device).items()}
    expected = as_array(next(iter(runs.values()))())
    for name, run in runs.items():
        difference = np.abs(as_array(run()) - expected).max() / np.abs(expected).max()
        if not difference < TOLERANCE[dtype]:
            raise AssertionError(f"{name}: dx differs from torch.nn.LSTM's by {difference:.1e}")
    rows: dict[str, Any] = times(runs, seconds, device)
    memory = {name: _memory_alone(name, size, device, dtype) for name in runs}
    for name, row in rows.items():
        row["peak MiB"] = round(memory[name], 1)
        row["memory ratio"] = round(memory[name] / next(iter(memory.values())), 2)
    return rows


def _memory_alone(name: str, size: Size, device: str, dtype: str) -> float:
    """Measure in a separate process, in which nothing has run before."""
    progress(f"memory: {name}")
    words = ["--memory-of", name, "--device", device, "--dtype", dtype, "--size", *map(str, size)]
    command = [sys.executable, "-m", "benchmarks.layers", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    progress("")
    return float(done.stdout.split()[-1])


def _memory_here(name: str, size: Size, device: str, dtype: str) -> float:
    make = contenders(device)[name]
    make(Problem.draw(2, 2, 2, 2, device, dtype))()  # loads the libraries
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
