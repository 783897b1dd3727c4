"""A plan in LLVM's language: one function that runs all steps for some of the sequences.

The function gets a table of all arrays, and which of how many threads it is; a thread's own are
the sequences n0 to n1::

    for t in steps:                        forwards, or backwards
        for level in the plan:
            for each product:  @product(rows of an array, packed weight, rows of another)
            for each loop:     for row in n0 … n1:
                                   for unit in 0, lanes, 2 lanes, …:  vectors

In a loop's body each value of the plan is one vector: it is loaded if it lies in memory, computed
once if it does not, and stored where the plan says. Of an LSTM's step, with vectors of 16 floats,
this is ``c = f * c_prev + i * g``; names begin with the source's variables, and ``%loop18.u`` is
the first unit of the vector::

      %v73 = getelementptr float, ptr %row.c.42, i64 %loop18.u
      %v74 = load <16 x float>, ptr %v73, align 4
      %v75 = fmul contract <16 x float> %f.72, %v74 ; lstm.py:122 in step
      %v100 = fmul contract <16 x float> %i.87, %g.99 ; lstm.py:122 in step
      %c.101 = fadd contract <16 x float> %v75, %v100 ; lstm.py:122 in step
      %v105 = getelementptr float, ptr %row.new_c.22, i64 %loop18.u
      store <16 x float> %c.101, ptr %v105, align 4

The last units, if the width is not a multiple of the lanes, are loaded and stored under a mask.
"contract" allows a product and a sum to be rounded once; there is no other fast math, so NaN and
infinities do as in NumPy. Different sequences share no memory that is written, so threads need not
wait for each other. The state's gradient has two buffers, used by turns: what a step reads is never
what it writes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .llvm_text import Text, Vectors
from .normal import Node
from .plan import Home, Plan, Product, Reduction, Store
from .recorder import RecordingError
from .sizes import value as size_of

_BINARY = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}
_COMPARISONS = {"less_equal": "le", "less": "lt", "greater_equal": "ge", "greater": "gt"}


class Pack(NamedTuple):
    """A weight as a product reads it: rows from `start`, transposed or not, in panels.

    Attributes
    ----------
    array : str
        What the packed weight is called.
    weight : str
    start, end : int
        The rows that are used.
    transposed : bool
        Whether a row of the weight becomes a column.
    """

    array: str
    weight: str
    start: int
    end: int
    transposed: bool


@dataclass
class Pass:
    """One function, and what its caller has to lay in the table.

    Attributes
    ----------
    name : str
    text : str
    arrays : list of str
        The order of the table: of each array its address, stride t and stride n, in bytes; of a
        number, its bits as a double.
    packs : list of Pack
    temporaries : dict of int
        The widths of arrays that the caller provides and nobody reads afterwards.
    padded : dict of int
        The widths, in memory, of outputs that a product fills panel by panel.
    booleans : set of str
        Arrays of one byte an element.
    numbers : set of str
    all_rows : bool
        Whether its outputs are sums of all rows, and its threads divide these.
    blocks : set of str
        Arrays whose rows, over all steps, must follow each other at one distance.
    """

    name: str
    text: str = ""
    arrays: list[str] = field(default_factory=list)
    packs: list[Pack] = field(default_factory=list)
    temporaries: dict[str, int] = field(default_factory=dict)
    padded: dict[str, int] = field(default_factory=dict)
    booleans: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    all_rows: bool = False
    blocks: set[str] = field(default_factory=set)


def emit(
    plan: Plan,
    name: str,
    vectors: Vectors,
    sizes: Mapping[str, int],
    reverse: bool = False,
    by_turns: Mapping[str, int] | None = None,
) -> Pass:
    """Emit the function of a plan.

    Parameters
    ----------
    plan : Plan
    name : str
        Of the function.
    vectors : Vectors
    sizes : dict
        The letters' values.
    reverse : bool, optional
        Whether the steps run from the last to the first.
    by_turns : dict, optional
        Arrays of two buffers, ``stride t`` apart, each with the one that it is at the first step:
        0 or 1.

    Raises
    ------
    RecordingError
        The plan holds an operation for which there is no code.
    """
    return _Emitter(plan, name, vectors, sizes, reverse, by_turns or {}).emit()


class _Emitter:
    def __init__(
        self,
        plan: Plan,
        name: str,
        vectors: Vectors,
        sizes: Mapping[str, int],
        reverse: bool,
        by_turns: Mapping[str, int],
    ) -> None:
        self.plan, self.vectors, self.sizes = plan, vectors, sizes
        self.reverse, self.by_turns = reverse, by_turns
        self.result = Pass(name)
        self.head, self.text = Text("number"), Text()
        self.numbers: dict[int, str] = {}

    def emit(self) -> Pass:
        """Return the function."""
        self.list_arrays()
        steps = Text()
        self.text = steps
        for level in self.plan.order():
            for number, product in enumerate(self.plan.products):
                if product.level == level:
                    self._product(number, product)
            for (of_level, width), stores in self.plan.loops.items():
                if of_level == level:
                    self._loop(level, self.size(width), stores)
        self.result.text = f"""define void @{self.result.name}(
  ptr noalias %table, i64 %T, i64 %N, i64 %thread, i64 %threads
) #0 {{
entry:
{self._addresses()}
{self.head}
  %thread1 = add i64 %thread, 1
  %share0 = mul i64 %N, %thread
  %share1 = mul i64 %N, %thread1
  %n0 = sdiv i64 %share0, %threads
  %n1 = sdiv i64 %share1, %threads
  %rows = sub i64 %n1, %n0
  %last = sub i64 %T, 1
  %any = icmp sgt i64 %rows, 0
  br i1 %any, label %time, label %end
