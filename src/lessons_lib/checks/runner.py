"""Run something in a thread with a time limit: where no process of its own can be had."""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Callable
from typing import Any


class _StopError(BaseException):
    """Ends a thread that has run too long; no `except Exception` stops it."""


def run(action: Callable[[], Any], seconds: float) -> Any:
    """Do something in a thread of its own and wait for what it returns.

    A loop in Python that does not end is broken off. A call that hangs in compiled code cannot be:
    its thread is left behind and ends with the process.

    Raises
    ------
    TimeoutError
        It has not ended within the limit.
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
