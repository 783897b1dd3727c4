"""The way between the languages: the page, the place, the choice, one paragraph at a time."""

import random

import pytest
from browsing import settle

PLACE = """() => {
  const top = document.querySelector(".top").offsetHeight;
  const blocks = places();
  const number = blocks.findIndex((block) => block.getBoundingClientRect().bottom > top + 8);
  return [number, Math.round(blocks[number].getBoundingClientRect().top)];
}"""


@pytest.mark.parametrize("width", [390, 1300])
@pytest.mark.parametrize("share", [0.35, 0.8])
def test_switch_keeps_the_place(opened, width, share):
    page = opened("ko/book/lstm.html", width)
    settle(page)
    page.evaluate(f"scrollTo(0, document.documentElement.scrollHeight * {share})")
    settle(page)
    before = page.evaluate(PLACE)
    box = page.locator("a.language-switch").bounding_box()
    page.mouse.click(box["x"] + 9, box["y"] + 9)  # Playwright's own click scrolls first
    page.wait_for_url("**/en/book/lstm.html*")
    settle(page)
    block = page.evaluate(f"places()[{before[0]}].getBoundingClientRect().top")
    assert block == pytest.approx(before[1], abs=6)


@pytest.mark.parametrize("width", [390, 1366])
def test_switch_keeps_any_place_of_any_chapter(browser, server, chapters, width, request):
    rng = random.Random(width)
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="ko")
    page = context.new_page()
    lost = []
    for _ in range(request.config.getoption("--trials")):
        chapter, share = rng.choice(chapters), rng.uniform(0.02, 0.98)
        page.goto(server.address + chapter)
        page.evaluate(f"scrollTo(0, document.documentElement.scrollHeight * {share})")
        settle(page)
        number, top = page.evaluate(PLACE)
        box = page.locator("a.language-switch").bounding_box()
        page.mouse.click(box["x"] + 9, box["y"] + 9)
        page.wait_for_url("**/en/book/*")
        settle(page)
        found = page.evaluate(f"places()[{number}].getBoundingClientRect().top")
        end = page.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY")
        if abs(found - top) > 6 and end > 1:
            lost.append((chapter, round(share, 3), top, found))
    context.close()
    assert not lost


@pytest.mark.parametrize("name", ["book/appendix/references.html", "index.html"])
def test_switch_keeps_the_place_where_there_are_no_pairs(opened, name):
    page = opened(f"ko/{name}", 390)
    settle(page)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight * 0.5)")
    settle(page)
    before = page.evaluate(PLACE)
    assert before[0] > 5
    box = page.locator("a.language-switch").bounding_box()
    page.mouse.click(box["x"] + 9, box["y"] + 9)
    page.wait_for_url(f"**/en/{name}")
    settle(page)
    block = page.evaluate(f"places()[{before[0]}].getBoundingClientRect().top")
    assert block == pytest.approx(before[1], abs=6)


def test_switch_keeps_anchor_and_query(opened):
    page = opened("ko/book/lstm.html?q=tanh#lstm-forward")
    page.locator("a.language-switch").click()
    page.wait_for_url("**/en/book/lstm.html?q=tanh#lstm-forward")
    assert (
        page.evaluate("document.querySelector('#lstm-forward').getBoundingClientRect().top") < 900
    )


@pytest.mark.parametrize(
    ("browsers", "expected"), [("ko-KR", "ko"), ("en-US", "en"), ("fr-FR", "en"), ("ko", "ko")]
)
def test_root_page_follows_the_browser(opened, browsers, expected):
    page = opened("", language=browsers)
    page.wait_for_url(f"**/{expected}/index.html")


def test_root_page_remembers_the_choice(opened, server):
    page = opened("ko/index.html", language="ko")
    page.locator("a.language-switch").click()
    page.wait_for_url("**/en/index.html")
    page.goto(server.address)
    page.wait_for_url("**/en/index.html")


def test_paragraph_shows_its_twin_in_place(opened):
    page = opened("ko/book/lstm.html")
    button = page.locator(".peek").nth(5)
    button.focus()
    page.keyboard.press("Enter")
    twin = page.locator(".twin:not([aria-busy])")
    twin.wait_for()
    assert twin.get_attribute("lang") == "en"
    assert button.get_attribute("aria-expanded") == "true"
    korean = button.evaluate("button => button.nextElementSibling.className")
    assert "pair-" in korean
    assert not page.evaluate("/[가-힣]{2}/.test(document.querySelector('.twin').textContent)")
    page.keyboard.press("Enter")
    assert page.locator(".twin").count() == 0


@pytest.mark.parametrize("width", [390, 1300])
def test_caption_shows_its_twin_in_place(opened, width):
    """The caption of the same figure in the other language, with the number that it has there."""
    there = opened("en/book/lstm.html", width).locator("figcaption").first
    caption = there.locator("p").evaluate(
        """text => [...text.childNodes].filter(node => !node.matches?.('.headerlink'))
          .map(node => node.textContent).join('').trim()"""
    )
    page = opened("ko/book/lstm.html", width)
    page.locator("figcaption").first.scroll_into_view_if_needed()
    page.locator("figcaption .peek").first.click()
    twin = page.locator("figcaption .twin:not([aria-busy])")
    twin.wait_for()
    assert twin.get_attribute("lang") == "en"
    assert twin.text_content().strip() == caption
    assert page.locator("figcaption .twin a.headerlink").count() == 0
    button, figure = (
        page.locator(f"figure:has(figcaption) {inner}").first.bounding_box()
        for inner in (".peek", "figcaption")
    )
    assert button["x"] + button["width"] <= figure["x"] + figure["width"]  # else cut off


def test_every_paragraph_has_a_twin(opened, chapters):
    for path in chapters:
        page = opened(path)
        counts = page.evaluate(
            """async () => {
              const here = prose_of(document);
              const there = await fetch_twin_page();
              return [...here].map(([pair, blocks]) =>
                [pair, blocks.length, there.get(pair)?.length]);
            }"""
        )
        assert len(counts) > 2, path
        assert not [row for row in counts if row[1] != row[2]], path


def test_twin_brings_no_anchor_twice(opened):
    page = opened("en/book/lstm.html", language="en")
    while page.locator(".peek").count() < 30:  # they are made when they come near
        page.mouse.wheel(0, 900)
    page.evaluate(
        "Promise.all([...document.querySelectorAll('.peek')].slice(0, 30).map(b => b.click()))"
    )
    page.locator(".twin:not([aria-busy])").nth(29).wait_for()
    assert page.evaluate(
        "(() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id);"
        " return ids.length === new Set(ids).size })()"
    )