time:
  %i = phi i64 [0, %entry], [%i1, %timeend]
  %t = {"sub i64 %last, %i" if self.reverse else "add i64 %i, 0"}
{self._pointers_of_step()}
{steps}
  br label %timeend
timeend:
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, %T
  br i1 %more, label %time, label %end
end:
  ret void
}}"""
        return self.result

    def size(self, size: int) -> int:
        """Return a size as a number."""
        return size_of(size, self.sizes)

    def list_arrays(self) -> None:
        """Find the arrays of the table."""
        result = self.result
        arrays: dict[str, None] = {}
        for number, product in enumerate(self.plan.products):
            self.list_product(number, product, arrays)
        for reduction in self.plan.reductions:
            self.list_reduction(reduction, arrays)
        for name, width in self.plan.temporaries.items():
            result.temporaries[name] = self._padded(self.size(width))
        arrays |= dict.fromkeys(result.temporaries)
        for stores in self.plan.loops.values():
            arrays |= dict.fromkeys(store.home.array for store in stores)
        for (level, _), stores in self.plan.loops.items():
            for node in self._computed(level, stores):
                if node.operation == "number":
                    result.numbers.add(node.detail)
                    arrays[node.detail] = None
                elif self._lies_in_memory(node, level):
                    arrays[self.plan.homes[node.number].array] = None
                if node.operation == "where" and node.arguments[0].operation == "input":
                    result.booleans.add(self.plan.homes[node.arguments[0].number].array)
        result.arrays = list(arrays)

    def list_product(self, number: int, product: Product, arrays: dict[str, None]) -> None:
        """List the arrays of a product, and how its weight is packed."""
        if product.matrix is None or product.matrix.node.operation != "input":
            raise _refused(product.node)
        start, rows, columns = map(self.size, product.matrix[1:4])
        weight = self.plan.homes[product.matrix.node.number].array
        first, transposed = start // columns, product.matrix.transposed
        pack = Pack(f"B{number}", weight, first, first + rows, transposed)
        self.result.packs.append(pack)
        names = (pack.array, product.operands[0].array, product.result.array)
        arrays |= dict.fromkeys(names)
        if product.result.array not in self.plan.temporaries:
            width = self._padded(rows if transposed else columns)
            self.result.padded[product.result.array] = width

    def list_reduction(self, reduction: Reduction, arrays: dict[str, None]) -> None:
        """Refuse a reduction."""
        raise _refused(reduction.node)

    def _padded(self, width: int) -> int:
        """Return a width of whole panels."""
        return -(-width // self.vectors.panel) * self.vectors.panel

    def _lies_in_memory(self, node: Node, level: int) -> bool:
        """Tell whether a loop of a level reads a value from an array."""
        number = node.operation == "constant" or node.width == 0
        return not number and self.plan.is_read(node, level)

    def _computed(self, level: int, stores: list[Store]) -> list[Node]:
        """Return the values that a loop reads or computes."""
        waiting, seen = [store.node for store in stores], {}
        while waiting:
            node = waiting.pop()
            if node.number not in seen:
                seen[node.number] = node
                if node.width == 0 or not self.plan.is_read(node, level):
                    waiting += node.arguments
        return list(seen.values())

    def _addresses(self) -> str:
        """Load the table."""
        text = Text()
        for k, array in enumerate(self.result.arrays):
            if array in self.result.numbers:
                continue
            for place, (name, kind) in enumerate((("at", "ptr"), ("st", "i64"), ("sn", "i64"))):
                text.line(f"%{name}.{array}.p = getelementptr i64, ptr %table, i64 {3 * k + place}")
                text.line(f"%{name}.{array} = load {kind}, ptr %{name}.{array}.p, align 8")
        return str(text)

    def _pointers_of_step(self) -> str:
        """Compute where the arrays of this step and of these sequences begin."""
        text = Text("step")
        for array in self.result.arrays:
            if array in self.result.numbers:
                continue
            step = "%t"
            if array in self.by_turns:
                turn = text.value(f"add i64 %i, {self.by_turns[array]}")
                step = text.value(f"and i64 {turn}, 1")
            of_step = text.value(f"mul i64 {step}, %st.{array}")
            of_rows = text.value(f"mul i64 %n0, %sn.{array}")
            offset = text.value(f"add i64 {of_step}, {of_rows}")
            text.line(f"%step.{array} = getelementptr i8, ptr %at.{array}, i64 {offset}")
        return str(text)

    def _product(self, number: int, product: Product) -> None:
        pack = self.result.packs[number]
        assert product.matrix is not None
        rows, columns = map(self.size, product.matrix[2:4])
        K, width = (columns, rows) if pack.transposed else (rows, columns)
        panels = -(-width // self.vectors.panel)
        home, result = product.operands[0], product.result.array
        left = self._element(f"%step.{home.array}", self.size(home.column))
        self.text.line(
            f"call void @product(ptr {left}, i64 %sn.{home.array}, ptr %at.{pack.array}, "
            f"ptr %step.{result}, i64 %sn.{result}, i64 %rows, i64 {K}, i64 {panels})"
            f"{_comment(product.node)}"
        )

    def _loop(self, level: int, width: int, stores: list[Store]) -> None:
        text, lanes = self.text, self.vectors.lanes
        full = width // lanes * lanes
        tag = text.new("loop")
        text.line(f"br label %{tag}")
        text.label(tag)
        text.line(f"br label %{tag}.row")
        text.label(f"{tag}.row")
        text.line(f"%{tag}.r = phi i64 [0, %{tag}], [%{tag}.r1, %{tag}.rowend]")
        rows = self._rows(tag, level, stores)
        if full:
            text.line(f"br label %{tag}.unit")
            text.label(f"{tag}.unit")
            text.line(f"%{tag}.u = phi i64 [0, %{tag}.row], [%{tag}.u1, %{tag}.unit]")
            _Body(self, level, rows, f"%{tag}.u", None).write(stores)
            text.line(f"%{tag}.u1 = add i64 %{tag}.u, {lanes}")
            text.line(f"%{tag}.um = icmp slt i64 %{tag}.u1, {full}")
            text.line(f"br i1 %{tag}.um, label %{tag}.unit, label %{tag}.tail")
        else:
            text.line(f"br label %{tag}.tail")
        text.label(f"{tag}.tail")
        if width > full:
            bits = ", ".join(f"i1 {'true' if k < width - full else 'false'}" for k in range(lanes))
            _Body(self, level, rows, str(full), f"<{bits}>").write(stores)
        text.line(f"br label %{tag}.rowend")
        text.label(f"{tag}.rowend")
        text.line(f"%{tag}.r1 = add i64 %{tag}.r, 1")
        text.line(f"%{tag}.rm = icmp slt i64 %{tag}.r1, %rows")
        text.line(f"br i1 %{tag}.rm, label %{tag}.row, label %{tag}.done")
        text.label(f"{tag}.done")

    def _rows(self, tag: str, level: int, stores: list[Store]) -> dict[str, str]:
        """Compute where this row of each array begins that the loop reads or writes."""
        arrays = dict.fromkeys(store.home.array for store in stores)
        for node in self._computed(level, stores):
            if self._lies_in_memory(node, level):
                arrays[self.plan.homes[node.number].array] = None
        rows = {}
        for array in arrays:
            offset = self.text.value(f"mul i64 %{tag}.r, %sn.{array}")
            start = f"getelementptr i8, ptr %step.{array}, i64 {offset}"
            rows[array] = self.text.value(start, f"row.{array}")
        return rows

    def _element(self, pointer: str, column: int) -> str:
        element = self.vectors.element
        return self.text.value(f"getelementptr {element}, ptr {pointer}, i64 {column}")

    def number(self, node: Node) -> str:
        """Return a number as a double; it is computed once, before the first step."""
        if node.operation == "constant":
            (bits,) = struct.unpack("<Q", struct.pack("<d", node.detail))
            return f"0x{bits:016X}"
        if node.number not in self.numbers:
            if node.operation == "number":
                place = 3 * self.result.arrays.index(node.detail)
                address = self.head.value(f"getelementptr i64, ptr %table, i64 {place}")
                result = self.head.value(f"load double, ptr {address}, align 8")
            elif node.operation in _BINARY:
                left, right = (self.number(a) for a in node.arguments)
                result = self.head.value(f"{_BINARY[node.operation]} double {left}, {right}")
            else:
                raise _refused(node)
            self.numbers[node.number] = result
        return self.numbers[node.number]

    def number_in_lanes(self, node: Node) -> str:
        """Return a vector of a number."""
        if node.operation == "constant":
            return self.vectors.constant(node.detail)
        number, V, T = self.number(node), self.vectors.type, self.vectors.element
        if T == "float":
            number = self.text.value(f"fptrunc double {number} to float")
        first = self.text.value(f"insertelement {V} poison, {T} {number}, i32 0")
        lanes = f"<{self.vectors.lanes} x i32> zeroinitializer"
        return self.text.value(f"shufflevector {V} {first}, {V} poison, {lanes}")


class _Body:
    """The body of a loop, for one vector of units; under a mask at a row's end."""

    def __init__(
        self, emitter: _Emitter, level: int, rows: dict[str, str], unit: str, mask: str | None
    ) -> None:
        self.emitter, self.level, self.rows = emitter, level, rows
        self.unit, self.mask = unit, mask
        self.text, self.vectors = emitter.text, emitter.vectors
        self.values: dict[int, str] = {}
        self.loads: dict[Home, str] = {}

    def write(self, stores: list[Store]) -> None:
        """Compute all values, then store them."""
        values = [self.value(store.node) for store in stores]
        for value, store in zip(values, stores, strict=True):
            self._store(value, store.home)

    def value(self, node: Node) -> str:
        """Return a value's vector."""
        if node.operation == "constant" or node.width == 0:
            return self.emitter.number_in_lanes(node)
        if node.number not in self.values:
            if self.emitter.plan.is_read(node, self.level):
                self.values[node.number] = self._load(self.emitter.plan.homes[node.number])
            else:
                self.values[node.number] = self._compute(node)
        return self.values[node.number]

    def _compute(self, node: Node) -> str:
        V, name, suffix = self.vectors.type, node.operation, self.vectors.suffix
        comment, variable = _comment(node), node.value.variable
        if name == "where":
            condition, *choices = node.arguments
            truth = self._truth(condition)
            one, other = (self.value(a) for a in choices)
            types = f"{self.vectors.truth} {truth}, {V} {one}, {V} {other}"
            return self.text.value(f"select {types}{comment}", variable)
        arguments = [self.value(a) for a in node.arguments]
        if name in _BINARY:
            left, right = arguments
            operation = f"{_BINARY[name]} contract {V} {left}, {right}"
            return self.text.value(operation + comment, variable)
        if name == "negative":
            return self.text.value(f"fneg {V} {arguments[0]}{comment}", variable)
        if name == "tanh":
            return self.text.value(f"call {V} @tanh({V} {arguments[0]}){comment}", variable)
        if name in ("exp", "log", "sqrt"):
            call = f"call {V} @llvm.{name}.{suffix}({V} {arguments[0]})"
            return self.text.value(call + comment, variable)
        raise _refused(node)

    def _truth(self, node: Node) -> str:
        """Return the vector of a condition: a comparison, or an array of booleans."""
        if node.operation in _COMPARISONS:
            left, right = (self.value(a) for a in node.arguments)
            types = f"{self.vectors.type} {left}, {right}"
            ordered = f"fcmp o{_COMPARISONS[node.operation]}"  # false for NaN
            return self.text.value(f"{ordered} {types}{_comment(node)}")
        if node.operation != "input":
            raise _refused(node)
        home = self.emitter.plan.homes[node.number]
        lanes, column = self.vectors.lanes, self.emitter.size(home.column)
        at = self._address(home.array, column, "i8")
        V = f"<{lanes} x i8>"
        loaded = f"load {V}, ptr {at}, align 1"
        if self.mask is not None:
            mask = f"{self.vectors.truth} {self.mask}"
            loaded = (
                f"call {V} @llvm.masked.load.v{lanes}i8.p0"
                f"(ptr {at}, i32 1, {mask}, {V} zeroinitializer)"
            )
        return self.text.value(f"icmp ne {V} {self.text.value(loaded)}, zeroinitializer")

    def _load(self, home: Home) -> str:
        if home not in self.loads:
            V, size = self.vectors.type, self.vectors.size
            at = self._address(home.array, self.emitter.size(home.column), self.vectors.element)
            loaded = f"load {V}, ptr {at}, align {size}"
            if self.mask is not None:
                mask = f"{self.vectors.truth} {self.mask}"
                loaded = (
                    f"call {V} @llvm.masked.load.{self.vectors.suffix}.p0"
                    f"(ptr {at}, i32 {size}, {mask}, {V} zeroinitializer)"
                )
            self.loads[home] = self.text.value(loaded)
        return self.loads[home]

    def _store(self, value: str, home: Home) -> None:
        V, size = self.vectors.type, self.vectors.size
        at = self._address(home.array, self.emitter.size(home.column), self.vectors.element)
        if self.mask is None:
            self.text.line(f"store {V} {value}, ptr {at}, align {size}")
        else:
            mask = f"{self.vectors.truth} {self.mask}"
            self.text.line(
                f"call void @llvm.masked.store.{self.vectors.suffix}.p0"
                f"({V} {value}, ptr {at}, i32 {size}, {mask})"
            )

    def _address(self, array: str, column: int, element: str) -> str:
        unit = self.unit
        if column:
            unit = self.text.value(f"add i64 {unit}, {column}")
        return self.text.value(f"getelementptr {element}, ptr {self.rows[array]}, i64 {unit}")


def _comment(node: Node) -> str:
    place = node.value.place()
    return f" ; {place}" if place else ""


def _refused(node: Node) -> RecordingError:
    return RecordingError(f"{node.operation} cannot be compiled ({node.value.place()})")
