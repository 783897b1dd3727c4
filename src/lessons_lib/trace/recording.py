"""Recordings: lists of operations, each computed once, with the source that they come from.

Printed, a recording is a table; here the first lines of an LSTM's step::

    h_prev  = input "h"                      N × H
    v2      = T(W_hh)                        H × 4 H   lstm.py:139 in step
    v3      = h_prev @ v2                    N × 4 H   lstm.py:139 in step
    v4      = projected + v3                 N × 4 H   lstm.py:139 in step
    a_i     = v4[:, 0:H]                     N × H     lstm.py:139 in step
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from .sizes import text

#: A recorded value, or a number as written in the source.
Argument = Any

#: Operations of one element of each argument, and how they are written.
ELEMENTWISE = {
    "add": "{} + {}",
    "subtract": "{} - {}",
    "multiply": "{} * {}",
    "divide": "{} / {}",
    "negative": "-{}",
    "less_equal": "{} <= {}",
    "less": "{} < {}",
    "greater_equal": "{} >= {}",
    "greater": "{} > {}",
    "where": "where({}, {}, {})",
    "tanh": "tanh({})",
    "exp": "exp({})",
    "log": "log({})",
    "sqrt": "sqrt({})",
}

#: All other operations, each with the meaning of its `detail`.
OTHERS = {
    "input": "its name",
    "zeros": "nothing",
    "transpose": "nothing; of a matrix",
    "matmul": "nothing",
    "slice": "for each axis the bounds (start, stop), or the index that takes the axis away",
    "reshape": "nothing; the new shape is the value's",
    "concat": "the axis",
    "sum": "the axis, and whether it stays with length 1",
    "max": "the axis, and whether it stays with length 1",
}


#: Modules whose functions the equations are written with.
_HELPERS = ("arrays.py", "masks.py")


class Place(NamedTuple):
    """A line of source that was running."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line} in {self.function}"


@dataclass(eq=False, slots=True)
class Value:
    """The result of one operation.

    Attributes
    ----------
    number : int
        Its place in the order of computing.
    operation : str
        Of `ELEMENTWISE` or `OTHERS`.
    arguments : tuple
        Values, and numbers of the source.
    detail : object
        See `OTHERS`.
    shape : tuple of int and Size, or None
        None for a number that is an input, and for what is computed from numbers alone.
    places : tuple of Place
        The lines that were running, the innermost first.
    variable : str
        The variable that holds it in the source, or an input's name; empty if none does.
    """

    number: int
    operation: str
    arguments: tuple[Argument, ...]
    detail: Any
    shape: tuple[int, ...] | None
    places: tuple[Place, ...] = ()
    variable: str = ""

    def place(self) -> Place | None:
        """Return the innermost line that belongs to an equation, not to a helper that it calls."""
        for place in self.places:
            if Path(place.file).name not in _HELPERS:
                return place
        return self.places[0] if self.places else None


@dataclass(frozen=True)
class Recording:
    """The operations that some outputs need, in order.

    Attributes
    ----------
    outputs : dict
        The requested values by name.
    values : list of Value
        All values that they need, each after its arguments.
    names : dict
        For each value's number the name under which it is printed: its variable, with a number if
        two values share it.
    """

    outputs: dict[str, Value]
    values: list[Value] = field(init=False)
    names: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        values = sorted(_needed(self.outputs.values()), key=lambda value: value.number)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "names", _names(values))

    def inputs(self) -> dict[str, Value]:
        """Return the inputs that are read, by name."""
        return {value.detail: value for value in self.values if value.operation == "input"}

    def with_variables(self, names: Collection[str]) -> Recording:
        """Return a recording that has variables of the source as outputs too.

        Parameters
        ----------
        names : collection of str
            Variables; of several values that had one name, the last counts. The output's name is
            ``variable_`` and the variable's.

        Raises
        ------
        KeyError
            Nothing that the outputs need has such a name.
        """
        held = {value.variable: value for value in self.values if value.operation != "input"}
        if missing := [name for name in names if name not in held]:
            known = ", ".join(sorted(filter(None, held)))
            raise KeyError(f"variables: got {missing[0]!r}, expected some of {known}")
        return Recording(self.outputs | {f"variable_{name}": held[name] for name in names})

    def write(self, value: Value) -> str:
        """Write a value's operation as one line of source would."""
        arguments = [self._name(argument) for argument in value.arguments]
        if value.operation in ELEMENTWISE:
            return ELEMENTWISE[value.operation].format(*arguments)
        match value.operation:
            case "input":
                return f'input "{value.detail}"'
            case "matmul":
                return " @ ".join(arguments)
            case "slice":
                sizes = value.arguments[0].shape
                bounds = map(_write_bounds, value.detail, sizes)
                return f"{arguments[0]}[{', '.join(bounds)}]"
        details = () if value.detail is None else (str(value.detail),)
        return f"{value.operation}({', '.join((*arguments, *details))})"

    def __str__(self) -> str:
        rows = [
            (
                self.names[value.number],
                self.write(value),
                "number" if value.shape is None else " × ".join(map(text, value.shape)),
                str(value.place() or ""),
            )
            for value in self.values
        ]
        rows += [(f"-> {name}", self.names[v.number], "", "") for name, v in self.outputs.items()]
        widths = [max(len(row[k]) for row in rows) for k in range(3)]
        lines = (
            f"{name:{widths[0]}} = {what:{widths[1]}}  {shape:{widths[2]}}  {place}"
            for name, what, shape, place in rows
        )
        return "\n".join(line.rstrip() for line in lines)

    def _name(self, argument: Argument) -> str:
        return self.names[argument.number] if isinstance(argument, Value) else repr(argument)


def _needed(outputs: Any) -> Iterator[Value]:
    """Yield the values that the outputs are computed from, each once."""
    waiting, seen = list(outputs), set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, Value) and value.number not in seen:
            seen.add(value.number)
            waiting += value.arguments
            yield value


def _names(values: list[Value]) -> dict[int, str]:
    taken: dict[str, int] = {}
    names = {}
    for value in values:
        name = value.variable or f"v{value.number}"
        taken[name] = taken.get(name, 0) + 1
        names[value.number] = name if taken[name] == 1 else f"{name}_{taken[name]}"
    return names


def _write_bounds(bounds: Any, size: int) -> str:
    if isinstance(bounds, tuple):
        start, stop = bounds
        if (start, stop) == (0, size):
            return ":"
        return f"{text(start)}:{text(stop)}"
    return text(bounds)
