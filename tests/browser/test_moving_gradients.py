"""The moving figures of the chapter on gradients: norms by lag, a cobweb, basins."""

import re

import numpy as np
import pytest
from _ext.equations import rnn_sample
from playwright.sync_api import expect
from stills import page_of, started
from test_moving_figures import open_figure, shown, significant, slide, slider, write

from lessons_lib import rnn, scan
from lessons_lib.verify import jacobians

LAG, COBWEB, BASINS = "gradient-lag", "logistic-cobweb", "two-unit-basins"


def points_of(drawn):
    """Return the points of a path."""
    return np.array(re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", drawn), float)


def lag_factors(rho, activation, inputs):
    """Return by lag the factors of the gradient, and the mean slope, as the library computes."""
    sample = rnn_sample()
    H = sample["H"]
    cell = rnn.cell("relu" if activation == "relu" else "tanh")
    W_ih, W_hh = np.reshape(sample["W_ih"], (H, 2)), np.reshape(sample["W_hh"], (H, H))
    x = np.array(sample["x"])[:, None] * inputs * (activation != "linear")
    params = rnn.Params(W_ih, rho * W_hh, np.zeros(H))
    h, _, trace = scan.forward(cell, params, x)
    norms = jacobians.lag_norms(cell, params, trace, (np.array(sample["dh"])[None],))[:, 0]
    slopes = h > 0 if activation == "relu" else 1 - h**2
    return norms / norms[0], slopes.mean()


@pytest.mark.parametrize(
    ("activation", "rho", "inputs"),
    [
        ("tanh", 1.2, 1),
        ("tanh", 2, 30),
        ("tanh", 2, 0),
        ("relu", 1.5, 3),
        ("linear", 0.7, 4),
        ("linear", 1.2, 1),  # a factor of some hundreds
    ],
)
def test_norms_by_lag_are_the_librarys(opened, activation, rho, inputs):
    _, box = open_figure(opened, LAG)
    box.get_by_role("combobox").select_option(activation)
    slide(box, "radius ρ", rho)
    slide(box, "inputs ×", inputs)
    factors, slope = lag_factors(rho, activation, inputs)
    expect(shown(box, "factor")).to_have_text(significant(factors[-1]))
    expect(shown(box, "power")).to_have_text(significant(rho**50))
    expect(shown(box, "slope")).to_have_text(write(slope))
    places = 170 - 150 / 9 * np.clip(np.log10(factors), -9, 9)
    drawn = points_of(shown(box, "curve").get_attribute("d"))
    np.testing.assert_allclose(drawn[:, 1], places, atol=0.06)


def test_the_chapters_numbers_are_the_librarys():
    factors, slope = lag_factors(1.2, "tanh", 1)
    assert (round(factors[-1], 3), round(slope, 2)) == (0.073, 0.87)
    slopes = [lag_factors(2, "tanh", inputs)[1] for inputs in (1, 30, 0)]
    assert np.round(slopes, 2).tolist() == [0.45, 0.18, 1]
    assert lag_factors(2, "tanh", 1)[0].max() < 10
    assert lag_factors(2, "tanh", 30)[0][-1] < 1e-20
    growth = lag_factors(2, "tanh", 0)[0][1:] / lag_factors(2, "linear", 1)[0][1:]
    np.testing.assert_allclose(growth, 1)
    assert lag_factors(2, "linear", 1)[0][-1] > 1e13


def test_the_radius_is_changed_by_keys_and_announced(opened):
    page, box = open_figure(opened, LAG)
    slider(box, "radius ρ").focus()
    page.keyboard.press("ArrowRight")
    factors, slope = lag_factors(1.25, "tanh", 1)
    expect(shown(box, "factor")).to_have_text(significant(factors[-1]))
    expect(box.get_by_role("status")).to_contain_text(f"mean slope {write(slope)}")


def logistic(r, s, steps):
    values = [s]
    for _ in range(steps):
        values.append(r * values[-1] * (1 - values[-1]))
    return np.array(values)


@pytest.mark.parametrize(("r", "s", "n"), [(3.5, 0.3, 40), (2.5, 0.17, 3), (4.0, 0.62, 20)])
def test_the_cobweb_follows_the_map(opened, r, s, n):
    _, box = open_figure(opened, COBWEB)
    for label, value in (("r", r), ("start s 0", s), ("steps n", n)):
        slide(box, label, value)
    values = logistic(r, s, n)
    expect(shown(box, "state")).to_have_text(write(values[-1], 4))
    drawn = points_of(shown(box, "web").get_attribute("d"))
    np.testing.assert_allclose(drawn[0], [46 + 400 * s, 416], atol=0.06)
    np.testing.assert_allclose(drawn[1::2, 0], 46 + 400 * values[:-1], atol=0.06)
    np.testing.assert_allclose(drawn[2::2, 0], 46 + 400 * values[1:], atol=0.06)
    np.testing.assert_allclose(drawn[2::2, 1], 416 - 400 * values[1:], atol=0.06)
    slopes = r * (1 - 2 * logistic(r, s, 1999)[1000:])
    expect(shown(box, "exponent")).to_have_text(write(np.log(np.abs(slopes)).mean()))


def test_the_cobweb_plays_to_the_end(opened):
    page, box = open_figure(opened, COBWEB)
    page.emulate_media(reduced_motion="reduce")
    box.get_by_role("button", name="play").click()
    expect(shown(box, "step")).to_have_text("60", timeout=30_000)
    expect(shown(box, "state")).to_have_text(write(logistic(3.5, 0.3, 60)[-1], 4))
    expect(slider(box, "steps n")).to_have_attribute("aria-valuetext", "60")


def eigenvalues_at(W, h):
    """Return, as the page writes them, the eigenvalues of the step that starts at h."""
    params = rnn.Params(np.zeros((2, 1)), W, np.zeros(2))
    _, _, trace = rnn.forward(params, np.zeros((1, 1, 1)), (np.array([h]),))
    (J,) = jacobians.step_jacobians(rnn.CELL, params, trace)[0]
    first, second = sorted(np.linalg.eigvals(J), key=lambda value: -value.real)
    if abs(first.imag) > 0:
        return f"{write(first.real)} ± {write(abs(first.imag))} i"
    return f"{write(first.real)}, {write(second.real)}"


def set_weights(box, W):
    assert W[0, 0] == W[1, 1]
    for label, value in (("w 11, w 22", W[0, 0]), ("w 12", W[0, 1]), ("w 21", W[1, 0])):
        slide(box, label, value)


@pytest.mark.parametrize("h", [(-0.5, 0.5), (0.97, 0.97), (0.13, -0.86)])
@pytest.mark.parametrize("others", [(0.5, 0.5), (1, -1), (-0.3, 1.25)])
def test_eigenvalues_and_the_path_are_those_of_numpy(opened, h, others):
    _, box = open_figure(opened, BASINS)
    W = np.array([[1.6, others[0]], [others[1], 1.6]])
    set_weights(box, W)
    slide(box, "h 1", h[0])
    slide(box, "h 2", h[1])
    expect(shown(box, "eigenvalues")).to_have_text(eigenvalues_at(W, h))
    states = [np.array(h)]
    for _ in range(40):
        states.append(np.tanh(W @ states[-1]))
    places = np.array([246, 216]) + np.array([200, -200]) * np.array(states)
    drawn = points_of(shown(box, "path").get_attribute("d"))
    np.testing.assert_allclose(drawn, places, atol=0.06)


def inside(box, basin, h):
    """Return whether the drawn basin covers the place of a state."""
    return shown(box, f"basin_{basin}").evaluate(
        "(path, [x, y]) => path.isPointInFill(new DOMPoint(x, y))",
        [246 + 200 * h[0], 216 - 200 * h[1]],
    )


@pytest.mark.parametrize("others", [(0.5, 0.5), (0, 0), (1, 0)])
def test_basins_are_where_numpy_ends(opened, others):
    _, box = open_figure(opened, BASINS)
    W = np.array([[1.6, others[0]], [others[1], 1.6]])
    set_weights(box, W)
    # Fine basins, which come last, have cells of 8 pixels, coarse ones of 20.
    expect(shown(box, "basin_a")).to_have_attribute("d", re.compile(r"^M\d+ \d+h\d+v8H"))
    rng = np.random.default_rng(0)
    starts = rng.uniform(-1, 1, (60, 2))
    ends = starts.T
    for _ in range(300):
        ends = np.tanh(W @ ends)
    sinks = sorted({tuple(end) for end in ends.T.round(3)}, reverse=True)
    for which, sink in enumerate(sinks):
        circle = shown(box, f"sink_{'abcd'[which]}")
        assert float(circle.get_attribute("cx")) == pytest.approx(246 + 200 * sink[0], abs=0.2)
        assert float(circle.get_attribute("cy")) == pytest.approx(216 - 200 * sink[1], abs=0.2)
    for start, end in zip(starts, ends.T, strict=True):
        if far_from_the_border(W, start, end):
            which = sinks.index(tuple(end.round(3)))
            assert [inside(box, basin, start) for basin in "abcd"].index(True) == which


def far_from_the_border(W, start, end):
    around = start + np.array([(dx, dy) for dx in (-0.06, 0.06) for dy in (-0.06, 0.06)])
    for _ in range(300):
        around = np.tanh(around @ W.T)
    return np.abs(around - end).max() < 1e-3


def test_without_a_sink_there_is_no_basin(opened):
    _, box = open_figure(opened, BASINS)
    set_weights(box, np.array([[1.6, 1.0], [-1.0, 1.6]]))
    for basin in "abcd":
        expect(shown(box, f"basin_{basin}")).to_have_attribute("d", "M0 0")


def test_the_pointer_moves_the_state(opened):
    page, box = open_figure(opened, BASINS)
    drawing = box.locator("svg")
    drawing.scroll_into_view_if_needed()
    place = drawing.bounding_box()
    scale = place["width"] / 470
    page.mouse.move(place["x"] + scale * (246 + 200 * 0.3), place["y"] + scale * (216 + 200 * 0.7))
    expect(shown(box, "h_1")).to_have_text(re.compile(r"0\.(29|30|31)"))
    expect(shown(box, "h_2")).to_have_text(re.compile(r"−0\.(69|70|71)"))
    chosen = [float(slider(box, f"h {n}").input_value()) for n in (1, 2)]
    expect(shown(box, "eigenvalues")).to_have_text(
        eigenvalues_at(np.array([[1.6, 0.5], [0.5, 1.6]]), chosen)
    )


def test_the_state_is_chosen_by_touch_and_keys(browser, server):
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{server.address}en/{page_of(BASINS)}")
    box = started(page, BASINS)
    drawing = box.locator("svg")
    place = drawing.bounding_box()
    drawing.tap(position={"x": place["width"] * 246 / 470, "y": place["width"] * 216 / 470})
    expect(shown(box, "h_1")).to_have_text(re.compile(r"^−?0\.0[01]$"))
    slider(box, "h 2").focus()
    page.keyboard.press("End")
    expect(shown(box, "h_2")).to_have_text("1.00")
    context.close()
