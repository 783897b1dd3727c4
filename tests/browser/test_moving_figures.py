"""Moving figures: driven by mouse, keyboard, touch, with the library's values, and their stills."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest
from _ext.equations import bptt_lines, lstm_sample
from _ext.plain.links import LINKED as TABLES
from _ext.plain.links import as_set, groups_of
from browsing import watch
from playwright.sync_api import expect
from stills import as_started, names, page_of, started
from stills import main as store_stills

from lessons_lib import gru, lstm, rnn
from lessons_lib.verify import paths

HEAVIEST = 25_000  # bytes, gzip, of all that moves on a page
FIGURES = names()
LSTM = "lstm-driven"
THEMES = ("light", "dark")


def column(value):
    return np.array([[value]])


def write(value, digits=2):
    """Write a number as the page does."""
    written = f"{value:.{digits}f}".replace("-", "−")
    return written if re.search("[1-9]", written) else written.replace("−", "")


def open_figure(opened, name, **options):
    language = options.setdefault("language", "en")
    page = opened(f"{language}/{page_of(name)}", **options)
    return page, started(page, name)


def show_in(page, theme):
    """Change the theme, and wait until the page has it."""
    page.emulate_media(color_scheme=theme)
    page.wait_for_function(
        "theme => matchMedia(`(prefers-color-scheme: ${theme})`).matches", arg=theme
    )


def shown(box, part):
    return box.locator(f'[data-part="{part}"]').first


def slider(box, label):
    return box.get_by_role("slider", name=label, exact=True)


def slide(box, label, value):
    """Move a slider as a reader's hand does: the value changes, and the browser tells the page."""
    slider(box, label).evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')) }",
        value,
    )


def lstm_step(x=0.0, h=0.0, c=1.0, b=(0.0, 0.0, 0.69, 0.0), dh=1.0, dc=0.0):
    """Return by part what the library computes for the cell of the figure."""
    params = lstm.Params(np.ones((4, 1)), np.full((4, 1), 0.5), np.array(b))
    state = (column(h), column(c))
    (h_t, c_t), cache = lstm.step(params, lstm.project(params, column(x)), state)
    da, (dh_prev, dc_prev) = lstm.step_backward(params, cache, (column(dh), column(dc)))
    values = {name: getattr(cache, name) for name in "ifgo"} | {"h_t": h_t, "c_t": c_t}
    values |= {"dh_prev": dh_prev, "dc_prev": dc_prev, "dx": da @ params.W_ih}
    values |= {f"da_{name}": da[:, k] for k, name in enumerate("ifgo")}
    inside = dc + dh * cache.o * (1 - cache.tanh_c**2)
    values |= {"dc_t": inside, "do": dh * cache.tanh_c, "df": inside * c}
    values |= {"di": inside * cache.g, "dg": inside * cache.i}
    return {part: float(np.squeeze(value)) for part, value in values.items()}


def assert_shows(box, values):
    for part, value in values.items():
        expect(shown(box, part)).to_have_text(write(value))


@pytest.mark.parametrize("name", FIGURES)
def test_the_still_is_the_figure_as_it_starts(opened, name):
    from _ext.hooks.diagrams import FIGURES as FOLDER

    _, box = open_figure(opened, name)
    text = (FOLDER / f"{name}.svg").read_text("utf-8")
    assert as_started(text, box) == text, f"run {store_stills.__module__}.py"


@pytest.mark.parametrize("path", sorted({page_of(name) for name in FIGURES}))
@pytest.mark.parametrize("language", ["ko", "en"])
def test_without_scripts_the_still_is_shown(browser, server, path, language):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.address}{language}/{path}")
    for name in [name for name in FIGURES if page_of(name) == path]:
        still = page.locator(f'.moving[data-figure="{name}"] img')
        still.scroll_into_view_if_needed()
        expect(still).to_be_visible()
        expect(still).to_have_js_property("complete", True)
        assert still.evaluate("still => still.naturalWidth") > 300
        assert page.locator(f'.moving[data-figure="{name}"] input').count() == 0
    context.close()


