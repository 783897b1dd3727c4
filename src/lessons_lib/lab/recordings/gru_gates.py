"""For gru: the weights of GRUs that have learned a near and a far memory at once.

A GRU of 16 units trains on `tasks.near_and_far` from each seed. The chapter looks at the gates of
the trained networks and holds them at their means.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from .. import tasks, training
from ..record import say
from .gru_tasks import BATCH, network

SEEDS = range(5)
UPDATES, RATE, T = 450, 0.03, 20


def trained(seed: int, updates: int) -> Any:
    """Train one GRU; return it and its losses."""
    model, rng = network("GRU", tasks.near_and_far, 2, seed)
    task = partial(tasks.near_and_far, BATCH, T)
    return model, training.train(model, task, updates, rng, lr=RATE)


def record() -> dict[str, Any]:
    """Return each network's parameters, in the library's layout, and its read-out."""
    networks = []
    for seed in SEEDS:
        model, losses = trained(seed, UPDATES)
        say(f"seed {seed}: loss {losses[-20:].mean():.4f}")
        weight, bias = (array.detach().cpu().numpy() for array in model.read.parameters())
        networks.append({**model.params()._asdict(), "read": weight, "read_bias": bias})
    return {"updates": UPDATES, "rate": RATE, "T": T, "networks": networks}


def beginning(updates: int) -> dict[str, Any]:
    """Return the first losses of two seeds."""
    return {f"seed {seed}": trained(seed, updates)[1] for seed in (0, 1)}
