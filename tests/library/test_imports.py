"""The imports between the library's modules have no circles, not even for types only."""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import pytest

import lessons_lib

MODULES = [
    "lessons_lib",
    *(info.name for info in pkgutil.walk_packages(lessons_lib.__path__, "lessons_lib.")),
]


def imported(module, source=None):
    """Return the library's modules that a module imports, wherever its import statements are."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    if source is None:
        with open(spec.origin, encoding="utf-8") as file:
            source = file.read()
    package = module if spec.submodule_search_locations else module.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            named = {f"{base}.{alias.name}" for alias in node.names}
            found |= named & {*MODULES} | ({base} if named - {*MODULES} else set())
    return found & {*MODULES} - {module}


def test_no_module_imports_itself_round_a_circle():
    graph = {module: imported(module) for module in MODULES}
    order = [*TopologicalSorter(graph).static_order()]
    assert set(order) == set(MODULES)
    assert order.index("lessons_lib.cell") < order.index("lessons_lib.scan")


def test_a_circle_for_types_alone_would_be_seen():
    graph = {module: imported(module) for module in MODULES}
    graph["lessons_lib.masks"] = imported(
        "lessons_lib.masks",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .scan import forward\n",
    )
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()


def test_the_cells_types_need_arrays_and_masks_alone():
    assert imported("lessons_lib.cell") == {"lessons_lib.arrays", "lessons_lib.masks"}
    assert imported("lessons_lib.masks") == {"lessons_lib.arrays"}
    assert imported("lessons_lib.arrays") == set()


def test_importing_the_library_imports_no_torch_and_no_checks():
    code = (
        "import sys, lessons_lib; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'lessons_lib.checks')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
