"""One step of a cell without a gradient, under each dropout, beside torch.nn's cell.

    python -m benchmarks.cells                     all cells and sizes, some minutes
    python -m benchmarks.cells --size 1 1 64 64    one size: T is 1, then N, D and H

Time is the processor's, of this thread, so that other programs disturb it little. "given" takes the
step with masks of a run, ``masks.at(t)``; "drawn" draws the masks of the step; "eval" is the step
in evaluation. Ratios are to torch.nn's cell; "budget" is the ratio to 1.5 times that cell's step
and one draw of a mask of shape (N, H). The table is printed, and written as JSON to
benchmarks/results/.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch

from lessons_lib import torch_modules
from lessons_lib.dropout import StackMasks

from . import THREADS
from .command import options, record
from .dropouts import VARIANTS
from .measure import Run, times

#: N and H; D is H.
SIZES = [(1, 64), (1, 256), (32, 256)]
KINDS = ("LSTM", "GRU", "RNN")
#: Steps of one measurement.
STEPS = 50


def main() -> None:
    """Measure, print and store."""
    torch.set_num_threads(THREADS)
    arguments = options("cells", __doc__, seconds=5).parse_args()
    with torch.no_grad():
        record("cells", arguments, _rows(arguments))


def _rows(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    chosen = SIZES if arguments.size is None else [(arguments.size[1], arguments.size[3])]
    for kind in KINDS:
        for N, H in chosen:
            rows = times(
                {name: _many(run) for name, run in _runs(kind, N, H).items()},
                arguments.seconds,
                "cpu",
                clock=time.thread_time,
            )
            _add_budget(rows)
            _show(kind, N, H, rows)
            yield {"cell": kind, "N, H": (N, H), "steps": STEPS, "variants": rows}


def _runs(kind: str, N: int, H: int) -> dict[str, Run]:
    """Return torch.nn's step, a draw, and ours under each variant that fits the cell."""
    torch.manual_seed(0)
    x, h = torch.randn(N, H), torch.randn(N, H)
    state: Any = (h, torch.randn(N, H)) if kind == "LSTM" else h
    theirs = getattr(torch.nn, f"{kind}Cell")(H, H)
    runs: dict[str, Run] = {
        "torch.nn": lambda: theirs(x, state),
        "a draw": lambda: torch.rand(N, H) < 0.5,
    }
    for name, variant in VARIANTS.items():
        try:
            cell = getattr(torch_modules, f"{kind}Cell")(H, H, dropout=variant)
        except ValueError:  # the cell lacks the site
            continue
        masks = cell.sample_masks(4, N)
        evaluated = getattr(torch_modules, f"{kind}Cell")(H, H, dropout=variant).eval()
        runs[f"{name}, given"] = partial(_step, cell, x, state, masks)
        runs[f"{name}, eval"] = partial(evaluated, x, state)
        try:
            cell(x, state)
        except ValueError:  # its masks last for the sequence, so that a step cannot draw them
            continue
        runs[f"{name}, drawn"] = partial(cell, x, state)
    return runs


def _step(cell: Any, x: torch.Tensor, state: Any, masks: StackMasks) -> Any:
    return cell(x, state, masks=masks.at(1))


def _many(run: Run) -> Run:
    def steps() -> None:
        for _ in range(STEPS):
            run()

    return steps


def _add_budget(rows: dict[str, dict[str, float]]) -> None:
    """Compare with 1.5 times torch.nn's step and one draw."""
    budget = 1.5 + rows["a draw"]["ratio"]
    for row in rows.values():
        row["budget"] = round(row["ratio"] / budget, 3)


def _show(kind: str, N: int, H: int, rows: dict[str, dict[str, float]]) -> None:
    print(f"\n{kind}Cell, (N, H) = {N, H}{'µs':>32}{'ratio':>10}{'budget':>10}")
    for name, row in rows.items():
        step = 1e3 * row["milliseconds"] / STEPS
        print(f"{name:<45}{step:>14.1f}{row['ratio']:>10.2f}{row['budget']:>10.2f}", flush=True)


if __name__ == "__main__":
    main()
