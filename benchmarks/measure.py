"""Measure time in turns, so that a busy moment affects all alike, and peak memory one by one."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

Run = Callable[[], Any]


def times(
    runs: dict[str, Run],
    seconds: float,
    device: str,
    beside: str | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, dict[str, float]]:
    """Run all functions in turns for some seconds; compare each with the first of its turn.

    Parameters
    ----------
    runs : dict of names to functions
    seconds : float
        Shortest duration; there are at least 5 turns.
    device : str
    beside : str, optional
        Name of another function to compare with.
    clock : callable, optional
        Returns seconds; ``time.thread_time`` counts only this thread's work.

    Returns
    -------
    dict of names to dicts
        Milliseconds (median), ratio (median of the ratios to the first function of the same turn),
        the ratios' quartiles, the number of turns, and the ratio to `beside`.
    """
    for run in runs.values():  # twice, until memory and libraries have settled
        run(), run()
    turns: list[dict[str, float]] = []
    start = time.perf_counter()
    while len(turns) < 5 or time.perf_counter() - start < seconds:
        turns.append({name: _once(run, device, clock) for name, run in runs.items()})
        progress(f"turn {len(turns)}, {time.perf_counter() - start:.0f} of {seconds:.0f} s")
    progress("")
    rows = {name: _summary(turns, name, next(iter(runs))) for name in runs}
    if beside is not None:
        for name, row in rows.items():
            ratio = statistics.median(turn[name] / turn[beside] for turn in turns)
            row[f"ratio to {beside}"] = round(ratio, 3)
    return rows


def _once(run: Run, device: str, clock: Callable[[], float]) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    start = clock()
    run()
    if device == "cuda":
        torch.cuda.synchronize()
    return clock() - start


def _summary(turns: list[dict[str, float]], name: str, first: str) -> dict[str, float]:
    ratios = [turn[name] / turn[first] for turn in turns]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return {
        "milliseconds": round(1e3 * statistics.median(turn[name] for turn in turns), 3),
        "ratio": round(middle, 3),
        "ratio, lower quartile": round(low, 3),
        "ratio, upper quartile": round(high, 3),
        "turns": len(turns),
    }


def peak_memory(run: Run, device: str) -> float:
    """Return the rise of memory, in MiB, to its peak while a function runs for the first time.

    On the CPU this is the process's resident memory, as Linux reports it; the process should have
    loaded its libraries and done nothing else. On a GPU it is the memory that torch has allocated.
    """
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        run()
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = _resident("VmRSS")
    run()
    return (_resident("VmHWM") - before) / 2**10


def _resident(name: str) -> int:
    """Return the value of a line of /proc/self/status, in KiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise OSError(f"/proc/self/status has no {name}")


def progress(text: str) -> None:
    """Overwrite a line on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
