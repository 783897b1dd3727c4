"""Write recordings as JavaScript, for a page in which a reader drives the equations.

    text = module(lstm=cell(lstm.CELL), gru=cell(gru.CELL, {"h": "array"}))

is an ES module that exports a network for one sequence (N = 1) under each name::

    const sizes = { D: 3, H: 5 };
    const { y, state, steps } = lstm.forward(sizes, params, x, state);
    const { grads, dx, dstate } = lstm.backward(sizes, params, x, steps, dy, dstate);

Arrays are of Float64Array, a matrix row after row; ``x`` is a list of them, one for each step.
``step`` and ``stepBackward`` take one step, with the names of `cells.record_sequence`. Each line
that computes a value ends with the line of the Python source that it comes from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from importlib.resources import files

from ..scan import Cell
from .cells import record_sequence
from .normal import Node, Normal
from .plan import Home, Plan, Product, Reduction, Store, make_plan
from .recording import ELEMENTWISE, Recording
from .sizes import letters, text

_WRITTEN = {
    **ELEMENTWISE,
    "where": "{} ? {} : {}",
    "tanh": "Math.tanh({})",
    "exp": "Math.exp({})",
    "log": "Math.log({})",
    "sqrt": "Math.sqrt({})",
}

#: Reserved words of JavaScript, and the names that an emitted function uses.
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
        break case catch class const continue debugger default delete do else enum export
        extends false finally for function if implements import in instanceof interface let new
        null package private protected public return static super switch this throw true try
        typeof var void while with yield await async k sizes inputs timesRows timesColumns outer
        """,
    )
)

#: Results that need no loop of their own if they are outputs.
_IN_PLACE = ("input", "part", "product", "outer", "sum", "max")


def module(**parts: str) -> str:
    """Return an ES module that exports each part, an expression, under its name."""
    runtime = files(__package__).joinpath("runtime.js").read_text("utf-8")
    exports = (f"export const {name} = {part};\n" for name, part in parts.items())
    return "\n".join([runtime, *exports])


def cell(
    cell: Cell, masks: Mapping[str, str] | None = None, variables: Collection[str] = ()
) -> str:
    """Return a cell as a JavaScript expression: its step, and the loop over time.

    Parameters
    ----------
    cell : Cell
    masks : dict, optional
        As for `cells.record_sequence`.
    variables : collection of str, optional
        Variables of the cell's `step_backward`, such as "df", that ``stepBackward`` returns too,
        each named ``variable_df``.

    Raises
    ------
    KeyError
        `step_backward` has no such variable.
    """
    forward, backward = record_sequence(cell, masks)
    backward = backward.with_variables(variables)
    return (
        "withTime({\n"
        f"name: {json.dumps(cell.name)},\n"
        f"states: {json.dumps(list(cell.state_names))},\n"
        f"step: {function(forward)},\n"
        f"stepBackward: {function(backward)},\n"
        "})"
    )


def function(recording: Recording) -> str:
    """Return a recording of one row (N = 1) as a JavaScript function.

    It takes the sizes and the inputs as two objects and returns an object of the outputs.
    """
    return _Writer(recording).write()


