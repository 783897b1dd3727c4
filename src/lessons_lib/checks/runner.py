"""Run a learner's function: with a time limit, on copies, its output caught, its errors kept."""

from __future__ import annotations

import contextlib
import ctypes
import io
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Outcome(NamedTuple):
    """What came of a call.

    Attributes
    ----------
    value : object
        What was returned; None where nothing was.
    error : BaseException or None
        What was raised, SystemExit among others.
    timed_out : bool
    printed : str
        What was written to stdout and stderr.
    """

    value: Any
    error: BaseException | None
    timed_out: bool
    printed: str


class _StopError(BaseException):
    """Ends a thread that has run too long; no `except Exception` stops it."""


def run(function: Callable[..., Any], arguments: Sequence[Any], seconds: float) -> Outcome:
    """Call a function in a thread of its own and wait for it.

    A loop in Python that does not end is broken off. A call that hangs in compiled code cannot be:
    its thread is left behind and ends with the process.

    Parameters
    ----------
    function : callable
    arguments : sequence
    seconds : float
        The time limit.
    """
    box: dict[str, Any] = {}

    def work() -> None:
        with contextlib.suppress(_StopError):
            try:
                box["value"] = function(*arguments)
            except _StopError:
                raise
            except BaseException as error:  # SystemExit too: the learner's exit() is not ours
                box["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        thread.start()
        try:
            thread.join(seconds)
        finally:
            timed_out = thread.is_alive()
            if timed_out:
                _stop(thread)
    if timed_out:
        box.clear()
    return Outcome(box.get("value"), box.get("error"), timed_out, printed.getvalue())


def _stop(thread: threading.Thread) -> None:
    for _ in range(3):  # a bare `except:` may catch the first
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_StopError)
        )
        thread.join(0.2)
        if not thread.is_alive():
            return
