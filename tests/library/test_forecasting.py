"""Windows see the past alone, parts share no target, and each forecast is what its name says."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lessons_lib.lab import forecasting  # noqa: E402

rng = np.random.default_rng(0)


def test_windows_hold_the_past_and_targets_what_follows():
    values = np.arange(20.0)
    x, y = forecasting.windows(values, 7, 3)
    assert x.shape == (11, 7)
    assert y.shape == (11, 3)
    for n in range(11):
        assert x[n].tolist() == list(range(n, n + 7))
        assert y[n].tolist() == list(range(n + 7, n + 10))


def test_a_series_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match=r"values: got 9, expected at least length .* = 10"):
        forecasting.windows(np.arange(9.0), 7, 3)
    with pytest.raises(ValueError, match="horizon: got 0, expected at least 1"):
        forecasting.windows(np.arange(9.0), 7, 0)


@pytest.mark.parametrize(("T", "length", "horizon"), [(103, 11, 5), (526, 36, 12), (40, 3, 1)])
def test_the_targets_of_each_part_lie_in_it_and_are_all_that_do(T, length, horizon):
    x, y = forecasting.windows(np.arange(T), length, horizon)
    rows = forecasting.parts(T, length, horizon)
    assert list(rows) == ["train", "validation", "calibration", "test"]
    for name, (begin, end) in forecasting.SHARES.items():
        first, last = round(T * begin), round(T * end) - 1
        targets = y[rows[name]]
        assert targets.min() == max(first, length)
        assert targets.max() == last
        assert (x[rows[name]].max(axis=1) == targets[:, 0] - 1).all()
    assert rows["test"][-1] == len(x) - 1


def test_simple_forecasts():
    values = rng.standard_normal(40)
    origins, horizon, period = np.array([8, 11, 30]), 3, 7
    found = forecasting.simple(values, origins, horizon, period)
    for n, t in enumerate(origins):
        for k in range(horizon):
            season = values[t + k - period]
            assert found["naive"][n, k] == values[t - 1]
            assert found["seasonal"][n, k] == season
            change = values[t - 1] - values[t - 1 - period]
            assert found["drift"][n, k] == pytest.approx(season + change)


def test_drift_is_exact_for_a_line_and_a_season():
    t = np.arange(60)
    values = 0.5 * t + np.sin(2 * np.pi * t / 6)
    origins = np.arange(10, 50)
    found = forecasting.simple(values, origins, 6, 6)["drift"]
    assert np.allclose(found, values[origins[:, None] + np.arange(6)])


def test_simple_forecasts_refuse_a_season_that_is_not_known():
    with pytest.raises(ValueError, match="period: got 2, expected at least the horizon 3"):
        forecasting.simple(np.arange(9.0), np.array([5]), 3, 2)
    with pytest.raises(ValueError, match="less than the first origin 4"):
        forecasting.simple(np.arange(9.0), np.array([4, 5]), 3, 4)


@pytest.mark.parametrize("last", [False, True])
def test_scaling_reads_the_past_alone_and_is_undone_by_base_and_scale(last):
    x, y = forecasting.windows(rng.standard_normal(50), 6, 2)
    past = np.arange(20)
    data = forecasting.scaled(x, y, past, last)
    assert np.allclose(data.base + data.scale * data.x, x)
    assert np.allclose(data.base + data.scale * data.y, y)
    assert data.x[past].std() == pytest.approx(1)
    future = x.copy()
    future[21:] = np.nan
    again = forecasting.scaled(future, y, past, last)
    assert again.scale == data.scale
    assert np.array_equal(again.x[past], data.x[past])
    if last:
        assert (data.x[:, -1] == 0).all()
        assert np.array_equal(data.base[:, 0], x[:, -1])
    else:
        assert data.x[past].mean() == pytest.approx(0, abs=1e-12)


def test_least_squares_finds_a_linear_rule():
    x = rng.standard_normal((60, 4))
    y = x @ rng.standard_normal((4, 3)) + rng.standard_normal(3)
    data = forecasting.scaled(x, y, np.arange(30), last=False)
    assert np.allclose(forecasting.least_squares(data, np.arange(30)), y)


def test_least_squares_reads_only_its_rows():
    x, y = rng.standard_normal((50, 4)), rng.standard_normal((50, 3))
    rows = np.arange(5, 30)
    data = forecasting.scaled(x, y, rows, last=True)
    changed = data._replace(y=np.where(np.arange(50)[:, None] < 30, data.y, 7.0))
    first, again = (forecasting.least_squares(which, rows) for which in (data, changed))
    assert np.array_equal(first, again)


def test_a_forecaster_reads_the_window_in_the_order_of_time():
    torch.manual_seed(0)
    layer = torch.nn.LSTM(1, 5)
    model = forecasting.Forecaster(layer, 5, 3)
    x = torch.tensor(rng.standard_normal((4, 6)), dtype=torch.float32)
    expected = []
    for window in x:
        state = None
        for value in window:
            y, state = layer(value.reshape(1, 1, 1), state)
        expected.append(model.read(y[0, 0]))
    assert torch.allclose(model(x), torch.stack(expected), atol=1e-6)


def few(T=120):
    t = np.arange(T)
    values = np.sin(2 * np.pi * t / 9) + 0.1 * rng.standard_normal(T)
    x, y = forecasting.windows(values, 9, 2)
    rows = forecasting.parts(T, 9, 2)
    return forecasting.scaled(x, y, rows["train"], last=False), rows


def test_training_reads_training_and_validation_rows_alone_and_keeps_the_best():
    data, rows = few()
    hidden = np.concatenate([rows["calibration"], rows["test"]])
    poisoned = data._replace(x=data.x.copy(), y=data.y.copy())
    poisoned.x[hidden], poisoned.y[hidden] = np.nan, np.nan
    weights, losses = [], []
    for which in (data, poisoned):
        torch.manual_seed(0)
        model = forecasting.Forecaster(torch.nn.LSTM(1, 6), 6, 2)
        losses.append(forecasting.train(model, which, rows, 0.01, 100))
        weights.append(model.state_dict())
    assert losses[0] == losses[1]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert np.mean(losses[0][-10:]) < np.mean(losses[0][:10]) / 2


def test_the_kept_weights_are_those_of_the_least_validation_error():
    data, rows = few()
    x, y = (torch.tensor(part, dtype=torch.float32) for part in (data.x, data.y))
    valid = torch.tensor(rows["validation"])
    errors = []
    for updates in (25, 50, 75, 100, 100):
        torch.manual_seed(0)
        model = forecasting.Forecaster(torch.nn.LSTM(1, 6), 6, 2)
        forecasting.train(model, data, rows, 0.1, updates)  # so great a rate that it wavers
        errors.append(forecasting.mean_error(model, x[valid], y[valid]))
    assert errors == sorted(errors, reverse=True), "longer training never keeps worse weights"


def test_forecasts_undo_the_scaling():
    data, _ = few()
    model = forecasting.Forecaster(torch.nn.GRU(1, 6), 6, 2)
    found = forecasting.forecasts(model, data)
    with torch.no_grad():
        outputs = model(torch.tensor(data.x, dtype=torch.float32)).numpy()
    assert np.allclose(found, data.base + data.scale * outputs)


@pytest.mark.parametrize(("n", "coverage"), [(9, 0.9), (40, 0.9), (57, 0.8)])
def test_conformal_intervals_cover_as_often_as_they_promise(n, coverage):
    """For exchangeable residuals the coverage is exactly ⌈(n + 1) coverage⌉ / (n + 1)."""
    draws = rng.exponential(size=(5_000, n + 1, 1))
    covered = [draw[-1] <= forecasting.conformal(draw[:-1], coverage) for draw in draws]
    assert np.mean(covered) == pytest.approx(math.ceil((n + 1) * coverage) / (n + 1), abs=0.02)


def test_conformal_intervals_are_per_step_and_know_no_sign():
    residuals = np.outer([-9, 1, 2, 3, -4, 5, 6, 7, 8], [1, 10])
    assert forecasting.conformal(residuals, 0.9).tolist() == [9, 90]
    assert forecasting.conformal(residuals, 0.5).tolist() == [5, 50]


def test_too_few_residuals_are_refused():
    with pytest.raises(ValueError, match=r"residuals: got 8, too few for a coverage of 0\.9"):
        forecasting.conformal(np.ones((8, 1)), 0.9)
