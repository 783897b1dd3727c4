"""The processor's vector size, and the largest tile of a product that fits its registers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import llvmlite.binding as llvm

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()


@dataclass(frozen=True)
class Processor:
    """The processor for which code is compiled.

    Attributes
    ----------
    name, features : str
        LLVM's names.
    vector_bytes : int
        64 with AVX-512, 32 with AVX2, 16 with SSE and NEON.
    tile : (int, int)
        Rows, and vectors in a row, of the part of a product that stays in registers.
    outer_rows : int
        The same for a sum of outer products, which loads fewer single numbers.
    """

    name: str
    features: str
    vector_bytes: int
    tile: tuple[int, int]
    outer_rows: int


@cache
def this_processor() -> Processor:
    """Return the processor of this machine; its features decide, not its name."""
    features = llvm.get_host_cpu_features()
    return make_processor(llvm.get_host_cpu_name(), features)


def make_processor(name: str, features: dict[str, bool]) -> Processor:
    """Return a processor with given features.

    AVX-512 and NEON have 32 registers, of which the sums may take most; a tile of (12, 2) was slow
    in products, because LLVM no longer kept all of it in registers.
    """
    if features.get("avx512f"):
        size, tile, outer_rows = 64, (8, 2), 12
    elif features.get("avx2") and features.get("fma"):
        size, tile, outer_rows = 32, (6, 2), 6
    elif features.get("neon"):
        size, tile, outer_rows = 16, (8, 2), 12
    else:
        size, tile, outer_rows = 16, (4, 2), 4
    text = ",".join(f"{'+' if on else '-'}{feature}" for feature, on in sorted(features.items()))
    return Processor(name, text, size, tile, outer_rows)
