"""The compiled loop beside torch's own layers: forward and backward pass, drawing included.

    python -m benchmarks.compiled                          all sizes, some minutes
    BENCHMARK_THREADS=1 python -m benchmarks.compiled      one thread, in processor time

Each row's ratio is to torch.nn's layer of the same kind without dropout, in the same turn. With one
thread, the time is what the processor has worked, so that other programs disturb it little. The
table is printed, and written as JSON to benchmarks/results/.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch

from lessons_lib import gru, lstm, rnn
from lessons_lib.cell import Cell
from lessons_lib.dropout import (
    Dropout,
    RecurrentDropout,
    RNNDrop,
    VariationalDropout,
    Zoneout,
)
from lessons_lib.dropout.variant import Sizes
from lessons_lib.masks import NO_MASKS, Masks
from lessons_lib.trace import torch_function

from . import THREADS
from .command import SIZES, TOLERANCE, Size, options, record
from .contenders import Run, as_array
from .measure import times

P = 0.25


class Kind(NamedTuple):
    """A layer of torch.nn, the cell that computes the same, and the dropouts that it can take."""

    name: str
    cell: Cell
    variants: dict[str, Dropout]


KINDS = [
    Kind(
        "LSTM",
        lstm.CELL,
        {
            "RNNDrop": RNNDrop(P),
            "RecurrentDropout": RecurrentDropout(P),
            "VariationalDropout": VariationalDropout(P, P),
            "VariationalDropout, untied": VariationalDropout(P, P, tied=False),
            "Zoneout": Zoneout(h=0.05, c=0.5),
        },
    ),
    Kind("GRU", gru.CELL, {"VariationalDropout": VariationalDropout(P, P)}),
    Kind("RNN", rnn.CELL, {"VariationalDropout": VariationalDropout(P, P)}),
]


def main() -> None:
    """Measure, print and store."""
    arguments = options("compiled", __doc__, seconds=20).parse_args()
    torch.set_num_threads(THREADS)
    record("compiled", arguments, _rows(arguments.seconds))


def _rows(seconds: float) -> Iterator[dict[str, Any]]:
    for kind in KINDS:
        for size in SIZES:
            rows = compare(kind, size, seconds)
            print(f"\n{kind.name} (T, N, D, H) = {size}{'ms':>20}{'ratio':>10}")
            for name, row in rows.items():
                print(f"{name:<45}{row['milliseconds']:>10.2f}{row['ratio']:>10.2f}", flush=True)
            yield {"kind": kind.name, "T, N, D, H": size, "dtype": "float32", "rows": rows}


def compare(kind: Kind, size: Size, seconds: float) -> dict[str, Any]:
    """Measure one kind at one size."""
    T, N, D, H = size
    torch.manual_seed(0)
    layer = getattr(torch.nn, kind.name)(D, H)
    x, dy = torch.randn(T, N, D, requires_grad=True), torch.randn(T, N, H)
    params = _params(kind.cell, layer)
    runs: dict[str, Run] = {
        f"torch.nn.{kind.name}": _both_ways(lambda: layer(x)[0], [x, *layer.parameters()], dy),
        "compiled": _compiled(kind.cell, params, x, dy, lambda: NO_MASKS),
    }
    expected, actual = (as_array(run()) for run in runs.values())
    difference = np.abs(actual - expected).max() / np.abs(expected).max()
    if not difference < TOLERANCE["float32"]:
        raise AssertionError(f"{kind.name}: dx differs from torch's by {difference:.1e}")
    generator = np.random.default_rng(0)
    sizes = Sizes.of(kind.cell, params, x)
    for name, variant in kind.variants.items():
        draw = partial(_draw, variant, sizes, generator)
        runs[f"compiled, {name}"] = _compiled(kind.cell, params, x, dy, draw)
    clock = time.thread_time if THREADS == 1 else time.perf_counter
    return times(runs, seconds, "cpu", clock=clock)


def _params(cell: Cell, layer: Any) -> Any:
    """Return the layer's weights as leaves in the cell's form."""
    W_ih, W_hh, b_ih, b_hh = (weight.detach() for weight in layer.parameters())
    arrays = [W_ih, W_hh, b_ih + b_hh]
    if cell is gru.CELL:
        H = layer.hidden_size
        arrays = [W_ih, W_hh, torch.cat([(b_ih + b_hh)[: 2 * H], b_ih[2 * H :]]), b_hh[2 * H :]]
    return cell.params_type(*(array.clone().requires_grad_() for array in arrays))


def _draw(variant: Dropout, sizes: Sizes, generator: np.random.Generator) -> Masks:
    return variant.sample(sizes, generator, np.float32).map(torch.from_numpy)


def _compiled(
    cell: Cell, params: Any, x: torch.Tensor, dy: torch.Tensor, draw: Callable[[], Masks]
) -> Run:
    def forward() -> torch.Tensor:
        return torch_function.run(cell, params, x, masks=draw())[0]

    return _both_ways(forward, [x, *params], dy)


def _both_ways(forward: Callable[[], torch.Tensor], leaves: list[Any], dy: torch.Tensor) -> Run:
    """Return a function that runs forward, and backward to the leaves; the gradient of x."""
    return lambda: torch.autograd.grad(forward(), leaves, dy)[0]


if __name__ == "__main__":
    main()
