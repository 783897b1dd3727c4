"""For lstm: how deep plain, Highway and residual networks can be trained, at each of three rates.

All have the same number of updates and, within 5 %, of parameters: a Highway layer has two
matrices, so its layers are narrower. A plain network starts from Glorot's weights or from
orthogonal ones. The comparison is of the training loss, so no other data are needed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import depth
from ..record import say


class Kind(NamedTuple):
    """One of the networks compared."""

    layer: depth.Layer
    width: int
    orthogonal: bool = False


KINDS = {
    "tanh": Kind(depth.plain, 16),
    "tanh, orthogonal": Kind(depth.plain, 16, orthogonal=True),
    "Highway": Kind(depth.highway, 11),
    "ResNet": Kind(depth.residual, 16),
}
DEPTHS = (5, 10, 20, 40)
RATES = (0.001, 0.003, 0.01)
RUNS, UPDATES = 5, 400


def losses(name: str, layers: int, rate: float, updates: int) -> np.ndarray:
    """Return the losses of one kind of network, (runs, updates + 1)."""
    kind, rng = KINDS[name], np.random.default_rng(0)
    return depth.losses(
        kind.layer,
        layers,
        rng,
        runs=RUNS,
        updates=updates,
        width=kind.width,
        lr=rate,
        orthogonal=kind.orthogonal,
    )


def parameters(name: str, layers: int) -> int:
    """Return the number of trained parameters of one network."""
    kind = KINDS[name]
    matrices = 2 if kind.layer is depth.highway else 1
    return layers * matrices * (kind.width**2 + kind.width) + 3 * kind.width + 1


def record() -> dict[str, Any]:
    """Return each network's last losses by rate, depth and run."""
    result: dict[str, Any] = {}
    for name in KINDS:
        result[name] = [[losses(name, d, r, UPDATES)[:, -1] for d in DEPTHS] for r in RATES]
        say(f"{name}: {np.median(result[name], axis=-1).round(3).tolist()}")
    settings = {"depths": DEPTHS, "rates": RATES, "runs": RUNS, "updates": UPDATES}
    sizes = {name: [parameters(name, d) for d in DEPTHS] for name in KINDS}
    return {**settings, "parameters": sizes, "loss": result}


def beginning(updates: int) -> dict[str, Any]:
    """Return the first run's first losses of each network with 10 layers, at the middle rate."""
    return {name: losses(name, 10, RATES[1], updates)[0, :updates] for name in KINDS}
