"""The order of computation: products between loops, and each loop with all work of its width.

The level of a value counts the products and reductions on the way to it. At each level the products
come first, then one loop for each width, in which a value is computed once and stays in a register.
Only these are stored: outputs, what a product reads, and what a later loop reads. The parts of a
concatenation are stored where they belong, so that nothing is copied. Here an LSTM's step::

    level 1   product  P0 = h @ W_hh.T
              loop H   new_h, new_c, cache_i, cache_f, cache_g, cache_o, cache_tanh_c
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .normal import Matrix, Node, Normal
from .recording import ELEMENTWISE
from .sizes import text

#: What ends a level.
_STEPS = ("product", "outer", "sum", "max", "total")

#: Operations whose results are stored instead of computed again in a later loop.
_EXPENSIVE = ("tanh", "exp", "log", "sqrt", "divide")


class Home(NamedTuple):
    """The place of a value's row: an array, and the first column in it."""

    array: str
    column: int


class Store(NamedTuple):
    """A value that a loop writes."""

    node: Node
    home: Home


class Product(NamedTuple):
    """A product, or an outer product; several values may be parts of it.

    Attributes
    ----------
    operands : tuple of Home
        Of the row that is multiplied; of an outer product, of both.
    matrix : Matrix or None
        None for an outer product.
    result : Home
    """

    level: int
    node: Node
    operands: tuple[Home, ...]
    matrix: Matrix | None
    result: Home


class Reduction(NamedTuple):
    """A sum or a maximum over a row, or a sum of all rows."""

    level: int
    node: Node
    operand: Home
    result: Home


@dataclass
class Plan:
    """The computations, level by level.

    Attributes
    ----------
    outputs : dict of Node
    products : list of Product
    reductions : list of Reduction
    loops : dict
        By level and width, the values that the loop stores.
    temporaries : dict
        The width of each array that is neither an input nor an output.
    homes : dict of Home
        By node numbers, the places of stored values.
    levels : dict of int
        By node numbers.
    """

    outputs: dict[str, Node]
    products: list[Product] = field(default_factory=list)
    reductions: list[Reduction] = field(default_factory=list)
    loops: dict[tuple[int, int], list[Store]] = field(default_factory=dict)
    temporaries: dict[str, int] = field(default_factory=dict)
    homes: dict[int, Home] = field(default_factory=dict)
    levels: dict[int, int] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = []
        for level in self.order():
            lines += [
                f"level {level}  product  {p.result.array} = {_write_product(p)}"
                for p in self.products
                if p.level == level
            ]
            lines += [
                f"level {level}  {r.node.operation}  {r.result.array} of {r.operand.array}"
                for r in self.reductions
                if r.level == level
            ]
            lines += [
                f"level {level}  loop {text(width)}  {', '.join(_write_store(s) for s in stores)}"
                for (of_level, width), stores in self.loops.items()
                if of_level == level
            ]
        return "\n".join(lines)

    def order(self) -> list[int]:
        """Return the levels at which something is computed."""
        levels = {product.level for product in self.products}
        levels |= {reduction.level for reduction in self.reductions}
        return sorted(levels | {level for level, _ in self.loops})

    def is_read(self, node: Node, level: int) -> bool:
        """Tell whether a loop of this level reads a value from memory.

        Otherwise it computes the value. A cheap value that is not stored is computed again.
        """
        if node.operation not in ELEMENTWISE:
            return True
        if self.levels[node.number] == level:
            return False
        return node.number in self.homes or node.operation in _EXPENSIVE


def make_plan(
    normal: Normal,
    outputs: Mapping[str, Node],
    in_place: Collection[str] = (),
    direct: Collection[str] = (),
    leaves: Mapping[str, Node] | None = None,
) -> Plan:
    """Plan the computation of some outputs.

    Parameters
    ----------
    normal : Normal
        The form of a recording.
    outputs : dict of Node
        The requested nodes by name.
    in_place : collection of str, optional
        Operations whose results, if they are outputs, stay in the home of their node, and have no
        array of the output's name.
    direct : collection of str, optional
        Outputs whose arrays a product may fill by itself, if they are products. All others are
        stored by a loop; but sums over all rows are always made in their output's array.
    leaves : dict of Node, optional
        Nodes that are already computed, by the names of their arrays.
    """
    planner = _Planner(normal, dict(outputs), dict(leaves or {}))
    planner.make(in_place, direct)
    return planner.plan


