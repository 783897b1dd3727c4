"""The search between the titles, which answer first, and the text of the book."""

import pytest
from browsing import wait_for_results


@pytest.fixture(params=[(390, "search.html"), (320, "search.html"), (1300, "book/lstm.html")])
def titles_alone(opened, server, request):
    """Return a page whose search knows titles only, and a function that lets the text come."""
    width, path = request.param
    page = opened("en/index.html", width, language="en")
    held = []
    page.route("**/search-text.js*", lambda route: held.append(route))
    page.goto(f"{server.address}en/{path}", wait_until="domcontentloaded")
    page.locator(".search input").fill("hidden state")
    page.locator(".found .count", has_text="still coming").wait_for()

    def come():
        held[0].continue_()
        page.wait_for_function("() => whole_search")

    return page, come


def listed(page):
    return page.locator(".found li a").evaluate_all(
        "links => links.map(link => [link.href, Math.round(link.getBoundingClientRect().top)])"
    )


def test_the_text_refines_the_results(titles_alone):
    page, come = titles_alone
    before = listed(page)
    come()
    wait_for_results(page)
    assert listed(page) != before
    assert not page.locator(".add-text").count()


@pytest.mark.parametrize("way", ["keyboard", "pointer", "finger"])
def test_results_stay_where_the_reader_is(titles_alone, way):
    page, come = titles_alone
    link = page.locator(".found li a").nth(1)
    if way == "keyboard":
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
    elif way == "pointer":
        link.hover()
    else:
        link.dispatch_event("pointerdown", {"pointerType": "touch", "bubbles": True})
    before = listed(page)
    come()
    button = page.locator(".add-text")
    button.wait_for()
    assert listed(page) == before
    if way == "keyboard":
        assert page.evaluate("document.activeElement.href") == before[1][0]
    if way == "pointer":
        page.mouse.move(0, 0)  # away from the list
    else:
        button.click()
    wait_for_results(page)
    button.wait_for(state="detached")
    assert [href for href, _ in listed(page)] != [href for href, _ in before]
    if way != "pointer":
        assert page.evaluate("document.activeElement.href") == listed(page)[0][0]


def test_a_tap_meant_for_what_was_there_leads_nowhere(titles_alone):
    page, come = titles_alone
    page.evaluate(
        """() => {
          const list = document.querySelector(".found ol");
          const tap = { bubbles: true, cancelable: true, detail: 1 };
          new MutationObserver(() => {
            window.early = list.querySelector("a").dispatchEvent(new MouseEvent("click", tap));
            setTimeout(() => (window.late = list.dispatchEvent(new MouseEvent("click", tap))), 600);
          }).observe(list, { childList: true });
        }"""
    )
    come()
    page.wait_for_function("() => window.late !== undefined")
    assert page.evaluate("[early, late]") == [False, True]


def test_words_are_marked_without_the_text(titles_alone):
    page, _ = titles_alone
    page.locator(".found li a").first.click()
    page.locator(".clear-marks").wait_for()
    marks = page.evaluate("[...CSS.highlights.get('found')].map(range => range.toString())")
    assert "hidden state" in marks
