"""The gradients of the weights, in LLVM's language: sums of outer products over all rows.

    C[K, M] = Σ over all steps and sequences of left[K] ⊗ right[M]

Threads divide K, so each sum is made by one thread in the order of time, whatever their number.
Steps are taken in blocks of some 256 rows, which stay in the cache: for each block, first what has
to be computed of its rows (a state under its mask), then a tile of C after the other, whose sums
stay in registers for the block::

    for block of steps:
        for step in block:  the plan's loops, to memory of this thread
        for each outer product:
            for panel of M:  copy it, so that its rows are adjacent and stay in the nearest cache
                for tile of this thread's K:   C tile += left ⊗ right over the block
        for each sum:  this thread's columns
"""

from __future__ import annotations

from collections.abc import Mapping

from .llvm_pass import Pass, _Emitter, _refused
from .llvm_text import Text, Vectors
from .plan import Plan, Product, Reduction

#: Rows of a block, if the sequences are not more.
BLOCK = 256

#: What the copy of a panel is called.
_PANEL = "panel"


def block_rows(N: int) -> int:
    """Return how many rows of each temporary a thread needs, for N sequences."""
    return max(1, BLOCK // N) * N


def emit_gradients(plan: Plan, name: str, vectors: Vectors, sizes: Mapping[str, int]) -> Pass:
    """Emit the function of a plan whose outputs are sums over all rows.

    Raises
    ------
    RecordingError
        The plan holds an operation for which there is no code.
    """
    return _GradientEmitter(plan, name, vectors, sizes, False, {}).emit()


def heights(vectors: Vectors) -> tuple[int, ...]:
    """Return the rows that tiles have, the most first; the last is 1, so that any number fits."""
    return (vectors.outer_rows, max(2, vectors.outer_rows // 3), 1)


class _GradientEmitter(_Emitter):
    def emit(self) -> Pass:
        """Return the function."""
        self.list_arrays()
        self.result.all_rows = True
        self.text = loops = Text()
        for (level, width), stores in self.plan.loops.items():
            if level or any(store.home.array in self.plan.outputs for store in stores):
                raise _refused(stores[0].node)
            self._loop(0, self.size(width), stores)
        self.text = sums = Text("sum")
        for product in self.plan.products:
            self._outer(product)
        for reduction in self.plan.reductions:
            self._total(reduction)
        self.result.text = f"""define void @{self.result.name}(
  ptr noalias %table, i64 %T, i64 %N, i64 %thread, i64 %threads
) #0 {{
entry:
{self._addresses()}
{self.head}
  %rows = add i64 %N, 0
  %n0 = add i64 0, 0
  %fit = sdiv i64 {BLOCK}, %N
  %any = icmp sgt i64 %fit, 0
  %steps = select i1 %any, i64 %fit, i64 1
  %block.rows = mul i64 %steps, %N
{self._own_memory()}
  br label %block
block:
  %t0 = phi i64 [0, %entry], [%t1, %blockend]
  %t0s = add i64 %t0, %steps
  %past = icmp sgt i64 %t0s, %T
  %t1 = select i1 %past, i64 %T, i64 %t0s
  %first = icmp eq i64 %t0, 0
  %count.steps = sub i64 %t1, %t0
  %count = mul i64 %count.steps, %N
  br label %time
time:
  %t = phi i64 [%t0, %block], [%tn, %timeend]
  %i = sub i64 %t, %t0
{self._pointers_of_step()}
{loops}
  br label %timeend
timeend:
  %tn = add i64 %t, 1
  %moret = icmp slt i64 %tn, %t1
  br i1 %moret, label %time, label %sums
sums:
{sums}
  br label %blockend
blockend:
  %moreb = icmp slt i64 %t1, %T
  br i1 %moreb, label %block, label %end
end:
  ret void
}}"""
        return self.result

    def _addresses(self) -> str:
        """Load the table; of a temporary, where that of the first thread begins."""
        text = super()._addresses()
        for array in self.result.temporaries:
            text = text.replace(f"%at.{array} =", f"%memory.{array} =")
        return text

    def _own_memory(self) -> str:
        """Compute where this thread's temporaries begin: each has room for a block of rows."""
        text = Text("own")
        for array in self.result.temporaries:
            if array in self.result.arrays:
                size = text.value(f"mul i64 %block.rows, %sn.{array}")
                offset = text.value(f"mul i64 %thread, {size}")
                text.line(f"%at.{array} = getelementptr i8, ptr %memory.{array}, i64 {offset}")
        return str(text)

    def _pointers_of_step(self) -> str:
        """Compute where the arrays begin; of a temporary, by the step of the block."""
        text = Text("step")
        for array in self.result.arrays:
            if array in self.result.numbers or array in self.outputs:
                continue
            step = "%i" if array in self.result.temporaries else "%t"
            offset = text.value(f"mul i64 {step}, %st.{array}")
            text.line(f"%step.{array} = getelementptr i8, ptr %at.{array}, i64 {offset}")
        return str(text)

    def list_arrays(self) -> None:
        """Find the arrays of the table."""
        super().list_arrays()
        if any(product.matrix is None for product in self.plan.products):
            self.result.temporaries[_PANEL] = self.vectors.panel
            self.result.arrays.append(_PANEL)
        self.outputs = {product.result.array for product in self.plan.products}
        self.outputs |= {reduction.result.array for reduction in self.plan.reductions}
        operands = {home.array for product in self.plan.products for home in product.operands}
        operands |= {reduction.operand.array for reduction in self.plan.reductions}
        self.result.blocks = operands - set(self.plan.temporaries)

    def list_product(self, number: int, product: Product, arrays: dict[str, None]) -> None:
        """List the arrays of an outer product."""
        names = (*(home.array for home in product.operands), product.result.array)
        arrays |= dict.fromkeys(names)

    def list_reduction(self, reduction: Reduction, arrays: dict[str, None]) -> None:
        """List the arrays of a sum."""
        arrays |= dict.fromkeys((reduction.operand.array, reduction.result.array))

    def _block(self, array: str, column: int) -> str:
        """Return where a column of an array begins in this block."""
        start = f"%at.{array}"
        if array not in self.result.temporaries:
            offset = self.text.value(f"mul i64 %t0, %st.{array}")
            start = self.text.value(f"getelementptr i8, ptr {start}, i64 {offset}")
        return self._element(start, column)

    def _share(self, width: int, unit: int) -> tuple[str, str]:
        """Return the first and the last of this thread's columns, in multiples of a unit."""
        ends = []
        units = -(-width // unit)
        for thread in ("%thread", self.text.value("add i64 %thread, 1")):
            product = self.text.value(f"mul i64 {thread}, {units}")
            share = self.text.value(f"sdiv i64 {product}, %threads")
            end = self.text.value(f"mul i64 {share}, {unit}")
            past = self.text.value(f"icmp sgt i64 {end}, {width}")
            ends.append(self.text.value(f"select i1 {past}, i64 {width}, i64 {end}"))
        return ends[0], ends[1]

    def _outer(self, product: Product) -> None:
        left, right = product.operands
        K, M = (self.size(node.width) for node in product.node.arguments)
        k0, k1 = self._share(K, self.vectors.outer_rows)
        A = self._block(left.array, self.size(left.column))
        B = self._block(right.array, self.size(right.column))
        C = self._element(f"%at.{product.result.array}", self.size(product.result.column))
        self.text.line(
            f"call void @outer(ptr {A}, i64 %sn.{left.array}, ptr {B}, i64 %sn.{right.array}, "
            f"ptr %at.{_PANEL}, ptr {C}, i64 {M}, i64 %count, i64 {k0}, i64 {k1}, i1 %first)"
        )

    def _total(self, reduction: Reduction) -> None:
        width = self.size(reduction.node.width)
        c0, c1 = self._share(width, self.vectors.lanes)
        A = self._block(reduction.operand.array, self.size(reduction.operand.column))
        out = self._element(f"%at.{reduction.result.array}", self.size(reduction.result.column))
        self.text.line(
            f"call void @total(ptr {A}, i64 %sn.{reduction.operand.array}, ptr {out}, "
            f"i64 %count, i64 {c0}, i64 {c1}, i1 %first)"
        )


def functions(vectors: Vectors) -> str:
    """Return ``@outer`` and ``@total``."""
    tiles = (_tile(vectors, rows, masked) for rows in heights(vectors) for masked in (False, True))
    copies = (_copy(vectors, masked) for masked in (False, True))
    return "\n".join((*tiles, *copies, _outer(vectors), _total(vectors)))


def _copy(vectors: Vectors, masked: bool) -> str:
    """Return the function that copies a panel, or what is left of one, with zeros beside it."""
    text, V, T, size = Text(), vectors.type, vectors.element, vectors.size
    across = range(vectors.tile[1])
    text.label("entry")
    masks = _masks(text, vectors, "%left", across) if masked else []
    text.line("br label %row")
    text.label("row")
    text.line("%r = phi i64 [0, %entry], [%r1, %row]")
    text.line("%b = phi ptr [%B, %entry], [%b1, %row]")
    text.line("%to = phi ptr [%panel, %entry], [%to1, %row]")
    for v in across:
        at = text.value(f"getelementptr {T}, ptr %b, i64 {v * vectors.lanes}")
        loaded = f"load {V}, ptr {at}, align {size}"
        if masked:
            loaded = (
                f"call {V} @llvm.masked.load.{vectors.suffix}.p0(ptr {at}, i32 {size}, "
                f"{vectors.truth} {masks[v]}, {V} zeroinitializer)"
            )
        place = text.value(f"getelementptr {T}, ptr %to, i64 {v * vectors.lanes}")
        text.line(f"store {V} {text.value(loaded)}, ptr {place}, align {size}")
    text.line("%b1 = getelementptr i8, ptr %b, i64 %sb")
    text.line(f"%to1 = getelementptr {T}, ptr %to, i64 {vectors.panel}")
    text.line("%r1 = add nuw i64 %r, 1")
    text.line("%more = icmp ult i64 %r1, %count")
    text.line("br i1 %more, label %row, label %done")
    text.label("done")
    name = f"copy{'_masked' if masked else ''}"
    arguments = "ptr noalias %B, i64 %sb, ptr noalias %panel, i64 %count, i64 %left"
    return f"define internal void @{name}({arguments}) #0 {{\n{text}\n  ret void\n}}"


def _masks(text: Text, vectors: Vectors, left: str, across: range) -> list[str]:
    """Return for each vector of a panel which of its lanes are among `left` columns."""
    numbers = ", ".join(f"i64 {k}" for k in range(vectors.lanes))
    masks = []
    for v in across:
        rest = text.value(f"sub i64 {left}, {v * vectors.lanes}")
        first = text.value(f"insertelement <{vectors.lanes} x i64> poison, i64 {rest}, i32 0")
        lanes = f"<{vectors.lanes} x i32> zeroinitializer"
        vector = f"<{vectors.lanes} x i64>"
        limit = text.value(f"shufflevector {vector} {first}, {vector} poison, {lanes}")
        masks.append(text.value(f"icmp slt {vector} <{numbers}>, {limit}"))
    return masks


def _tile(vectors: Vectors, rows: int, masked: bool) -> str:
    """Return the function of one tile: some rows of C, and a panel or what is left of one."""
    text, V, T, size = Text(), vectors.type, vectors.element, vectors.size
    across = range(vectors.tile[1])
    sums = [(r, v) for r in range(rows) for v in across]
    text.label("entry")
    masks = _masks(text, vectors, "%left", across) if masked else []

    def load(at: str, v: int) -> str:
        if not masked:
            return f"load {V}, ptr {at}, align {size}"
        mask = f"{vectors.truth} {masks[v]}"
        return (
            f"call {V} @llvm.masked.load.{vectors.suffix}.p0"
            f"(ptr {at}, i32 {size}, {mask}, {V} zeroinitializer)"
        )

    for r in range(rows):
        offset = text.value(f"mul i64 %sc, {r}")
        text.line(f"%C{r} = getelementptr i8, ptr %C, i64 {offset}")
    for r, v in sums:
        text.line(f"%C{r}.{v} = getelementptr {T}, ptr %C{r}, i64 {v * vectors.lanes}")
    text.line("br i1 %first, label %zero, label %old")
    text.label("old")
    for r, v in sums:
        text.line(f"%old{r}.{v} = {load(f'%C{r}.{v}', v)}")
    text.line("br label %zero")
    text.label("zero")
    for r, v in sums:
        text.line(f"%start{r}.{v} = phi {V} [zeroinitializer, %entry], [%old{r}.{v}, %old]")
    text.line("br label %loop")
    text.label("loop")
    text.line("%k = phi i64 [0, %zero], [%next, %loop]")
    text.line("%a = phi ptr [%A, %zero], [%a1, %loop]")
    text.line("%b = phi ptr [%B, %zero], [%b1, %loop]")
    for r, v in sums:
        text.line(f"%sum{r}.{v} = phi {V} [%start{r}.{v}, %zero], [%new{r}.{v}, %loop]")
    for v in across:
        at = text.value(f"getelementptr {T}, ptr %b, i64 {v * vectors.lanes}")
        text.line(f"%b{v}.v = load {V}, ptr {at}, align {size}")
    for r in range(rows):
        at = text.value(f"getelementptr {T}, ptr %a, i64 {r}")
        number = text.value(f"load {T}, ptr {at}, align {size}")
        first = text.value(f"insertelement {V} poison, {T} {number}, i32 0")
        lanes = f"<{vectors.lanes} x i32> zeroinitializer"
        a = text.value(f"shufflevector {V} {first}, {V} poison, {lanes}")
        for v in across:
            arguments = f"{V} {a}, {V} %b{v}.v, {V} %sum{r}.{v}"
            text.line(f"%new{r}.{v} = call {V} @llvm.fmuladd.{vectors.suffix}({arguments})")
    text.line("%a1 = getelementptr i8, ptr %a, i64 %sa")
    text.line(f"%b1 = getelementptr {T}, ptr %b, i64 {vectors.panel}")
    text.line("%next = add nuw i64 %k, 1")
    text.line("%more = icmp ult i64 %next, %count")
    text.line("br i1 %more, label %loop, label %done")
    text.label("done")
    for r, v in sums:
        if masked:
            text.line(
                f"call void @llvm.masked.store.{vectors.suffix}.p0"
                f"({V} %new{r}.{v}, ptr %C{r}.{v}, i32 {size}, {vectors.truth} {masks[v]})"
            )
        else:
            text.line(f"store {V} %new{r}.{v}, ptr %C{r}.{v}, align {size}")
    name = f"outer{rows}{'_masked' if masked else ''}"
    arguments = (
        "ptr noalias %A, i64 %sa, ptr noalias %B, ptr noalias %C, i64 %sc, "
        "i64 %count, i64 %left, i1 %first"
    )
    return f"define internal void @{name}({arguments}) #0 {{\n{text}\n  ret void\n}}"


def _outer(vectors: Vectors) -> str:
    """Return the function that goes through the panels of M and the tiles of K."""
    T, size, panel = vectors.element, vectors.size, vectors.panel
    most, some, one = heights(vectors)

    def tiles(masked: bool) -> str:
        kind = "_masked" if masked else ""
        blocks = []
        for rows in (most, some, one):
            call = f"@outer{rows}{kind}"
            blocks.append(f"""{call[1:]}.do:
  call void {call}(
    ptr %Ak, i64 %sa, ptr %panel, ptr %Ck, i64 %sc, i64 %count, i64 %left, i1 %first)
  br label %tiled""")
        return "\n".join(blocks)

    return f"""
define internal void @outer(
  ptr noalias %A, i64 %sa, ptr noalias %B, i64 %sb, ptr noalias %panel, ptr noalias %C, i64 %M,
  i64 %count, i64 %k0, i64 %k1, i1 %first
) #2 {{
entry:
  %sc = mul i64 %M, {size}
  %any = icmp slt i64 %k0, %k1
  br i1 %any, label %each, label %end
each:
  %m = phi i64 [0, %entry], [%m1, %nextpanel]
  %left = sub i64 %M, %m
  %full = icmp sge i64 %left, {panel}
  %Bm = getelementptr {T}, ptr %B, i64 %m
  %Cm = getelementptr {T}, ptr %C, i64 %m
  br i1 %full, label %copy, label %copycut
copy:
  call void @copy(ptr %Bm, i64 %sb, ptr %panel, i64 %count, i64 %left)
  br label %tiles
copycut:
  call void @copy_masked(ptr %Bm, i64 %sb, ptr %panel, i64 %count, i64 %left)
  br label %tiles
tiles:
  br label %tile
tile:
  %k = phi i64 [%k0, %tiles], [%kn, %tiled]
  %rest = sub i64 %k1, %k
  %ge.most = icmp sge i64 %rest, {most}
  %ge.some = icmp sge i64 %rest, {some}
  %small = select i1 %ge.some, i64 {some}, i64 {one}
  %height = select i1 %ge.most, i64 {most}, i64 %small
  %kn = add i64 %k, %height
  %Ak = getelementptr {T}, ptr %A, i64 %k
  %co = mul i64 %k, %sc
  %Ck = getelementptr i8, ptr %Cm, i64 %co
  br i1 %full, label %plain, label %cut
plain:
  switch i64 %height, label %outer{one}.do [ i64 {most}, label %outer{most}.do
    i64 {some}, label %outer{some}.do ]
cut:
  switch i64 %height, label %outer{one}_masked.do [ i64 {most}, label %outer{most}_masked.do
    i64 {some}, label %outer{some}_masked.do ]
{tiles(False)}
{tiles(True)}
tiled:
  %more = icmp slt i64 %kn, %k1
  br i1 %more, label %tile, label %nextpanel
nextpanel:
  %m1 = add i64 %m, {panel}
  %morem = icmp slt i64 %m1, %M
  br i1 %morem, label %each, label %end
end:
  ret void
}}"""


def _total(vectors: Vectors) -> str:
    """Return the function that sums rows, for the columns from c0 to before c1."""
    text, V, T = Text(), vectors.type, vectors.element
    (mask,) = _masks(text, vectors, "%left", range(1))
    masked = f"i32 {vectors.size}, {vectors.truth} {mask}"
    load = f"call {V} @llvm.masked.load.{vectors.suffix}.p0"
    return f"""
define internal void @total(
  ptr noalias %A, i64 %sa, ptr noalias %out, i64 %count, i64 %c0, i64 %c1, i1 %first
) #2 {{
entry:
  %any = icmp slt i64 %c0, %c1
  br i1 %any, label %column, label %end
column:
  %c = phi i64 [%c0, %entry], [%cn, %nextcolumn]
  %left = sub i64 %c1, %c
{text}
  %to = getelementptr {T}, ptr %out, i64 %c
  %from = getelementptr {T}, ptr %A, i64 %c
  %old = {load}(ptr %to, {masked}, {V} zeroinitializer)
  %start = select i1 %first, {V} zeroinitializer, {V} %old
  br label %row
row:
  %r = phi i64 [0, %column], [%rn, %row]
  %sum = phi {V} [%start, %column], [%new, %row]
  %offset = mul i64 %r, %sa
  %at = getelementptr i8, ptr %from, i64 %offset
  %x = {load}(ptr %at, {masked}, {V} zeroinitializer)
  %new = fadd {V} %sum, %x
  %rn = add i64 %r, 1
  %more = icmp slt i64 %rn, %count
  br i1 %more, label %row, label %nextcolumn
nextcolumn:
  call void @llvm.masked.store.{vectors.suffix}.p0({V} %new, ptr %to, {masked})
  %cn = add i64 %c, {vectors.lanes}
  %morec = icmp slt i64 %cn, %c1
  br i1 %morec, label %column, label %end
end:
  ret void
}}"""
