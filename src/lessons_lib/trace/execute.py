"""Run a recording on arrays; its results equal the library's to the bit, which checks it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from array_api_compat import array_namespace, device

from ..arrays import Array
from .recording import Recording, Value
from .sizes import solve, value

_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
    "less_equal": operator.le,
    "less": operator.lt,
    "greater_equal": operator.ge,
    "greater": operator.gt,
    "matmul": operator.matmul,
}


def execute(recording: Recording, inputs: Mapping[str, Array | float]) -> dict[str, Array]:
    """Compute a recording's outputs.

    Parameters
    ----------
    recording : Recording
    inputs : dict
        The recording's inputs by name: arrays of NumPy or torch, and numbers.

    Returns
    -------
    dict
        The outputs by name.

    Raises
    ------
    KeyError
        An input is missing.
    ValueError
        The inputs' shapes contradict those of the recording.
    """
    needed = recording.inputs()
    missing = sorted(set(needed) - set(inputs))
    if missing:
        raise KeyError(f"inputs: got {', '.join(inputs)}, {', '.join(missing)} missing")
    arrays: dict[str, Array] = {n: inputs[n] for n, v in needed.items() if v.shape is not None}
    sizes = solve((needed[name].shape or (), tuple(a.shape)) for name, a in arrays.items())
    like = next(iter(arrays.values()))
    results: dict[int, Any] = {}
    for v in recording.values:
        arguments = [results[a.number] if isinstance(a, Value) else a for a in v.arguments]
        results[v.number] = (
            inputs[v.detail]
            if v.operation == "input"
            else _compute(v, arguments, like, lambda size: value(size, sizes))
        )
    return {name: results[v.number] for name, v in recording.outputs.items()}


def _compute(v: Value, arguments: list[Any], like: Array, size: Callable[[int], int]) -> Any:
    xp = array_namespace(like)
    shape = tuple(map(size, v.shape or ()))
    if v.operation in _OPERATORS:
        return _OPERATORS[v.operation](*arguments)
    match v.operation:
        case "zeros":
            return xp.zeros(shape, dtype=like.dtype, device=device(like))
        case "transpose":
            return arguments[0].T
        case "reshape":
            return xp.reshape(arguments[0], shape)
        case "concat":
            return xp.concat(arguments, axis=v.detail)
        case "slice":
            return arguments[0][tuple(_key(bounds, size) for bounds in v.detail)]
        case "sum" | "max":
            axis, keepdims = v.detail
            return getattr(xp, v.operation)(arguments[0], axis=axis, keepdims=keepdims)
    return getattr(xp, v.operation)(*arguments)


def _key(bounds: Any, size: Callable[[int], int]) -> Any:
    return slice(*map(size, bounds)) if isinstance(bounds, tuple) else size(bounds)
