"""On a slow connection the page shows that something is loading."""

import re

SLOW = 1500  # milliseconds


def held_back(page, pattern):
    """Delay the requests that match."""

    def wait(route):
        page.wait_for_timeout(SLOW)
        route.continue_()

    page.route(re.compile(pattern), wait)


def test_a_peek_says_that_it_is_loading(opened):
    page = opened("ko/book/gru.html")
    page.locator(".peek").nth(2).wait_for()
    held_back(page, "/en/book/gru")
    page.evaluate("() => { document.querySelectorAll('.peek')[2].click() }")
    twin = page.locator(".twin")
    twin.wait_for()
    assert twin.get_attribute("aria-busy") == "true"
    assert twin.inner_text() == "불러오는 중입니다…"
    page.wait_for_function("() => !document.querySelector('.twin[aria-busy=true]')")
    assert re.search("[a-z]{3}", twin.inner_text())


def test_a_peek_that_is_closed_before_it_arrives_stays_closed(opened):
    page = opened("ko/book/gru.html")
    page.locator(".peek").nth(2).wait_for()
    held_back(page, "/en/book/gru")
    page.evaluate("() => { document.querySelectorAll('.peek')[2].click() }")
    page.evaluate("() => { document.querySelectorAll('.peek')[2].click() }")
    page.wait_for_timeout(SLOW + 500)
    assert page.locator(".twin").count() == 0


def test_the_search_says_that_it_is_loading(opened):
    page = opened("en/book/gru.html", language="en")
    held_back(page, "search-titles")
    page.locator(".search input").fill("gate")
    status = page.locator(".found .count")
    status.wait_for()
    assert status.inner_text() == "Loading…"
    page.wait_for_selector(".found li a")
    assert "Found" in status.inner_text()
