"""Every public cell of the library, with random problems in which all sizes differ."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, NamedTuple

import numpy as np
import torch

import lessons_lib
from lessons_lib.cell import Cell
from lessons_lib.masks import NO_MASKS

T, N, D, H = 7, 3, 4, 5

#: The modules whose cells the contract tests include: all except the checks of learners' code.
MODULES = [
    importlib.import_module(info.name)
    for info in pkgutil.walk_packages(lessons_lib.__path__, "lessons_lib.")
    if ".checks." not in info.name
]

#: The cells by name; every public cell of the modules is included.
CELLS: dict[str, Cell] = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, Cell) and not name.startswith("_")
}


class Problem(NamedTuple):
    """A cell, its arguments, and the loss Σ dy ⊙ y + Σ dstate ⊙ (last state)."""

    cell: Cell
    params: Any
    x: Any
    state: tuple[Any, ...]
    dy: Any
    dstate: tuple[Any, ...]
    masks: Any = NO_MASKS

    def arrays(self) -> dict[str, Any]:
        """Return the arrays with respect to which the loss can be differentiated."""
        names = [f"{name}0" for name in self.cell.state_names]
        return {**self.params._asdict(), "x": self.x, **dict(zip(names, self.state, strict=True))}

    def with_arrays(self, function: Any) -> Problem:
        """Apply a function to each array except the masks."""
        return Problem(
            self.cell,
            type(self.params)(*map(function, self.params)),
            function(self.x),
            tuple(map(function, self.state)),
            function(self.dy),
            tuple(map(function, self.dstate)),
            self.masks,
        )

    def to_torch(self, requires_grad: bool = False) -> Problem:
        """Return the problem on tensors with memory of their own."""
        return self._replace(masks=self.masks.map(torch.tensor)).with_arrays(
            lambda a: torch.tensor(a, requires_grad=requires_grad)
        )

    def loss(self) -> Any:
        """Run forward and return the loss."""
        y, state, _ = self.forward()
        return (y * self.dy).sum() + sum(
            (s * d).sum() for s, d in zip(state, self.dstate, strict=True)
        )

    def forward(self) -> Any:
        return lessons_lib.scan.forward(self.cell, self.params, self.x, self.state, self.masks)

    def backward(self) -> dict[str, Any]:
        """Return the gradients by hand, named as in `arrays`."""
        *_, cache = self.forward()
        return self.named(
            lessons_lib.scan.backward(self.cell, self.params, cache, self.dy, self.dstate)
        )

    def named(self, gradients: Any) -> dict[str, Any]:
        """Name the results of `backward` as in `arrays`."""
        grads, dx, dstate0 = gradients
        return self._replace(params=grads, x=dx, state=dstate0).arrays()


def init_params(name: str, *arguments: Any) -> Any:
    """Call the cell's `init_params`."""
    return CELLS[name].init_params(*arguments)


def param_shapes(name: str, D: int, H: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the parameters that `init_params` draws."""
    return CELLS[name].param_shapes(D=D, H=H, P=max(1, H // 2))


def problem(name: str, dtype: Any = np.float64, seed: int = 0, T: int = T, N: int = N) -> Problem:
    """Draw a problem with normal arrays, including the parameters, so that no bias is small."""
    cell = CELLS[name]
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> Any:
        return rng.standard_normal(shape).astype(dtype)

    params = init_params(name, D, H, rng, dtype)
    params = type(params)(*(normal(*p.shape) * dtype(0.6) for p in params))
    x = normal(T, N, D)
    zero = lessons_lib.scan.zero_state(cell, params, x)
    state, dstate = (tuple(normal(*z.shape) for z in zero) for _ in "01")
    return Problem(cell, params, x, state, normal(T, *zero[0].shape), dstate)
