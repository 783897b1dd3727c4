"""For all chapters that train: show how far a loop is, and leave nothing in a stored output."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from tqdm import tqdm

#: Seconds before the first sign of progress, and between two of them.
FIRST, EVERY = 1.0, 0.2


def progress(n: int) -> Iterable[int]:
    """Count from 0 to n − 1, and show the count if a person is watching.

    A person watches a terminal on the standard error stream, or a notebook. A notebook that a
    program executes (nbclient, nbval, nbconvert) shows nothing, so nothing is stored. The count is
    erased at the end.

    Parameters
    ----------
    n : int

    Returns
    -------
    iterable of int
    """
    watched = sys.stderr.isatty() or _person_at_notebook()
    return tqdm(
        range(n), disable=not watched, leave=False, delay=FIRST, mininterval=EVERY, file=sys.stderr
    )


def _person_at_notebook() -> bool:
    """Return whether this cell's sender could be asked for input; programs say that they cannot."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return bool(getattr(getattr(shell, "kernel", None), "_allow_stdin", False))
