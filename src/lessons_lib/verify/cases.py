"""Random networks for gradient checks, each with a loss of all its results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import scan, stack
from ..arrays import Array
from ..cell import Cell
from ..dropout import Dropout, Sizes
from ..masks import NO_MASKS, NO_STACK_MASKS, Masks, StackMasks
from ..nested import map_leaves, named


@dataclass(frozen=True)
class Case:
    """A network with random float64 arrays; its loss is Σ dy ⊙ y + Σ dstate ⊙ (last state).

    Attributes
    ----------
    name : str
        The title of the case's row in `compare`.
    loop : module
        `scan` for a single cell, `stack` for layers and directions.
    cell : Cell
    params : the cell's Params, for `stack` a tuple of layers of them
    x : array of shape (T, N, D)
    state, dy, dstate, masks : as the loop's `forward` and `backward` take them
    """

    name: str
    loop: Any
    cell: Cell
    params: Any
    x: Array
    state: tuple[Array, ...]
    dy: Array
    dstate: tuple[Array, ...]
    masks: Masks | StackMasks = NO_MASKS

    def arrays(self) -> dict[str, Array]:
        """Return the arrays on which the loss depends: parameters, x and the initial state."""
        names = (f"{name}0" for name in self.cell.state_names)
        state = dict(zip(names, self.state, strict=True))
        return {**dict(named(self.params)), "x": self.x, **state}

    def forward(self) -> Any:
        """Run the network; return the output, the last state and the cache."""
        return self.loop.forward(self.cell, self.params, self.x, self.state, masks=self.masks)

    def map(self, function: Callable[[Array], Any]) -> Case:
        """Return the case with a function applied to each array except the masks."""
        return replace(
            self,
            params=map_leaves(function, self.params),
            x=function(self.x),
            state=tuple(map(function, self.state)),
            dy=function(self.dy),
            dstate=tuple(map(function, self.dstate)),
        )


def random_case(
    cell: Cell,
    T: int,
    N: int,
    D: int,
    H: int,
    seed: int = 0,
    name: str | None = None,
    dropout: Dropout | None = None,
) -> Case:
    """Draw a single cell: parameters and masks in their usual way, everything else normal."""
    rng = np.random.default_rng(seed)
    params = cell.init_params(D, H, rng)
    sample = None if dropout is None else dropout.sample
    return _case(name or cell.name, scan, cell, params, (T, N, D), rng, sample)


def random_stack_case(
    name: str,
    cell: Cell,
    T: int,
    N: int,
    D: int,
    H: int,
    num_layers: int = 1,
    bidirectional: bool = False,
    seed: int = 0,
    dropout: Dropout | None = None,
) -> Case:
    """Draw layers and directions, as `random_case` draws a single cell."""
    rng = np.random.default_rng(seed)
    params = stack.init_params(cell, D, H, rng, num_layers, bidirectional)
    sample = None if dropout is None else dropout.sample_stack
    return _case(name, stack, cell, params, (T, N, D), rng, sample)


def _case(
    name: str,
    loop: Any,
    cell: Cell,
    params: Any,
    shape: tuple[int, int, int],
    rng: np.random.Generator,
    sample: Callable[..., Any] | None,
) -> Case:
    x = rng.standard_normal(shape)
    y, last, _ = loop.forward(cell, params, x)
    state, dstate = (tuple(rng.standard_normal(s.shape) for s in last) for _ in range(2))
    dy = rng.standard_normal(y.shape)
    masks = NO_MASKS if loop is scan else NO_STACK_MASKS
    if sample is not None:
        masks = sample(Sizes.of(cell, params, x), rng)
    return Case(name, loop, cell, params, x, state, dy, dstate, masks)


def loss(case: Case) -> Any:
    """Run the network and return the case's loss, a number."""
    y, state, _ = case.forward()
    return weigh(case, y, state)


def weigh(case: Case, y: Array, state: tuple[Array, ...]) -> Any:
    """Return the loss of a run's outputs and last state."""
    return (case.dy * y).sum() + sum((d * s).sum() for d, s in zip(case.dstate, state, strict=True))
