"""For forecast: windows of a series, forecasts without a network, a network and its loop.

A forecast is made at an origin: the values before it are known, the `horizon` values from it on are
not. Arrays have one row per origin, in the order of time.

This module needs torch; ``import lessons_lib`` does not load it.
"""

from __future__ import annotations

import copy
import math
from typing import NamedTuple

import numpy as np
import torch

from .._check import arguments as validation

#: The parts of a series: the shares of its length at which each begins and ends.
SHARES = {"train": (0, 1 / 2), "validation": (1 / 2, 5 / 8)}
SHARES |= {"calibration": (5 / 8, 3 / 4), "test": (3 / 4, 1)}

Rows = dict[str, np.ndarray]


def windows(values: np.ndarray, length: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all windows of a series (T,), and the values that follow each.

    Parameters
    ----------
    values : array of shape (T,)
    length, horizon : int
        Number of known values, and of values to forecast.

    Returns
    -------
    x : array of shape (N, length)
        Row n is ``values[n : n + length]``; N is T − length − horizon + 1.
    y : array of shape (N, horizon)
        Row n is ``values[n + length : n + length + horizon]``.

    Raises
    ------
    ValueError
        A size is not a positive integer, or the series is shorter than a window and its targets.
    """
    validation.check_sizes(length=length, horizon=horizon)
    if len(values) < length + horizon:
        raise ValueError(
            f"values: got {len(values)}, expected at least length + horizon = {length + horizon}"
        )
    both = np.lib.stride_tricks.sliding_window_view(values, length + horizon)
    return both[:, :length], both[:, length:]


def parts(T: int, length: int, horizon: int) -> Rows:
    """Return the rows of `windows` whose targets all lie in one part of a series of T values.

    A window may begin in an earlier part, which is past. No value is a target in two parts, and
    the targets of all parts but the first do not depend on `length`.
    """
    rows = {}
    for name, shares in SHARES.items():
        begin, end = (round(T * share) for share in shares)
        first_origin, last_origin = max(begin, length), end - horizon
        rows[name] = np.arange(first_origin, last_origin + 1) - length
    return rows


def simple(
    values: np.ndarray, origins: np.ndarray, horizon: int, period: int
) -> dict[str, np.ndarray]:
    """Return the forecasts that need no training: naive, seasonal naive, seasonal with drift.

    Parameters
    ----------
    values : array of shape (T,)
    origins : integer array of shape (N,)
        Index of the first value to forecast, greater than the period.
    horizon, period : int
        Number of steps to forecast, and of steps in a season, which is not shorter.

    Returns
    -------
    dict of arrays of shape (N, horizon)
        By the names "naive", "seasonal" and "drift".
    """
    if horizon > period or origins.min() <= period:
        raise ValueError(
            f"period: got {period}, expected at least the horizon {horizon} "
            f"and less than the first origin {origins.min()}"
        )
    steps = np.arange(horizon)
    last, year_before = values[origins - 1], values[origins - 1 - period]
    naive = last[:, None] + 0 * steps
    seasonal = values[origins[:, None] + steps - period]
    drift = seasonal + (last - year_before)[:, None]
    return {"naive": naive, "seasonal": seasonal, "drift": drift}


class Scaled(NamedTuple):
    """What a model reads, and what turns its outputs into forecasts: ``base + scale * output``."""

    x: np.ndarray
    y: np.ndarray
    base: np.ndarray
    scale: float


def scaled(x: np.ndarray, y: np.ndarray, past: np.ndarray, last: bool) -> Scaled:
    """Subtract a base from windows and targets, and divide by a scale, both known from the past.

    Parameters
    ----------
    x, y : array of shape (N, length), (N, horizon)
    past : integer array
        The rows from which mean and standard deviation are taken: those of training.
    last : bool
        Whether to subtract each window's last value instead of the mean.
    """
    base = x[:, -1:] if last else np.full((len(x), 1), x[past].mean())
    scale = float((x - base)[past].std())
    return Scaled((x - base) / scale, (y - base) / scale, base, scale)


def least_squares(data: Scaled, rows: np.ndarray) -> np.ndarray:
    """Fit a linear model with a constant to the rows; return its forecasts for all windows."""
    with_one = np.concatenate([data.x, np.ones((len(data.x), 1))], axis=1)
    weights = np.linalg.lstsq(with_one[rows], data.y[rows], rcond=None)[0]
    return data.base + data.scale * (with_one @ weights)


class Forecaster(torch.nn.Module):
    """A recurrent layer that reads a window, and a linear read-out of its last output."""

    def __init__(self, layer: torch.nn.Module, units: int, horizon: int) -> None:
        super().__init__()
        self.layer, self.read = layer, torch.nn.Linear(units, horizon)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the forecasts (N, horizon) for windows x (N, length)."""
        y, _ = self.layer(x.T[:, :, None])  # (length, N, 1), time first
        return self.read(y[-1])


def train(
    model: torch.nn.Module, data: Scaled, rows: Rows, rate: float, updates: int
) -> list[float]:
    """Train with Adam; keep the weights of the least error on the validation part.

    Batches are drawn by torch's global generator. Returns the loss of each update.
    """
    x, y = (torch.tensor(part, dtype=torch.float32) for part in (data.x, data.y))
    past, valid = torch.tensor(rows["train"]), torch.tensor(rows["validation"])
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    best, kept, losses = math.inf, copy.deepcopy(model.state_dict()), []
    for update in range(1, updates + 1):
        drawn = past[torch.randint(len(past), (32,))]
        loss = torch.nn.functional.mse_loss(model(x[drawn]), y[drawn])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        if update % 25 == 0:
            error = mean_error(model, x[valid], y[valid])
            if error < best:
                best, kept = error, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return losses


def mean_error(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Return the mean absolute error in evaluation; the model is in training afterwards."""
    model.eval()
    with torch.no_grad():
        error = (model(x) - y).abs().mean().item()
    model.train()
    return error


def forecasts(model: torch.nn.Module, data: Scaled) -> np.ndarray:
    """Return the forecasts of a trained model for all windows, in evaluation."""
    model.eval()
    with torch.no_grad():
        outputs = model(torch.tensor(data.x, dtype=torch.float32)).double().numpy()
    return data.base + data.scale * outputs


def conformal(residuals: np.ndarray, coverage: float) -> np.ndarray:
    """Return the half-widths (horizon,) of split-conformal intervals.

    Parameters
    ----------
    residuals : array of shape (N, horizon)
        Of windows that were used neither in training nor in choosing.
    coverage : float
        The share of values that the intervals should contain, for example 0.9.

    Raises
    ------
    ValueError
        There are too few residuals for this coverage.
    """
    n = len(residuals)
    rank = math.ceil((n + 1) * coverage)
    if rank > n:
        raise ValueError(f"residuals: got {n}, too few for a coverage of {coverage}")
    return np.sort(np.abs(residuals), axis=0)[rank - 1]
