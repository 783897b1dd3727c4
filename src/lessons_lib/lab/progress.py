"""For all chapters that train: show how far a loop is, and leave nothing in a stored output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from time import monotonic

#: Seconds before the first sign of progress, and between two of them.
FIRST, EVERY = 1.0, 0.2


def progress(n: int) -> Iterator[int]:
    """Count from 0 to n − 1, and show the count where somebody watches.

    That is a terminal on the standard error stream, or a notebook with a person at it. A notebook
    that is executed by a program (nbclient, nbval, nbconvert) shows nothing, so nothing is stored.
    The count is wiped at the end.

    Parameters
    ----------
    n : int

    Yields
    ------
    int
    """
    show = _display()
    due, shown = monotonic() + FIRST, False
    try:
        for k in range(n):
            yield k
            if monotonic() >= due:
                show(f"{k + 1}/{n}")
                due, shown = monotonic() + EVERY, True
    finally:
        if shown:
            show("")


def _display() -> Callable[[str], None]:
    if sys.stderr.isatty():
        # \r goes back to the line's start, \033[K wipes the rest of the line
        return lambda text: print(f"\r{text}\033[K", end="", file=sys.stderr, flush=True)
    if _person_at_notebook():
        return _in_notebook()
    return lambda text: None


def _person_at_notebook() -> bool:
    """Tell whether this cell's sender could be asked for input: programs say that they cannot."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return bool(getattr(getattr(shell, "kernel", None), "_allow_stdin", False))


def _in_notebook() -> Callable[[str], None]:
    from IPython.display import display  # a notebook has it; nobody else needs it

    handle = None

    def show(text: str) -> None:
        nonlocal handle
        if handle is None:
            handle = display({"text/plain": text}, raw=True, display_id=True)
        else:
            handle.update({"text/plain": text}, raw=True)

    return show