@pytest.mark.parametrize("name", FIGURES)
def test_on_paper_there_are_no_controls(opened, name):
    page, box = open_figure(opened, name)
    page.emulate_media(media="print")
    expect(box.locator(".controls")).to_be_hidden()
    expect(box.locator("svg")).to_be_visible()


def test_scripts_are_loaded_when_the_figure_comes_near(opened):
    page = opened(f"en/{page_of(LSTM)}", language="en")  # where it is many screens from the top
    expect(page.locator("article .peek").first).to_be_visible()
    assert page.locator('script[src*="_static/moving/"]').count() == 0
    started(page, LSTM)


def test_what_moves_on_a_page_is_light(site):
    for language in ("ko", "en"):
        for path in sorted({page_of(name) for name in FIGURES}):
            text = (site / language / path).read_text("utf-8")
            lists = re.findall(r'data-scripts="([^"]*)"', text)
            files = {name.split("/")[-1].split("?")[0] for one in lists for name in one.split()}
            folder = site / language / "_static" / "moving"
            size = sum(len(gzip.compress((folder / name).read_bytes())) for name in files)
            print(f"{language}/{path}: {size / 1000:.1f} kB move it")
            assert size < HEAVIEST


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", FIGURES)
def test_a_narrow_screen_shows_all_of_it(opened, name, language):
    page, box = open_figure(opened, name, width=320, language=language)
    for control in box.locator("input, button, select").all():
        size = control.bounding_box()
        assert size["height"] >= 44
        assert size["x"] >= 0
        assert size["x"] + size["width"] <= 320
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    colours = "text => [getComputedStyle(text).fill, getComputedStyle(document.body).color]"
    inks = set()
    for theme in THEMES:
        show_in(page, theme)
        fill, ink = box.locator("svg text").first.evaluate(colours)
        assert fill == ink
        inks.add(ink)
    assert len(inks) == 2


@pytest.mark.parametrize("name", FIGURES)
def test_it_works_from_a_file(browser, site, name):
    context = browser.new_context()
    page = context.new_page()
    page.goto((site / "en" / page_of(name)).as_uri())
    box = started(page, name)
    expect(box.locator(".controls input, .controls button").first).to_be_visible()
    context.close()


@pytest.mark.parametrize("name", FIGURES)
def test_with_motion_and_by_touch_nothing_goes_wrong(browser, server, name):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="en"
    )
    page = context.new_page()
    wrong = watch(page, server.address)
    page.goto(f"{server.address}en/{page_of(name)}")
    box = started(page, name)
    for button in box.get_by_role("button").all():
        button.tap()
    assert not wrong
    context.close()


@pytest.mark.parametrize("name", FIGURES)
def test_axe_finds_nothing_once_it_moves(opened, tools, name):
    page, box = open_figure(opened, name)
    page.evaluate((tools / "axe-core" / "axe.min.js").read_text("utf-8"))
    for theme in THEMES:
        show_in(page, theme)
        report = page.evaluate("box => axe.run(box.closest('figure'))", box.element_handle())
        found = [
            (fault["id"], node["html"]) for fault in report["violations"] for node in fault["nodes"]
        ]
        assert not found, theme


def test_the_lstm_shows_the_librarys_values(opened):
    _, box = open_figure(opened, LSTM)
    assert_shows(box, lstm_step())
    given = {"x": -1.3, "h": 0.41, "c": 2.2, "b": (0.7, -1.1, -0.35, 2.25)}
    labels = {"x t": "x", "h t−1": "h", "c t−1": "c"}
    for label, key in labels.items():
        slide(box, label, given[key])
    for letter, value in zip("ifgo", given["b"], strict=True):
        slide(box, f"b {letter}", value)
    for choice, dh, dc in (("h", 1, 0), ("c", 0, 1), ("both", 1, 1)):
        box.get_by_role("combobox").select_option(choice)
        assert_shows(box, lstm_step(**given, dh=dh, dc=dc))


