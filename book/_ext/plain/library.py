"""The library's public modules, names and methods: what the pages of the reference hold."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import re
from dataclasses import is_dataclass
from types import FunctionType, ModuleType
from typing import Any

LIBRARY = "lessons_lib"
#: The folder of the reference's pages, one for each module directly below the library.
REFERENCE = "book/reference/"
#: What only the chapters use.
NO_INTERFACE = {"lab"}
#: Modules of packages that users import by name.
INNER = {
    "trace": ("compiled",),
    "verify": (
        *("gradients", "references", "cases", "jacobians", "paths", "diagnosis", "difference"),
    ),
}
#: Methods that torch calls.
HOOKS = {"extra_repr"}
#: Classes that a package's users get, without being named in it.
RESULTS = {"checks": (("check", "Check"), ("report", "Report"))}


def pages() -> list[str]:
    """Return the names of the modules that have a page, without the library's."""
    package = importlib.import_module(LIBRARY)
    found = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return sorted(n for n in found if not n.startswith("_") and n not in NO_INTERFACE)


def modules_of(page: str) -> list[str]:
    """Return the full names of the modules that a page describes."""
    return [f"{LIBRARY}.{page}", *(f"{LIBRARY}.{page}.{inner}" for inner in INNER.get(page, ()))]


@functools.cache
def public_modules() -> dict[str, ModuleType]:
    """Return the modules that the reference describes, by their full names."""
    names = [name for page in pages() for name in modules_of(page)]
    return {name: importlib.import_module(name) for name in names}


def public_names(module: str) -> dict[str, Any]:
    """Return a module's public functions, classes, constants and checks by name.

    Names that are at home in another public module are described there.
    """
    loaded = public_modules()[module]
    if module == f"{LIBRARY}.checks":
        return dict(loaded.CHECKS)
    listed = getattr(loaded, "__all__", None)
    found = {
        name: value
        for name, value in vars(loaded).items()
        if not name.startswith("_") and (listed is None or name in listed)
    }
    constants = _constants(loaded)
    return {
        name: value
        for name, value in found.items()
        if name in constants or _is_at_home(module, value, listed is not None)
    }


def _is_at_home(module: str, value: Any, listed: bool) -> bool:
    """Return whether a module, or a part of it that is not public, defines a function or class."""
    if not callable(value) or not isinstance(inspect.unwrap(value), type | FunctionType):
        return False
    home = value.__module__
    return home == module or (listed and home not in public_modules() and home.startswith(module))


def _constants(module: ModuleType) -> set[str]:
    """Return the names in capital letters that a module's source defines."""
    targets = [
        target
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    return {t.id for t in targets if isinstance(t, ast.Name) and re.fullmatch("[A-Z][A-Z_]*", t.id)}


@functools.cache
def public_classes() -> set[type]:
    """Return the classes that the reference describes."""
    found = [value for name in public_modules() for value in public_names(name).values()]
    results = [
        getattr(importlib.import_module(f"{LIBRARY}.{page}.{inner}"), name)
        for page, classes in RESULTS.items()
        for inner, name in classes
    ]
    return {value for value in [*found, *results] if isinstance(value, type)}


def public_members(owner: type) -> set[str]:
    """Return the names of a class's methods and properties that its description lists.

    Those of private bases are among them. Those of a public base are described there, even if the
    class has them too.
    """
    described = [base for base in owner.__mro__ if base is not owner and base in public_classes()]
    found = set()
    for base in owner.__mro__:
        if base.__module__.split(".")[0] != LIBRARY or base in described:
            continue
        for name, value in vars(base).items():
            field = is_dataclass(base) and name in base.__dataclass_fields__
            private = name.startswith("_") and name != "__call__"
            if private or name in HOOKS or field:
                continue
            if any(name in vars(other) for other in described):
                continue
            if callable(value) or isinstance(
                value, property | classmethod | staticmethod | functools.cached_property
            ):
                found.add(name)
    return found


def first_sentence(module: ModuleType) -> str:
    """Return the first line of a module's docstring."""
    return (module.__doc__ or "").strip().partition("\n")[0]
