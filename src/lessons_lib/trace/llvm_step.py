"""A single step in LLVM's language: its products read the weights as torch stores them.

A step reads a weight once, so that packing it first would take longer than the product, and a
packed weight that is kept would miss changes of the parameter. So it is C = A @ Wᵀ, A of shape
(rows, K) and W of shape (columns, K). A tile is a few rows of A and a few of W; lane l of its sums
adds the products at l, l + lanes, l + 2 lanes, …, and at the end neighbouring lanes are added. The
order of a sum depends on K only, however rows are divided into tiles. With a mask of W, the product
is that with W ⊙ mask, which is not stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .llvm_pass import Pass, _comment, _Emitter, _refused
from .llvm_product import block_of_rows
from .llvm_text import Text, Vectors
from .plan import Plan, Product

#: Rows of W in a tile; a tile of one row takes what is left.
_COLUMNS = 4


def emit_step(
    plan: Plan, name: str, vectors: Vectors, sizes: Mapping[str, int], masked: Collection[str]
) -> Pass:
    """Emit the function of a plan, as `llvm_pass.emit` does.

    Parameters
    ----------
    plan, name, vectors, sizes
        As for `llvm_pass.emit`.
    masked : collection of str
        The weights that have a mask; it is in the table as ``mask_`` and the weight's name.

    Raises
    ------
    RecordingError
        The plan holds an operation for which there is no code.
    """
    return _StepEmitter(plan, name, vectors, sizes, masked).emit()


class _StepEmitter(_Emitter):
    def __init__(
        self,
        plan: Plan,
        name: str,
        vectors: Vectors,
        sizes: Mapping[str, int],
        masked: Collection[str],
    ) -> None:
        super().__init__(plan, name, vectors, sizes, False, {})
        self.masked = masked

    def list_product(self, number: int, product: Product, arrays: dict[str, None]) -> None:
        """List the arrays of a product."""
        matrix = product.matrix
        if matrix is None or matrix.node.operation != "input" or not matrix.transposed:
            raise _refused(product.node)
        weight = self.plan.homes[matrix.node.number].array
        mask = [f"mask_{weight}"] if weight in self.masked else []
        names = (weight, *mask, product.operands[0].array, product.result.array)
        arrays |= dict.fromkeys(names)

    def _product(self, number: int, product: Product) -> None:
        assert product.matrix is not None
        start, columns, K = map(self.size, product.matrix[1:4])
        weight = self.plan.homes[product.matrix.node.number].array
        masked = weight in self.masked
        name = "masked_rows" if masked else "rows"
        W = self._element(f"%at.{weight}", start)
        M = self._element(f"%at.mask_{weight}", start) if masked else "null"
        home, result = product.operands[0], product.result
        A = self._element(f"%step.{home.array}", self.size(home.column))
        C = self._element(f"%step.{result.array}", self.size(result.column))
        self.text.line(
            f"call void @{name}(ptr {A}, i64 %sn.{home.array}, ptr {W}, ptr {M}, "
            f"ptr {C}, i64 %sn.{result.array}, i64 %rows, i64 {K}, i64 {columns})"
            f"{_comment(product.node)}"
        )


def rows_product(vectors: Vectors, name: str) -> str:
    """Return ``@rows(A, stride of A, W, M, C, stride of C, rows, K, columns)``, strides in bytes.

    Of ``@masked_rows``, the other name, M is W's mask; ``@rows`` does not read it.
    """
    tiles = [_tile(vectors, rows, columns, name) for rows, columns in _tiles(vectors)]
    return "\n".join([*tiles, _blocks(vectors, name)])


def _tiles(vectors: Vectors) -> list[tuple[int, int]]:
    """Return the tiles' rows and columns: sums and operands stay in 16 registers, or in 32."""
    most = _most_rows(vectors)
    return [(1, 1), *((rows, _COLUMNS) for rows in range(1, most + 1))]