def test_the_lstms_presets_keep_and_erase(opened):
    page, box = open_figure(opened, LSTM)
    box.get_by_role("combobox").select_option("c")
    box.get_by_role("button", name="keep").click()
    assert_shows(box, lstm_step(b=(-6, 6, 0.69, 0), dh=0, dc=1))
    width = "part => parseFloat(getComputedStyle(part).strokeWidth)"
    expect(shown(box, "dc_prev")).to_have_text("1.00")
    assert shown(box, "band_dc_prev").evaluate(width) == pytest.approx(12, abs=0.2)
    box.get_by_role("button", name="erase").focus()
    page.keyboard.press("Enter")
    expect(shown(box, "dc_prev")).to_have_text("0.00")
    assert shown(box, "band_dc_prev").evaluate(width) < 1


def test_the_lstm_is_driven_by_keys_and_announced(opened):
    page, box = open_figure(opened, LSTM)
    cell = slider(box, "c t−1")
    cell.focus()
    page.keyboard.press("End")
    expect(cell).to_have_attribute("aria-valuetext", "3.00")
    assert_shows(box, lstm_step(c=3.0))
    end = lstm_step(c=3.0)
    told = f"c {write(end['c_t'])}, h {write(end['h_t'])}"
    expect(box.get_by_role("status")).to_contain_text(told)


def test_the_lstm_is_driven_by_the_mouse(opened):
    page, box = open_figure(opened, LSTM)
    bias = slider(box, "b f")
    bias.scroll_into_view_if_needed()
    place = bias.bounding_box()
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] - 1, place["y"] + place["height"] / 2)
    page.mouse.up()
    expect(bias).to_have_attribute("aria-valuetext", "6.00")
    assert_shows(box, lstm_step(b=(0, 6, 0.69, 0)))


def significant(value):
    """Write a positive number as the page does, with at least two digits."""
    if 99.5 <= value < 999.5:
        return f"{value:.0f}"
    if 0.001 <= value < 99.5:
        return f"{value:#.2g}".removesuffix(".")
    digits, power = f"{value:.1e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits}·10{raised}"


def lstm_paths(b_f, factor):
    """Return the sizes by lag of ∏f and of all other paths, as the library computes them."""
    sample = lstm_sample()
    params = sample["params"]
    b = np.array(params["b"])
    b[8:16] = b_f
    W_hh = factor * np.reshape(params["W_hh"], (32, 8))
    weights = lstm.Params(np.reshape(params["W_ih"], (32, 2)), W_hh, b)
    kept, rest = paths.split_cell_jacobian(weights, np.array(sample["x"])[:, None])
    return np.sqrt((kept**2).sum((1, 2)) / 8), np.sqrt((rest**2).sum((1, 2, 3)) / 8)


@pytest.mark.parametrize(("b_f", "factor", "lag"), [(1, 1, 50), (4, 1, 30), (-0.5, 2.75, 7)])
def test_the_paths_are_the_librarys(opened, b_f, factor, lag):
    _, box = open_figure(opened, "lstm-paths")
    slide(box, "forget bias b f", b_f)
    slide(box, "factor of W hh", factor)
    slide(box, "lag k", lag)
    kept, rest = lstm_paths(b_f, factor)
    expect(shown(box, "direct")).to_have_text(significant(kept[lag]))
    expect(shown(box, "rest")).to_have_text(significant(rest[lag]))
    for part, sizes, first in (("direct", kept, 0), ("rest", rest, 2)):
        drawn = shown(box, f"curve_{part}").get_attribute("d")
        y = np.array(re.findall(r"[ML][\d.]+ ([\d.]+)", drawn), float)
        places = 84 + 22 * (2 - np.clip(np.log10(sizes[first:]), -9, 3))
        np.testing.assert_allclose(y, places, atol=0.06)