class _Planner:
    def __init__(self, normal: Normal, outputs: dict[str, Node], leaves: dict[str, Node]) -> None:
        self.plan = plan = Plan(outputs)
        self.leaves = {node.number: name for name, node in leaves.items()}
        self.nodes = normal.needed(outputs.values(), leaves.values())
        for node in self.nodes:
            known = node.number in self.leaves
            plan.levels[node.number] = 0 if known else _level(node, plan.levels)

    def make(self, in_place: Collection[str], direct: Collection[str]) -> None:
        """Fill the plan."""
        for node in self.nodes:
            if node.number in self.leaves:
                self.plan.homes[node.number] = Home(self.leaves[node.number], 0)
            elif node.operation == "input":
                self.plan.homes[node.number] = Home(input_name(node), 0)
        left = {n: node for n, node in self.plan.outputs.items() if node.operation not in in_place}
        wanted = _wanted(left, direct)
        groups = self._groups()
        for number, nodes in enumerate(groups):
            self._place(nodes, wanted.get(nodes[0].number) if len(nodes) == 1 else None, number)
        for name, node in left.items():
            self._store(node, name)
        for nodes in groups:
            self._compute(nodes)
        for node in self.nodes:
            if node.operation in ("sum", "max", "total"):
                self._reduction(node, wanted.get(node.number))
        for node in self.plan.outputs.values():
            if node.operation in in_place:
                self._home(node)
        self._values_of_earlier_loops()
        self.plan.loops = dict(sorted(self.plan.loops.items()))

    def _store(self, node: Node, array: str) -> None:
        """Let a loop write a value to an array; the parts of a concatenation one by one."""
        column = 0
        for part in node.arguments if node.operation == "concat" else (node,):
            home = Home(array, column)
            column = column + part.width
            if self.plan.homes.get(part.number) == home or part.operation == "total":
                continue
            loop = self.plan.levels[part.number], part.width
            self.plan.loops.setdefault(loop, []).append(Store(part, home))
            if part.operation in ELEMENTWISE:
                self.plan.homes.setdefault(part.number, home)

    def _groups(self) -> list[list[Node]]:
        """Return the products; those of the same row with adjacent rows of a weight become one."""
        merged: dict[Any, list[Node]] = {}
        for node in self.nodes:
            if node.number in self.leaves:
                continue
            if node.operation == "outer":
                merged[node.number] = [node]
            if node.operation == "product":
                matrix, (row,) = node.detail, node.arguments
                own = () if matrix.transposed else (str(matrix.start), str(matrix.rows))
                merged.setdefault((row.number, matrix.node.number, *own), []).append(node)
        return list(merged.values())

    def _place(self, nodes: list[Node], home: Home | None, number: int) -> None:
        """Decide the place of a product's result."""
        matrix = _union(nodes)
        if home is None:
            home = Home(f"P{number}", 0)
            width = nodes[0].width if matrix is None else _product_width(matrix)
            self.plan.temporaries[home.array] = width
        for node in nodes:
            column = (node.detail.start - matrix.start) // matrix.columns if matrix else 0
            self.plan.homes[node.number] = Home(home.array, home.column + column)

    def _compute(self, nodes: list[Node]) -> None:
        """Plan a product whose place is decided."""
        first = min(nodes, key=lambda node: self.plan.homes[node.number].column)
        matrix = _union(nodes)
        if matrix is not None:
            self._in_memory(matrix.node)
        operands = tuple(self._in_memory(node) for node in first.arguments)
        level = self.plan.levels[first.number]
        result = self.plan.homes[first.number]
        self.plan.products.append(Product(level, first, operands, matrix, result))

    def _reduction(self, node: Node, home: Home | None) -> None:
        if home is None:
            home = Home(f"R{node.number}", 0)
            self.plan.temporaries[home.array] = node.width
        self.plan.homes[node.number] = home
        operand = self._in_memory(node.arguments[0])
        level = self.plan.levels[node.number]
        self.plan.reductions.append(Reduction(level, node, operand, home))

    def _in_memory(self, node: Node) -> Home:
        """Return the place of a contiguous row; store it there first if necessary."""
        home = self._home(node)
        if home is None:
            array = f"A{node.number}"
            self.plan.temporaries[array] = node.width
            self._store(node, array)
            home = Home(array, 0)
            if node.operation != "concat":
                self.plan.homes[node.number] = home
        return home

    def _home(self, node: Node) -> Home | None:
        if node.operation == "part":
            base = self._in_memory(node.arguments[0])
            home = Home(base.array, base.column + node.detail)
            self.plan.homes[node.number] = home
            return home
        if node.operation != "concat":
            return self.plan.homes.get(node.number)
        homes = [self._home(part) for part in node.arguments]
        expected = first = homes[0]
        for part, own in zip(node.arguments, homes, strict=True):
            if own is None or own != expected:
                return None
            expected = own._replace(column=own.column + part.width)
        return first

    def _values_of_earlier_loops(self) -> None:
        """Store the values that a loop reads from an earlier one."""
        waiting = [(s.node, loop[0]) for loop, stores in self.plan.loops.items() for s in stores]
        while waiting:
            node, level = waiting.pop()
            for read in self._reads(node, level):
                if read.operation == "part":
                    self._home(read)
                if read.operation in ELEMENTWISE and read.number not in self.plan.homes:
                    array = f"V{read.number}"
                    self.plan.temporaries[array] = read.width
                    self._store(read, array)
                    waiting.append((read, self.plan.levels[read.number]))

    def _reads(self, node: Node, level: int) -> list[Node]:
        """Return the values that computing a node at a level reads from memory."""
        reads, waiting, seen = [], [node], set()
        while waiting:
            value = waiting.pop()
            if value.number in seen:
                continue
            seen.add(value.number)
            if value.width == 0:
                continue
            if self.plan.is_read(value, level):
                reads.append(value)
            else:
                waiting += value.arguments
        return reads