def _most_rows(vectors: Vectors) -> int:
    """Return how many rows of A a tile has at most."""
    return 4 if vectors.tile[0] == 8 else 3


def _tile(vectors: Vectors, rows: int, columns: int, name: str) -> str:
    """Return the function of one tile."""
    masked = name == "masked_rows"
    text, V, T, size, lanes = Text(), vectors.type, vectors.element, vectors.size, vectors.lanes
    sums = [(r, c) for r in range(rows) for c in range(columns)]
    matrices = {"A": rows, "C": rows, "W": columns} | ({"M": columns} if masked else {})
    strides = {"A": "%sa", "C": "%sc", "W": "%sw", "M": "%sw"}
    text.label("entry")
    text.line(f"%sw = mul i64 %K, {size}")
    for matrix, count in matrices.items():
        for k in range(count):
            offset = text.value(f"mul i64 {strides[matrix]}, {k}")
            text.line(f"%{matrix}{k} = getelementptr i8, ptr %{matrix}, i64 {offset}")
    text.line(f"%full = and i64 %K, {-lanes}")
    text.line("%short = icmp eq i64 %full, 0")
    text.line("br i1 %short, label %tail, label %loop")
    text.label("loop")
    text.line("%k = phi i64 [0, %entry], [%next, %loop]")
    for r, c in sums:
        text.line(f"%sum{r}.{c} = phi {V} [zeroinitializer, %entry], [%new{r}.{c}, %loop]")

    # This adds the products at a place, some of them under a mask.
    def add(old: str, new: str, place: str, mask: str | None) -> None:
        def load(matrix: str, k: int) -> str:
            at = text.value(f"getelementptr {T}, ptr %{matrix}{k}, i64 {place}")
            if mask is None:
                return text.value(f"load {V}, ptr {at}, align {size}")
            arguments = f"ptr {at}, i32 {size}, {vectors.truth} {mask}, {V} zeroinitializer"
            return text.value(f"call {V} @llvm.masked.load.{vectors.suffix}.p0({arguments})")

        left = [load("A", r) for r in range(rows)]
        for c in range(columns):
            right = load("W", c)
            if masked:
                right = text.value(f"fmul {V} {right}, {load('M', c)}")
            for r in range(rows):
                arguments = f"{V} {left[r]}, {V} {right}, {V} %{old}{r}.{c}"
                call = f"call {V} @llvm.fmuladd.{vectors.suffix}({arguments})"
                text.line(f"%{new}{r}.{c} = {call}")

    add("sum", "new", "%k", None)
    text.line(f"%next = add nuw i64 %k, {lanes}")
    text.line("%more = icmp ult i64 %next, %full")
    text.line("br i1 %more, label %loop, label %tail")
    text.label("tail")
    for r, c in sums:
        text.line(f"%most{r}.{c} = phi {V} [zeroinitializer, %entry], [%new{r}.{c}, %loop]")
    text.line("%rest = sub i64 %K, %full")
    text.line("%any = icmp sgt i64 %rest, 0")
    text.line("br i1 %any, label %last, label %done")
    text.label("last")
    text.line("%rest32 = trunc i64 %rest to i32")
    integers = f"<{lanes} x i32>"
    first = text.value(f"insertelement {integers} poison, i32 %rest32, i32 0")
    zeros = f"<{lanes} x i32> zeroinitializer"
    splat = text.value(f"shufflevector {integers} {first}, {integers} poison, {zeros}")
    numbers = ", ".join(f"i32 {k}" for k in range(lanes))
    text.line(f"%mask = icmp slt {integers} <{numbers}>, {splat}")
    add("most", "all", "%full", "%mask")
    text.line("br label %done")
    text.label("done")
    for r, c in sums:
        text.line(f"%end{r}.{c} = phi {V} [%most{r}.{c}, %tail], [%all{r}.{c}, %last]")
    for r in range(rows):
        _store_sums(text, vectors, [f"%end{r}.{c}" for c in range(columns)], f"%C{r}")
    arguments = (
        "ptr noalias %A, i64 %sa, ptr noalias %W, ptr noalias %M, ptr noalias %C, i64 %sc, i64 %K"
    )
    head = f"define internal void @{name}{rows}x{columns}({arguments}) #0"
    return f"{head} {{\n{text}\n  ret void\n}}"