def test_without_recurrent_weights_only_the_direct_path_is_left(opened):
    page, box = open_figure(opened, "lstm-paths")
    slider(box, "factor of W hh").focus()
    page.keyboard.press("Home")
    expect(shown(box, "rest")).to_have_text("0")
    expect(box.get_by_role("status")).to_contain_text("other paths 0")


def rnn_pass(W, dy):
    """Return by part what the library computes for three steps, in the order of the lines."""
    params = rnn.Params(np.ones((1, 1)), column(W), np.zeros(1))
    _, _, trace = rnn.forward(params, np.array([0.5, 0.25, 0.5])[:, None, None])
    found, carried = [], np.zeros((1, 1))
    for t in (3, 2, 1):
        dh = dy[t - 1] + carried
        da, (carried,) = rnn.step_backward(params, trace.steps[t - 1], (dh,))
        found += [{f"dh_{t}": dh}, {f"da_{t}": da}, {"dh_0": carried} if t == 1 else {}]
    grads, _, _ = rnn.backward(params, trace, np.array(dy)[:, None, None])
    return [*found, {"dU": grads.W_ih, "dW": grads.W_hh, "db": grads.b}]


@pytest.mark.parametrize(("W", "every"), [(0.5, False), (-1.35, True)])
def test_the_backward_pass_is_stepped_line_by_line(opened, W, every):
    page, box = open_figure(opened, "bptt-stepped")
    slide(box, "weight W", W)
    box.get_by_role("combobox").select_option("every" if every else "last")
    found = rnn_pass(W, (1.0, 1.0, 1.0) if every else (0.0, 0.0, 1.0))
    everything = {part: float(np.squeeze(v)) for line in found for part, v in line.items()}
    assert_shows(box, everything)
    box.get_by_role("button", name="from the start").click()
    for part in everything:
        expect(shown(box, part)).to_have_text("")
    codes = [line["code"] for line in bptt_lines()]
    following = [*codes[:3], *codes[:3], *codes[:3], codes[3]]
    box.get_by_role("button", name="next line").focus()
    for number, (values, code) in enumerate(zip(found, following, strict=True)):
        page.keyboard.press("Enter")
        assert_shows(box, {part: float(np.squeeze(value)) for part, value in values.items()})
        expect(box.locator("[aria-current] code")).to_have_text(code)
        expect(box.locator(".equation .katex")).not_to_have_count(0)
        expect(box.locator("path.thick")).to_have_count(1 if number < 9 else 0)
    box.get_by_role("button", name="previous line").click()
    expect(shown(box, "dW")).to_have_text("")
    expect(box.get_by_role("status")).to_contain_text(f"{codes[2]}: {write(everything['dh_0'])}")
    for _ in range(10):  # to the beginning, where the button still has the focus
        page.keyboard.press("Enter")
    expect(box.get_by_role("button", name="previous line")).to_be_focused()
    expect(box.get_by_role("status")).to_have_text("No line has run yet")


def gru_step(kind, x=0.0, h=0.5, b=(0.0, 1.1, 0.2), b_hn=0.3):
    """Return by part what the library computes for one of the figure's two cells."""
    cell = {"after": gru.CELL, "before": gru.CELL_BEFORE}[kind]
    arrays = {"W_ih": np.ones((3, 1)), "W_hh": np.array([[0.0], [0.0], [1.0]])}
    arrays |= {"b": np.array(b), "b_hn": np.array([b_hn])}
    params = cell.params_type(**{name: arrays[name] for name in cell.params_type._fields})
    projected = cell.project(params, column(x))
    (h_t,), cache = cell.step(params, projected, (column(h),))
    da, (dh_prev,) = cell.step_backward(params, cache, (column(1.0),))
    values = {"h_t": h_t, "dh_prev": dh_prev, "dn": 1 - cache.z, "a_n": projected[:, 2]}
    values |= {name: getattr(cache, name) for name in "rzn"}
    values |= {f"da_{name}": da[:, k] for k, name in enumerate("rzn")}
    values["u_n"] = np.arctanh(cache.n) - projected[:, 2]
    return {f"{kind}_{part}": float(np.squeeze(value)) for part, value in values.items()}


