"""Clear errors at the boundary: which argument, what was given, what was expected.

The cells' own functions run inside the loop over time and do not check again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array, is_torch_array

from ..arrays import Array, Symbol
from ..cell import Cell, State, Trace, letters, shape
from ..masks import NO_MASKS, Masks
from .masks import check_masks


def check_forward(
    cell: Cell, params: Any, x: Array, state: State | None, masks: Masks = NO_MASKS
) -> None:
    """Reject parameters, an input, a state or masks that do not fit each other."""
    check_cell(cell)
    check_input(x)
    check_params("params", cell, params, x)
    check_features("params", cell, params, x)
    if state is not None:
        widths = cell.state_widths(params)
        check_state("state", cell, state, [(x.shape[1], width) for width in widths], x)
    if masks is not NO_MASKS:
        check_masks(cell, params, x, masks)


def check_cell(cell: Cell) -> None:
    """Reject anything but a cell, such as the module that holds one."""
    if not isinstance(cell, Cell):
        raise TypeError(f"cell: got {cell!r}, expected a Cell, such as lstm.CELL")


def check_input(x: Array) -> None:
    """Reject anything but an array of shape (T, N, D) with at least one step."""
    check_array("x", x, None)
    if x.ndim != 3:
        raise ValueError(f"x: got shape {tuple(x.shape)}, expected (T, N, D), time first")
    if x.shape[0] == 0:
        raise ValueError(f"x: got no step, shape {tuple(x.shape)}, expected T >= 1")


def check_features(name: str, cell: Cell, params: Any, x: Array) -> None:
    """Reject an input with other features than the parameters take."""
    D = cell.sizes(params)["D"]
    if x.shape[2] != D:
        raise ValueError(
            f"x: got {x.shape[2]} features, shape {tuple(x.shape)}, expected {D} as in "
            f"{name}.W_ih of shape {tuple(params.W_ih.shape)}"
        )


def check_backward(cell: Cell, params: Any, cache: Trace, dy: Array, dstate: State | None) -> None:
    """Reject a cache that `forward` did not make, and gradients that do not fit it."""
    check_cache(cell, params, cache)
    T, N, _ = cache.x.shape
    widths = cell.state_widths(params)
    check_output_gradient(dy, (T, N, widths[0]), cache.x)
    if dstate is not None:
        check_state("dstate", cell, dstate, [(N, width) for width in widths], cache.x)


def check_cache(cell: Cell, params: Any, cache: Trace) -> None:
    """Reject a cache that `forward` did not make for the cell, or for such parameters."""
    check_cell(cell)
    made_for = getattr(cache, "cell", None)
    if made_for != cell.name:
        actual = f"one of the {made_for}" if made_for else type(cache).__name__
        raise TypeError(
            f"cache: got {actual}, expected what forward returned third for the {cell.name}"
        )
    check_params("params", cell, params, cache.x)
    required = {"x": cell.sizes(params)["D"]}
    required |= dict(zip(cell.state_names, cell.state_widths(params), strict=True))
    made_of = {"x": cache.x.shape[2]}
    for name in cell.state_names:
        previous = getattr(cache.steps[0], f"{name}_prev", None)  # if the cell keeps it
        made_of[name] = required[name] if previous is None else previous.shape[1]
    if made_of != required:
        actual, needed = (", ".join(f"{k} {n}" for k, n in w.items()) for w in (made_of, required))
        raise ValueError(f"cache: got one of widths {actual}, expected {needed} as of params")


def check_output_gradient(dy: Array, shape: tuple[int, ...], like: Array) -> None:
    """Reject a gradient that cannot be that of the output y, whose shape is given."""
    check_array("dy", dy, like)
    if tuple(dy.shape) != shape:
        raise ValueError(f"dy: got shape {tuple(dy.shape)}, expected (T, N, H) = {shape} as of y")


def check_window(k1: int, k2: int | None) -> tuple[int, int]:
    """Return the two lengths of truncated BPTT; reject all but 1 <= k1 <= k2."""
    k2 = k1 if k2 is None else k2
    check_integer("k1", k1)
    check_integer("k2", k2)
    if k1 < 1:
        raise ValueError(f"k1: got {k1}, expected at least 1 step")
    if k2 < k1:
        raise ValueError(f"k2: got {k2}, expected at least k1 = {k1}, or some losses reach no pass")
    return k1, k2


def check_sizes(**sizes: int) -> None:
    """Reject sizes that are not positive integers, by name."""
    for name, value in sizes.items():
        check_integer(name, value)
        if value < 1:
            raise ValueError(f"{name}: got {value}, expected at least 1")


def check_generator(generator: Any) -> None:
    """Reject anything but a NumPy generator, also the module numpy.random, a global state."""
    if not isinstance(generator, np.random.Generator):
        raise TypeError(
            f"generator: got {type(generator).__name__}, expected a numpy.random.Generator, "
            "such as numpy.random.default_rng(0)"
        )


def check_init(input_size: int, hidden_size: int, generator: Any, dtype: Any) -> None:
    """Reject sizes, a generator or a dtype from which parameters cannot be drawn."""
    check_sizes(input_size=input_size, hidden_size=hidden_size)
    check_generator(generator)
    try:
        floating = np.issubdtype(np.dtype(dtype), np.floating)
    except TypeError:  # unknown to NumPy, for example torch.float32
        floating = False
    if dtype is None or not floating:
        raise TypeError(f"dtype: got {dtype!r}, expected a floating-point dtype of NumPy")


def check_word(name: str, value: Any, choices: Collection[str]) -> None:
    """Reject a word that is not among the choices."""
    if not (isinstance(value, str) and value in choices):
        words = " or ".join(map(repr, choices))
        raise ValueError(f"{name}: got {value!r}, expected {words}")


def one_of(name: str, value: Any, choices: dict[str, Any]) -> Any:
    """Return the meaning of a word; reject one that is not among the choices."""
    check_word(name, value, choices)
    return choices[value]


def check_integer(name: str, value: Any) -> None:
    """Reject anything but an integer, also True and False."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: got {value!r}, expected an int")


