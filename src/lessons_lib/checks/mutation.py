"""The library with some of its lines changed: what a known mistake would compute.

No equation is written a second time for a check. A mistake names a piece of a function's source and
what stands there instead; the rest of the library runs as it is.
"""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import replace
from functools import cache
from types import CodeType, FunctionType, ModuleType, SimpleNamespace
from typing import Any, NamedTuple

from lessons_lib import clipping, gru, lstm, padding, reset_gate, rnn, scan, weights
from lessons_lib.verify import gradients

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
        name, functions, cells = _parts(module)
        scope = vars(module) | vars(helpers)
        scope |= {k: made[function] for k, function in functions.items() if function in made}
        for k, function in functions.items():
            if function.__module__ == module.__name__ and k == function.__name__:
                own = tuple(sorted(e for e in edits if e.function == f"{name}.{k}"))
                made[function] = scope[k] = _rebuilt(function, scope, own)
        scope |= {k: _with_functions(cell, made) for k, cell in cells.items()}
        modules[name] = SimpleNamespace(**scope)
    return SimpleNamespace(**modules)


@cache
def _parts(module: ModuleType) -> tuple[str, dict[str, FunctionType], dict[str, scan.Cell]]:
    """Return a module's own name, the functions it knows, and its cells."""
    names = vars(module).items()
    return (
        module.__name__.rpartition(".")[2],
        {name: value for name, value in names if isinstance(value, FunctionType)},
        {name: value for name, value in names if isinstance(value, scan.Cell)},
    )


def _with_functions(cell: scan.Cell, made: dict[Any, FunctionType]) -> scan.Cell:
    changed: dict[str, Any] = {
        name: made.get(value, value)
        for name, value in vars(cell).items()
        if isinstance(value, FunctionType)
    }
    return replace(cell, **changed)


def _rebuilt(
    function: FunctionType, scope: dict[str, Any], edits: tuple[Edit, ...]
) -> FunctionType:
    """Return the function with other globals and, where there are edits, with changed source."""
    code = _changed_code(function, edits) if edits else function.__code__
    name, closure = function.__name__, function.__closure__
    rebuilt = FunctionType(code, scope, name, function.__defaults__, closure)
    rebuilt.__kwdefaults__ = function.__kwdefaults__
    return rebuilt


@cache
def _changed_code(function: FunctionType, edits: tuple[Edit, ...]) -> CodeType:
    source = textwrap.dedent(inspect.getsource(function))
    for edit in edits:
        if source.count(edit.old) != 1:
            raise ClashError(f"{edit.function}: {edit.old!r} stands {source.count(edit.old)}×")
        source = source.replace(edit.old, edit.new)
    made = dict(function.__globals__)
    exec(f"from __future__ import annotations\n{source}", made)
    return made[function.__name__].__code__