def _store_sums(text: Text, vectors: Vectors, values: list[str], pointer: str) -> None:
    """Add up the lanes of each vector, neighbours first, and store the sums side by side."""
    T, lanes, left = vectors.element, vectors.lanes, vectors.lanes
    while left > 1:
        V = f"<{lanes} x {T}>"
        if len(values) > 1:
            pairs, width = list(zip(values[::2], values[1::2], strict=True)), lanes
        else:
            pairs, width = [(values[0], "poison")], lanes // 2
        values = []
        for one, other in pairs:
            even, odd = (
                text.value(f"shufflevector {V} {one}, {V} {other}, {_every_second(start, width)}")
                for start in (0, 1)
            )
            values.append(text.value(f"fadd <{width} x {T}> {even}, {odd}"))
        lanes, left = width, left // 2
    for k, value in enumerate(values):
        at = text.value(f"getelementptr {T}, ptr {pointer}, i64 {k * lanes}")
        text.line(f"store <{lanes} x {T}> {value}, ptr {at}, align {vectors.size}")


def _every_second(start: int, count: int) -> str:
    """Return the indices of a shuffle."""
    numbers = range(start, start + 2 * count, 2)
    return f"<{count} x i32> <{', '.join(f'i32 {k}' for k in numbers)}>"


def _blocks(vectors: Vectors, name: str) -> str:
    """Return the function that goes through the rows of W, and for each tile through those of A."""
    most, size, choices = _most_rows(vectors), vectors.size, _tiles(vectors)
    cases = "\n".join(
        f"    i64 {_COLUMNS * rows + columns}, label %tile{rows}x{columns}"
        for rows, columns in choices
    )
    calls = "\n".join(
        f"tile{rows}x{columns}:\n"
        f"  call void @{name}{rows}x{columns}("
        "ptr %Ab, i64 %sa, ptr %Wb, ptr %Mb, ptr %Cb, i64 %sc, i64 %K)\n"
        "  br label %next"
        for rows, columns in choices
    )
    return f"""
define internal void @{name}(
  ptr noalias %A, i64 %sa, ptr noalias %W, ptr noalias %M, ptr noalias %C, i64 %sc,
  i64 %rows, i64 %K, i64 %columns
) #2 {{
entry:
  %sw = mul i64 %K, {size}
  br label %column
column:
  %c = phi i64 [0, %entry], [%c1, %nextcolumn]
  %left = sub i64 %columns, %c
  %whole = icmp sge i64 %left, {_COLUMNS}
  %across = select i1 %whole, i64 {_COLUMNS}, i64 1
  %down = select i1 %whole, i64 {most}, i64 1
  %up = add i64 %rows, %down
  %up1 = sub i64 %up, 1
  %blocks = sdiv i64 %up1, %down
  %c1 = add i64 %c, %across
  %wo = mul i64 %c, %sw
  %Wb = getelementptr i8, ptr %W, i64 %wo
  %Mb = getelementptr i8, ptr %M, i64 %wo
  %co = mul i64 %c, {size}
  %Cc = getelementptr i8, ptr %C, i64 %co
  br label %block
{block_of_rows("column", "Cc")}
  %many = mul i64 %count, {_COLUMNS}
  %which = add i64 %many, %across
  switch i64 %which, label %next [
{cases}
  ]
{calls}
next:
  %more = icmp slt i64 %b1, %blocks
  br i1 %more, label %block, label %nextcolumn
nextcolumn:
  %morec = icmp slt i64 %c1, %columns
  br i1 %morec, label %column, label %end
end:
  ret void
}}"""
