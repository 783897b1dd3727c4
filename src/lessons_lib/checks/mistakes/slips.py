"""Small slips in one line of a cell's equations, made from the lines themselves.

Each line of a function is changed in every way in which a line is easily miswritten: a term or a
factor left out or put in twice, a sign or a square forgotten, another array or activation function
in its place. They are searched only if no mistake that is described by hand explains the results.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from lessons_lib.verify.diagnosis import GATES

from ..mistake import Mistake
from ..source import Edit

_ACTIVATIONS = ("identity", "sigmoid", "tanh", "relu", "hardtanh", "softsign")
#: Calls that only pass on their first argument if there is no dropout.
_PASSING = ("dropped",)
_PRODUCTS = {"masked_product": "{} @ {}.T", "masked_product_backward": "{} @ {}"}


#: Names of the source that a learner need not have, in the book's notation.
_SHOWN = {
    "projected": "W_ih x + b",
    "a_n": "W_in x + b_n",
    "u_n": "W_hn h_prev",
    "q": "W_hn h_prev + b_hn",
    "params.b_hn": "b_hn",
    "du_r": "da_r",
    "du_z": "da_z",
    "du_n": "dq",
}


class _Line(NamedTuple):
    """A value that is computed: where its edit is made, the name shown, and its tree.

    `whole` is the assigned or returned expression that contains it.
    """

    target: str
    shown: str
    value: ast.expr
    whole: ast.expr


class _Change(NamedTuple):
    """A kind of slip, its part of the line in words, and the changed part."""

    kind: str
    part: str
    new: ast.expr


def slips(function: Callable[..., Any], returned: tuple[str, ...] = ()) -> tuple[Mistake, ...]:
    """Return the slips in one function; `returned` are names for the values that it returns."""
    module = function.__module__.rpartition(".")[2]
    where = f"{module}.{function.__name__}"
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    made: dict[Edit, Mistake] = {}
    arrays = ["params.b_hn"] if "params.b_hn" in ast.unparse(tree) else []
    for line in _lines(tree, returned):
        for change, value in _changes(line.value, arrays):
            new = _exchanged(line.whole, line.value, value)
            edit = Edit(where, line.target, ast.unparse(line.whole), ast.unparse(new))
            made.setdefault(edit, _slip(line, change, edit))
        if line.target not in ("return", *arrays):
            arrays.append(line.target)
    return tuple(made.values())


def _slip(line: _Line, change: _Change, edit: Edit) -> Mistake:
    return Mistake(
        f"slip.{change.kind}",
        edits=(edit,),
        values={"name": _SHOWN.get(line.shown, line.shown), "part": change.part},
        label=f"{change.kind}: {line.shown}, {change.part}",
        slip=True,
    )


def _lines(tree: ast.stmt, returned: tuple[str, ...]) -> Iterator[_Line]:
    """Yield the values of arrays that are computed or returned, in their order."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from _assigned(node.targets[0], node.value)
        elif isinstance(node, ast.Return) and node.value:
            for name, part in zip(returned, _leaves(node.value), strict=False):
                yield _Line("return", name, part, node.value)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[_Line]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, part in zip(target.elts, value.elts, strict=True):
            yield from _assigned(one, part)
    elif isinstance(target, ast.Tuple):
        names = [one.id for one in target.elts if isinstance(one, ast.Name) and one.id != "_"]
        given = isinstance(value, ast.Name)  # by the caller: nothing is computed here
        for name in names:
            computed = ast.Constant(0) if given or name != names[0] else value
            yield _Line(name, name.partition("_")[0], computed, value)
    elif isinstance(target, ast.Name):
        yield from _blocks(target.id, value)


def _blocks(name: str, value: ast.expr) -> Iterator[_Line]:
    """Yield a value, or the blocks of gates that it joins."""
    listed = isinstance(value, ast.Call) and value.args and isinstance(value.args[0], ast.List)
    if not listed:
        yield _Line(name, name, value, value)
        return
    blocks = value.args[0].elts  # type: ignore[attr-defined]
    for gate, block in zip(GATES[len(blocks)], blocks, strict=True):
        yield _Line(name, f"{name}_{gate}", block, value)


def _leaves(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.Tuple):
        for part in value.elts:
            yield from _leaves(part)
    else:
        yield value


def _changes(value: ast.expr, arrays: Iterable[str]) -> Iterator[tuple[_Change, ast.expr]]:
    """Yield each change of a value or of a part of it, with the whole value that it gives."""
    if isinstance(value, ast.Constant):
        return
    if isinstance(value, ast.Name):
        yield (
            _Change("block-missing", "", ast.Constant(0)),
            ast.parse(f"0 * {value.id}", mode="eval").body,
        )
    for part in [part for part in ast.walk(value) if isinstance(part, ast.expr)]:
        there = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
        for change in _of_node(part, list(arrays)):
            if change.kind == "another-array" and ast.unparse(change.new) in there:
                continue  # it would leave out a term or a factor, or put it in twice
            yield change, _exchanged(value, part, change.new)
    for place in [value, *_activated(value)]:
        for name in arrays:
            if _family(name) in ("a", "u") or ast.unparse(place) == name:
                continue  # a pre-activation is not easily put in
            for kind, operator in (("factor-too-many", ast.Mult()), ("term-too-many", ast.Add())):
                new = ast.BinOp(place, operator, ast.Name(name))
                yield _Change(kind, _SHOWN.get(name, name), new), _exchanged(value, place, new)


