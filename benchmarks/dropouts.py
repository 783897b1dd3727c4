"""An LSTM's forward and backward pass under each dropout, by this library and by others.

    python -m benchmarks.dropouts                     all sizes, several minutes
    python -m benchmarks.dropouts --seconds 60        longer, less noise
    python -m benchmarks.dropouts --device cuda       on a GPU
    python -m benchmarks.dropouts --size 50 16 32 64  one size: T, N, D and H
    python -m benchmarks.dropouts --profile Zoneout   where one variant spends its time

The time includes drawing the masks. Ratios are to torch.nn.LSTM and to the library's LSTM by hand
without dropout, in the same turn. A variant runs by the default engine: `NonRecurrentDropout` and
`WeightDrop` by torch's kernel, the others compiled. "by hand" is the same by hand, "loop" the naive
autograd loop under masks of the same variant. The table is printed, and written as JSON to
benchmarks/results/.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from lessons_lib.dropout import (
    Combined,
    Dropout,
    NonRecurrentDropout,
    RecurrentDropout,
    RNNDrop,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)

from . import THREADS
from .command import SIZES, TOLERANCE, Size, options, record, sizes
from .contenders import (
    Problem,
    Run,
    as_array,
    differentiated,
    keras_lstm,
    ours,
    ours_by_hand,
    ours_compiled,
    torch_nn,
)
from .masked_loop import masked_loop
from .measure import times

P = 0.25
VARIANTS: dict[str, Dropout] = {
    "NonRecurrentDropout": NonRecurrentDropout(P),
    "RNNDrop": RNNDrop(P),
    "VariationalDropout": VariationalDropout(P, P),
    "VariationalDropout, untied": VariationalDropout(P, P, tied=False),
    "WeightDrop": WeightDrop(P),
    "RecurrentDropout": RecurrentDropout(P),
    "RecurrentDropout, per sequence": RecurrentDropout(P, per_sequence=True),
    "Zoneout": Zoneout(h=0.05, c=0.5),
    "WeightDrop, VariationalDropout": Combined(WeightDrop(P), VariationalDropout(P, 0)),
    # Keras's recurrent_dropout: on h alone, one mask per gate
    "as Keras": VariationalDropout(0, P, output=0, tied=False),
}
BY_HAND = "by hand, no dropout"


def main() -> None:
    """Measure, print and store; or profile one variant."""
    arguments = _arguments()
    device = arguments.device
    torch.set_num_threads(THREADS)
    if arguments.profile:
        _profile(arguments.profile, Problem.draw(*SIZES[1], device), device)
        return
    record("dropouts", arguments, _rows(arguments))


def _arguments() -> argparse.Namespace:
    parser = options("dropouts", __doc__, seconds=60)
    parser.add_argument("--profile", choices=contenders(), metavar="NAME", help="a row's name")
    return parser.parse_args()


def _rows(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for size in sizes(arguments):
        rows = _compare(size, arguments.device, arguments.seconds)
        _show(size, rows)
        yield {"T, N, D, H": size, "dtype": "float32", "dropouts": rows}


def contenders() -> dict[str, Callable[[Problem], Run]]:
    """Return the implementations that can run here, by name, torch.nn first."""
    found: dict[str, Callable[[Problem], Run]] = {
        "torch.nn.LSTM": torch_nn,
        "torch.nn.LSTM, two torch.nn.Dropout": dropout_around,
        BY_HAND: ours_by_hand,
        "compiled, no dropout": ours_compiled,
        **{name: partial(ours, dropout=variant) for name, variant in VARIANTS.items()},
        **{
            f"by hand, {name}": partial(ours, dropout=variant, engine="by_hand")
            for name, variant in VARIANTS.items()
        },
        **{f"loop, {name}": partial(masked_loop, v) for name, v in VARIANTS.items()},
    }
    if importlib.util.find_spec("keras") is not None:
        found["Keras, recurrent_dropout"] = partial(keras_lstm, recurrent_dropout=P)
    return found


def dropout_around(problem: Problem) -> Run:
    """Run torch.nn's layers in place of NonRecurrentDropout on one layer."""
    drop, layer = torch.nn.Dropout(P), problem.layer
    return differentiated(lambda x: drop(layer(drop(x))[0]), problem, list(layer.parameters()))


def _compare(size: Size, device: str, seconds: float) -> dict[str, Any]:
    problem = Problem.draw(*size, device)
    _check(problem)
    runs = {name: make(problem) for name, make in contenders().items()}
    return times(runs, seconds, device, beside=BY_HAND)


def _check(problem: Problem) -> None:
    """Check that layer and loop compute the same under the same masks."""
    for name, variant in VARIANTS.items():
        gradients = []
        for make in (partial(ours, dropout=variant), partial(masked_loop, variant)):
            run = make(problem)
            torch.manual_seed(1)  # both draw from the device's generator, in the same order
            gradients.append(as_array(run()))
        actual, expected = gradients
        difference = np.abs(actual - expected).max() / np.abs(expected).max()
        if not difference < TOLERANCE["float32"]:
            raise AssertionError(f"{name}: dx differs from the loop's by {difference:.1e}")


def _profile(name: str, problem: Problem, device: str) -> None:
    run = contenders()[name](problem)
    run(), run()
    activities = [torch.profiler.ProfilerActivity.CPU]
    if device == "cuda":
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=activities) as profile:
        for _ in range(10):
            run()
    print(profile.key_averages().table(sort_by=f"self_{device}_time_total", row_limit=15))


def _show(size: Size, rows: dict[str, Any]) -> None:
    print(f"\n(T, N, D, H) = {size}{'ms':>24}{'ratio':>10}{'to by hand':>12}")
    for name, row in rows.items():
        print(
            f"{name:<45}{row['milliseconds']:>10.2f}{row['ratio']:>10.2f}"
            f"{row[f'ratio to {BY_HAND}']:>12.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
