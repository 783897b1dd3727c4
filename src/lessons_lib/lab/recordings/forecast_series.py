"""For forecast: an LSTM and a dense network on three series, their intervals, and two leaks.

Each network trains for the same number of updates, once on windows minus their mean and once on
windows minus their last value; for each of these, the validation part chooses the length of the
window and the rate over two seeds, and five seeds are reported. The sizes are chosen so that the
numbers of parameters differ by less than 5 %. The chapter itself computes the forecasts without
training and the linear model.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
import torch

from ...dropout import VariationalDropout
from ...torch_modules import LSTM
from .. import forecasting, series
from ..forecasting import Forecaster, Scaled
from ..record import say
from ..training import one_thread

RATES = (0.003, 0.01, 0.03)
UNITS = 32
SEARCHED, SEEDS = range(2), range(5)
BASES = {"mean": False, "last": True}
DROPPED = (0.1, 0.3)
PASSES, COVERAGE, NORMAL = 200, 0.9, 1.6449


class Setting(NamedTuple):
    """A series with the lengths of windows to try, what to forecast, and the updates."""

    values: np.ndarray
    lengths: tuple[int, int]
    horizon: int
    updates: int


def settings() -> dict[str, Setting]:
    """Return the three series with their settings."""
    return {
        "co2": Setting(series.co2().values, (24, 36), 12, 600),
        "sunspots": Setting(series.sunspots().values, (11, 22), 5, 600),
        "mackey_glass": Setting(series.mackey_glass(2000).values, (24, 36), 24, 1500),
    }


class Prepared(NamedTuple):
    """The windows of a series as a network reads them, and the rows of the parts."""

    data: Scaled
    rows: forecasting.Rows
    y: np.ndarray


def prepared(values: np.ndarray, length: int, horizon: int, last: bool) -> Prepared:
    """Cut a series in windows; scale them by the training part."""
    x, y = forecasting.windows(values, length, horizon)
    rows = forecasting.parts(len(values), length, horizon)
    return Prepared(forecasting.scaled(x, y, rows["train"], last), rows, y)


def network(name: str, length: int, horizon: int, seed: int, drop: float = 0.0) -> torch.nn.Module:
    """Return an LSTM or a dense network of about as many parameters, with fresh weights."""
    torch.manual_seed(seed)
    if name == "LSTM":
        return Forecaster(torch.nn.LSTM(1, UNITS), UNITS, horizon)
    if name == "dropout":
        masks = VariationalDropout(input=0.0, hidden=drop, output=drop)
        return Forecaster(LSTM(1, UNITS, dropout=masks), UNITS, horizon)
    size = sum(weight.numel() for weight in network("LSTM", length, horizon, 0).parameters())
    units = round((size - horizon) / (length + 1 + horizon))
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Linear(length, units), torch.nn.Tanh(), torch.nn.Linear(units, horizon)
    )


def errors(forecast: np.ndarray, given: Prepared) -> list[float]:
    """Return the mean absolute error on the validation part and on the test part."""
    wrong = np.abs(forecast - given.y)
    return [float(wrong[given.rows[part]].mean()) for part in ("validation", "test")]


def fitted(
    name: str, given: Prepared, seed: int, rate: float, updates: int, drop: float = 0.0
) -> torch.nn.Module:
    """Train one network."""
    sizes = given.data.x.shape[1], given.y.shape[1]
    model = network(name, *sizes, seed, drop)
    forecasting.train(model, given.data, given.rows, rate, updates)
    return model


def measured(name: str, given: Prepared, seed: int, rate: float, updates: int) -> np.ndarray:
    """Train one network; return its forecasts for all windows."""
    return forecasting.forecasts(fitted(name, given, seed, rate, updates), given.data)


def chosen(name: str, setting: Setting, last: bool) -> tuple[int, float]:
    """Return the window's length and the rate of the least mean error on the validation part."""
    found = {}
    for length, rate in itertools.product(setting.lengths, RATES):
        given = prepared(setting.values, length, setting.horizon, last)
        runs = [measured(name, given, seed, rate, setting.updates) for seed in SEARCHED]
        found[length, rate] = np.mean([errors(run, given)[0] for run in runs])
    return min(found, key=found.__getitem__)