def input_name(node: Node) -> str:
    """Return the name of an input's array, with a number if several share the name."""
    name, index = node.detail
    return name if index is None else f"{name}_{index}"


def _level(node: Node, levels: dict[int, int]) -> int:
    below = [levels[a.number] for a in node.arguments]
    if node.operation in ELEMENTWISE:
        # the values of another width's loop must exist before this loop begins
        below += [
            levels[a.number] + 1
            for a in node.arguments
            if a.operation in ELEMENTWISE and a.width not in (0, node.width)
        ]
        return max(below, default=0)
    if node.operation == "product":
        below.append(levels[node.detail.node.number])
    return max(below, default=0) + (node.operation in _STEPS)


def _wanted(outputs: Mapping[str, Node], direct: Collection[str]) -> dict[int, Home]:
    """Return the places of products and sums that may be computed directly in an output.

    A product fills whole rows, so it must be the whole output; sums of all rows may be parts of it.
    """
    homes: dict[int, Home] = {}
    for name, node in outputs.items():
        if node.operation == "product" and name in direct:
            homes.setdefault(node.number, Home(name, 0))
        column = 0
        for part in node.arguments if node.operation == "concat" else (node,):
            if part.operation in ("outer", "total"):
                homes.setdefault(part.number, Home(name, column))
            column = column + part.width
    return homes


def _union(nodes: list[Node]) -> Matrix | None:
    """Return the rows of one weight from the first to the last that are used."""
    if nodes[0].operation == "outer":
        return None
    matrices = [node.detail for node in nodes]
    start = min(m.start for m in matrices)
    end = max(m.start + m.rows * m.columns for m in matrices)
    return matrices[0]._replace(start=start, rows=(end - start) // matrices[0].columns)


def _product_width(matrix: Matrix) -> int:
    return matrix.rows if matrix.transposed else matrix.columns


def _write_product(product: Product) -> str:
    left = product.operands[0].array
    if product.matrix is None:
        return f"outer({left}, {product.operands[1].array})"
    name = input_name(product.matrix.node) if product.matrix.node.detail else "a value"
    return f"{left} @ {name}{'.T' if product.matrix.transposed else ''}"


def _write_store(store: Store) -> str:
    column = f"[{text(store.home.column)}:]" if store.home.column else ""
    return store.home.array + column