def test_both_grus_show_the_librarys_values(opened):
    _, box = open_figure(opened, "gru-driven")
    given = {"x": -0.45, "h": -0.8, "b": (0.7, -0.35, 0.6), "b_hn": -1.2}
    for values in ({}, given):
        if values:
            named = {"x t": "x", "h t−1": "h", "b hn": "b_hn"}
            for label, key in named.items():
                slide(box, label, given[key])
            for letter, value in zip("rzn", given["b"], strict=True):
                slide(box, f"b {letter}", value)
        for kind in ("after", "before"):
            assert_shows(box, gru_step(kind, **values))


def test_the_sign_of_z_changes_what_is_shown_and_not_the_model(opened):
    page, box = open_figure(opened, "gru-driven")
    before = gru_step("after")
    box.get_by_role("combobox").select_option("replaces")
    expect(shown(box, "name_z")).to_have_text("z′")
    expect(slider(box, "b z")).to_have_attribute("aria-valuetext", "−1.10")
    flipped = {"after_z": 1 - before["after_z"], "after_da_z": -before["after_da_z"]}
    assert_shows(box, before | flipped)
    slider(box, "b z").focus()
    page.keyboard.press("Home")  # z′ has the bias −6, so z has 6
    assert_shows(box, {"after_h_t": gru_step("after", b=(0, 6, 0.2))["after_h_t"], "after_z": 0.0})
    box.get_by_role("button", name="example").click()
    expect(slider(box, "b z")).to_have_attribute("aria-valuetext", "−1.10")


LINKED = [
    (path.stem, number)
    for path in sorted(TABLES.glob("*.toml"))
    for number in range(len(groups_of(path.stem)))
]


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(("chapter", "number"), LINKED)
def test_a_symbol_lights_up_everywhere_by_keyboard(opened, chapter, number, language):
    page = opened(f"{language}/book/{chapter}.html", language=language)
    page.evaluate("document.documentElement.classList.add('whole')")
    group = groups_of(f"book/{chapter}")[number]
    figure = page.locator(f"#{group['figure']}")
    figure.scroll_into_view_if_needed()
    buttons = figure.locator(".linked button")
    expect(buttons).to_have_count(len(group["symbol"]))
    for symbol, button in zip(group["symbol"], buttons.all(), strict=True):
        button.focus()
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(figure.locator("svg .lit")).not_to_have_count(0)
        lit = page.locator(".cell_output pre .lit")
        assert set(lit.all_text_contents()) == set(symbol["code"])
        formulas = page.locator(".katex-html .lit").evaluate_all(
            "parts => parts.map(part => part.textContent.replaceAll('\\u200b', ''))"
        )
        expected = {as_set(formula) for formula in symbol["formula"]}
        assert {f.removeprefix("d") for f in formulas} == {e.removeprefix("d") for e in expected}
        meaning = re.sub(r"[${}_]", "", symbol[language]).replace("-", "−")
        expect(figure.get_by_role("status")).to_have_text(meaning)
    buttons.last.press("Enter")
    expect(page.locator(".lit")).to_have_count(0)


def test_a_symbol_lights_up_under_the_pointer_and_at_a_touch(browser, server):
    for touch in (False, True):
        context = browser.new_context(has_touch=touch, viewport={"width": 1000, "height": 1400})
        page = context.new_page()
        page.goto(f"{server.address}en/book/lstm.html")
        page.evaluate("document.documentElement.classList.add('whole')")
        figure = page.locator("#fig-lstm-cell")
        figure.scroll_into_view_if_needed()
        expect(figure.locator(".linked.started")).to_be_visible()
        name = figure.locator("svg text[data-symbol=f]")
        if touch:
            name.tap()
        else:
            name.hover()
        expect(page.locator("#equation-eq-lstm-state .lit").first).to_have_text(re.compile("f"))
        expect(page.locator(".cell_output pre .lit").first).to_have_text("a_f")
        context.close()
