"""The library with some of its expressions changed, to compute the results of a known mistake.

No equation is written a second time for a check. A mistake names an expression of a function and
its replacement; the rest of the library runs unchanged.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache, partial
from graphlib import TopologicalSorter
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from lessons_lib import (
    clipping,
    gru,
    linear,
    lstm,
    lstm_peepholes,
    lstm_projected,
    min_gru,
    padding,
    rnn,
    stack,
)
from lessons_lib.verify import gradients, jacobians

from . import helpers
from .source import ClashError, Edit, changed_code

__all__ = ["ClashError", "Edit", "library", "modules", "slipped"]

#: The modules whose functions these use are included, each before the modules that use it.
_ROOTS = (
    *(clipping, gru, linear, lstm, lstm_peepholes, lstm_projected, min_gru, padding, rnn),
    *(gradients, jacobians, stack),
)
#: Modules whose functions check arguments or need no change; they are used as they are.
_UNCHANGED = ("lessons_lib._check", "lessons_lib.arrays")


@cache
def modules() -> tuple[ModuleType, ...]:
    """Return the modules that can be changed, each after those whose functions it uses."""
    uses: dict[ModuleType, set[ModuleType]] = {}
    left = list(_ROOTS)
    while left:
        module = left.pop()
        uses[module] = set(_used(module))
        left += [used for used in uses[module] if used not in uses]
    return tuple(TopologicalSorter(uses).static_order())


def _used(module: ModuleType) -> Iterator[ModuleType]:
    for value in vars(module).values():
        name = value.__name__ if isinstance(value, ModuleType) else ""
        name = value.__module__ if isinstance(value, FunctionType) else name
        ours = name.startswith("lessons_lib.") and not name.startswith(_UNCHANGED)
        if ours and name != module.__name__:
            yield sys.modules[name]


@cache
def library(edits: frozenset[Edit] = frozenset()) -> SimpleNamespace:
    """Return the modules by name, with the edits in them and callers of the changed functions.

    Raises
    ------
    ClashError
        The old expression of an edit is not in its function exactly once.
    """
    made: dict[Any, Any] = {}
    left = set(edits)
    for module in modules():
        name = _short(module)
        scope = vars(module) | vars(helpers)
        for key, value in vars(module).items():
            if isinstance(value, FunctionType) and value.__module__ == module.__name__:
                own = tuple(sorted(e for e in edits if e.function == f"{name}.{key}"))
                left -= set(own)
                made[value] = _rebuilt(value, scope, own)
        scope |= {key: _exchanged(value, made) for key, value in vars(module).items()}
        made[module.__name__] = SimpleNamespace(**scope)
    if left:
        raise ClashError(f"no such function: {', '.join(sorted(e.function for e in left))}")
    return SimpleNamespace(**{_short(module): made[module.__name__] for module in modules()})


@cache
def _spare() -> SimpleNamespace:
    return library.__wrapped__()


def slipped(edit: Edit) -> SimpleNamespace:
    """Return a library with one edit in it, to be used before the next call.

    It is one library in which a function's code is exchanged, because there are hundreds of slips.

    Raises
    ------
    ClashError
        As from `library`.
    """
    spare = _spare()
    while _LAST:
        function, code = _LAST.pop()
        function.__code__ = code
    name, _, key = edit.function.partition(".")
    function = getattr(getattr(spare, name), key)
    original = getattr(sys.modules[f"lessons_lib.{name}"], key)
    code = changed_code(original, (edit,))
    _LAST.append((function, function.__code__))
    function.__code__ = code
    return spare


#: The function of the spare library that is changed, and its own code.
_LAST: list[tuple[FunctionType, Any]] = []


def _short(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _exchanged(value: Any, made: dict[Any, Any]) -> Any:
    """Return the counterpart of a module, function or cell in the changed library."""
    if isinstance(value, ModuleType):
        return made.get(value.__name__, value)
    if isinstance(value, partial):
        return partial(_exchanged(value.func, made), *value.args, **value.keywords)
    if isinstance(value, FunctionType):
        return made.get(value, value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{f.name: _exchanged(getattr(value, f.name), made) for f in fields(value)}
        )
    return value


def _rebuilt(
    function: FunctionType, scope: dict[str, Any], edits: tuple[Edit, ...]
) -> FunctionType:
    """Return the function with other globals and, if there are edits, with changed code."""
    code = changed_code(function, edits) if edits else function.__code__
    name, closure = function.__name__, function.__closure__
    rebuilt = FunctionType(code, scope, name, function.__defaults__, closure)
    rebuilt.__kwdefaults__ = function.__kwdefaults__
    return rebuilt
