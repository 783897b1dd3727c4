"""Ticks for pages that were read, the keys, minutes of sections, the sheet of problems."""

import re

import pytest
from playwright.sync_api import expect

expect.set_options(timeout=30_000)  # a busy machine

CHAPTER = {"ko": "ko/book/stacked.html", "en": "en/book/stacked.html"}
TICK = {"ko": "이 페이지를 읽었습니다", "en": "I have read this page"}
CLEAR = {"ko": "읽은 표시 지우기", "en": "Clear the ticks"}
KEYS = {"ko": "단축키", "en": "Keyboard shortcuts"}
READY = ".bottom button.link"  # the script's last button

each_language = pytest.mark.parametrize("language", ["ko", "en"])


def entry(page, name):
    """Return a chapter's entry in the menu."""
    return page.locator(f".contents a[href$='{name}.html']")


def violations(page, tools, *parts):
    """Return what axe finds in parts of a page; `test_access` checks whole pages."""
    page.evaluate((tools / "axe-core" / "axe.min.js").read_text("utf-8"))
    report = page.evaluate("parts => axe.run({ include: parts })", [[part] for part in parts])
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in report["violations"]]


def start(opened, language, path=None):
    """Open a chapter and wait for its comforts."""
    page = opened(path or CHAPTER[language], language=language)
    expect(page.locator(READY)).to_be_visible()
    return page


@each_language
def test_a_tick_stays_in_the_menu_until_it_is_cleared(opened, server, language):
    page = start(opened, language)
    tick = page.get_by_role("button", name=TICK[language])
    clear = page.get_by_role("button", name=CLEAR[language])
    expect(clear).to_be_hidden()
    tick.click()
    expect(tick).to_have_attribute("aria-pressed", "true")
    for other in ("ko", "en"):  # the ticks are of chapters, not of languages
        page.goto(f"{server.address}{other}/book/lstm.html")
        expect(entry(page, "stacked")).to_have_class(re.compile(r"\bread\b"))
        expect(entry(page, "stacked").locator(".told")).to_have_count(1)
        expect(entry(page, "gru").locator(".told")).to_have_count(0)
    page.get_by_role("button", name=CLEAR["en"]).click()
    expect(entry(page, "stacked")).not_to_have_class(re.compile(r"\bread\b"))
    expect(page.get_by_role("button", name=CLEAR["en"])).to_be_hidden()
    expect(page.locator(".contents a[aria-current]")).to_be_focused()


def test_a_tick_can_be_taken_back_and_what_is_kept_may_be_broken(opened):
    page = start(opened, "en")
    tick = page.get_by_role("button", name=TICK["en"])
    tick.click()
    tick.click()
    expect(tick).to_have_attribute("aria-pressed", "false")
    page.evaluate("() => localStorage.setItem('read', '{broken')")
    page.reload()
    expect(tick).to_have_attribute("aria-pressed", "false")
    page.evaluate("() => localStorage.setItem('read', '7')")
    page.reload()
    tick.click()
    expect(tick).to_have_attribute("aria-pressed", "true")


@each_language
def test_a_question_mark_lists_the_keys(opened, tools, language):
    page = start(opened, language)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name=KEYS[language])
    expect(dialog).to_be_visible()
    expect(dialog.locator("kbd")).to_have_count(7)
    assert violations(page, tools, "dialog") == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name=KEYS[language]).click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button").click()
    expect(dialog).to_be_hidden()


def test_keys_turn_pages_and_change_the_language(opened):
    page = start(opened, "en")
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("en/book/dropout.html"))
    expect(page.locator(READY)).to_be_visible()
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile("en/book/stacked.html"))
    expect(page.locator(READY)).to_be_visible()
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile("ko/book/stacked.html"))


def test_a_korean_keyboard_has_the_same_keys(opened):
    page = start(opened, "ko")
    page.evaluate(
        "() => document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " { key: 'ㅜ', code: 'KeyN', bubbles: true }))"
    )
    expect(page).to_have_url(re.compile("ko/book/dropout.html"))


def test_single_keys_can_be_turned_off(opened):
    page = start(opened, "en")
    page.keyboard.press("?")
    page.get_by_role("dialog").get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator(READY)).to_be_visible()
    for key in ("?", "n", "/"):
        page.keyboard.press(key)
    expect(page.locator("dialog.keys")).to_have_count(0)
    expect(page).to_have_url(re.compile("en/book/stacked.html"))
    expect(page.locator(".search input").first).not_to_be_focused()


def test_letters_in_the_search_turn_no_page(opened):
    page = start(opened, "en")
    page.keyboard.press("/")
    expect(page.locator(".search input").first).to_be_focused()
    page.keyboard.type("np?")
    expect(page.locator(".search input").first).to_have_value("np?")
    expect(page).to_have_url(re.compile("en/book/stacked.html"))
    expect(page.locator("dialog.keys")).to_have_count(0)


@each_language
def test_each_section_says_how_long_it_takes(opened, language):
    page = start(opened, language)
    form = r"^.+ \d+분$" if language == "ko" else r"^.+ \d+ min$"
    links = page.locator(".on-this-page > ul > li > a")
    expect(links).to_have_text([re.compile(form)] * links.count())
    expect(links.first.locator("small")).to_be_visible()


@each_language
def test_the_exercises_have_the_button_for_their_sheet(opened, language):
    page = start(opened, language)
    page.evaluate("() => { window.print = () => dispatchEvent(new Event('beforeprint')) }")
    page.locator("section[id$=-exercises] > button.sheet").click()
    page.emulate_media(media="print")
    expect(page.locator(".exercise").first).to_be_visible()
    expect(page.locator(".exercise details").first).to_be_hidden()
    expect(page.locator(".solution").first).to_be_hidden()
    expect(page.locator("button.sheet")).to_be_hidden()


@pytest.mark.parametrize("width", [320, 1300])
def test_comforts_are_accessible_and_fit(opened, tools, width):
    page = opened(CHAPTER["en"], width=width, language="en")
    expect(page.locator(READY)).to_be_attached()
    page.get_by_role("button", name=TICK["en"]).click()
    assert violations(page, tools, "#menu", ".sections-here", ".tick", ".sheet", ".bottom") == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@each_language
def test_the_front_page_leads_to_glossary_teachers_and_only_to_books_that_exist(
    opened, server, site, language
):
    page = opened(f"{language}/index.html", language=language)
    for name in ("glossary", "teachers"):
        expect(page.locator(f".more a[href$='appendix/{name}.html']")).to_be_visible()
    for link in page.locator(".take-along a").all():
        assert (site / language / link.get_attribute("href")).resolve().exists()


@each_language
def test_the_first_screen_shows_the_six_dropouts_and_a_figure_that_moves(opened, language):
    page = opened(f"{language}/index.html", language=language)
    links = page.locator(".six-names a")
    expect(links).to_have_count(6)
    for shown in (*links.all(), page.locator(".first-look .moving")):
        expect(shown).to_be_in_viewport()
