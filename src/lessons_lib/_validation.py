"""Clear errors at the boundary: which argument, what came, what was expected.

The cells' own functions run inside the loop over time and trust what these checks have let in.
"""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array, is_torch_array

from .arrays import Array

if TYPE_CHECKING:
    from .scan import Cell, State, Trace


def check_forward(cell: Cell, params: Any, x: Array, state: State | None) -> None:
    """Refuse parameters, an input or a state that do not fit each other."""
    _check_array("x", x, None)
    if x.ndim != 3:
        raise ValueError(f"x: got shape {tuple(x.shape)}, expected (T, N, D), time first")
    if x.shape[0] == 0:
        raise ValueError(f"x: got no step, shape {tuple(x.shape)}, expected T >= 1")
    _check_params(cell, params, x)
    _, N, D = x.shape
    input_size, hidden_size = params.W_ih.shape[1], params.W_hh.shape[1]
    if input_size != D:
        raise ValueError(
            f"x: got {D} features, shape {tuple(x.shape)}, expected {input_size} as in "
            f"params.W_ih of shape {tuple(params.W_ih.shape)}"
        )
    if state is not None:
        _check_state("state", cell, state, (N, hidden_size), like=x)


def check_backward(cell: Cell, params: Any, cache: Trace, dy: Array, dstate: State | None) -> None:
    """Refuse a cache that `forward` did not make and gradients that do not fit it."""
    steps = getattr(cache, "steps", None)
    if not steps or not isinstance(steps[0], cell.cache_type):
        came = f"a trace of {_name(steps[0])}" if steps else _name(cache)
        raise TypeError(f"cache: got {came}, expected what {cell.name}.forward returned third")
    _check_params(cell, params, cache.x)
    T, N, D = cache.x.shape
    hidden_size = params.W_hh.shape[1]
    made_by = (D, steps[0].h_prev.shape[1])
    if made_by != (params.W_ih.shape[1], hidden_size):
        raise ValueError(
            f"cache: got one of D, H = {made_by}, expected "
            f"{(params.W_ih.shape[1], hidden_size)} as of params"
        )
    _check_array("dy", dy, cache.x)
    if tuple(dy.shape) != (T, N, hidden_size):
        raise ValueError(
            f"dy: got shape {tuple(dy.shape)}, expected (T, N, H) = {(T, N, hidden_size)} as of y"
        )
    if dstate is not None:
        _check_state("dstate", cell, dstate, (N, hidden_size), like=cache.x)


def check_window(k1: int, k2: int | None) -> tuple[int, int]:
    """Return the two lengths of truncated BPTT; refuse what is no pair 1 <= k1 <= k2."""
    k2 = k1 if k2 is None else k2
    check_integer("k1", k1)
    check_integer("k2", k2)
    if k1 < 1:
        raise ValueError(f"k1: got {k1}, expected at least 1 step")
    if k2 < k1:
        raise ValueError(f"k2: got {k2}, expected at least k1 = {k1}, or some losses reach no pass")
    return k1, k2


def check_sizes(**sizes: int) -> None:
    """Refuse sizes that are no positive integers, by name."""
    for name, value in sizes.items():
        check_integer(name, value)
        if value < 1:
            raise ValueError(f"{name}: got {value}, expected at least 1")


def check_generator(generator: Any) -> None:
    """Refuse anything but a NumPy generator: the module numpy.random, a global state, too."""
    if not isinstance(generator, np.random.Generator):
        raise TypeError(
            f"generator: got {type(generator).__name__}, expected a numpy.random.Generator, "
            "such as numpy.random.default_rng(0)"
        )


def check_dtype(dtype: Any) -> None:
    """Refuse a dtype in which no parameters can be drawn."""
    try:
        floating = np.issubdtype(np.dtype(dtype), np.floating)
    except TypeError:  # not known to NumPy, as torch.float32 is
        floating = False
    if dtype is None or not floating:
        raise TypeError(f"dtype: got {dtype!r}, expected a floating-point dtype of NumPy")


def check_integer(name: str, value: Any) -> None:
    """Refuse what is no integer; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: got {value!r}, expected an int")


def _check_params(cell: Cell, params: Any, x: Array) -> None:
    names = cell.params_type._fields
    if not isinstance(params, cell.params_type):
        raise TypeError(
            f"params: got {_name(params)}, expected {cell.name}.Params({', '.join(names)})"
        )
    for name in names:
        _check_array(f"params.{name}", getattr(params, name), x)
    for name in ("W_ih", "W_hh"):
        matrix = getattr(params, name)
        if matrix.ndim != 2:
            raise ValueError(f"params.{name}: got shape {tuple(matrix.shape)}, expected a matrix")
    expected = cell.param_shapes(params.W_ih.shape[1], params.W_hh.shape[1])
    for name in names:
        shape = tuple(getattr(params, name).shape)
        if shape != expected[name]:
            raise ValueError(
                f"params.{name}: got shape {shape}, expected {expected[name]} for "
                f"D = {params.W_ih.shape[1]} (columns of W_ih), "
                f"H = {params.W_hh.shape[1]} (columns of W_hh)"
            )


def _check_state(name: str, cell: Cell, state: State, shape: tuple[int, int], like: Array) -> None:
    wanted = f"({', '.join(cell.state_names)}{',' if len(cell.state_names) == 1 else ''})"
    if not isinstance(state, tuple):
        raise TypeError(f"{name}: got {type(state).__name__}, expected the tuple {wanted}")
    if len(state) != len(cell.state_names):
        raise ValueError(f"{name}: got a tuple of {len(state)}, expected the tuple {wanted}")
    for part, array in zip(cell.state_names, state, strict=True):
        _check_array(f"{name}'s {part}", array, like)
        if tuple(array.shape) != shape:
            raise ValueError(
                f"{name}'s {part}: got shape {tuple(array.shape)}, expected (N, H) = {shape}"
            )


def _check_array(name: str, array: Array, like: Array | None) -> None:
    """Refuse what is no floating-point array, or not of the library, dtype and device of `like`."""
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


def _name(value: Any) -> str:
    """Return the type's name with its module's, which tells rnn.Params from lstm.Params."""
    kind = type(value)
    module = kind.__module__.rpartition(".")[2]
    return kind.__name__ if module == "builtins" else f"{module}.{kind.__name__}"
