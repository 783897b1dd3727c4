"""The target of a reference is shown beside the reference: by mouse, keyboard and touch."""

import pytest
from playwright.sync_api import expect

POPOVER = ".popover"


def hover(page, selector):
    link = page.locator(selector).first
    link.scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # scrolling closes
    link.hover()
    page.locator(POPOVER).wait_for()
    return link


def hover_new(page, address):
    """Point at a link that is added to the first section."""
    page.evaluate(
        """address => {
          const link = Object.assign(document.createElement("a"), { href: address });
          link.className = "reference internal";
          link.textContent = "there";
          document.querySelector("article section section p").append(link);
        }""",
        address,
    )
    hover(page, f"article a[href='{address}']")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_number_of_an_equation_shows_the_equation(opened, language):
    page = opened(f"{language}/book/lstm.html", language=language)
    link = hover(page, "article p a[href^='#equation-']")
    shown = page.locator(f"{POPOVER} .formula annotation").first.text_content()
    assert shown == link.evaluate(
        "a => document.querySelector(a.hash).querySelector('annotation').textContent"
    )
    page.mouse.move(5, 5)
    page.locator(POPOVER).wait_for(state="detached")


def test_an_equation_of_another_page_is_shown_too(opened):
    page = opened("ko/book/gru.html")
    hover_new(page, "lstm.html#equation-eq-lstm-gates")
    assert page.locator(f"{POPOVER} .katex").count() > 0


def test_a_number_of_a_figure_shows_the_figure(opened):
    page = opened("en/book/bptt.html", language="en")
    hover(page, "article p a.reference[href^='#fig-']")
    assert page.locator(f"{POPOVER} svg").count() == 1
    assert page.locator(f"{POPOVER} figcaption").inner_text().startswith("Fig. ")
    ids = page.evaluate(
        "[...document.querySelectorAll('[id]')].filter(e => !e.closest('svg')).map(e => e.id)"
    )
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_name_of_the_library_shows_the_call_and_what_it_does(opened, language):
    page = opened(f"{language}/book/gru.html", language=language)
    hover_new(page, "reference/lstm.html#lessons_lib.lstm.step")
    described = page.locator(f"{POPOVER} [lang=en]")
    expect(described.locator("> code")).to_have_text(
        "step(params, projected, state, masks=NO_MASKS)"
    )
    expect(described.locator("> p")).to_have_text("Take one step.")


def test_a_citation_shows_the_work(opened):
    page = opened("ko/book/gru.html")
    hover(page, "article .bibtex-citation a")
    assert "Learning phrase representations" in page.locator(POPOVER).inner_text()


def test_a_symbol_shows_its_meaning_everywhere(opened):
    page = opened("ko/book/lstm.html")
    first = page.locator(".math.symbol").first
    first.scroll_into_view_if_needed()
    first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.locator(POPOVER).wait_for()
    meaning = first.get_attribute("data-meaning")
    assert page.locator(POPOVER).inner_text() == meaning
    assert first.get_attribute("aria-describedby") == "popover"
    page.keyboard.press("Escape")
    assert page.locator(POPOVER).count() == 0
    assert page.locator(".math.symbol").evaluate_all("all => all.map(s => s.dataset.meaning)")


def test_a_term_shows_what_the_glossary_says(opened):
    page = opened("en/book/lstm.html", language="en")
    hover_new(page, "appendix/glossary.html#term-forget-gate")
    assert "previous cell state" in page.locator(POPOVER).inner_text()


def test_a_tap_shows_and_a_second_one_leads_there(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(server.address + "ko/book/lstm.html")
    link = page.locator("article p a[href^='#equation-']").first
    link.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    link.tap()
    page.locator(POPOVER).wait_for()
    assert "#equation" not in page.url
    box = page.locator(POPOVER).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    link.tap()
    page.wait_for_url("**#equation-*")
    context.close()


def test_links_to_sections_are_left_alone(opened):
    page = opened("ko/book/gru.html")
    link = page.locator("article a.reference.internal[href$='#lstm']").first
    link.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    link.hover()
    page.wait_for_timeout(800)
    assert page.locator(POPOVER).count() == 0
    link.click()
    page.wait_for_url("**/lstm.html#lstm")
