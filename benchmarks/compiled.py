"""The compiled layers beside torch's own: forward and backward pass, drawing included.

    python -m benchmarks.compiled                          all sizes, some minutes
    python -m benchmarks.compiled --size 50 16 32 64       one size: T, N, D and H
    BENCHMARK_THREADS=1 python -m benchmarks.compiled      one thread, in processor time

Each row's ratio is to torch.nn's layer of the same kind without dropout, in the same turn. With one
thread, the time is what the processor has worked, so that other programs disturb it little. The
table is printed, and written as JSON to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch

from lessons_lib import torch_modules
from lessons_lib.dropout import (
    Dropout,
    RecurrentDropout,
    RNNDrop,
    VariationalDropout,
    Zoneout,
)

from . import THREADS
from .command import TOLERANCE, Size, options, record, sizes
from .contenders import Run, as_array
from .measure import times

P = 0.25


class Kind(NamedTuple):
    """A layer, by its name in torch.nn, and the dropouts that it can take."""

    name: str
    variants: dict[str, Dropout]


KINDS = [
    Kind(
        "LSTM",
        {
            "RNNDrop": RNNDrop(P),
            "RecurrentDropout": RecurrentDropout(P),
            "VariationalDropout": VariationalDropout(P, P),
            "VariationalDropout, untied": VariationalDropout(P, P, tied=False),
            "Zoneout": Zoneout(h=0.05, c=0.5),
        },
    ),
    Kind("GRU", {"VariationalDropout": VariationalDropout(P, P)}),
    Kind("RNN", {"VariationalDropout": VariationalDropout(P, P)}),
]


def main() -> None:
    """Measure, print and store."""
    arguments = options("compiled", __doc__, seconds=20).parse_args()
    torch.set_num_threads(THREADS)
    record("compiled", arguments, _rows(arguments))


def _rows(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for kind in KINDS:
        for size in sizes(arguments):
            rows = compare(kind, size, arguments.seconds)
            print(f"\n{kind.name} (T, N, D, H) = {size}{'ms':>20}{'ratio':>10}")
            for name, row in rows.items():
                print(f"{name:<45}{row['milliseconds']:>10.2f}{row['ratio']:>10.2f}", flush=True)
            yield {"kind": kind.name, "T, N, D, H": size, "dtype": "float32", "rows": rows}


def compare(kind: Kind, size: Size, seconds: float) -> dict[str, Any]:
    """Measure one kind at one size."""
    T, N, D, H = size
    torch.manual_seed(0)
    theirs = getattr(torch.nn, kind.name)(D, H)
    x, dy = torch.randn(T, N, D, requires_grad=True), torch.randn(T, N, H)
    runs = {
        f"torch.nn.{kind.name}": _both_ways(theirs, x, dy),
        "compiled": _both_ways(_ours(kind, theirs, engine="compiled"), x, dy),
    }
    expected, actual = (as_array(run()) for run in runs.values())
    difference = np.abs(actual - expected).max() / np.abs(expected).max()
    if not difference < TOLERANCE["float32"]:
        raise AssertionError(f"{kind.name}: dx differs from torch's by {difference:.1e}")
    for name, variant in kind.variants.items():
        runs[f"compiled, {name}"] = _both_ways(_ours(kind, theirs, dropout=variant), x, dy)
    clock = time.thread_time if THREADS == 1 else time.perf_counter
    return times(runs, seconds, "cpu", clock=clock)


def _ours(kind: Kind, theirs: Any, **setting: Any) -> Any:
    """Return our layer with the same weights; what torch's kernel cannot compute is compiled."""
    layer = getattr(torch_modules, kind.name)(theirs.input_size, theirs.hidden_size, **setting)
    layer.load_state_dict(theirs.state_dict())
    return layer


def _both_ways(layer: Any, x: torch.Tensor, dy: torch.Tensor) -> Run:
    """Return a function that runs forward, and backward to all leaves; the gradient of x."""
    leaves = [x, *layer.parameters()]
    return lambda: torch.autograd.grad(layer(x)[0], leaves, dy)[0]


if __name__ == "__main__":
    main()
