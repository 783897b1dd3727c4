"""The measured series are those of their sources; the generated one solves its equation."""

import numpy as np
import pytest

from lessons_lib.lab import series
from lessons_lib.lab.series import DECAY, EXPONENT, GROWTH


def test_a_month_of_co2_is_the_mean_of_its_weeks():
    times, values = series.co2()
    assert times.shape == values.shape == (526,)  # March 1958 to December 2001
    assert times[0] == 1958 + 2.5 / 12
    assert times[-1] == 2001 + 11.5 / 12
    assert np.allclose(np.diff(times), 1 / 12)
    assert values[0] == pytest.approx(316.1)  # one week
    assert values[1] == pytest.approx(np.mean([317.3, 317.6, 317.5, 316.4]))
    assert values[-1] == pytest.approx(np.mean([370.3, 370.8, 371.2, 371.3, 371.5]))


def test_months_without_a_measurement_lie_on_the_line_between_their_neighbours():
    values = series.co2().values
    for first, last in [(3, 3), (7, 7), (71, 73)]:  # from March 1958, counted from 0
        line = np.linspace(values[first - 1], values[last + 1], last - first + 3)
        assert np.allclose(values[first : last + 1], line[1:-1])


def test_sunspots_are_yearly():
    times, values = series.sunspots()
    assert np.array_equal(times, np.arange(1700, 2009))
    assert values[:4].tolist() == [5, 11, 16, 23]
    assert values[-1] == 2.9
    assert times[values.argmax()] == 1957


@pytest.mark.parametrize("name", ["co2_weekly.csv", "sunspots_yearly.csv"])
def test_a_measured_series_states_its_source_and_its_licence(name):
    folder = series.files("lessons_lib.lab") / "data"
    text = (folder / name).read_text("utf-8")
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert "Source: " in "\n".join(comments)
    assert "public domain" in "\n".join(comments)
    assert len(text) < 400_000


def feedback(delayed):
    return GROWTH * delayed / (1 + delayed**EXPONENT)


@pytest.mark.parametrize(("delay", "start"), [(5, 0.7), (8, 1.2)])
def test_the_first_two_delays_are_those_of_the_solution_in_closed_form(delay, start):
    """Until t = delay the feedback is constant; until 2 delay an integral by Gauss's method."""
    x = series.mackey_glass(2 * delay + 1, delay=delay, skip=0, start=start).values
    level = feedback(start) / DECAY

    def first(t):
        return level + (start - level) * np.exp(-DECAY * t)

    t = np.arange(2 * delay + 1.0)
    expected = first(t[: delay + 1])
    nodes, weights = np.polynomial.legendre.leggauss(60)
    for end in t[delay + 1 :]:
        s = delay + (end - delay) * (nodes + 1) / 2
        parts = np.exp(-DECAY * (end - s)) * feedback(first(s - delay))
        integral = (end - delay) / 2 * weights @ parts
        value = np.exp(-DECAY * (end - delay)) * first(delay) + integral
        expected = np.append(expected, value)
    assert np.allclose(x, expected, rtol=0, atol=1e-7)


def test_the_error_falls_with_the_fourth_power_of_the_step():
    fine = series.mackey_glass(60, skip=0, steps=64).values
    errors = [
        np.abs(series.mackey_glass(60, skip=0, steps=steps).values - fine).max()
        for steps in (2, 4, 8)
    ]
    assert 10 < errors[0] / errors[1] < 24
    assert 10 < errors[1] / errors[2] < 24


def test_values_are_one_per_unit_of_time_from_skip_on():
    times, values = series.mackey_glass(30, skip=0)
    later = series.mackey_glass(20, skip=10)
    assert np.array_equal(later.times, times[10:])
    assert np.array_equal(later.values, values[10:])


def test_an_equilibrium_stays():
    assert np.allclose(series.mackey_glass(50, start=1.0).values, 1, rtol=0, atol=1e-12)


def test_arguments_are_named():
    with pytest.raises(ValueError, match="T: got 0, expected at least 1"):
        series.mackey_glass(0)
    with pytest.raises(ValueError, match="delay: got 0, expected at least 1"):
        series.mackey_glass(5, delay=0)
    with pytest.raises(ValueError, match="skip: got -1, expected an integer from 0 on"):
        series.mackey_glass(5, skip=-1)
    with pytest.raises(ValueError, match=r"start: got -0\.5, expected a number from 0 on"):
        series.mackey_glass(5, start=-0.5)
