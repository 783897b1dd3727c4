"""Networks on random arrays, with a loss of all that they return: what a proof is held on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import scan, stack
from ..arrays import Array
from ..dropout import Dropout, Sizes


@dataclass(frozen=True)
class Case:
    """A network on random arrays of float64; its loss is Σ dy ⊙ y + Σ dstate ⊙ (last state).

    Attributes
    ----------
    name : str
        Stands at the head of the case's row in `compare`.
    loop : module
        `scan` for a single cell, `stack` for layers and directions.
    cell : scan.Cell
    params : the cell's Params, for `stack` a tuple of layers of them
    x : array of shape (T, N, D)
    state, dy, dstate, masks : as the loop's `forward` and `backward` take them
    """

    name: str
    loop: Any
    cell: scan.Cell
    params: Any
    x: Array
    state: tuple[Array, ...]
    dy: Array
    dstate: tuple[Array, ...]
    masks: Any = None

    def arrays(self) -> dict[str, Array]:
        """Return what the loss can be differentiated by: parameters, x and the first state."""
        names = (f"{name}0" for name in self.cell.state_names)
        state = dict(zip(names, self.state, strict=True))
        return {**dict(_named(self.params)), "x": self.x, **state}

    def forward(self) -> Any:
        """Run the network: the output, the last state, the cache."""
        return self.loop.forward(self.cell, self.params, self.x, self.state, masks=self.masks)

    def map(self, function: Callable[[Array], Any]) -> Case:
        """Return the case with a function applied to each array but the masks."""
        return replace(
            self,
            params=_map_params(function, self.params),
            x=function(self.x),
            state=tuple(map(function, self.state)),
            dy=function(self.dy),
            dstate=tuple(map(function, self.dstate)),
        )


def random_case(
    cell: scan.Cell,
    T: int,
    N: int,
    D: int,
    H: int,
    seed: int = 0,
    name: str | None = None,
    dropout: Dropout | None = None,
) -> Case:
    """Draw a single cell: parameters as the cell does, masks as `dropout`, all else normal."""
    rng = np.random.default_rng(seed)
    params = cell.init_params(D, H, rng)
    sample = None if dropout is None else dropout.sample
    return _case(name or cell.name, scan, cell, params, (T, N, D), rng, sample)


def random_stack_case(
    name: str,
    cell: scan.Cell,
    T: int,
    N: int,
    D: int,
    H: int,
    num_layers: int = 1,
    bidirectional: bool = False,
    seed: int = 0,
    dropout: Dropout | None = None,
) -> Case:
    """Draw layers and directions: as `random_case` does a single cell."""
    rng = np.random.default_rng(seed)
    params = stack.init_params(cell, D, H, rng, num_layers, bidirectional)
    sample = None if dropout is None else dropout.sample_stack
    return _case(name, stack, cell, params, (T, N, D), rng, sample)


def _case(
    name: str,
    loop: Any,
    cell: scan.Cell,
    params: Any,
    shape: tuple[int, int, int],
    rng: np.random.Generator,
    sample: Callable[..., Any] | None,
) -> Case:
    x = rng.standard_normal(shape)
    y, last, _ = loop.forward(cell, params, x)
    state, dstate = (tuple(rng.standard_normal(s.shape) for s in last) for _ in range(2))
    dy = rng.standard_normal(y.shape)
    masks = None if sample is None else sample(Sizes.of(params, x), rng)
    return Case(name, loop, cell, params, x, state, dy, dstate, masks)


def loss(case: Case) -> Any:
    """Run the network and return the case's loss, a number."""
    y, state, _ = case.forward()
    return weigh(case, y, state)


def weigh(case: Case, y: Array, state: tuple[Array, ...]) -> Any:
    """Return the loss of a run's outputs and last state."""
    return (case.dy * y).sum() + sum((d * s).sum() for d, s in zip(case.dstate, state, strict=True))


def _named(params: Any) -> Iterator[tuple[str, Array]]:
    if hasattr(params, "_fields"):
        yield from params._asdict().items()
        return
    for number, layer in enumerate(params):
        for suffix, own in zip(("", "_reverse"), layer, strict=False):
            for name, array in own._asdict().items():
                yield f"{name}_l{number}{suffix}", array


def _map_params(function: Callable[[Array], Any], params: Any) -> Any:
    if hasattr(params, "_fields"):
        return params._make(map(function, params))
    return tuple(tuple(_map_params(function, own) for own in layer) for layer in params)
