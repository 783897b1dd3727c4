"""The little of LLVM's assembly language that the emitters share: types, constants, fresh names."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Vectors:
    """Vectors of one element type.

    Attributes
    ----------
    element : {"float", "double"}
    lanes : int
        Elements of a vector.
    tile : (int, int)
    outer_rows : int
        As in `processor.Processor`.
    """

    element: str
    lanes: int
    tile: tuple[int, int]
    outer_rows: int

    @property
    def size(self) -> int:
        """Bytes of an element."""
        return {"float": 4, "double": 8}[self.element]

    @property
    def type(self) -> str:
        """The vector's type."""
        return f"<{self.lanes} x {self.element}>"

    @property
    def suffix(self) -> str:
        """How intrinsic functions of this vector end: ``v16f32``."""
        return f"v{self.lanes}f{8 * self.size}"

    @property
    def integer(self) -> str:
        """An integer of the element's size."""
        return f"i{8 * self.size}"

    @property
    def truth(self) -> str:
        """The type of a comparison's result."""
        return f"<{self.lanes} x i1>"

    @property
    def panel(self) -> int:
        """Columns of a product's tile."""
        return self.tile[1] * self.lanes

    def constant(self, number: float) -> str:
        """Return a vector with a number in each lane; rounded first, which LLVM asks for."""
        if self.element == "float":
            number = float(np.float32(number))
        (bits,) = struct.unpack("<Q", struct.pack("<d", number))
        return f"splat ({self.element} 0x{bits:016X})"

    def integers(self, number: int) -> str:
        """Return a vector of integers with a number in each lane."""
        return f"splat ({self.integer} {number})"


class Text:
    """Lines of a function, and names for its values.

    Parameters
    ----------
    stem : str, optional
        How the names begin; texts of one function need stems of their own.
    """

    def __init__(self, stem: str = "v") -> None:
        self.lines: list[str] = []
        self._stem, self._names = stem, 0

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def line(self, text: str) -> None:
        """Add an instruction."""
        self.lines.append(f"  {text}")

    def label(self, name: str) -> None:
        """Begin a block."""
        self.lines.append(f"{name}:")

    def new(self, stem: str = "") -> str:
        """Return a name that is not taken."""
        self._names += 1
        return f"{stem or self._stem}{self._names}"

    def value(self, instruction: str, variable: str = "") -> str:
        """Add an instruction and return the name of its result, which begins with a variable's."""
        name = f"%{self.new(f'{variable}.' if variable.isascii() and variable else '')}"
        self.line(f"{name} = {instruction}")
        return name
