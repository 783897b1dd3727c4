"""The types of a cell, which cells, loops, layers and checks share.

A cell declares its shapes once, as text: ``"4H D"`` is a matrix of four blocks of H rows with D
columns. The sizes of given parameters, the shapes of new ones, the widths of the state, the sites
of dropout and the words of error messages follow from that.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .arrays import Array, stack
from .masks import NO_MASKS, Masks

#: The arrays that a cell hands from step to step, the one that is also the output first.
State = tuple[Array, ...]

#: Gradients of the parameters, of the input, and of the state before the first step.
Gradients = tuple[Any, Array, State]


@dataclass(frozen=True)
class Cell:
    """A recurrent layer's equations for one step: five functions, and the shapes of their arrays.

    Attributes
    ----------
    name : str
        Appears in error messages; no two cells share one.
    params_type : NamedTuple class
        The type of the result of `init_params`.
    shapes : mapping of str to str
        The shapes of the parameters, in the order of their names: ``{"W_ih": "4H D", "b": "4H"}``.
        D is the number of features of the input and H the number of units; more letters are the
        cell's own. Every cell has ``W_ih``, which multiplies the input in `project`.
    state : mapping of str to str
        The widths of the arrays of the state, the one that is also the output first:
        ``{"h": "H", "c": "H"}``.
    init_params : callable
        ``init_params(input_size, hidden_size, generator)`` returns fresh parameters.
    project : callable
        ``project(params, x, masks)`` returns the input's part of the pre-activations, for one step
        or for all.
    step : callable
        ``step(params, projected, state, masks)`` returns the new state, and a NamedTuple of what
        `step_backward` and `weight_gradients` need.
    step_backward : callable
        ``step_backward(params, cache, dstate, masks)`` returns da, the gradients of what `project`
        returned, and the gradients of the previous state. More columns may follow in da for the
        cell's own `weight_gradients`.
    weight_gradients : callable
        ``weight_gradients(params, x, caches, da, masks)`` returns the parameters' gradients, summed
        over all steps; ``caches`` has the fields of one step's cache, each of shape (T, N, ·).
    sites : tuple of str, optional
        The fields of `masks.Masks` that the functions above use: of "x", "h", "g" and "c".
    """

    name: str
    params_type: Any
    shapes: Mapping[str, str] = field(hash=False)
    state: Mapping[str, str] = field(hash=False)
    init_params: Callable[..., Any]
    project: Callable[..., Array]
    step: Callable[..., tuple[State, Any]]
    step_backward: Callable[..., tuple[Array, State]]
    weight_gradients: Callable[..., Any]
    sites: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Reject shapes that are not those of the parameters."""
        fields = self.params_type._fields
        if tuple(self.shapes) != fields or "W_ih" not in fields:
            raise ValueError(
                f"{self.name}: shapes: got {', '.join(self.shapes)}, expected "
                f"{', '.join(fields)}, the fields of the parameters, with W_ih among them"
            )

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the arrays of the state."""
        return tuple(self.state)

    @property
    def gates(self) -> int:
        """How many blocks of H rows the matrices have: 4 for the LSTM, 3 for the GRU."""
        rows, *_ = axes(self.shapes["W_ih"])
        return rows[0]

    @property
    def all_sites(self) -> tuple[str, ...]:
        """The fields of `masks.Masks` that act on the cell, those of the loop included."""
        memory = ("keep_c",) if "c" in self.state else ()
        weights = (name for name in self.shapes if name in Masks._fields)
        return (*self.sites, "y", "keep_h", *memory, *weights)

    @functools.cached_property
    def matrices(self) -> tuple[str, ...]:
        """The names of the parameters of two axes, in order."""
        return tuple(name for name, text in self.shapes.items() if len(axes(text)) == 2)

    @functools.cached_property
    def recurrent(self) -> tuple[str, ...]:
        """The names of the matrices that each step multiplies by: all but the input's."""
        return tuple(name for name in self.matrices if "D" not in self.shapes[name])

    def sizes(self, params: Any) -> dict[str, int]:
        """Return the sizes of parameters by letter, as in ``{"D": 3, "H": 5}``."""
        return {
            letter: getattr(params, name).shape[axis] // factor
            for letter, (name, axis, factor) in self._places.items()
        }

    def param_shapes(self, **sizes: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the parameters by name, for sizes by letter: ``D=3, H=5``."""
        return {name: shape(text, sizes) for name, text in self.shapes.items()}

    def state_widths(self, params: Any) -> tuple[int, ...]:
        """Return the width of each array of the state."""
        sizes = self.sizes(params)
        return tuple(width for text in self.state.values() for width in shape(text, sizes))

    def output_width(self, params: Any) -> int:
        """Return the width of the output, which is that of the first array of the state."""
        return self.state_widths(params)[0]

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of its sizes, in alphabetical order: D, H and the cell's own."""
        return tuple(self._places)

    @property
    def read_off(self) -> tuple[str, ...]:
        """The names of the parameters that `sizes` looks at."""
        places = {name for name, *_ in self._places.values()}
        return tuple(name for name in self.shapes if name in places)

    @functools.cached_property
    def _places(self) -> dict[str, tuple[str, int, int]]:
        """Where each letter is read: the parameter, the axis, and the letter's factor there.

        The columns of a matrix are preferred, since they have no blocks; then vectors, so that a
        transposed matrix is the one that an error names.
        """
        found: dict[str, list[tuple[tuple[int, int], str, int, int]]] = {}
        for name, text in self.shapes.items():
            for axis, (factor, letter) in enumerate(axes(text)):
                rank = 0 if axis == 1 and factor == 1 else factor
                found.setdefault(letter, []).append(((rank, len(axes(text))), name, axis, factor))
        best = {letter: min(places, key=lambda place: place[0]) for letter, places in found.items()}
        return {letter: place[1:] for letter, place in sorted(best.items())}


class Stacked:
    """The caches of T steps as one: each field, when it is asked for, has shape (T, N, ·)."""

    def __init__(self, steps: Sequence[Any]) -> None:
        self._steps = steps

    def __getattr__(self, name: str) -> Array:
        """Stack a field of the caches; those that nobody asks for cost nothing."""
        return stack([getattr(step, name) for step in self._steps])


class Trace(NamedTuple):
    """What `scan.forward` keeps for `scan.backward`.

    Attributes
    ----------
    cell : str
        The cell's name.
    x : array of shape (T, N, D)
        The input.
    steps : list of T caches
        The cache of each call of the cell's `step`.
    masks : Masks
        As given to `forward`.
    """

    cell: str
    x: Array
    steps: list[Any]
    masks: Masks = NO_MASKS

    @property
    def stacked(self) -> Any:
        """The caches of all steps as one."""
        return Stacked(self.steps)


@functools.cache
def axes(text: str) -> tuple[tuple[int, str], ...]:
    """Read a shape: ``"4H D"`` has the axes (4, "H") and (1, "D")."""
    parts = [re.fullmatch(r"(\d*)([A-Z])", part) for part in text.split()]
    if not parts or None in parts:
        raise ValueError(f"shape: got {text!r}, expected letters with factors, such as '4H D'")
    return tuple((int(part[1] or 1), part[2]) for part in parts if part)


def shape(text: str, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """Return the shape that a text describes, for sizes by letter."""
    return tuple(sizes[letter] * factor for factor, letter in axes(text))


def letters(text: str) -> str:
    """Return a shape as it is written in the documentation: ``"4H D"`` is (4H, D)."""
    parts = text.split()
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
