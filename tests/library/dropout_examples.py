"""Every public dropout variant and its options; each is made from a rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from registry import CELLS, Problem, problem

from lessons_lib import dropout
from lessons_lib.cell import Cell
from lessons_lib.dropout import (
    Combined,
    Dropout,
    NonRecurrentDropout,
    PerLayer,
    RecurrentDropout,
    RNNDrop,
    Sizes,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)

#: The variants by name; every public one of `dropout` is included.
VARIANTS: dict[str, type[Dropout]] = {
    name: value
    for name, value in vars(dropout).items()
    if isinstance(value, type) and issubclass(value, Dropout) and value is not Dropout
}

#: Those that have no rate of their own.
OF_OTHERS = (Combined, PerLayer)

#: The options of variants, and those of others.
OPTIONS: dict[str, Callable[[float], Dropout]] = {
    "NonRecurrentDropout between": lambda p: NonRecurrentDropout(p, input=False, output=False),
    "RNNDrop scaled c": lambda p: RNNDrop(p, scaled="c"),
    "RNNDrop in evaluation": lambda p: RNNDrop(p, scaled_in="evaluation"),
    "RNNDrop scaled c in evaluation": lambda p: RNNDrop(p, scaled="c", scaled_in="evaluation"),
    "VariationalDropout untied": lambda p: VariationalDropout(p, p, tied=False),
    "VariationalDropout hidden": lambda p: VariationalDropout(0, p),
    "WeightDrop rows": lambda p: WeightDrop(p, rows=True),
    "WeightDrop both": lambda p: WeightDrop(p, ("W_ih", "W_hh")),
    "WeightDrop projection": lambda p: WeightDrop(p, ("W_hh", "W_hr")),
    "RecurrentDropout per sequence": lambda p: RecurrentDropout(p, per_sequence=True),
    "RecurrentDropout in evaluation": lambda p: RecurrentDropout(p, scaled_in="evaluation"),
    "Zoneout h": lambda p: Zoneout(h=p),
    "Combined of Merity": lambda p: Combined(WeightDrop(p), VariationalDropout(p, 0)),
    "Combined of Krueger": lambda p: Combined(Zoneout(h=p / 2, c=p), NonRecurrentDropout(p)),
    "Combined of three": lambda p: Combined(WeightDrop(p), NonRecurrentDropout(p), Zoneout(h=p)),
    "PerLayer of two": lambda p: PerLayer(VariationalDropout(p, p), Zoneout(h=p)),
}
EXAMPLES = {
    **{name: variant.at for name, variant in VARIANTS.items() if variant not in OF_OTHERS},
    **OPTIONS,
}
RATE = 0.4


def fits(variant: Dropout, cell: Cell) -> bool:
    """Return whether a cell has the variant's sites."""
    try:
        variant.check_cell(cell)
    except ValueError:
        return False
    return True


#: Every example with every cell that has its sites.
PAIRS = [
    (name, cell)
    for name, make in EXAMPLES.items()
    for cell, value in CELLS.items()
    if fits(make(RATE), value)
]


def parts(variant: Dropout) -> tuple[Dropout, ...]:
    """Return the variants of a combination, or the single variant that acts on a network."""
    if isinstance(variant, PerLayer):
        return parts(variant.of_layer(0))
    return variant.variants if isinstance(variant, Combined) else (variant,)


def masked_problem(
    name: str, cell: str, rate: float = RATE, training: bool = True, **sizes: Any
) -> Problem:
    """Draw a problem with masks, those of training or of evaluation."""
    p, variant = problem(cell, **sizes), EXAMPLES[name](rate)
    if not training:
        return p._replace(masks=variant.evaluation_masks())
    masks = variant.sample(Sizes.of(p.cell, p.params, p.x), np.random.default_rng(3), p.x.dtype)
    return p._replace(masks=masks)
