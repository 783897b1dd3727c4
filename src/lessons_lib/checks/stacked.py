"""The checks of a stacked network, of its number of paths, and of the Jacobian of many steps."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from lessons_lib import rnn
from lessons_lib.cell import Trace

from .check import Check
from .mistake import Mistake, Named
from .mistakes.slips import slips
from .mistakes.stacked import JACOBIAN, LAYERS, PATHS


def _draw_layers(rng: np.random.Generator, L: int, T: int, N: int, D: int, H: int) -> Named:
    layers = [
        tuple(rng.standard_normal(shape) for shape in ((H, H if below else D), (H, H), (H,)))
        for below in range(L)
    ]
    return {"x": rng.standard_normal((T, N, D)), "layers": layers}


def _stacked(library: Any, arguments: Named) -> Named:
    params = tuple((library.rnn.Params(*layer),) for layer in arguments["layers"])
    run = library.stack.forward(library.rnn.CELL, params, arguments["x"], loop=library.scan)
    return {"y": run[0], "last": run[1][0]}


@cache
def _slips() -> tuple[Mistake, ...]:
    return slips(rnn.CELL.step, ("h",))


stacked_forward = Check(
    name="stacked_forward",
    shapes={
        "x": "(T, N, D)",
        "layers": "list of L tuples (W_ih, W_hh, b), the layer that reads x first",
    },
    results=("y", "last"),
    draw=_draw_layers,
    reference=_stacked,
    mistakes=LAYERS,
    sizes=(
        {"L": 3, "T": 5, "N": 4, "D": 6, "H": 7},
        {"L": 4, "T": 6, "N": 1, "D": 3, "H": 5},
        {"L": 1, "T": 4, "N": 5, "D": 3, "H": 6},
        {"L": 3, "T": 1, "N": 4, "D": 5, "H": 6},
    ),
    slips=_slips,
)


def _draw_lattice(rng: np.random.Generator, T: int, L: int) -> Named:
    """Return sizes that depend on the seed, so that no table of answers passes."""
    return {name: n + int(rng.integers(3)) if n > 1 else 1 for name, n in (("T", T), ("L", L))}


def _paths(library: Any, arguments: Named) -> Named:
    T, L = arguments["T"], arguments["L"]
    number = arguments["number"](T, L) if "number" in arguments else math.comb(T + L - 2, L - 1)
    return {"paths": np.asarray(number)}


count_paths = Check(
    name="count_paths",
    shapes={"T": "int, the number of time steps", "L": "int, the number of layers"},
    results=("paths",),
    draw=_draw_lattice,
    reference=_paths,
    mistakes=PATHS,
    sizes=(
        {"T": 5, "L": 3},
        {"T": 3, "L": 6},
        {"T": 7, "L": 4},
        {"T": 1, "L": 5},
        {"T": 6, "L": 1},
    ),
)


def _draw_states(rng: np.random.Generator, T: int, H: int) -> Named:
    return {"y": np.tanh(rng.standard_normal((T, H))), "W_hh": rng.standard_normal((H, H))}


def _jacobian(library: Any, arguments: Named) -> Named:
    y, W_hh = arguments["y"], arguments["W_hh"]
    T, H = y.shape
    params = library.rnn.Params(np.zeros((H, 1)), W_hh, np.zeros(H))
    before = np.concatenate([np.zeros_like(y[:1]), y[:-1]])
    steps = [rnn.Cache(*(h[None] for h in both)) for both in zip(before, y, strict=True)]
    trace = Trace(rnn.CELL.name, np.zeros((T, 1, 1)), steps)
    jacobians = library.jacobians
    each = jacobians.step_jacobians(library.rnn.CELL, params, trace)
    return {"jacobian": jacobians.products(each)[-1, 0]}


state_jacobian = Check(
    name="state_jacobian",
    shapes={"y": "(T, H), the hidden states h_1 to h_T of one sequence", "W_hh": "(H, H)"},
    results=("jacobian",),
    draw=_draw_states,
    reference=_jacobian,
    mistakes=JACOBIAN,
    sizes=({"T": 5, "H": 4}, {"T": 3, "H": 6}, {"T": 1, "H": 3}, {"T": 4, "H": 1}),
)
