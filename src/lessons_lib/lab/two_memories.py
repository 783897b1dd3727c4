"""For gru: a task that needs a short and a long memory at once, both of continuous values."""

from __future__ import annotations

import numpy as np

from .._check import arguments as validation


def near_and_far(
    batch: int, T: int, generator: np.random.Generator, marks: float = 0.25
) -> tuple[np.ndarray, np.ndarray]:
    """Add the numbers since the last mark, and recall the sequence's number, at every step.

    Parameters
    ----------
    batch, T : int
        N sequences of T steps.
    generator : numpy.random.Generator
    marks : float, optional
        Share of marked steps, above 0 and at most 1. A sum covers 1 / marks steps on average.

    Returns
    -------
    x : array of shape (T, N, 3)
        Column 0: numbers uniform in (−1/2, 1/2). Column 1: the mark, 1 if a new sum begins here;
        the first step is always marked. Column 2: the sequence's number, uniform in (−1, 1), at the
        first step, and 0 after it.
    target : array of shape (T, N, 2)
        Column 0, near: the sum of x's column 0 since the last mark, that step included. Column 1,
        far: the sequence's number.

    Raises
    ------
    TypeError, ValueError
        A size is not a positive integer, the generator is missing, or `marks` is out of range.
    """
    validation.check_generator(generator)
    validation.check_sizes(batch=batch, T=T)
    if not 0 < marks <= 1:
        raise ValueError(f"marks: got {marks}, expected a share above 0 and at most 1")
    x = np.zeros((T, batch, 3))
    x[..., 0] = generator.uniform(-0.5, 0.5, (T, batch))
    x[..., 1] = generator.uniform(size=(T, batch)) < marks
    x[0, :, 1] = 1
    x[0, :, 2] = generator.uniform(-1, 1, batch)
    total = x[..., 0].cumsum(axis=0)
    last_mark = np.maximum.accumulate(x[..., 1] * np.arange(T)[:, None], axis=0).astype(int)
    before_mark = np.take_along_axis(total - x[..., 0], last_mark, axis=0)
    far = np.broadcast_to(x[0, :, 2], (T, batch))
    return x, np.stack([total - before_mark, far], axis=-1)
