"""Call a learner's function and bring what it returns into the form that is compared."""

from __future__ import annotations

import inspect
import linecache
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import is_torch_array

from .mistake import Named
from .report import Finding
from .runner import Outcome, run

_SHOWN = 200  # characters of what is printed or raised


class Call(NamedTuple):
    """What a call gave: results as NumPy arrays by name, or why there are none.

    Attributes
    ----------
    results : dict of str to array
    changed : tuple of str
        The arguments that are not what they were.
    failure : Finding or None
    notes : list of Finding
        Remarks that fail nothing.
    """

    results: Named
    changed: tuple[str, ...]
    failure: Finding | None
    notes: list[Finding]


def unfit(function: Any, names: Iterable[str]) -> Finding | None:
    """Return why something cannot be called with such arguments, or None where it can."""
    names = tuple(names)
    if not callable(function):
        return Finding("not_callable", {"kind": type(function).__name__})
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a built-in's need not be known
        return None
    try:
        signature.bind(*names)
    except TypeError:
        return Finding("signature", {"came": signature, "expected": f"({', '.join(names)})"})
    return None


def call(
    function: Callable[..., Any], arguments: Named, names: tuple[str, ...], limit: float
) -> Call:
    """Call the function with copies of the arguments, with tensors where it asks for them."""
    given = _map(np.copy, arguments)
    outcome = run(function, tuple(given.values()), limit)
    if outcome.error is not None and "torch" in sys.modules:
        tensors = _map(lambda array: sys.modules["torch"].from_numpy(array.copy()), arguments)
        again = run(function, tuple(tensors.values()), limit)
        if again.error is None or _asks_for_tensors(function, outcome.error):
            outcome, given = again, tensors
    changed = tuple(name for name in arguments if not _same(arguments[name], given[name]))
    printed = outcome.printed.strip()
    notes = [Finding("printed", {"text": _shortened(printed)})] if printed else []
    failure = failed(function, outcome, arguments, limit)
    results: Named = {}
    if failure is None:
        results, failure = _named(outcome.value, names)
    return Call(results, changed, failure, notes)


def _map(change: Callable[[np.ndarray], Any], value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _map(change, part) for name, part in value.items()}
    if isinstance(value, list):
        return [_map(change, part) for part in value]
    return change(value) if isinstance(value, np.ndarray) else value


def _asks_for_tensors(function: Any, error: BaseException) -> bool:
    code, scope = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    named = code.co_names if code else ()
    of_torch = any(scope.get(name) is sys.modules["torch"] for name in named)
    return of_torch or "Tensor" in str(error) or "ndarray' object has no" in str(error)


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, list):
        same_length = len(before) == len(after)
        return same_length and all(_same(a, b) for a, b in zip(before, after, strict=True))
    if not isinstance(before, np.ndarray):
        return True
    # not equal to the bit: central differences put an element back by adding and subtracting
    after = _as_numpy(after)
    return before.shape == after.shape and np.allclose(before, after, 1e-12, 1e-12, equal_nan=True)


def failed(
    function: Any, outcome: Outcome, arguments: Named, limit: float, file: str | None = None
) -> Finding | None:
    """Return why a call has no value, or None where it has one.

    `file` is where the learner's lines are, that of the function if not given.
    """
    if outcome.timed_out:
        return Finding("too_slow", {"seconds": f"{limit:g}"})
    error = outcome.error
    if error is None:
        return None
    if isinstance(error, NotImplementedError):
        return Finding("not_written", {})
    values = {"error": _shortened("".join(traceback.format_exception_only(error)).strip())}
    code = getattr(inspect.unwrap(function), "__code__", None)
    if where := _line_of(file or (code.co_filename if code else None), error):
        values |= {"number": str(where[0]), "line": where[1]}
    given = ", ".join(filter(None, map(_shape, arguments, arguments.values())))
    kind = "raised_at" if where else "raised"
    if not given:
        return Finding(kind, values)
    return Finding("given", {"text": Finding(kind, values), "given": given})


def _shape(name: str, value: Any) -> str:
    return f"{name} {value.shape}" if isinstance(value, np.ndarray) else ""


def _line_of(file: str | None, error: BaseException) -> tuple[int, str] | None:
    """Return number and text of the line in the file, the innermost, at which an error arose."""
    own = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == file
    ]
    return (own[-1], linecache.getline(file or "", own[-1]).strip()) if own else None


def _named(value: Any, names: tuple[str, ...]) -> tuple[Named, Finding | None]:
    if value is None:
        return {}, Finding("nothing_returned", {"names": ", ".join(names)})
    parts = list(value) if isinstance(value, tuple | list) else [value]
    if len(parts) != len(names):
        return {}, Finding("how_many", {"came": len(parts), "names": ", ".join(names)})
    results = {}
    for name, part in zip(names, parts, strict=True):
        if not (isinstance(part, np.ndarray) or is_torch_array(part)):
            return {}, Finding("not_array", {"name": name, "kind": type(part).__name__})
        array = _as_numpy(part)
        if array.dtype.kind != "f":
            return {}, Finding("dtype", {"name": name, "kind": array.dtype})
        results[name] = array
    return results, None


def _as_numpy(array: Any) -> np.ndarray:
    if not is_torch_array(array):
        return np.asarray(array)
    tensor = array.detach().cpu()
    try:
        return np.asarray(tensor)
    except TypeError:  # NumPy has no bfloat16
        return np.asarray(tensor.float())


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[:_SHOWN] + " …"


def changed_arguments(calls: Iterable[Call]) -> list[Finding]:
    """Return a finding where a call has changed its arguments."""
    names = dict.fromkeys(name for one in calls for name in one.changed)
    return [Finding("changed", {"names": ", ".join(names)})] if names else []