def check_params(label: str, cell: Cell, params: Any, x: Array | None) -> None:
    """Reject parameters of another cell, of wrong shapes, or of another dtype than `x`."""
    names = cell.params_type._fields
    if type(params) is not cell.params_type:
        raise TypeError(
            f"{label}: got {type_name(params)}, "
            f"expected {_name(cell.params_type)}({', '.join(names)})"
        )
    for name in names:
        check_array(f"{label}.{name}", getattr(params, name), x)
    for name, text in cell.shapes.items():
        actual, axes = tuple(getattr(params, name).shape), len(text.split())
        if len(actual) != axes:
            kind = {1: "a vector", 2: "a matrix"}.get(axes, "an array")
            raise ValueError(f"{label}.{name}: got shape {actual}, expected {kind} {letters(text)}")
    sizes = cell.sizes(params)
    known = ", ".join(f"{letter} = {n}" for letter, n in sizes.items())
    for name, text in cell.shapes.items():
        actual, expected = tuple(getattr(params, name).shape), shape(text, sizes)
        if actual != expected:
            raise ValueError(
                f"{label}.{name}: got shape {actual}, expected {letters(text)} = {expected} for "
                f"{known}, read off {', '.join(cell.read_off)}"
            )


def check_state(
    name: str, cell: Cell, state: State, shapes: Sequence[tuple[int, ...]], like: Array
) -> None:
    """Reject anything but a tuple of the cell's arrays, each of its shape, and like `like`."""
    required = f"({', '.join(cell.state_names)}{',' if len(cell.state_names) == 1 else ''})"
    if not isinstance(state, tuple):
        raise TypeError(f"{name}: got {type(state).__name__}, expected the tuple {required}")
    if len(state) != len(cell.state_names):
        raise ValueError(f"{name}: got a tuple of {len(state)}, expected the tuple {required}")
    for part, array, expected in zip(cell.state_names, state, shapes, strict=True):
        check_array(f"{name}'s {part}", array, like)
        if tuple(array.shape) != expected:
            axes = "(N, H)" if len(expected) == 2 else "(layers × directions, N, H)"
            raise ValueError(
                f"{name}'s {part}: got shape {tuple(array.shape)}, expected {axes} = {expected}"
            )


def check_array(name: str, array: Array, like: Array | None) -> None:
    """Reject anything but a floating-point array of the library, dtype and device of `like`.

    `like` must have been checked before.
    """
    if isinstance(array, Symbol) or _is_alike(array, like):
        return
    if not (is_numpy_array(array) or is_torch_array(array)):
        raise TypeError(f"{name}: got {type(array).__name__}, expected a NumPy array or a tensor")
    xp = array_namespace(array)
    if not xp.isdtype(array.dtype, "real floating"):
        raise TypeError(f"{name}: got dtype {array.dtype}, expected a floating-point dtype")
    if like is None:
        return
    if is_torch_array(array) != is_torch_array(like):
        raise TypeError(
            f"{name}: got {type(array).__name__}, expected {type(like).__name__} as x is; "
            "NumPy arrays and tensors do not mix"
        )
    if array.dtype != like.dtype:
        raise TypeError(f"{name}: got dtype {array.dtype}, expected {like.dtype} as x has")
    if device(array) != device(like):
        raise ValueError(f"{name}: got device {device(array)}, expected {device(like)} as x has")


def _is_alike(array: Array, like: Array | None) -> bool:
    """Return quickly whether it is the usual case; the full check takes many times as long."""
    if like is None or type(array) is not type(like) or array.dtype != like.dtype:
        return False
    return type(array) is np.ndarray or (is_torch_array(array) and array.device == like.device)


def type_name(value: Any) -> str:
    """Return the name of a value's type with its module: rnn.Params, lstm.Params, tuple."""
    return _name(type(value))


def _name(kind: type) -> str:
    module = kind.__module__.rpartition(".")[2]
    return kind.__name__ if module == "builtins" else f"{module}.{kind.__name__}"
