"""Call a learner's function that has no check, in the process that the checks use."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from .isolation import EndedError, TooSlowError
from .student import learner_of


def run_apart(function: Any, *arguments: Any, time_limit: float = 10.0) -> Any:
    """Call a function in a process of its own, so that it can end or change nothing here.

    Parameters
    ----------
    function : callable
    *arguments
        They are copied. Arrays, tensors and numbers, and lists, tuples and dicts of these.
    time_limit : float, optional
        Seconds.

    Returns
    -------
    array, tensor or number, or a tuple of these
        What the function returned.

    Raises
    ------
    NotImplementedError
        The function is not written yet.
    TimeoutError
        It took too long.
    TypeError
        It cannot be called with these arguments, or returned something else.
    RuntimeError
        It raised another error, whose text is the message, or ended the process.
    """
    names = tuple(f"argument_{n + 1}" for n in range(len(arguments)))
    learner = learner_of(function, names, {})
    if learner.unfit:
        raise TypeError(learner.unfit.text("en"))
    try:
        answer = learner.ask(dict(zip(names, arguments, strict=True)), time_limit)
    except TooSlowError:
        raise TimeoutError(f"stopped after {time_limit:g} seconds") from None
    except EndedError as ended:
        raise RuntimeError(f"the process ended (exit code {ended.code})") from None
    if answer.get("too_large"):
        raise RuntimeError("what it returned is too large")
    if error := answer.get("error"):
        kind = NotImplementedError if "NotImplementedError" in error["kinds"] else RuntimeError
        raise kind(error["text"])
    values = tuple(map(_value, answer["arrays"], answer["kinds"]))
    return values[0] if [answer["kind"]] == answer["kinds"] else values


def _value(array: Any, kind: str) -> Any:
    if array is None:
        raise TypeError(f"it returned {kind.partition(':')[0]}, expected an array")
    copied = np.array(array)  # what has been received cannot be written to
    if kind in ("int", "float"):
        return copied.item()
    return sys.modules["torch"].from_numpy(copied) if kind == "Tensor" else copied
