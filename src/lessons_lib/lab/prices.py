"""For bidirectional: a price that moves day by day, and its changes as a forecasting task.

Without momentum the price is a random walk: nothing that is known today says anything about
tomorrow, and the best forecast of its change is 0.
"""

from __future__ import annotations

import numpy as np

from .._check import arguments as validation
from .tasks import Batch


def changes(batch: int, T: int, generator: np.random.Generator, momentum: float = 0.0) -> Batch:
    """Predict tomorrow's change of a price from the changes so far.

    Each day's change is `momentum` times the previous one plus a new standard normal number, so no
    forecast from past days has a mean squared error below 1.

    Parameters
    ----------
    batch, T : int
        N prices over T days.
    generator : numpy.random.Generator
    momentum : float, optional
        Above −1 and below 1. At 0 the price is a random walk.

    Returns
    -------
    x : array of shape (T, N, 1)
        The change of the price on each day; ``x.cumsum(axis=0)`` is the price.
    target : array of shape (T, N, 1)
        The change on the day after; ``target[:-1]`` is ``x[1:]``.

    Raises
    ------
    TypeError, ValueError
        A size is not a positive integer, the generator is missing, or the momentum is out of range.
    """
    validation.check_generator(generator)
    validation.check_sizes(batch=batch, T=T)
    if not -1 < momentum < 1:
        raise ValueError(f"momentum: got {momentum}, expected a number above -1 and below 1")
    days = generator.standard_normal((T + 1, batch, 1))
    days[0] /= np.sqrt(1 - momentum**2)  # the same variance as on all other days
    for t in range(T):
        days[t + 1] += momentum * days[t]
    return days[:-1], days[1:]
