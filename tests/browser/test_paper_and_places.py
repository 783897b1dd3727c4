"""Addresses lead to their places, paper shows what the screen shows, storage may be denied."""

import pytest

# What a browser throws where the reader has forbidden sites to keep anything.
REFUSE = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("", "SecurityError") } })"""
COLOURS = """[".highlight .k", ".highlight .s2", ".diagram text"].map(
  name => document.querySelector(name)).map(
  element => [getComputedStyle(element).color, getComputedStyle(element).fill])"""


def in_view(page, place):
    """Return whether the place is below the bar, or as far up as the end of the page allows."""
    return page.wait_for_function(
        """place => {
          const top = document.getElementById(place)?.getBoundingClientRect().top;
          const left = document.documentElement.scrollHeight - innerHeight - scrollY;
          return Math.abs(top - 72) < 60 || (left < 60 && top > 0 && top < innerHeight);
        }""",
        arg=place,
        timeout=20_000,
    )


@pytest.mark.parametrize("width", [1300, 390])
def test_an_address_leads_to_its_section(browser, server, chapters, width):
    """The heights of distant sections are guesses until they are laid out."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    for chapter in chapters:
        page.goto("about:blank")
        page.goto(server.address + chapter)
        places = page.evaluate(
            "[...document.querySelectorAll('article section section[id]')].map(s => s.id)"
        )
        for place in (places[len(places) // 2], places[-1]):
            page.goto("about:blank")
            page.goto(f"{server.address}{chapter}#{place}")
            in_view(page, place)
    context.close()


def test_the_list_of_sections_leads_there(browser, server):
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    page = context.new_page()
    for index in (2, -4, 5):
        page.goto(server.address + "ko/book/lstm.html")
        link = page.locator(".on-this-page a").nth(index)
        link.click()
        in_view(page, link.evaluate("link => decodeURIComponent(link.hash.slice(1))"))
    context.close()


def test_going_back_leads_to_where_the_reader_was(browser, server):
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    page = context.new_page()
    page.goto(server.address + "ko/book/lstm.html")
    page.locator("#lstm-timescale").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('lstm-timescale').scrollIntoView()")
    in_view(page, "lstm-timescale")
    page.goto(server.address + "ko/book/gru.html")
    page.go_back()
    in_view(page, "lstm-timescale")
    context.close()


def test_paper_has_the_letters_of_all_formulas(opened):
    page = opened("ko/book/lstm.html")
    page.wait_for_function(
        "() => [...document.fonts].some(f => f.family === 'KaTeX_Size2' && f.status === 'loaded')"
    )


def test_paper_is_light_in_the_dark(opened):
    dark, light = (opened("ko/book/lstm.html", theme=theme) for theme in ("dark", "light"))
    assert dark.evaluate(COLOURS) != light.evaluate(COLOURS)
    for page in (dark, light):
        page.emulate_media(media="print")
    assert dark.evaluate(COLOURS) == light.evaluate(COLOURS)


def test_a_browser_that_keeps_nothing_shows_the_page(browser, server):
    context = browser.new_context(
        viewport={"width": 390, "height": 900}, color_scheme="dark", locale="ko"
    )
    context.add_init_script(REFUSE)
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(server.address)
    page.wait_for_url("**/ko/index.html")
    page.goto(server.address + "ko/book/lstm.html")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.locator(".menu-button").click()
    assert page.locator("#menu").is_visible()
    page.keyboard.press("Escape")
    page.locator(".theme-button").click()
    assert page.locator("html").get_attribute("data-theme") == "light"
    page.locator("a.language-switch").first.click()
    page.wait_for_url("**/en/book/lstm.html*")
    assert not wrong
    context.close()


def test_a_sheet_of_problems_has_no_solutions(opened):
    page = opened("en/book/gru.html", language="en")
    page.evaluate("() => { window.print = () => dispatchEvent(new Event('beforeprint')) }")
    page.locator("button.problems").click()
    page.emulate_media(media="print")
    assert page.locator(".exercise").first.is_visible()
    assert page.locator("h1").is_visible()
    assert not page.locator(".solution").first.is_visible()
    assert not page.locator("#gru-forward").is_visible()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#gru-forward").is_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator(".solution").first.is_visible(), "the whole page, as before"
