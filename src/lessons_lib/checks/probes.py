"""Conditions under which a function is correct; they show where to look for the mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .mistake import Named
from .report import Finding

Sizes = Mapping[str, Any]


class Probe(NamedTuple):
    """A condition: its text, and a case in which it holds."""

    finding: Finding
    sizes: Sizes
    change: Callable[[Named], Named]


def probes(sizes: Sizes, arguments: Named) -> Iterator[Probe]:
    """Yield conditions of a check whose cases have these sizes and arguments."""
    if any(map(_is_gradient, arguments)):
        yield Probe(Finding("small_gradients", {}, "when"), sizes, _small)
    if "k" in sizes:
        yield _of_sizes("one_window", sizes, k=sizes["T"])
        yield _of_sizes("whole_windows", {**sizes, "T": 6}, k=3)
    yield from (_of_argument(name, sizes) for name, a in arguments.items() if _may_be_zero(name, a))
    for letter, kind in {"T": "one_step", "N": "one_sequence", "H": "one_unit"}.items():
        if letter in sizes:
            yield _of_sizes(kind, sizes, **{letter: 1})
    if "training" in sizes:
        yield _of_sizes("in_evaluation", sizes, training=False)
        yield _of_sizes("in_training", sizes, training=True)


def _is_gradient(name: str) -> bool:
    return name.startswith("d") and not name.startswith("draws")


def _small(arguments: Named) -> Named:
    return {name: a / 1000 if _is_gradient(name) else a for name, a in arguments.items()}


def _may_be_zero(name: str, value: Any) -> bool:
    floats = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return floats and not name.startswith(("draws", "keep"))


def _of_argument(name: str, sizes: Sizes) -> Probe:
    def change(arguments: Named) -> Named:
        return arguments | {name: np.zeros_like(arguments[name])}

    return Probe(Finding("if_zero", {"name": name}, "when"), sizes, change)


def _of_sizes(kind: str, sizes: Sizes, **changed: Any) -> Probe:
    return Probe(Finding(kind, {}, "when"), {**sizes, **changed}, lambda arguments: arguments)
