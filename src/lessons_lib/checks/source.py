"""Change a function by its syntax tree: replace one expression or statement with another.

The old expression is compared as a syntax tree, so line breaks, spaces and comments may change, and
lines may move within the function.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from types import CodeType, FunctionType
from typing import Any, NamedTuple


class Edit(NamedTuple):
    """A change of a function's source.

    Attributes
    ----------
    function : str
        Module and name, such as "lstm.step".
    name : str
        The name whose assigned value is changed, or "return"; "" for anywhere in the function.
    old, new : str
        Expressions, or statements. The old one is there exactly once.
    """

    function: str
    name: str
    old: str
    new: str


class ClashError(ValueError):
    """The old expression does not occur exactly once; another edit may have changed it."""


@cache
def changed_code(function: FunctionType, edits: tuple[Edit, ...]) -> CodeType:
    """Return the function's code with the edits made one after another.

    Raises
    ------
    ClashError
        The old expression of an edit is not in its function exactly once.
    """
    tree = _tree(function)
    for edit in edits:
        tree = _changed(tree, edit)
    names = dict(function.__globals__)
    module = ast.Module([_future(), tree], type_ignores=[])
    exec(compile(ast.fix_missing_locations(module), f"<{edits[0].function}>", "exec"), names)
    return names[function.__name__].__code__


def _tree(function: FunctionType) -> ast.stmt:
    return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]


def _future() -> ast.stmt:
    return ast.parse("from __future__ import annotations").body[0]


def _changed(tree: Any, edit: Edit) -> Any:
    old, new = ast.dump(_parsed(edit.old)), _parsed(edit.new)
    parts = [node for part in _assigned(tree, edit.name) for node in ast.walk(part)]
    found = [node for node in parts if ast.dump(node) == old]
    if len(found) != 1:
        where = f"{edit.function}, {edit.name}" if edit.name else edit.function
        raise ClashError(f"{where}: {edit.old!r} is there {len(found)}×")
    return _Exchange(found[0], new).visit(tree)


def _parsed(text: str) -> ast.AST:
    """Return the tree of one expression or statement."""
    (statement,) = ast.parse(text).body
    return statement.value if isinstance(statement, ast.Expr) else statement


def _assigned(tree: ast.stmt, name: str) -> Iterator[ast.AST]:
    """Yield the values that are assigned to a name, including those in tuples."""
    if not name:
        yield tree
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and name == "return" and node.value:
            yield node.value
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _of_target(target, node.value, name)


def _of_target(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.AST]:
    if ast.unparse(target) == name:
        yield value
    elif isinstance(target, ast.Tuple):
        names = [ast.unparse(part) for part in target.elts]
        if name in names:
            whole = isinstance(value, ast.Tuple) and len(value.elts) == len(names)
            yield value.elts[names.index(name)] if whole else value  # type: ignore[attr-defined]


class _Exchange(ast.NodeTransformer):
    """Replace one node with another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)