def _activated(value: ast.expr) -> Iterator[ast.expr]:
    """Yield the arguments of activation functions."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _ACTIVATIONS:
            yield node.args[0]


def _family(name: str) -> str:
    """Return what an array is: arrays of one kind are easily confused."""
    if name.startswith("d"):
        return "gradient"
    head, gate, _ = name.partition("_")
    return head if gate and head in ("a", "u") else ""


def _of_node(node: ast.expr, arrays: list[str]) -> Iterator[_Change]:
    if isinstance(node, ast.BinOp):
        if not _of_blocks(node):
            yield from _of_operator(node)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        yield from _of_call(node, node.func.id)
    elif isinstance(node, ast.Name) and node.id in arrays:
        for other in arrays:
            if other != node.id and _family(other) == _family(node.id) != "u":
                yield _Change("another-array", _SHOWN.get(other, other), ast.Name(other))


def _of_blocks(node: ast.BinOp) -> bool:
    """Return whether it adds two blocks of products, whose slips are those of the gates."""
    names = [part.id for part in (node.left, node.right) if isinstance(part, ast.Name)]
    return len(names) == 2 and all(map(_family, names))


def _of_operator(node: ast.BinOp) -> Iterator[_Change]:
    left, right, operator = node.left, node.right, node.op
    if isinstance(operator, ast.Mult):
        yield _Change("factor-missing", _names(left), right)
        yield _Change("factor-missing", _names(right), left)
        yield _Change("factor-twice", _names(left), ast.BinOp(node, ast.Mult(), left))
        yield _Change("factor-twice", _names(right), ast.BinOp(node, ast.Mult(), right))
        if slope := _other_slope(left, right):
            yield _Change("another-slope", _names(right), slope)
    elif isinstance(operator, ast.Add):
        yield _Change("term-missing", _names(left), right)
        yield _Change("term-missing", _names(right), left)
        yield _Change("sign", _names(right), ast.BinOp(left, ast.Sub(), right))
        yield _Change("term-twice", _names(right), ast.BinOp(node, ast.Add(), right))
        yield _Change("term-twice", _names(left), ast.BinOp(node, ast.Add(), left))
    elif isinstance(operator, ast.Sub):
        if not isinstance(left, ast.Constant):
            yield _Change("term-missing", _names(left), ast.UnaryOp(ast.USub(), right))
            yield _Change("term-missing", _names(right), left)
        else:  # 1 − z: the other share
            yield _Change("other-share", _names(right), right)
        yield _Change("sign", _names(right), ast.BinOp(left, ast.Add(), right))
    elif isinstance(operator, ast.Pow):
        yield _Change("square-missing", _names(left), left)


def _other_slope(left: ast.expr, right: ast.expr) -> ast.expr | None:
    """Return ``1 − s²`` for ``s (1 − s)``, the slope of tanh for that of the sigmoid, or back."""
    if not (isinstance(right, ast.BinOp) and isinstance(right.op, ast.Sub)):
        return None
    subtracted = ast.unparse(right.right)
    if subtracted.endswith(("**2", "** 2")):
        value = ast.parse(subtracted.removesuffix("2").rstrip("* "), mode="eval").body
        share = ast.BinOp(ast.Constant(1), ast.Sub(), value)
        return ast.BinOp(ast.BinOp(left, ast.Mult(), value), ast.Mult(), share)
    if isinstance(left, ast.BinOp) and ast.unparse(left.right) == subtracted:
        square = ast.BinOp(left.right, ast.Pow(), ast.Constant(2))
        slope = ast.BinOp(ast.Constant(1), ast.Sub(), square)
        return ast.BinOp(left.left, ast.Mult(), slope)
    return None


def _of_call(node: ast.Call, name: str) -> Iterator[_Change]:
    if name in _ACTIVATIONS:
        for other in _ACTIVATIONS:
            if other != name:
                kind = "no-activation" if other == "identity" else "another-activation"
                yield _Change(kind, other, ast.Call(ast.Name(other), node.args, []))
    elif name in _PRODUCTS:
        array, matrix, masks = node.args[:3]
        turned = ast.Attribute(matrix, "T")
        yield _Change(
            "matrix-transposed", _names(matrix), ast.Call(node.func, [array, turned, masks], [])
        )
        yield _Change("matrix-missing", _names(matrix), array)


def _names(node: ast.expr) -> str:
    """Return the arrays that a part of a line is made of."""
    found = []
    for part in ast.walk(_plain(node)):
        name = part.id if isinstance(part, ast.Name) else ""
        if (
            name
            and _SHOWN.get(name, name) not in found
            and name not in ("masks", *_ACTIVATIONS, *_PRODUCTS)
        ):
            found.append(_SHOWN.get(name, name))
    return ", ".join(found) or ast.unparse(node)


class _Plain(ast.NodeTransformer):
    """Leave out what dropout needs, and show fields of the parameters by their names."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in _PASSING:
            return self.visit(node.args[0])
        if name in _PRODUCTS:
            array, matrix = (self.visit(part) for part in node.args[:2])
            text = _PRODUCTS[name].format(ast.unparse(array), ast.unparse(matrix))
            return ast.parse(text, mode="eval").body
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Name(node.attr)


def _plain(node: ast.expr) -> ast.AST:
    return _Plain().visit(ast.parse(ast.unparse(node), mode="eval").body)


def _exchanged(node: Any, old: ast.expr, new: ast.expr) -> Any:
    """Return a tree with one node replaced by another."""
    if node is old:
        return new
    if isinstance(node, list):
        return [_exchanged(part, old, new) for part in node]
    if not isinstance(node, ast.AST):
        return node
    fields = {name: _exchanged(value, old, new) for name, value in ast.iter_fields(node)}
    return type(node)(**fields)
