"""Checks at the boundary that masks fit the cell, its sizes and its input."""

from __future__ import annotations

from numbers import Real
from typing import Any

from array_api_compat import array_namespace, device, is_numpy_array, is_torch_array

from ..arrays import Array, Symbol
from ..cell import Cell
from ..masks import Masks

#: Sites where a number may replace an array that holds it everywhere.
_NUMBERS = ("g", "c", "y", "keep_h", "keep_c")


def check_masks(cell: Cell, params: Any, x: Array, masks: Masks, label: str = "masks") -> None:
    """Reject masks on sites that the cell does not have, and masks that do not fit the arrays.

    Only the steps, sequences, dtype and device of `x` matter; it may be another layer's input.
    """
    if not isinstance(masks, Masks):
        raise TypeError(
            f"{label}: got {type(masks).__name__}, expected dropout.Masks, such as a variant's "
            "sample(…) returns"
        )
    sites = _sites(cell, params, x)
    for name, mask in masks._asdict().items():
        if mask is None:
            continue
        if name not in sites:
            there = ", ".join(sites) or "none"
            raise ValueError(f"{label}.{name}: the {cell.name} has no such site, expected {there}")
        if isinstance(mask, Real):
            if name not in _NUMBERS:
                raise TypeError(f"{label}.{name}: got the number {mask}, expected an array")
            continue
        check_mask(f"{label}.{name}", mask, sites[name], x)


def _sites(cell: Cell, params: Any, x: Array) -> dict[str, list[tuple[int, ...]]]:
    """Return the sites of the cell, each with the shapes that its mask may have."""
    T, N, _ = x.shape
    sizes, widths = cell.sizes(params), cell.state_widths(params)
    D, H, gates = sizes["D"], sizes["H"], cell.gates
    of_state = dict(zip(cell.state_names, widths, strict=True))
    shapes: dict[str, list[tuple[int, ...]]] = {
        "x": [(T, N, D), (T, gates, N, D)],
        "h": [(T, N, widths[0]), (T, gates, N, widths[0])],
        "g": [(T, N, H)],
        "c": [(T, N, of_state.get("c", H))],
        "y": [],
        "keep_h": [(T, N, widths[0])],
        "keep_c": [(T, N, of_state.get("c", H))],
    }
    return {
        name: [tuple(getattr(params, name).shape)] if name in cell.shapes else shapes[name]
        for name in cell.all_sites
    }


def check_mask(name: str, mask: Any, shapes: list[tuple[int, ...]], x: Array) -> None:
    """Reject a mask of another library, dtype or device than x, or of a wrong shape."""
    if isinstance(mask, Symbol):
        return
    if not (is_numpy_array(mask) or is_torch_array(mask)) or not shapes:
        expected = "an array or a tensor" if shapes else "a number"
        raise TypeError(f"{name}: got {type(mask).__name__}, expected {expected}")
    if is_torch_array(mask) != is_torch_array(x):
        raise TypeError(f"{name}: got {type(mask).__name__}, expected {type(x).__name__} as x is")
    required = array_namespace(mask).bool if "keep" in name else x.dtype
    if mask.dtype != required:
        expected = "bool" if "keep" in name else x.dtype
        raise TypeError(f"{name}: got dtype {mask.dtype}, expected {expected}")
    if device(mask) != device(x):
        raise ValueError(f"{name}: got device {device(mask)}, expected {device(x)} as x has")
    shape = tuple(mask.shape)
    if not any(_fits(shape, expected) for expected in shapes):
        forms = " or ".join(map(str, shapes))
        raise ValueError(f"{name}: got shape {shape}, expected {forms}, where T and N may be 1")


def _fits(shape: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Return whether a mask has the shape; its axes of time and batch may be 1."""
    if len(shape) != len(expected):
        return False
    shared = (0, len(shape) - 2) if len(shape) > 2 else ()
    return all(
        mine == other or (axis in shared and mine == 1)
        for axis, (mine, other) in enumerate(zip(shape, expected, strict=True))
    )
