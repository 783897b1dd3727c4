"""Checks at the boundary of linear recurrences: real or complex arrays of one shape."""

from __future__ import annotations

from typing import Any

from array_api_compat import array_namespace, device, is_numpy_array, is_torch_array

from ..arrays import Array
from ..cell import Cell
from .arguments import type_name


def check_pair(
    a: Array,
    b: Array,
    h_0: Array | None,
    name: str = "b",
    name_a: str = "a",
    name_h_0: str = "h_0",
) -> None:
    """Reject a, b or h_0 that do not fit each other."""
    if not (is_numpy_array(a) or is_torch_array(a)):
        raise TypeError(f"{name_a}: got {type_name(a)}, expected a NumPy array or a tensor")
    if not array_namespace(a).isdtype(a.dtype, ("real floating", "complex floating")):
        raise TypeError(f"{name_a}: got dtype {a.dtype}, expected real or complex floating point")
    if a.ndim < 1 or a.shape[0] == 0:
        raise ValueError(f"{name_a}: got shape {tuple(a.shape)}, expected (T, ...) with T >= 1")
    check_like(name, b, a, name_a)
    if h_0 is not None:
        check_like(name_h_0, h_0, a, name_a, tuple(a.shape[1:]))


def check_like(
    name: str, array: Array, a: Array, name_a: str = "a", shape: tuple[int, ...] | None = None
) -> None:
    """Reject an array of another library, dtype, device or shape than `a`."""
    if is_torch_array(array) != is_torch_array(a) or not hasattr(array, "shape"):
        raise TypeError(f"{name}: got {type_name(array)}, expected {type_name(a)} as {name_a} is")
    if array.dtype != a.dtype:
        raise TypeError(f"{name}: got dtype {array.dtype}, expected {a.dtype} as {name_a} has")
    if device(array) != device(a):
        raise ValueError(
            f"{name}: got device {device(array)}, expected {device(a)} as {name_a} has"
        )
    shape = tuple(a.shape) if shape is None else shape
    if tuple(array.shape) != shape:
        raise ValueError(
            f"{name}: got shape {tuple(array.shape)}, expected {shape} for {name_a} of shape "
            f"{tuple(a.shape)}"
        )


def check_trace(cache: Any, kind: type, cell: Cell) -> None:
    """Reject a cache that `linear.forward` did not make for the cell."""
    made_for = getattr(cache, "cell", None) if isinstance(cache, kind) else None
    if made_for != cell.name:
        actual = f"one of the {made_for}" if made_for else type_name(cache)
        raise TypeError(
            f"cache: got {actual}, expected what linear.forward returned third for the {cell.name}"
        )
