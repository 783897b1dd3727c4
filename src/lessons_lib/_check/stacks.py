"""Checks at the boundary of `stack`: those of `arguments`, for several layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array
from ..cell import Cell, State
from ..masks import NO_STACK_MASKS, StackMasks
from ..nested import is_params
from . import arguments as validation
from .masks import check_mask, check_masks


def check_forward(
    cell: Cell,
    params: Any,
    x: Array,
    state: State | None,
    lengths: Any,
    masks: StackMasks = NO_STACK_MASKS,
) -> np.ndarray | None:
    """Reject what does not fit; return the lengths as an array, or None if none are given."""
    validation.check_cell(cell)
    validation.check_input(x)
    _check_layers(cell, params, x)
    if state is not None:
        validation.check_state("state", cell, state, _state_shapes(cell, params, x.shape[1]), x)
    if masks is not NO_STACK_MASKS:
        check_stack_masks(cell, params, x, masks)
    return None if lengths is None else check_lengths(lengths, *x.shape[:2])


def check_backward(cell: Cell, params: Any, cache: Any, dy: Array, dstate: State | None) -> None:
    """Reject a cache that `forward` did not make for the cell, and gradients that do not fit it."""
    validation.check_cell(cell)
    layers = getattr(cache, "layers", None)
    made_for = layers[0][0].stretches[0][2].cell if layers else None
    if made_for != cell.name:
        actual = f"one of the {made_for}" if layers else type(cache).__name__
        raise TypeError(
            f"cache: got {actual}, expected what stack.forward returned third for the {cell.name}"
        )
    _check_layers(cell, params, cache.x)
    if len(cache.layers) != len(params) or len(cache.layers[0]) != len(params[0]):
        actual = f"{len(cache.layers)} layers × {len(cache.layers[0])} directions"
        raise ValueError(
            f"cache: got one of {actual}, expected {len(params)} × {len(params[0])} as of params"
        )
    T, N, _ = cache.x.shape
    shapes = _state_shapes(cell, params, N)
    validation.check_output_gradient(dy, (T, N, len(params[0]) * shapes[0][2]), cache.x)
    if dstate is not None:
        validation.check_state("dstate", cell, dstate, shapes, cache.x)


def check_lengths(lengths: Any, T: int, N: int) -> np.ndarray:
    """Return the lengths as an array of N integers from 1 to T; reject others."""
    lengths = np.asarray(lengths)
    if not np.issubdtype(lengths.dtype, np.integer):
        raise TypeError(f"lengths: got dtype {lengths.dtype}, expected integers")
    if lengths.shape != (N,):
        raise ValueError(f"lengths: got shape {lengths.shape}, expected (N,) = ({N},)")
    for n, length in enumerate(lengths.tolist()):
        if not 1 <= length <= T:
            raise ValueError(f"lengths: got {length} at {n}, expected 1 to T = {T}")
    return lengths


def check_nesting(params: Any) -> None:
    """Reject anything but a tuple of layers, each a tuple of the same one or two directions."""
    nested = isinstance(params, tuple | list) and not is_params(params)
    if not nested or not all(type(layer) in (tuple, list) for layer in params):
        raise TypeError(
            f"params: got {validation.type_name(params)}, expected a tuple of layers, each a "
            "tuple of the Params of its one or two directions, as from stack.init_params"
        )
    counts = sorted({len(layer) for layer in params})
    if counts not in ([1], [2]):
        raise ValueError(f"params: got {counts} directions, expected 1 or 2 in every layer")


def _check_layers(cell: Cell, params: Any, x: Array) -> None:
    check_nesting(params)
    width = x.shape[2]
    for number, layer in enumerate(params):
        for direction, network in enumerate(layer):
            label = f"params[{number}][{direction}]"
            validation.check_params(label, cell, network, x)
            D = cell.sizes(network)["D"]
            if number == 0:
                validation.check_features(label, cell, network, x)
            elif width != D:
                raise ValueError(
                    f"{label}: got D = {D} features of the input, expected {width}, the width of "
                    f"layer {number - 1}'s output"
                )
            actual, expected = cell.state_widths(network), cell.state_widths(params[0][0])
            if actual != expected:
                raise ValueError(
                    f"{label}: got {_widths(cell, actual)}, "
                    f"expected {_widths(cell, expected)} as in "
                    "params[0][0]"
                )
        width = sum(cell.output_width(network) for network in layer)


def _widths(cell: Cell, widths: tuple[int, ...]) -> str:
    of_state = zip(cell.state_names, widths, strict=True)
    return f"a state of width {', '.join(f'{width} ({name})' for name, width in of_state)}"


def check_stack_masks(cell: Cell, params: Any, x: Array, masks: StackMasks) -> None:
    """Reject masks of other layers and directions than the parameters', or that do not fit x."""
    if not isinstance(masks, StackMasks):
        raise TypeError(
            f"masks: got {validation.type_name(masks)}, expected StackMasks, such as a variant's "
            "sample_stack(…) returns"
        )
    for name in ("inputs", "networks"):
        _check_tuple(f"masks.{name}", getattr(masks, name), "what each layer is given")
    if not masks.inputs and not masks.networks and masks.y is None:
        return
    for number, layer in enumerate(masks.networks):
        _check_tuple(f"masks.networks[{number}]", layer, "the Masks of its directions")
    depths = [len(masks.inputs), len(masks.networks), *map(len, masks.networks)]
    if depths != [len(params), len(params), *map(len, params)]:
        raise ValueError(
            f"masks: got {len(masks.networks)} layers × {[*map(len, masks.networks)]} directions "
            f"with {len(masks.inputs)} inputs, expected {len(params)} × {len(params[0])} as params"
        )
    T, N, D = x.shape
    for number, layer in enumerate(params):
        if masks.inputs[number] is not None:
            check_mask(f"masks.inputs[{number}]", masks.inputs[number], [(T, N, D)], x)
        D = sum(cell.output_width(network) for network in layer)
        for direction, network in enumerate(layer):
            label = f"masks.networks[{number}][{direction}]"
            check_masks(cell, network, x, masks.networks[number][direction], label)
    if masks.y is not None:
        check_mask("masks.y", masks.y, [(T, N, D)], x)


def _check_tuple(name: str, value: Any, what: str) -> None:
    if not isinstance(value, tuple) or is_params(value):
        actual = validation.type_name(value)
        raise TypeError(f"{name}: got {actual}, expected a tuple of {what}")


def _state_shapes(cell: Cell, params: Any, N: int) -> list[tuple[int, int, int]]:
    rows = len(params) * len(params[0])
    return [(rows, N, width) for width in cell.state_widths(params[0][0])]
