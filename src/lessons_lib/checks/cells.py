"""The checks of recurrent networks: a step, a sequence, and the backward pass of each.

One rule holds for all of them. Arguments and results are plain arrays: the input first, then the
state, then the parameters in torch's layout. A backward function takes the gradients of the forward
function's results, then the forward function's arguments, and returns the gradients of these in the
same order. It recomputes the parts of the forward pass that it needs, so that each function is
checked by itself.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from lessons_lib import gru, lstm, rnn
from lessons_lib.cell import Cell, letters

from .check import Check, Special
from .helpers import backward_by_steps, reread
from .mistake import Mistake, Named
from .mistakes.gates import partial_gates
from .mistakes.gru import GRU
from .mistakes.lstm import LSTM
from .mistakes.rnn import RNN
from .mistakes.sequence import (
    ANY_CELL,
    CELL_STATE,
    CELL_STATES,
    KEPT_STATE,
    SEQUENCE,
    SWAPPED,
    TRUNCATED,
    TRUNCATED_CELL_STATE,
    exchanged,
    given_exchanged,
)
from .mistakes.slips import slips

# No size is 2, because half of a sum of two numbers is also their mean
_SIZES = (
    {"T": 5, "N": 3, "D": 4, "H": 6},
    {"T": 7, "N": 4, "D": 3, "H": 5},
    {"T": 6, "N": 1, "D": 5, "H": 3},
    {"T": 3, "N": 5, "D": 1, "H": 4},
    {"T": 1, "N": 4, "D": 5, "H": 3},
)
_LONG = 10  # steps of the second case of truncated BPTT: windows of k and of k + 1 differ
_WINDOWS = (3, 3, 3, 4, 3)  # k of truncated BPTT: T mod k is 2, 1 and 0, and k > T
_SQUARE = {"T": 4, "N": 4, "D": 3, "H": 5}
_LARGE = {"T": 3, "N": 4, "D": 5, "H": 6}
_CELLS: dict[str, tuple[Cell, tuple[Mistake, ...]]] = {
    "rnn": (rnn.CELL, RNN),
    "lstm": (lstm.CELL, (*CELL_STATE, *LSTM)),
    "gru": (gru.CELL, (*KEPT_STATE, *GRU)),
}


class _Network(NamedTuple):
    """A cell, for one step (N, ·) or for a sequence (T, N, ·), and the names of its arrays."""

    module: str
    single: bool

    @property
    def cell(self) -> Cell:
        return _CELLS[self.module][0]

    @property
    def before(self) -> list[str]:
        return [f"{name}_prev" if self.single else f"{name}0" for name in self.cell.state_names]

    @property
    def after(self) -> list[str]:
        return [name if self.single else f"{name}_T" for name in self.cell.state_names]

    @property
    def arguments(self) -> list[str]:
        return ["x", *self.before, *self.cell.params_type._fields]

    @property
    def results(self) -> list[str]:
        return self.after if self.single else ["y", *self.after]

    def shape(self, name: str, T: Any, N: Any, D: Any, H: Any) -> tuple[Any, ...]:
        """Return the shape of an argument."""
        time = () if self.single else (T,)
        if name == "x":
            return (*time, N, D)
        if name in self.cell.params_type._fields:
            return self.cell.param_shapes(D=D, H=H)[name]
        return (*time, N, H) if name == "dy" else (N, H)

    def shape_text(self, name: str) -> str:
        if name in self.cell.params_type._fields:
            return letters(self.cell.shapes[name])
        return f"({', '.join(self.shape(name, *'TNDH'))})"

    def run(self, library: Any, arguments: Named) -> tuple[Any, ...]:
        """Run the library's loop; a step is a sequence of one."""
        cell = getattr(library, self.module).CELL
        params = cell.params_type(*(arguments[name] for name in cell.params_type._fields))
        state = tuple(arguments[name] for name in self.before)
        x = arguments["x"][None] if self.single else arguments["x"]
        return cell, params, *library.scan.forward(cell, params, x, state)

    def forward(self, library: Any, arguments: Named) -> Named:
        """Return the results of the library's forward pass by name."""
        _, _, y, last, _ = self.run(library, arguments)
        results = dict(zip(self.after, last, strict=True))
        return results if self.single else {"y": y, **results}

    def backward(self, library: Any, arguments: Named) -> Named:
        """Return the results of the library's BPTT, truncated if k is among the arguments."""
        cell, params, y, _, trace = self.run(library, arguments)
        dy = arguments.get("dy", np.zeros_like(y))
        dstate = tuple(arguments[f"d{name}"] for name in self.after)
        if reading := arguments.get("reading"):
            trace = reread(cell, params, trace, reading(trace.x))
        if handed := arguments.get("handed"):
            run, k = (cell, params, trace), arguments.get("k", len(y))
            grads, dx, dfirst = backward_by_steps(library.scan, run, dy, dstate, k, handed)
        elif "k" in arguments:
            reverse = library.scan.truncated_backward
            grads, dx, dfirst = reverse(cell, params, trace, dy, dstate, k1=arguments["k"])
        else:
            grads, dx, dfirst = library.scan.backward(cell, params, trace, dy, dstate)
        dx = dx[: arguments.get("dx_until", len(dx))]
        arrays = (dx[0] if self.single else dx, *dfirst, *grads)
        return {f"d{name}": array for name, array in zip(self.arguments, arrays, strict=True)}

    def check(self, kind: str) -> Check:
        """Return the check of one function, such as "step_backward"."""
        reverse, truncated = "backward" in kind, "truncated" in kind
        names = [*(f"d{name}" for name in self.results), *self.arguments]
        names = names if reverse else self.arguments
        results = [f"d{name}" for name in self.arguments] if reverse else self.results
        shapes = {name: self.shape_text(name) for name in names}
        letters = "NDH" if self.single else "TNDH"
        sizes = [
            {letter: size[letter] for letter in letters} for size in (*_SIZES, _SQUARE, _LARGE)
        ]
        if truncated:
            shapes["k"] = "int"
            sizes[1]["T"] = _LONG
            sizes = [{**size, "k": k} for size, k in zip(sizes, (*_WINDOWS, 3, 3), strict=True)]
        *sizes, square, large = sizes

        pair = [f"d{name}" for name in self.before] if reverse else self.after
        given = [[f"d{name}" for name in self.after], self.before][not reverse :]

        def draw(
            rng: np.random.Generator, N: int, D: int, H: int, T: int = 1, k: int | None = None
        ) -> Named:
            arrays = {name: rng.standard_normal(self.shape(name, T, N, D, H)) for name in names}
            return {**arrays, "k": k} if truncated else arrays

        return Check(
            name=f"{self.module}_{kind}",
            shapes=shapes,
            results=tuple(results),
            draw=draw,
            reference=self.backward if reverse else self.forward,
            mistakes=(
                *(exchanged(*states) for states in [pair] if len(states) == 2),
                *(given_exchanged(*states) for states in given if len(states) == 2),
                *ANY_CELL,
                *_CELLS[self.module][1],
                *(() if self.single else SEQUENCE),
                *(CELL_STATES if len(pair) == 2 and not self.single else ()),
                *(TRUNCATED if truncated else ()),
                *(TRUNCATED_CELL_STATE if truncated and len(pair) == 2 else ()),
            ),
            sizes=tuple(sizes),
            special=() if reverse else (Special("large", large, _large),),
            square=None if self.single else square,
            swapped=None if self.single else SWAPPED,
            builds_on=self.builds_on(kind),
            slips=cache(lambda: self.slips(reverse)),
        )

    def slips(self, reverse: bool) -> tuple[Mistake, ...]:
        """Return the slips in the lines of the cell, and in the use of single blocks of weights."""
        cell, states = self.cell, tuple(self.cell.state_names)
        found = [*slips(cell.step, states)]
        if reverse:
            found += slips(cell.step_backward, ("da", *(f"d{name}_prev" for name in states)))
        gates = {"lstm": "ifgo", "gru": "rzn"}.get(self.module, "")
        return (*(partial_gates(gates) if gates else ()), *found)

    def builds_on(self, kind: str) -> tuple[str, ...]:
        """Return the checked functions that one of this kind may call."""
        below = {
            "forward": ("step",),
            "backward": ("step", "step_backward", "forward"),
            "truncated_backward": ("step", "step_backward", "forward", "backward"),
            "step_backward": ("step",),
        }
        return tuple(f"{self.module}_{name}" for name in below.get(kind, ()))


def _large(arguments: Named) -> Named:
    """Make the input so large that exp of the pre-activations overflows."""
    return arguments | {"x": 1000 * arguments["x"]}


def checks_of(module: str) -> tuple[Check, ...]:
    """Return the five checks of "rnn", "lstm" or "gru"."""
    kinds = {
        "step": True,
        "step_backward": True,
        "forward": False,
        "backward": False,
        "truncated_backward": False,
    }
    return tuple(_Network(module, single).check(kind) for kind, single in kinds.items())