def compared(setting: Setting) -> dict[str, Any]:
    """Return each network's choice, parameters, errors (validation, test) and errors by step."""
    result: dict[str, Any] = {}
    for name, (base, last) in itertools.product(("LSTM", "dense"), BASES.items()):
        length, rate = chosen(name, setting, last)
        given = prepared(setting.values, length, setting.horizon, last)
        runs = [measured(name, given, seed, rate, setting.updates) for seed in SEEDS]
        wrong = [np.abs(run - given.y)[given.rows["test"]].mean(axis=0) for run in runs]
        size = network(name, length, setting.horizon, 0).parameters()
        result[f"{name}, {base}"] = {
            "length": length,
            "rate": rate,
            "parameters": sum(weight.numel() for weight in size),
            "errors": [errors(run, given) for run in runs],
            "by_step": np.median(wrong, axis=0),
            "last_step": runs[0][given.rows["test"], -1][:200],
        }
        say(f"{name}, {base}: {length}, {rate}, {np.mean(result[f'{name}, {base}']['errors'], 0)}")
    return result


def best_base(result: dict[str, Any]) -> str:
    """Return what the LSTM subtracts where its mean error on the validation part is least."""
    return min(BASES, key=lambda base: np.mean(result[f"LSTM, {base}"]["errors"], axis=0)[0])


def recursive(setting: Setting, choice: dict[str, Any], base: str) -> np.ndarray:
    """Return the test error by step of an LSTM that forecasts one step and reads it again."""
    runs, last = [], BASES[base]
    given = prepared(setting.values, choice["length"], 1, last)
    x, y = forecasting.windows(setting.values, choice["length"], setting.horizon)
    test = forecasting.parts(len(setting.values), choice["length"], setting.horizon)["test"]
    for seed in SEEDS:
        model = fitted("LSTM", given, seed, choice["rate"], setting.updates)
        window = x[test]
        for _ in range(setting.horizon):
            base_now = window[:, -1:] if last else given.data.base[: len(window)]
            step = Scaled((window - base_now) / given.data.scale, y, base_now, given.data.scale)
            window = np.concatenate([window[:, 1:], forecasting.forecasts(model, step)], axis=1)
        runs.append(np.abs(window[:, -setting.horizon :] - y[test]).mean(axis=0))
    return np.median(runs, axis=0)


def sampled(model: torch.nn.Module, data: Scaled) -> np.ndarray:
    """Return forecasts with masks drawn anew for each of `PASSES` passes, (passes, N, horizon)."""
    model.train()
    x = torch.tensor(data.x, dtype=torch.float32)
    with torch.no_grad():
        outputs = torch.stack([model(x) for _ in range(PASSES)]).double().numpy()
    return data.base + data.scale * outputs


def coverage_of(low: np.ndarray, high: np.ndarray, y: np.ndarray) -> list[float]:
    """Return the share of values in the intervals, and the mean width."""
    return [float(((low <= y) & (y <= high)).mean()), float((high - low).mean())]


def intervals(setting: Setting, choice: dict[str, Any], base: str, drop: float) -> dict[str, Any]:
    """Return coverage and width by seed: of MC dropout, with noise added, and split conformal."""
    given = prepared(setting.values, choice["length"], setting.horizon, BASES[base])
    rows, result, drawn = given.rows, {}, None
    found: dict[str, list[list[float]]] = {"dropout": [], "noise": [], "conformal": []}
    test_errors = []
    for seed in SEEDS[:3]:
        model = fitted("dropout", given, seed, choice["rate"], setting.updates, drop)
        passes = sampled(model, given.data)
        center, spread = passes.mean(axis=0), passes.std(axis=0)
        low, high = np.quantile(passes, [0.05, 0.95], axis=0)
        residuals = given.y - center
        noise = residuals[rows["validation"]].std(axis=0)
        around = NORMAL * np.sqrt(spread**2 + noise**2)
        half = forecasting.conformal(residuals[rows["calibration"]], COVERAGE)
        test, y = rows["test"], given.y[rows["test"]]
        found["dropout"].append(coverage_of(low[test], high[test], y))
        found["noise"].append(coverage_of((center - around)[test], (center + around)[test], y))
        found["conformal"].append(coverage_of((center - half)[test], (center + half)[test], y))
        test_errors.append(float(np.abs(residuals[test]).mean()))
        if drawn is None:
            drawn = [low[test, -1], high[test, -1], center[test, -1], half[-1]]
    result = {**found, "errors": test_errors}
    return {**result, "drawn": drawn} if drop == DROPPED[0] else result


