"""What a forked process has to renew, because of its parent's threads it has only one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable


def in_child(renew: Callable[[], None]) -> None:
    """Call a function in each forked process, where the system can fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)


class Lock:
    """A lock that is free in a forked process, where the thread that may hold it does not exist."""

    def __init__(self) -> None:
        self._renew()
        in_child(self._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *raised: object) -> None:
        self._lock.release()
