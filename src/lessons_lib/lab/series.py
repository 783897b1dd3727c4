"""For forecast: two measured time series and a generated one, each as its times and values.

The measured series are in ``data``, with their sources; both are in the public domain. A series has
time first and no batch: `times` and `values` have shape (T,).
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from .._check import arguments as validation

#: Mackey and Glass's constants: growth, decay and the exponent of the feedback.
GROWTH, DECAY, EXPONENT = 0.2, 0.1, 10


class Series(NamedTuple):
    """A time series: `times` (T,) in years, or in the equation's unit, and `values` (T,)."""

    times: np.ndarray
    values: np.ndarray


def co2() -> Series:
    """Return the monthly mean of carbon dioxide at Mauna Loa, in ppm, March 1958 to December 2001.

    A month's value is the mean of its weeks that were measured. Five months have none (June and
    October 1958, February to April 1964); they are interpolated linearly. The time is the middle
    of the month.
    """
    weeks: dict[int, list[float]] = {}
    for date, value in _rows("co2_weekly.csv"):
        if value:
            year, month, _ = map(int, date.split("-"))
            weeks.setdefault(12 * year + month - 1, []).append(float(value))
    months = np.arange(min(weeks), max(weeks) + 1)
    means = [np.mean(values) for values in weeks.values()]
    return Series((months + 0.5) / 12, np.interp(months, list(weeks), means))


def sunspots() -> Series:
    """Return the yearly mean number of sunspots, 1700 to 2008, in the scale used before 2015."""
    years, values = zip(*_rows("sunspots_yearly.csv"), strict=True)
    return Series(np.array(years, dtype=float), np.array(values, dtype=float))


def mackey_glass(
    T: int, *, delay: int = 17, skip: int = 500, start: float = 1.2, steps: int = 10
) -> Series:
    """Integrate the equation of Mackey and Glass; return T values, one per unit of time.

    The equation is dx/dt = 0.2 x(t − delay) / (1 + x(t − delay)^10) − 0.1 x(t); with a delay of 17
    the solution is chaotic. The method is the classical Runge–Kutta method of order 4; the delayed
    value at the middle of a step is that of the cubic through the values and slopes at its ends.

    Parameters
    ----------
    T : int
        Number of values.
    delay : int, optional
        In units of time.
    skip : int, optional
        Units of time before the first value, so that the start no longer matters.
    start : float, optional
        The value at all times up to 0; not negative.
    steps : int, optional
        Steps of integration per unit of time.

    Returns
    -------
    Series
        `times` are ``skip``, ``skip + 1``, …

    Raises
    ------
    ValueError
        T, the delay or the number of steps is not a positive integer, `skip` is not an integer
        from 0 on, or the start is negative.
    """
    validation.check_sizes(T=T, delay=delay, steps=steps)
    if not isinstance(skip, int) or skip < 0:
        raise ValueError(f"skip: got {skip!r}, expected an integer from 0 on")
    if not start >= 0:
        raise ValueError(f"start: got {start}, expected a number from 0 on")
    h, lag, count = 1 / steps, delay * steps, (skip + T - 1) * steps
    x, slopes = [float(start)], [_slope(start, start)]
    for k in range(count):
        # The delayed values at the begin, the middle and the end of the step.
        if k < lag:
            begin = middle = end = float(start)
        else:
            begin, end = x[k - lag], x[k - lag + 1]
            middle = (begin + end) / 2 + h * (slopes[k - lag] - slopes[k - lag + 1]) / 8
        s_1 = slopes[k]
        s_2 = _slope(x[k] + h / 2 * s_1, middle)
        s_3 = _slope(x[k] + h / 2 * s_2, middle)
        s_4 = _slope(x[k] + h * s_3, end)
        x.append(x[k] + h / 6 * (s_1 + 2 * s_2 + 2 * s_3 + s_4))
        slopes.append(_slope(x[-1], end))
    times = skip + np.arange(T, dtype=float)
    return Series(times, np.array(x)[skip * steps :: steps])


def _slope(now: float, delayed: float) -> float:
    return GROWTH * delayed / (1 + delayed**EXPONENT) - DECAY * now


def _rows(name: str) -> Iterator[list[str]]:
    """Yield the rows of a file in ``data``, after the comments and the line of heads."""
    text = (files("lessons_lib.lab") / "data" / name).read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return (line.split(",") for line in lines[1:])
