"""Run a function in a thread with a time limit, if it cannot have a process of its own."""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Callable
from typing import Any


class _StopError(BaseException):
    """Raised in a thread to end it after too long; no `except Exception` catches it."""


def run(action: Callable[[], Any], seconds: float) -> Any:
    """Run a function in a thread and wait for its result.

    An endless loop in Python is interrupted. A call that hangs in compiled code cannot be
    interrupted: its thread remains and ends with the process.

    Raises
    ------
    TimeoutError
        The function has not ended within the limit.
    """
    box: list[Any] = []

    def work() -> None:
        with contextlib.suppress(_StopError):
            box.append(action())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        thread.join(seconds)
    finally:
        late = thread.is_alive()
        if late:
            _stop(thread)
    if late or not box:
        raise TimeoutError
    return box[0]


def _stop(thread: threading.Thread) -> None:
    for _ in range(3):  # a bare `except:` may catch the first
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_StopError)
        )
        thread.join(0.2)
        if not thread.is_alive():
            return