def leaks(setting: Setting, choice: dict[str, Any]) -> dict[str, list[float]]:
    """Return test errors of the LSTM on raw CO2: scaled by all values, and windows shuffled."""
    found: dict[str, list[float]] = {"scaled": [], "shuffled": []}
    given = prepared(setting.values, choice["length"], setting.horizon, last=False)
    x, y = forecasting.windows(setting.values, choice["length"], setting.horizon)
    everything = np.arange(len(x))
    by_all = given._replace(data=forecasting.scaled(x, y, everything, last=False))
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(len(x))
        edges = np.cumsum([len(rows) for rows in given.rows.values()])[:-1]
        shuffled = given._replace(rows=dict(zip(given.rows, np.split(order, edges), strict=True)))
        for name, changed in (("scaled", by_all), ("shuffled", shuffled)):
            run = measured("LSTM", changed, seed, choice["rate"], setting.updates)
            found[name].append(errors(run, changed)[1])
    return found


def noisy(setting: Setting, choice: dict[str, Any]) -> dict[str, Any]:
    """Return the LSTM's test errors on Mackey and Glass's series with noise, by its share."""
    result = {}
    for share in (0.01, 0.1):
        values = with_noise(setting.values, share)
        given = prepared(values, choice["length"], setting.horizon, last=False)
        runs = [
            measured("LSTM", given, seed, choice["rate"], setting.updates) for seed in SEEDS[:3]
        ]
        result[str(share)] = [errors(run, given)[1] for run in runs]
    return result


def with_noise(values: np.ndarray, share: float) -> np.ndarray:
    """Add normal noise whose standard deviation is a share of the series'."""
    return values + share * values.std() * np.random.default_rng(0).standard_normal(len(values))


def record() -> dict[str, Any]:
    """Return all results, by experiment and series."""
    with one_thread():
        given = settings()
        result = {name: compared(setting) for name, setting in given.items()}
        bases = {name: best_base(found) for name, found in result.items()}
        choices = {name: result[name][f"LSTM, {base}"] for name, base in bases.items()}
        say(f"bases: {bases}")
        loops = {n: recursive(s, choices[n], bases[n]) for n, s in given.items()}
        say(f"recursive: {loops}")
        covered = {
            name: {
                str(drop): intervals(given[name], choices[name], bases[name], drop)
                for drop in DROPPED
            }
            for name in ("co2", "sunspots")
        }
        say(f"intervals: {covered}")
        leaked = leaks(given["co2"], result["co2"]["LSTM, mean"])
        noise = noisy(given["mackey_glass"], choices["mackey_glass"])
        say(f"leaks: {leaked}, noise: {noise}")
    return {
        "rates": RATES,
        "updates": {name: setting.updates for name, setting in given.items()},
        "networks": result,
        "bases": bases,
        "recursive": loops,
        "intervals": covered,
        "leaks": leaked,
        "noisy": noise,
    }


def beginning(updates: int) -> dict[str, Any]:
    """Return the first losses of each network on each series, seed 0, middle rate."""
    losses = {}
    with one_thread():
        for series_name, setting in settings().items():
            for name in ("LSTM", "dense", "dropout"):
                given = prepared(setting.values, setting.lengths[1], setting.horizon, last=True)
                model = network(name, setting.lengths[1], setting.horizon, 0, DROPPED[0])
                losses[f"{series_name}, {name}"] = forecasting.train(
                    model, given.data, given.rows, RATES[1], updates
                )
    return losses
