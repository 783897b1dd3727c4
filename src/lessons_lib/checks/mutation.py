"""The library with some of its lines changed: what a known mistake would compute.

No equation is written a second time for a check. A mistake names a piece of a function's source and
what stands there instead; the rest of the library runs as it is.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, NamedTuple

from lessons_lib import clipping, gradients, gru, lstm, padding, reset_gate, rnn, scan, weights

from . import helpers

#: In the order of their imports, so that a changed function reaches all that call it.
MODULES: tuple[ModuleType, ...] = (
    weights,
    reset_gate,
    scan,
    rnn,
    lstm,
    gru,
    clipping,
    padding,
    gradients,
)


class Edit(NamedTuple):
    """A change of a function's source.

    Attributes
    ----------
    function : str
        Module and name, such as "lstm.step".
    old : str
        Stands in the source exactly once.
    new : str
    """

    function: str
    old: str
    new: str


class ClashError(ValueError):
    """The text to be changed is not there, or not once: another edit may have changed it."""


@cache
def library(edits: frozenset[Edit] = frozenset()) -> SimpleNamespace:
    """Return the modules by name, with the edits made in them and in whatever calls them.

    Raises
    ------
    ClashError
        The text of an edit does not stand in its function exactly once.
    """
    made: dict[Any, FunctionType] = {}
    modules = {}
    for module in MODULES:
        functions = {k: v for k, v in vars(module).items() if isinstance(v, FunctionType)}
        scope = vars(module) | vars(helpers) | {k: made.get(v, v) for k, v in functions.items()}
        for name, function in functions.items():
            if function.__module__ == module.__name__ and name == function.__name__:
                own = [edit for edit in edits if edit.function == f"{_short(module)}.{name}"]
                made[function] = scope[name] = _rebuilt(function, scope, own)
        cells = {k: v for k, v in vars(module).items() if isinstance(v, scan.Cell)}
        scope |= {name: _with_functions(cell, made) for name, cell in cells.items()}
        modules[_short(module)] = SimpleNamespace(**scope)
    return SimpleNamespace(**modules)


def _short(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _with_functions(cell: scan.Cell, made: dict[Any, FunctionType]) -> scan.Cell:
    fields = {name: value for name, value in vars(cell).items() if isinstance(value, FunctionType)}
    changed: dict[str, Any] = {name: made.get(value, value) for name, value in fields.items()}
    return replace(cell, **changed)


def _rebuilt(function: FunctionType, scope: dict[str, Any], edits: Iterable[Edit]) -> FunctionType:
    """Return the function with other globals and, where there are edits, with changed source."""
    code, defaults = function.__code__, function.__defaults__
    if edits:
        source = source_of(function)
        for edit in sorted(edits):
            if source.count(edit.old) != 1:
                raise ClashError(f"{edit.function}: {edit.old!r} stands {source.count(edit.old)}×")
            source = source.replace(edit.old, edit.new)
        made: dict[str, Any] = {}
        exec(compile(source, f"<changed {function.__name__}>", "exec"), scope.copy(), made)
        code = made[function.__name__].__code__
    rebuilt = FunctionType(code, scope, function.__name__, defaults, function.__closure__)
    rebuilt.__kwdefaults__ = function.__kwdefaults__
    return rebuilt


@cache
def source_of(function: FunctionType) -> str:
    """Return a function's source, its annotations left unevaluated."""
    return "from __future__ import annotations\n" + textwrap.dedent(inspect.getsource(function))
