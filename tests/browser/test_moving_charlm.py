"""The explainer of charlm: driven by mouse, keyboard and touch, with the library's values."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest
from _ext.hooks.moving_figures import picture_of
from _ext.texts import texts
from browsing import watch
from playwright.sync_api import expect
from stills import as_started, asked, page_of, started
from test_moving_figures import open_figure, shown, slide, slider, write

from lessons_lib import lstm, readout
from lessons_lib.lab import book_text, explainer, hangul, language_model, record

NAME = "charlm-explainer"
START = explainer.START
COLUMNS, ROWS, LISTED = 30, 32, 8
TEXTS = {"ko": "손실의 기울기는 (가중치", "en": "which is the square of (a"}
BUTTONS = {
    "en": {"draw": "sample one symbol", "take": "write the marked symbol", "go": "write on"},
    "ko": {"draw": "하나 뽑아 쓰기", "take": "표시한 기호 쓰기", "go": "이어 쓰기"},
}
VISIBLE = {" ": "␣", "\n": "↵"}


def opened_and_loaded(opened, language="en", **options):
    page, box = open_figure(opened, NAME, language=language, **options)
    return page, asked(box)


@cache
def model(language):
    return explainer.unpack(record.load(f"explainer_{language}"))


@cache
def vocabulary(language):
    return record.load(f"explainer_{language}")["vocabulary"]


class Read:
    """What the library computes for a text: probabilities, states and gates, and gradients."""

    def __init__(self, language, text, tau=1.0):
        self.symbols, weights = vocabulary(language), model(language)
        unit = explainer.UNITS[language]
        # A lone consonant at the end begins a syllable that is being written.
        if unit == "jamo" and "ㄱ" <= text[-1] <= "ㅎ":
            text = text[:-1] + next(c for c in self.symbols if hangul.from_jamo(c) == text[-1])
        self.codes, _ = book_text.encode("\n" + text, unit, self.symbols)
        x = weights.embedding[self.codes][:, None]
        self.y, _, self.trace = lstm.forward(weights.cell, x)
        self.scores = readout.forward(weights.readout, self.y[-1])
        self.p = language_model.probabilities(self.scores[0], tau)
        self.order = np.argsort(-self.p, kind="stable")
        self.weights = weights

    def named(self, code):
        """Return a symbol as the list shows it, with the syllable that it completes."""
        sign = self.symbols[code]
        tail = "".join(self.symbols[one] for one in self.codes[-2:])
        begun = re.search("[\u1100-\u1112][\u1161-\u1175]?$", tail)
        whole = hangul.from_jamo((begun[0] if begun else "") + sign)
        single = VISIBLE.get(sign, hangul.from_jamo(sign))
        jamo = "\u1100" <= sign <= "\u11ff"
        return f"{single} → {whole}" if begun and jamo and len(whole) == 1 else single

    def depends(self, code):
        """Return for each symbol read the norm of the gradient of the loss if `code` follows."""
        target = np.eye(len(self.symbols))[[code]]
        _, p = readout.cross_entropy(self.scores, target)
        dscores = readout.cross_entropy_backward(p, target, np.ones((1, 1)))
        dy = np.zeros_like(self.y)
        _, dy[-1] = readout.backward(self.weights.readout, self.y[-1], dscores)
        _, dx, _ = lstm.backward(self.weights.cell, self.trace, dy)
        return np.linalg.norm(dx[:, 0], axis=1)

    def quantity(self, name):
        """Return a state or gate over the text, an array of shape (T, H)."""
        if name == "h":
            return self.y[:, 0]
        return np.array([getattr(step, name) for step in self.trace.steps])[:, 0]


def fill(box, text):
    """Replace the text, as a reader who pastes one."""
    box.get_by_role("textbox").fill(text)


def assert_list(box, read):
    for k, code in enumerate(read.order[:LISTED]):
        expect(shown(box, f"p_{k}")).to_have_text(write(read.p[code], 3))
    for k, code in enumerate(read.order[:3]):
        if read.p[code] - read.p[read.order[k + 1]] > 1e-6:
            expect(shown(box, f"symbol_{k}")).to_have_text(read.named(code))


def wait_explained(box, read, rank=1):
    """Wait for the backward pass, which the figure takes once the reader pauses."""
    expect(box).to_have_attribute("data-explained", read.named(read.order[rank - 1]))


def drawn_heights(box):
    drawn = shown(box, "depends").get_attribute("d")
    return np.array(re.findall(r"v-([\d.]+)h", drawn), float)


def map_levels(box, sign):
    """Return how many of the map's levels of one sign fill each cell, rows × columns."""
    counts = np.zeros((ROWS, COLUMNS), int)
    for level in range(3):
        drawn = shown(box, f"{sign}_{level}").get_attribute("d")
        for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)", drawn):
            column = (int(x) - 50) // 14
            counts[(int(y) - 273) // 6, column : column + int(width) // 14] += 1
    return counts


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_still_is_the_figure_once_the_model_is_there(opened, language):
    _, box = opened_and_loaded(opened, language)
    text = picture_of(NAME, language).read_text("utf-8")
    assert as_started(text, box) == text, "run tests/browser/stills.py"


def test_the_model_is_fetched_only_when_asked_for(opened):
    page, box = open_figure(opened, NAME)
    fetched = page.locator('script[src*="later-"]')
    expect(box.get_by_role("button")).to_have_count(1)
    expect(fetched).to_have_count(0)
    expect(box.get_by_role("textbox")).to_have_count(0)
    asked(box)
    expect(fetched).to_have_count(1)
    expect(box.get_by_role("textbox")).to_be_focused()


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("tau", [1.0, 0.4])
def test_probabilities_are_the_librarys(opened, language, tau):
    _, box = opened_and_loaded(opened, language)
    assert_list(box, Read(language, START[language][0]))
    slide(box, "온도 τ" if language == "ko" else "temperature τ", tau)
    fill(box, TEXTS[language])
    assert_list(box, Read(language, TEXTS[language], tau))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_gradients_are_the_librarys(opened, language):
    _, box = opened_and_loaded(opened, language)
    fill(box, TEXTS[language])
    read = Read(language, TEXTS[language])
    for rank in (1, 3):
        label = "표시할 줄" if language == "ko" else "marked line"
        slide(box, label, rank)
        wait_explained(box, read, rank)
        sizes = read.depends(read.order[rank - 1])
        expected = 44 * sizes[-COLUMNS:] / sizes.max()
        np.testing.assert_allclose(drawn_heights(box), expected, atol=0.06)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_gates_and_states_are_the_librarys(opened, language):
    _, box = opened_and_loaded(opened, language)
    fill(box, TEXTS[language])
    read = Read(language, TEXTS[language])
    unit = 77
    slide(box, "유닛" if language == "ko" else "unit", unit)
    for option, name in (("tanh c", "tanh_c"), ("h", "h"), ("f", "f"), ("g", "g")):
        box.get_by_role("combobox").select_option(option)
        expect(shown(box, "quantity")).to_have_text(option)
        values = read.quantity(name)
        expect(shown(box, "value")).to_have_text(write(values[-1, unit]))
        window = values[-COLUMNS:, 64 : 64 + ROWS].T  # the rows around unit 77
        for sign, factor in (("up", 1), ("down", -1)):
            limits = np.array([0.2, 0.5, 0.8])[:, None, None]
            far = (np.abs(factor * window - limits) > 1e-9).all(axis=0)
            expected = (factor * window >= limits).sum(axis=0)
            found = map_levels(box, sign)[:, : window.shape[1]]
            np.testing.assert_array_equal(found[far], expected[far])
        points = re.findall(r"[ML][\d.]+ ([\d.]+)", shown(box, "trace").get_attribute("d"))
        heights = 506 - 28 * values[-COLUMNS:, unit]
        np.testing.assert_allclose(np.array(points, float), heights, atol=0.06)


def test_the_model_reads_up_to_the_cursor(opened):
    page, box = opened_and_loaded(opened)
    fill(box, TEXTS["en"])
    assert_list(box, Read("en", TEXTS["en"]))
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    assert_list(box, Read("en", TEXTS["en"][:-4]))
    page.keyboard.type("x")
    assert_list(box, Read("en", TEXTS["en"][:-4] + "x"))
    page.keyboard.press("Control+End")
    assert_list(box, Read("en", f"{TEXTS['en'][:-4]}x{TEXTS['en'][-4:]}"))


def test_a_long_text_is_read_to_its_end(opened):
    _, box = opened_and_loaded(opened)
    text = (TEXTS["en"] + ". ") * 9
    fill(box, text)
    read = Read("en", text)
    assert_list(box, read)
    wait_explained(box, read)
    sizes = read.depends(read.order[0])
    np.testing.assert_allclose(drawn_heights(box), 44 * sizes[-COLUMNS:] / sizes.max(), atol=0.06)
    expect(shown(box, "letter_29")).to_have_text("␣")


def test_symbols_that_the_model_lacks_are_named(opened):
    _, box = opened_and_loaded(opened)
    fill(box, "a漢b한")
    said = box.get_by_role("alert")
    expect(said).to_contain_text("漢 한: not read")
    assert_list(box, Read("en", "ab"))
    fill(box, "ab")
    expect(said).to_be_hidden()


def test_korean_is_read_while_a_syllable_is_typed(opened):
    _, box = opened_and_loaded(opened, "ko")
    for typed, jamo in (("ㄱ", "\u1100"), ("기", "기"), ("길", "길"), ("기우", "기우")):
        fill(box, typed)
        assert_list(box, Read("ko", jamo))


def test_hangul_is_taken_apart_as_by_the_library(opened):
    page, _ = opened_and_loaded(opened, "ko")
    syllables = "".join(map(chr, range(0xAC00, 0xD7A4)))
    found = page.evaluate("text => moving.to_jamo(text)", syllables)
    assert found == hangul.to_jamo(syllables)
    assert page.evaluate("text => moving.from_jamo(text)", found) == syllables
    spans = ((0x1100, 0x1113), (0x1161, 0x1176), (0x11A8, 0x11C3))
    alone = " ".join(chr(code) for span in spans for code in range(*span))
    assert page.evaluate("text => moving.from_jamo(text)", alone) == hangul.from_jamo(alone)
    mixed = "a각1 ㄱ\u1100한\u11a8?"
    assert page.evaluate("text => moving.to_jamo(text)", mixed) == hangul.to_jamo(mixed)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_marked_symbol_is_written(opened, language):
    _, box = opened_and_loaded(opened, language)
    area = box.get_by_role("textbox")
    text, _ = START[language]
    read = Read(language, text)
    label = "표시할 줄" if language == "ko" else "marked line"
    slide(box, label, 2)
    box.get_by_role("button", name=BUTTONS[language]["take"]).click()
    codes = [*read.codes[1:], read.order[1]]
    expect(area).to_have_value(book_text.decode(np.array(codes), read.symbols))
    expect(slider(box, label)).to_have_value("1")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_model_writes_on(opened, language):
    """At a low temperature the most likely symbol is written each time, whatever is drawn."""
    page, box = opened_and_loaded(opened, language)
    slide(box, "온도 τ" if language == "ko" else "temperature τ", 0.1)
    text, _ = START[language]
    area = box.get_by_role("textbox")
    read = Read(language, text, 0.1)
    assert read.p.max() > 0.9
    box.get_by_role("button", name=BUTTONS[language]["draw"]).click()
    codes = [*read.codes[1:], read.order[0]]
    expect(area).to_have_value(book_text.decode(np.array(codes), read.symbols))
    box.get_by_role("button", name=BUTTONS[language]["go"]).focus()
    page.keyboard.press("Enter")  # all at once for who wants no motion
    expect(box.get_by_role("button", name=BUTTONS[language]["go"])).to_be_visible()
    expect(area).to_have_value(re.compile(rf"^{re.escape(text)}.{{20,}}", re.DOTALL))
    assert_list(box, Read(language, area.input_value(), 0.1))


def test_a_unit_is_shown_under_the_mouse_and_a_line_is_marked(opened):
    page, box = opened_and_loaded(opened)
    box.locator("svg").scroll_into_view_if_needed()
    drawing = box.locator("svg").bounding_box()
    scale = drawing["width"] / 480
    read = Read("en", START["en"][0])
    unit = START["en"][1] // ROWS * ROWS + 9
    page.mouse.move(drawing["x"] + scale * (50 + 14 * 5.5), drawing["y"] + scale * (270 + 6 * 9.5))
    expect(shown(box, "unit")).to_have_text(str(unit))
    expect(shown(box, "value")).to_have_text(write(read.quantity("tanh_c")[5, unit]))
    expect(slider(box, "unit")).to_have_value(str(unit))
    page.mouse.click(drawing["x"] + scale * 200, drawing["y"] + scale * (14 + 22 * 3))
    expect(slider(box, "marked line")).to_have_value("4")


def test_it_is_driven_by_keys_and_announced(opened):
    page, box = opened_and_loaded(opened)
    page.keyboard.press("Control+a")
    page.keyboard.type("The LST")
    read = Read("en", "The LST")
    expect(box.get_by_role("status")).to_contain_text(f"Next: {read.named(read.order[0])}")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    value = "The LST" + read.symbols[read.order[0]]
    expect(box.get_by_role("textbox")).to_have_value(value)
    unit = slider(box, "unit")
    unit.focus()
    page.keyboard.press("End")
    expect(unit).to_have_attribute("aria-valuetext", "127")
    expect(shown(box, "unit")).to_have_text("127")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_punctuation_is_told_by_its_word(opened, language):
    words = texts(language)["moving"][NAME]
    marks = {sign for sign in vocabulary(language) if not sign.isalnum()}
    assert marks <= words["signs"].keys()
    _, box = opened_and_loaded(opened, language)
    before = {"ko": "이 장에서", "en": "in this"}[language]
    fill(box, before)
    read = Read(language, before)
    assert read.symbols[read.order[0]] == " "
    expect(box.get_by_role("status")).to_contain_text(words["signs"][" "])


def test_a_model_that_does_not_arrive_is_reported(browser, server):
    context = browser.new_context()
    page = context.new_page()
    page.route("**/later-*", lambda route: route.abort())
    page.goto(f"{server.address}en/{page_of(NAME)}")
    box = started(page, NAME)
    box.get_by_role("button").click()
    expect(box.get_by_role("alert")).to_contain_text("could not be loaded")
    page.unroute("**/later-*")
    box.get_by_role("button").click()
    expect(box.get_by_role("textbox")).to_be_visible()
    context.close()


def test_it_works_from_a_file_and_by_touch(browser, site, server):
    for address in ((site / "ko" / page_of(NAME)).as_uri(), f"{server.address}ko/{page_of(NAME)}"):
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="ko"
        )
        page = context.new_page()
        wrong = watch(page, server.address) if address.startswith("http") else []
        page.goto(address)
        box = started(page, NAME)
        box.get_by_role("button").tap()
        take = box.get_by_role("button", name=BUTTONS["ko"]["take"])
        take.tap()
        read = Read("ko", START["ko"][0])
        codes = [*read.codes[1:], read.order[0]]
        value = book_text.decode(np.array(codes), read.symbols)
        expect(box.get_by_role("textbox")).to_have_value(value)
        box.get_by_role("button", name=BUTTONS["ko"]["go"]).tap()
        box.get_by_role("button", name="멈추기").tap()
        assert not wrong
        context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_loaded_it_is_narrow_and_axe_finds_nothing(opened, tools, theme, language):
    page, box = opened_and_loaded(opened, language, width=320, theme=theme)
    for control in box.locator("input, button, select, textarea").all():
        size = control.bounding_box()
        assert size["height"] >= 44
        assert size["x"] >= 0
        assert size["x"] + size["width"] <= 320
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.evaluate((tools / "axe-core" / "axe.min.js").read_text("utf-8"))
    report = page.evaluate("box => axe.run(box.closest('figure'))", box.element_handle())
    found = [(fault["id"], n["html"]) for fault in report["violations"] for n in fault["nodes"]]
    assert not found