class _Writer:
    """Writes one function."""

    def __init__(self, recording: Recording) -> None:
        normal = Normal(recording)
        self.plan: Plan = make_plan(normal, normal.outputs, in_place=_IN_PLACE)
        self.inputs = recording.inputs()
        sizes = {size for value in recording.values for size in value.shape or ()}
        self.letters = set().union(*map(letters, sizes))
        self.lines: list[str] = []
        self.taken = {*_RESERVED, *self.letters, *self.inputs, *self._arrays()}
        self.scalars: dict[int, str] = {}  # the names of computed numbers

    def write(self) -> str:
        """Return the function's text."""
        for level in self.plan.order():
            for product in self.plan.products:
                if product.level == level:
                    self._product(product)
            for reduction in self.plan.reductions:
                if reduction.level == level:
                    self._reduction(reduction)
            for (of_level, width), stores in self.plan.loops.items():
                if of_level == level:
                    self._loop(level, width, stores)
        outputs = [f"{name}: {self._output(node)}" for name, node in self.plan.outputs.items()]
        body = "\n".join(f"  {line}" for line in self._allocations() + self.lines)
        used = set(re.findall(r"\b[A-Z]\b", body + " ".join(outputs)))
        sizes = ", ".join(sorted(used & self.letters))
        names = ", ".join(sorted(self.inputs))
        head = f"function ({{ {sizes} }}, {{ {names} }}) {{"
        return f"{head}\n{body}\n  return {{ {', '.join(outputs)} }};\n}}"

    def _arrays(self) -> dict[str, int]:
        """Return the arrays that the function makes, with their widths."""
        stored = {
            name: node.width
            for name, node in self.plan.outputs.items()
            if node.operation not in _IN_PLACE
        }
        return {**stored, **self.plan.temporaries}

    def _allocations(self) -> list[str]:
        return [
            f"const {name} = new Float64Array({_size(width)});"
            for name, width in self._arrays().items()
        ]

    def _output(self, node: Node) -> str:
        if node.operation not in _IN_PLACE:
            return next(name for name, other in self.plan.outputs.items() if other is node)
        home = self.plan.homes[node.number]
        if node.operation == "input":
            return home.array
        return self._part(home, node.width)

    def _part(self, home: Home, width: int) -> str:
        """Return an array, or a part of it."""
        if self._arrays().get(home.array) == width:
            return home.array
        return f"{home.array}.subarray({_size(home.column)}, {_size(home.column + width)})"

    def _product(self, product: Product) -> None:
        first, *second = product.operands
        operand = f"{first.array}, {_size(first.column)}"
        if product.matrix is None:
            (other,) = second
            n, m = (_size(a.width) for a in product.node.arguments)
            result = self._part(product.result, product.node.width)
            right = f"{other.array}, {_size(other.column)}"
            call = f"outer({result}, {operand}, {n}, {right}, {m});"
        else:
            matrix = product.matrix
            home = self.plan.homes[matrix.node.number]
            start, n, m = map(_size, (home.column + matrix.start, *matrix[2:4]))
            name = "timesRows" if matrix.transposed else "timesColumns"
            weight = f"{home.array}, {start}, {n}, {m}"
            call = f"{name}({product.result.array}, {operand}, {weight});"
        self.lines.append(call + _comment(product.node))

    def _reduction(self, reduction: Reduction) -> None:
        array, start = reduction.operand
        width = reduction.node.arguments[0].width
        row = f"{array}.subarray({_size(start)}, {_size(start + width)})"
        step, first = {
            "sum": ("a + b", "0"),
            "max": ("a > b || a !== a ? a : b", "-Infinity"),
        }[reduction.node.operation]
        call = f"{reduction.result.array}[0] = {row}.reduce((a, b) => ({step}), {first});"
        self.lines.append(call + _comment(reduction.node))

    def _loop(self, level: int, width: int, stores: list[Store]) -> None:
        body = _Loop(self, level, width)
        for store in stores:
            value = body.value(store.node)
            body.lines.append(f"{_element(store.home, 'k')} = {value};")
        self.lines.append(f"for (let k = 0; k < {_size(width)}; k++) {{")
        self.lines += [f"  {line}" for line in body.lines]
        self.lines.append("}")

    def scalar(self, node: Node) -> str:
        """Return the name of a number; it is computed before the first loop that reads it."""
        if node.operation == "number":
            return str(node.detail)
        if node.operation == "constant":
            return _number(node.detail)
        if node.number not in self.scalars:
            arguments = [self.scalar(a) for a in node.arguments]
            self.scalars[node.number] = name = self.name(node)
            line = f"const {name} = {_expression(node, arguments)};"
            self.lines.append(line + _comment(node))
        return self.scalars[node.number]

    def name(self, node: Node) -> str:
        """Return a new name for a value: its variable's, if that is free."""
        name = stem = node.value.variable or f"v{node.number}"
        number = 1
        while name in self.taken:
            number += 1
            name = f"{stem}_{number}"
        self.taken.add(name)
        return name


class _Loop:
    """The body of one loop, in which each value is computed once."""

    def __init__(self, writer: _Writer, level: int, width: int) -> None:
        self.writer, self.level, self.width = writer, level, width
        self.lines: list[str] = []
        self.names: dict[int, str] = {}

    def value(self, node: Node) -> str:
        """Return a value's name or the element that holds it; compute it first if necessary."""
        if node.operation == "constant":
            return _number(node.detail)
        if node.width == 0:
            return self.writer.scalar(node)
        if self.writer.plan.is_read(node, self.level):
            index = "0" if node.width == 1 != self.width else "k"
            return _element(self.writer.plan.homes[node.number], index)
        if node.number not in self.names:
            arguments = [self.value(a) for a in node.arguments]
            self.names[node.number] = name = self.writer.name(node)
            line = f"const {name} = {_expression(node, arguments)};"
            self.lines.append(line + _comment(node))
        return self.names[node.number]


def _expression(node: Node, arguments: list[str]) -> str:
    return _WRITTEN[node.operation].format(*arguments)


def _element(home: Home, index: str) -> str:
    """Return an element of an array: the first one is at the home's column."""
    if isinstance(home.column, int) and home.column == 0:
        return f"{home.array}[{index}]"
    return f"{home.array}[{_size(home.column)} + {index}]"


def _size(size: int) -> str:
    return text(size, " * ")


def _number(number: float) -> str:
    written = repr(number).removesuffix(".0")
    return f"({written})" if number < 0 else written


def _comment(node: Node) -> str:
    place = node.value.place()
    return f" // {place}" if place else ""
