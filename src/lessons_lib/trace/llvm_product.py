"""Products of some rows with a packed matrix, in LLVM's language.

C[rows, columns] = A[rows, K] @ B. B is packed: panels of as many columns as a tile has, each panel
row after row, so that it is read from its first element to its last. A tile is a few rows and one
panel of C; its sums stay in registers for all K. Each row's sums are made in the same order however
the rows are divided, so the result does not depend on that.
"""

from __future__ import annotations

from .llvm_text import Text, Vectors

#: How many tiles, one below the other, are computed for each panel before the next panel.
_TILES_OF_A_CHUNK = 12


def product(vectors: Vectors) -> str:
    """Return ``@product(A, stride of A, B, C, stride of C, rows, K, panels)``, strides in bytes."""
    most, _ = vectors.tile
    tiles = "\n".join(_tile(vectors, rows) for rows in range(1, most + 1))
    return f"{tiles}\n{_blocks(vectors)}\n{_chunks(vectors)}"


def _tile(vectors: Vectors, rows: int) -> str:
    """Return the function of one tile of some rows."""
    text, V, T, size = Text(), vectors.type, vectors.element, vectors.size
    across = range(vectors.tile[1])
    sums = [(r, v) for r in range(rows) for v in across]
    text.label("entry")
    for r in range(rows):
        for matrix, stride in (("A", "sa"), ("C", "sc")):
            offset = text.value(f"mul i64 %{stride}, {r}")
            text.line(f"%{matrix}{r} = getelementptr i8, ptr %{matrix}, i64 {offset}")
    text.line("br label %loop")
    text.label("loop")
    text.line("%k = phi i64 [0, %entry], [%next, %loop]")
    for r, v in sums:
        text.line(f"%sum{r}.{v} = phi {V} [zeroinitializer, %entry], [%new{r}.{v}, %loop]")
    offset = text.value(f"mul i64 %k, {vectors.panel}")
    row = text.value(f"getelementptr {T}, ptr %B, i64 {offset}")
    for v in across:
        at = text.value(f"getelementptr {T}, ptr {row}, i64 {v * vectors.lanes}")
        text.line(f"%b{v} = load {V}, ptr {at}, align {size}")
    for r in range(rows):
        at = text.value(f"getelementptr {T}, ptr %A{r}, i64 %k")
        number = text.value(f"load {T}, ptr {at}, align {size}")
        first = text.value(f"insertelement {V} poison, {T} {number}, i32 0")
        lanes = f"<{vectors.lanes} x i32> zeroinitializer"
        a = text.value(f"shufflevector {V} {first}, {V} poison, {lanes}")
        for v in across:
            arguments = f"{V} {a}, {V} %b{v}, {V} %sum{r}.{v}"
            text.line(f"%new{r}.{v} = call {V} @llvm.fmuladd.{vectors.suffix}({arguments})")
    text.line("%next = add nuw i64 %k, 1")
    text.line("%more = icmp ult i64 %next, %K")
    text.line("br i1 %more, label %loop, label %done")
    text.label("done")
    for r, v in sums:
        at = text.value(f"getelementptr {T}, ptr %C{r}, i64 {v * vectors.lanes}")
        text.line(f"store {V} %new{r}.{v}, ptr {at}, align {size}")
    arguments = "ptr noalias %A, i64 %sa, ptr noalias %B, ptr noalias %C, i64 %sc, i64 %K"
    return f"define internal void @tile{rows}({arguments}) #0 {{\n{text}\n  ret void\n}}"


def block_of_rows(before: str, column: str) -> str:
    """Return the beginning of a loop over nearly equal blocks of rows of A and C.

    `before` is the label from which it is entered, and `column` the pointer to C's first row.
    """
    return f"""block:
  %b = phi i64 [0, %{before}], [%b1, %next]
  %first = phi i64 [0, %{before}], [%last, %next]
  %b1 = add i64 %b, 1
  %share = mul i64 %rows, %b1
  %last = sdiv i64 %share, %blocks
  %count = sub i64 %last, %first
  %ao = mul i64 %first, %sa
  %Ab = getelementptr i8, ptr %A, i64 %ao
  %cbo = mul i64 %first, %sc
  %Cb = getelementptr i8, ptr %{column}, i64 %cbo"""


def _blocks(vectors: Vectors) -> str:
    """Return the function that goes through the panels, and the rows in nearly equal blocks."""
    most, T = vectors.tile[0], vectors.element
    sizes = range(1, most + 1)
    cases = "\n".join(f"    i64 {rows}, label %rows{rows}" for rows in sizes)
    calls = "\n".join(
        f"rows{rows}:\n"
        f"  call void @tile{rows}(ptr %Ab, i64 %sa, ptr %Bp, ptr %Cb, i64 %sc, i64 %K)\n"
        "  br label %next"
        for rows in sizes
    )
    return f"""
define internal void @some_rows(
  ptr noalias %A, i64 %sa, ptr noalias %B, ptr noalias %C, i64 %sc,
  i64 %rows, i64 %K, i64 %panels
) #2 {{
entry:
  %size = mul i64 %K, {vectors.panel}
  %up = add i64 %rows, {most - 1}
  %blocks = sdiv i64 %up, {most}
  br label %panel
panel:
  %p = phi i64 [0, %entry], [%p1, %nextpanel]
  %bo = mul i64 %p, %size
  %Bp = getelementptr {T}, ptr %B, i64 %bo
  %co = mul i64 %p, {vectors.panel}
  %Cp = getelementptr {T}, ptr %C, i64 %co
  br label %block
{block_of_rows("panel", "Cp")}
  switch i64 %count, label %next [
{cases}
  ]
{calls}
next:
  %more = icmp slt i64 %b1, %blocks
  br i1 %more, label %block, label %nextpanel
nextpanel:
  %p1 = add i64 %p, 1
  %morep = icmp slt i64 %p1, %panels
  br i1 %morep, label %panel, label %end
end:
  ret void
}}"""


def _chunks(vectors: Vectors) -> str:
    """Return the function that takes so many rows at a time that they stay in the cache."""
    chunk = _TILES_OF_A_CHUNK * vectors.tile[0]
    return f"""
define internal void @product(
  ptr noalias %A, i64 %sa, ptr noalias %B, ptr noalias %C, i64 %sc,
  i64 %rows, i64 %K, i64 %panels
) #2 {{
entry:
  br label %chunk
chunk:
  %first = phi i64 [0, %entry], [%last, %chunk]
  %left = sub i64 %rows, %first
  %whole = icmp slt i64 %left, {chunk}
  %count = select i1 %whole, i64 %left, i64 {chunk}
  %last = add i64 %first, %count
  %ao = mul i64 %first, %sa
  %Ac = getelementptr i8, ptr %A, i64 %ao
  %co = mul i64 %first, %sc
  %Cc = getelementptr i8, ptr %C, i64 %co
  call void @some_rows(
    ptr %Ac, i64 %sa, ptr %B, ptr %Cc, i64 %sc, i64 %count, i64 %K, i64 %panels)
  %more = icmp slt i64 %last, %rows
  br i1 %more, label %chunk, label %end
end:
  ret void
}}"""
