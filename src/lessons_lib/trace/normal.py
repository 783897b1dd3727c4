"""A recording in the form that emitters need: elements of rows, without views.

A recording contains NumPy's operations: slices, reshapes and transposes of arrays. Here an array is
a number of rows of some width, and an operation is one of

* an element-wise operation of values of one width,
* a product with a matrix, or an outer product,
* a sum or a maximum over a row,
* a part of an input or of a product: the same memory from another column on,
* a concatenation of parts.

To get there, a slice of an element-wise value becomes the element-wise operation of the slices, and
a slice of a concatenation its part. Equal nodes are made once. The addition of a zero in the source
is removed, which changes only the sign of a zero.

A step of N sequences has N rows, all steps of them T · N; a sequence of one step (T = N = 1) has
one, so that there a matrix too is one row of all its elements.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from itertools import accumulate
from math import prod
from typing import Any, NamedTuple

from .recorder import RecordingError
from .recording import ELEMENTWISE, Recording, Value
from .sizes import letters, text


@dataclass(eq=False, slots=True)
class Node:
    """One operation on rows.

    Attributes
    ----------
    number : int
        Its place in the order of computation.
    operation : str
        A name of `recording.ELEMENTWISE`, or "input", "number" (an input without elements),
        "constant", "part", "product", "concat", "sum", "max"; of all rows "outer", the sum of
        their outer products, and "total", their sum.
    arguments : tuple of Node
    detail : object
        Of an input its name, and which of several arrays under that name, or None; of a number its
        name; of a constant its value; of a part its first column; of a product its `Matrix`.
    width : int or Size
        The elements of a row; 0 for a number.
    value : Value
        The recorded value it comes from, for its line and its variable.
    """

    number: int
    operation: str
    arguments: tuple[Node, ...]
    detail: Any
    width: int
    value: Value


class Matrix(NamedTuple):
    """The right side of a product: some rows of a weight, transposed or not.

    Attributes
    ----------
    node : Node
        The whole weight.
    start : int or Size
        Elements before the first row that is used.
    rows, columns : int or Size
        Before it is transposed.
    transposed : bool
    """

    node: Node
    start: int
    rows: int
    columns: int
    transposed: bool


class Normal:
    """The nodes of a recording's outputs.

    Attributes
    ----------
    outputs : dict of Node
        By the outputs' names.
    nodes : list of Node
        All nodes, each after its arguments.
    """

    def __init__(self, recording: Recording) -> None:
        self.nodes: list[Node] = []
        self._known: dict[Any, Node] = {}
        self._of_values: dict[int, Node] = {}
        for value in recording.values:  # in order, so that no chain of calls grows deep
            if value.operation != "transpose":
                self._of_values[value.number] = self._convert(value)
        self.outputs = {name: self._of(value) for name, value in recording.outputs.items()}

    def needed(self, outputs: Iterable[Node], leaves: Collection[Node] = ()) -> list[Node]:
        """Return the nodes that some outputs need, each after its arguments.

        Nodes from which the leaves are computed are left out.
        """
        waiting, seen = list(outputs), set()
        known = {leaf.number for leaf in leaves}
        while waiting:
            node = waiting.pop()
            if node.number not in seen:
                seen.add(node.number)
                if node.number not in known:
                    waiting += [*node.arguments, *matrix_nodes(node)]
        return [node for node in self.nodes if node.number in seen]

    def _of(self, value: Value) -> Node:
        if value.number not in self._of_values:
            raise _refused(value, "a transposed matrix is used outside a product")
        return self._of_values[value.number]

    def _convert(self, value: Value) -> Node:
        if value.operation in ELEMENTWISE:
            return self._elementwise(value)
        convert: Callable[[Value], Node] = getattr(self, f"_{value.operation}")
        return convert(value)

    def _input(self, value: Value) -> Node:
        if value.shape is None:
            return self._node("number", (), value.detail, 0, value)
        return self._node("input", (), (value.detail, None), _width(value.shape), value)

    def _zeros(self, value: Value) -> Node:
        assert value.shape is not None
        return self._node("constant", (), 0.0, _width(value.shape), value)

    def _elementwise(self, value: Value) -> Node:
        width = 0 if value.shape is None else _width(value.shape)
        arguments = [
            self._of(a) if isinstance(a, Value) else self._node("constant", (), float(a), 0, value)
            for a in value.arguments
        ]
        if any(a.width not in (0, 1, width) for a in arguments):
            raise _refused(value, "rows of different widths")
        return self._operation(value.operation, arguments, width, value)

    def _operation(self, operation: str, arguments: list[Node], width: int, value: Value) -> Node:
        cuts = [
            end
            for a in arguments
            if a.operation == "concat"
            for end in accumulate(part.width for part in a.arguments)
        ]
        if cuts:  # element-wise of a concatenation is the concatenation of element-wise values
            parts, start = [], 0
            for end in sorted(set(cuts)):
                pieces = [
                    self._part(a, start, end - start, value) if a.width == width else a
                    for a in arguments
                ]
                parts.append(self._operation(operation, pieces, end - start, value))
                start = end
            return self._joined(parts, value)
        if operation in ("add", "subtract"):
            left, right = arguments
            if right.operation == "constant" and right.detail == 0 and left.width == width:
                return left
            zero = operation == "add" and left.operation == "constant" and left.detail == 0
            if zero and right.width == width:
                return right
        return self._node(operation, tuple(arguments), None, width, value)

    def _reshape(self, value: Value) -> Node:
        (source,) = value.arguments
        node = self._of(source)
        if _width(value.shape or ()) != node.width:
            raise _refused(value, "a reshape that changes the rows")
        return node

    def _slice(self, value: Value) -> Node:
        (source,) = value.arguments
        node, start, extent = self._of(source), 0, node_width(source)
        for axis, bounds in enumerate(value.detail):
            size, rest = source.shape[axis], source.shape[axis + 1 :]
            if bounds == (0, size) or (bounds == 0 and size == 1):
                continue
            if any(map(_is_rows, rest)):  # one or some of several arrays of N rows
                if node.operation != "input" or not all(map(_is_rows, source.shape[:axis])):
                    raise _refused(value, "an index before the rows, of what is not an input")
                name, number = node.detail
                first = bounds[0] if isinstance(bounds, tuple) else bounds
                width = _width(value.shape or ())
                return self._node("input", (), (name, (number or 0) + first), width, value)
            if not all(map(_is_one_row, source.shape[:axis])) or _is_rows(size):
                raise _refused(value, "a slice whose elements do not lie together in a row")
            first, last = bounds if isinstance(bounds, tuple) else (bounds, bounds + 1)
            start, extent = start + first * prod(rest), (last - first) * prod(rest)
        return self._part(node, start, extent, value)

    def _part(self, node: Node, start: int, width: int, value: Value) -> Node:
        """Return some columns of a node, from their source."""
        if width == node.width or node.width == 0:
            return node
        if node.operation == "constant":
            return self._node("constant", (), node.detail, width, value)
        if node.operation == "part":
            return self._part(node.arguments[0], node.detail + start, width, value)
        if node.operation == "concat":
            parts, at = [], 0
            for part in node.arguments:
                first, last = max(start, at), min(start + width, at + part.width)
                if first < last:
                    parts.append(self._part(part, first - at, last - first, value))
                at = at + part.width
            return self._joined(parts, value)
        if node.operation in ELEMENTWISE:
            arguments = [
                self._part(a, start, width, value) if a.width == node.width else a
                for a in node.arguments
            ]
            named = replace(node.value, variable=value.variable or node.value.variable)
            return self._operation(node.operation, arguments, width, named)
        return self._node("part", (node,), start, width, value)

    def _concat(self, value: Value) -> Node:
        shape = value.shape or ()
        if not all(map(_is_one_row, shape[: value.detail])) or _is_rows(shape[value.detail]):
            raise _refused(value, "a concatenation whose parts do not lie together in a row")
        return self._joined([self._of(a) for a in value.arguments], value)

    def _joined(self, parts: list[Node], value: Value) -> Node:
        flat: list[Node] = []
        for part in parts:
            flat += part.arguments if part.operation == "concat" else (part,)
        if len(flat) == 1:
            return flat[0]
        width = sum((part.width for part in flat[1:]), flat[0].width)
        return self._node("concat", tuple(flat), None, width, value)

    def _matmul(self, value: Value) -> Node:
        left, right = value.arguments
        if left.operation == "transpose" and _is_one_row(right.shape[0]):
            (column,) = left.arguments
            factors = (self._of(column), self._of(right))
            return self._node("outer", factors, None, _width(value.shape or ()), value)
        if len(right.shape) != 2 or any(map(_is_rows, right.shape)):
            raise _refused(value, "a product that is not of rows with a matrix")
        x = self._of(left)
        if x.width != right.shape[0]:
            raise _refused(value, "a product whose left side has several rows in one")
        return self._node("product", (x,), self._matrix(right), right.shape[1], value)

    def _matrix(self, value: Value) -> Matrix:
        transposed = value.operation == "transpose"
        (source,) = value.arguments if transposed else (value,)
        rows, columns = source.shape
        node, start = self._of(source), 0
        if node.operation == "part":
            node, start = node.arguments[0], node.detail
        return Matrix(node, start, rows, columns, transposed)

    def _sum(self, value: Value) -> Node:
        return self._reduced(value)

    def _max(self, value: Value) -> Node:
        return self._reduced(value)

    def _reduced(self, value: Value) -> Node:
        (source,), (axis, _) = value.arguments, value.detail
        node = self._of(source)
        if source.shape[axis] == 1:
            return node
        if value.operation == "sum" and axis == 0 and _is_rows(source.shape[0]):
            return self._node("total", (node,), None, node.width, value)
        if axis != len(source.shape) - 1 or node.width != source.shape[-1]:
            raise _refused(value, "a reduction that is not over a row")
        return self._node(value.operation, (node,), None, 1, value)

    def _node(
        self, operation: str, arguments: tuple[Node, ...], detail: Any, width: int, value: Value
    ) -> Node:
        numbers = tuple(a.number for a in arguments)
        written = str(detail)
        if isinstance(detail, Matrix):
            written = str((detail.node.number, *detail[1:]))
        key = (operation, numbers, written, width)
        if key not in self._known:
            self._known[key] = Node(len(self.nodes), operation, arguments, detail, width, value)
            self.nodes.append(self._known[key])
        return self._known[key]


def matrix_nodes(node: Node) -> tuple[Node, ...]:
    """Return the node that a product's matrix is part of; none for another operation."""
    return (node.detail.node,) if node.operation == "product" else ()


def node_width(value: Value) -> int:
    """Return how many elements a row of a recorded array has."""
    return _width(value.shape or ())


def _width(shape: tuple[int, ...]) -> int:
    return prod(n for n in shape if not _is_rows(n))


def _is_rows(size: int) -> bool:
    """Tell whether a size is that of an axis of rows: T, N, or their product."""
    return bool(letters(size)) and letters(size) <= {"T", "N"}


def _is_one_row(size: int) -> bool:
    """Tell whether each row lies within one index of an axis of this size."""
    return _is_rows(size) or size == 1


def _refused(value: Value, reason: str) -> RecordingError:
    shape = " × ".join(map(text, value.shape or ()))
    place = f"{value.place()}, for {value.variable}" if value.variable else value.place()
    return RecordingError(
        f"{value.operation} of shape {shape} cannot be emitted: {reason} ({place})"
    )
