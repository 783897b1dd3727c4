"""The moving figure of the chapter on dropout: masks in a grid, and the memory that they leave."""

import re

import numpy as np
import pytest
from _ext.dropout_equations import DROPOUTS
from playwright.sync_api import expect
from test_moving_figures import open_figure, shown, slide, slider, write

from lessons_lib import dropout, lstm

NAME = "dropout-grid"
T, H, SHOWN = 50, 64, 12
TOPS = {"masks": 30, "cells": 158}


def bars(box, part, T=T, across=420):
    """Return the heights of the drawn bars of a panel, by unit and step, from 0 to 1."""
    heights = np.zeros((SHOWN, T))
    drawn = shown(box, part).get_attribute("d")
    for x, y, height in re.findall(r"M([\d.]+) (\d+)h[\d.]+v(-[\d.]+)h", drawn):
        step = round((float(x) - 44) / (across / T))
        heights[(int(y) - TOPS[part]) // 8 - 1, step] = -float(height) / 7
    return heights


def mean_drawn(box, steps):
    """Return what is left on average by step, as drawn."""
    drawn = shown(box, "mean").get_attribute("d")
    y = np.array(re.findall(r"[ML][\d.]+ ([\d.]+)", drawn), float)
    assert len(y) == steps + 1
    return (410 - y) / 110


def memory(masks, f, steps=T, units=SHOWN):
    """Return the library's cell states by unit and step, for a memory of 1 and a forget gate f."""
    b = np.repeat([0, np.log(f / (1 - f)), 0, 0], units)
    params = lstm.Params(np.zeros((4 * units, 1)), np.zeros((4 * units, units)), b)
    state = (np.zeros((1, units)), np.ones((1, units)))
    _, (_, last), trace = lstm.forward(params, np.zeros((steps, 1, 1)), state, masks=masks)
    return np.concatenate([*(step.c_prev for step in trace.steps[1:]), last]).T


def formula(name, p, f, t):
    return {
        "erased": ((1 - p) * f) ** t,
        "rnndrop": np.where(t > 0, 1 - p, 1) * f**t,
        "zoneout": (p + (1 - p) * f) ** t,
    }.get(name, f**t)


@pytest.mark.parametrize("name", DROPOUTS)
def test_the_drawn_memory_is_the_librarys_under_the_drawn_masks(opened, name):
    _, box = open_figure(opened, NAME)
    box.get_by_role("combobox", name="Dropout").select_option(name)
    slide(box, "rate p, z", 0.3)
    slide(box, "gate f", 0.95)
    expect(shown(box, "exact")).to_have_text(write(formula(name, 0.3, 0.95, T), 3))
    marked = bars(box, "masks") > 0.5
    masks = {
        "erased": dropout.Masks(c=1.0 - marked.T[:, None]),
        "rnndrop": dropout.Masks(c=1.0 - marked.T[:, None]),
        "zoneout": dropout.Masks(keep_c=marked.T[:, None]),
    }.get(name, dropout.Masks())
    expected = memory(masks, 0.95)
    np.testing.assert_allclose(bars(box, "cells"), expected, atol=0.02)
    means = mean_drawn(box, T)
    np.testing.assert_allclose(means, formula(name, 0.3, 0.95, np.arange(T + 1)), atol=0.2)


@pytest.mark.parametrize("name", DROPOUTS)
def test_masks_live_as_long_as_the_librarys(opened, name):
    _, box = open_figure(opened, NAME)
    box.get_by_role("combobox", name="Dropout").select_option(name)
    slide(box, "rate p, z", 0.3)
    if name == "weight_drop":  # connections instead of steps, 8 pixels wide
        marked = bars(box, "masks", T=SHOWN, across=8 * SHOWN) > 0.5
    else:
        marked = bars(box, "masks") > 0.5
        per_sequence = (marked == marked[:, :1]).all()
        variant = DROPOUTS[name][0]
        sizes = dropout.Sizes(T, 1, 20, 20)
        site = DROPOUTS[name][1]
        mask = getattr(variant.sample(sizes, np.random.default_rng(0)), site) if variant else None
        assert per_sequence == (mask is not None and mask.shape[0] == 1)
    assert 0.1 < marked.mean() < 0.55


@pytest.mark.parametrize("name", DROPOUTS)
def test_in_evaluation_nothing_is_drawn(opened, name):
    _, box = open_figure(opened, NAME)
    box.get_by_role("combobox", name="Dropout").select_option(name)
    slide(box, "rate p, z", 0.4)
    box.get_by_role("combobox", name="Mode").select_option("evaluation")
    variant = DROPOUTS[name][0]
    fraction = dropout.Zoneout(c=0.4) if name == "zoneout" else variant
    masks = fraction.evaluation_masks() if fraction else dropout.Masks()
    expected = memory(masks, 0.99)
    expect(shown(box, "left")).to_have_text(write(expected[0, -1], 3))
    expect(shown(box, "exact")).to_have_text(write(expected[0, -1], 3))
    np.testing.assert_allclose(bars(box, "cells"), expected, atol=0.02)
    np.testing.assert_allclose(bars(box, "masks"), 0.4 if name == "zoneout" else 0, atol=0.02)


def test_the_chapters_numbers_are_shown(opened):
    _, box = open_figure(opened, NAME)
    expect(shown(box, "exact")).to_have_text("0.003")
    for name, left in (("rnndrop", "0.545"), ("recurrent", "0.605"), ("zoneout", "0.636")):
        box.get_by_role("combobox", name="Dropout").select_option(name)
        expect(shown(box, "exact")).to_have_text(left)


def test_it_is_played_and_drawn_again(opened):
    page, box = open_figure(opened, NAME)
    page.emulate_media(reduced_motion="reduce")
    before = shown(box, "masks").get_attribute("d")
    box.get_by_role("button", name="draw again").click()
    expect(shown(box, "masks")).not_to_have_attribute("d", before)
    again = shown(box, "masks").get_attribute("d")
    box.get_by_role("button", name="play").click()
    expect(shown(box, "masks")).to_have_attribute("d", again, timeout=30_000)


def test_steps_are_changed_by_keys_and_announced(opened):
    page, box = open_figure(opened, NAME)
    slider(box, "steps T").focus()
    page.keyboard.press("Home")
    expect(shown(box, "last")).to_have_text("10")
    left = write(formula("erased", 0.1, 0.99, 10), 3)
    expect(box.get_by_role("status")).to_contain_text(f"by the formula {left}")
