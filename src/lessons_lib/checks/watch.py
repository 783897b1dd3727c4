"""Check a file each time it is saved: ``python -m lessons_lib.checks watch FILE.py``."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .texts import language, say

_PAUSE = 0.3  # seconds between two looks at the file


def watch(options: argparse.Namespace, checked: Callable[..., Any]) -> int:
    """Check the file now and after each change, until Ctrl+C; report what has changed.

    Parameters
    ----------
    options : argparse.Namespace
    checked : callable
        ``checked(options)`` returns the text for the learner, the reports by name, and the status.
    """
    lang = language(options.lang)
    before: dict[str, bool] = {}
    status = 2
    try:
        for _ in _versions(options.file):
            text, timed, status = checked(options)
            now = {name: bool(report) for name, (report, _) in timed.items()}
            print(f"\n{time.strftime('%H:%M:%S')}\n{text}", flush=True)
            for line in changes(before, now, lang):
                print(line, flush=True)
            before = now
    except KeyboardInterrupt:
        pass
    return status


def changes(before: Mapping[str, bool], now: Mapping[str, bool], lang: str) -> list[str]:
    """Return a line for functions that have become correct, and one for those become wrong."""
    right = [name for name in now if now[name] and before.get(name) is False]
    wrong = [name for name in now if not now[name] and before.get(name)]
    both = {"now_right": right, "now_wrong": wrong}
    return [say(f"report.{k}", {"names": ", ".join(v)}, lang) for k, v in both.items() if v]


def _versions(path: Path) -> Iterator[float]:
    """Yield when the file was changed: at once, and after each change."""
    last: float | None = None
    while True:
        try:
            now: float | None = path.stat().st_mtime
        except OSError:  # an editor is replacing the file
            now = last
        if now is not None and now != last:
            last = now
            yield now
        time.sleep(_PAUSE)
