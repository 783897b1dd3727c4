"""The moving figure of the chapter on recurrence: the parity network, stepped bit by bit."""

import numpy as np
import pytest
from playwright.sync_api import expect
from test_moving_figures import assert_shows, open_figure, shown, slide, slider, write

from lessons_lib import rnn

NAME = "parity-stepped"
EXAMPLE = (0, 1, 0, 1, 1, 0, 1, 0, 1, 1)


def weights(factor):
    rows = np.array([[0.5, -0.5], [0.5, -0.5]])
    return rnn.Params(np.full((2, 1), factor), factor * rows, factor * np.array([-0.5, -1.5]))


def computed(bits, factor):
    """Return the states before and after each step, and the sums before tanh."""
    params = weights(float(factor))
    x = np.array(bits, float)[:, None, None]
    h, _, _ = rnn.forward(params, x, (-np.ones((1, 2)),))
    states = np.concatenate([-np.ones((1, 2)), h[:, 0]])
    return states, (x[:, 0] @ params.W_ih.T + states[:-1] @ params.W_hh.T + params.b)


def assert_shows_network(box, bits, t, factor=20):
    states, sums = computed(bits, factor)
    before, after = states[t - 1], states[t]
    values = {"old_1": before[0], "old_2": before[1], "h_1": after[0], "h_2": after[1]}
    assert_shows(box, values | {"s": (after[0] - after[1]) / 2})
    for n in (0, 1):
        expect(shown(box, f"a_{n + 1}")).to_have_text(write(sums[t - 1, n], 1))
    parity = np.cumsum(bits) % 2
    for at in range(1, len(bits) + 1):
        answer = (states[at, 0] - states[at, 1]) / 2
        mark = "✓" if (answer > 0.5) == parity[at - 1] else "✗"
        expect(shown(box, f"x_{at}")).to_have_text(str(bits[at - 1]))
        expect(shown(box, f"s_{at}")).to_have_text(write(answer) if at <= t else "")
        expect(shown(box, f"h2_{at}")).to_have_text(write(states[at, 1], 1) if at <= t else "")
        expect(shown(box, f"mark_{at}")).to_have_text(mark if at <= t else "")


def test_it_starts_with_the_example(opened):
    _, box = open_figure(opened, NAME)
    assert_shows_network(box, EXAMPLE, 4)
    expect(shown(box, "w_1")).to_have_text("10")
    expect(shown(box, "b_2")).to_have_text("−30")


def test_a_bit_is_flipped_by_the_mouse_and_announced(opened):
    _, box = open_figure(opened, NAME)
    box.get_by_role("button", name="next step").click()
    box.get_by_role("button", name="flip xt").click()
    flipped = (0, 1, 0, 1, 0, 0, 1, 0, 1, 1)
    assert_shows_network(box, flipped, 5)
    expect(box.get_by_role("status")).to_have_text("step 5: bit 0, answer 0.00")


@pytest.mark.parametrize("factor", [1, 2, 3, 7, 20])
def test_weaker_weights_give_the_librarys_states(opened, factor):
    _, box = open_figure(opened, NAME)
    box.get_by_role("button", name="1, then only 0").click()
    slide(box, "factor", factor)
    slide(box, "step t", 10)
    assert_shows_network(box, (1, *[0] * 9), 10, factor)


def test_lines_are_as_thick_as_what_they_add(opened):
    _, box = open_figure(opened, NAME)
    slide(box, "factor", 14)
    params, before = weights(14.0), computed(EXAMPLE, 14)[0][3]
    added = {"x": params.W_ih[1, 0] * EXAMPLE[3], "h1": params.W_hh[1, 0] * before[0]}
    added |= {"h2": params.W_hh[1, 1] * before[1], "b": params.b[1]}
    for name, value in added.items():
        line = shown(box, f"edge_{name}_2")
        width = line.evaluate("part => parseFloat(getComputedStyle(part).strokeWidth)")
        assert width == pytest.approx(min(9, max(0.4, 0.3 * abs(value))), abs=0.06)
        expect(line).to_have_attribute("class", "b band" if value < 0 else "a band")


def test_it_is_stepped_by_keys(opened):
    page, box = open_figure(opened, NAME)
    steps = slider(box, "step t")
    steps.focus()
    page.keyboard.press("ArrowRight")
    expect(steps).to_have_attribute("aria-valuetext", "5")
    assert_shows_network(box, EXAMPLE, 5)
    page.keyboard.press("Home")
    assert_shows_network(box, EXAMPLE, 1)


@pytest.mark.parametrize("still", ["reduce", "no-preference"])
def test_it_plays_to_the_end_with_motion_or_without(opened, still):
    page, box = open_figure(opened, NAME)
    page.emulate_media(reduced_motion=still)
    box.get_by_role("button", name="play").click()
    expect(shown(box, "s_10")).to_have_text("0.00", timeout=30_000)
    assert_shows_network(box, EXAMPLE, 10)
