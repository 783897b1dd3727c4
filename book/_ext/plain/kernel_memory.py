"""The peak memory of a notebook's kernel."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

TIMEOUT = 60  # seconds
# The first source that exists on the kernel's system is used. On Linux the second one also counts
# the memory of the process that started the kernel.
_PEAKS = {
    "status": "max(int(line.split()[1]) for line in open('/proc/self/status') if 'VmHWM' in line)",
    "usage": "__import__('resource').getrusage(__import__('resource').RUSAGE_SELF).ru_maxrss",
}


def peak_memory(ask: Callable[..., dict[str, Any]]) -> float:
    """Return a running kernel's peak memory in megabytes.

    Parameters
    ----------
    ask
        The method ``execute_interactive`` of the kernel's client.
    """
    reply = ask("", silent=True, user_expressions=_PEAKS, timeout=TIMEOUT)
    answers = [reply["content"]["user_expressions"][name] for name in _PEAKS]
    peak = next(answer["data"]["text/plain"] for answer in answers if answer["status"] == "ok")
    return int(peak) * (1 if sys.platform == "darwin" else 1024) / 1e6  # macOS counts bytes
