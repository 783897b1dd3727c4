"""On a phone nothing is cut off, covered or too small to touch."""

import pytest
from browsing import lay_out

WIDE = "article :is(pre, .formula, figure, .table-box, .text_html)"


@pytest.fixture
def phone(browser, server):
    """Return a function that opens a page on a touch screen."""
    contexts = []

    def open_page(path: str, width: int = 390):
        context = browser.new_context(
            viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True, locale="ko"
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(server.address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [320, 390])
def test_no_equation_is_cut(phone, server, pages, width):
    page = phone(pages[0], width)
    cut = {}
    for path in [path for path in pages if path.startswith("ko/book/")]:
        page.goto(server.address + path)
        lay_out(page)
        page.evaluate("document.fonts.ready")
        found = page.evaluate(
            "[...document.querySelectorAll('.formula')].filter(f => f.checkVisibility()"
            " && f.scrollWidth > f.clientWidth + 1).map(f => f.textContent.slice(0, 40))"
        )
        if found:
            cut[path] = found
    assert not cut


@pytest.mark.parametrize("width", [320, 390])
def test_the_page_does_not_move_sideways(phone, width):
    """Not even by the invisible area around a button that makes it large enough to touch."""
    page = phone("ko/book/lstm.html", width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_number_of_an_equation_is_below_it(phone):
    page = phone("ko/book/lstm.html")
    number = page.locator("div.math .eqno").first
    number.scroll_into_view_if_needed()
    formula = page.locator("div.math:has(.eqno) .formula").first
    bottom = formula.evaluate("f => f.getBoundingClientRect().bottom")
    assert number.evaluate("n => n.getBoundingClientRect().top") >= bottom - 1


def test_what_scrolls_sideways_shows_it(phone):
    """The edge is darker if more follows, and not at the end of the block."""
    page = phone("ko/book/lstm.html")
    lay_out(page)
    page.wait_for_timeout(300)
    scrolling = page.locator(f"{WIDE}[data-scrolls]")
    assert scrolling.count() > 10
    for block in scrolling.all()[:10]:
        look = block.evaluate("b => getComputedStyle(b).backgroundImage")
        ties = block.evaluate("b => getComputedStyle(b).backgroundAttachment")
        assert "gradient" in look
        assert {"local", "scroll"} == set(ties.split(", "))


def test_copy_buttons_cover_no_code(phone):
    page = phone("ko/book/lstm.html")
    lay_out(page)
    for code in page.locator(".cell_input pre").all()[:12]:
        if code.is_visible():
            code.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    covered = page.evaluate(
        "[...document.querySelectorAll('.copy')].filter(b => b.checkVisibility()).map(b => {"
        " const pre = b.parentElement.querySelector('pre');"
        " const [one, two] = [b, pre].map(e => e.getBoundingClientRect());"
        " const end = two.bottom - parseFloat(getComputedStyle(pre).paddingBottom);"
        " return one.top < end && two.top < one.bottom && one.left < two.right })"
    )
    assert len(covered) > 5
    assert not any(covered)


@pytest.mark.parametrize("width", [320, 390])
def test_peeks_are_large_enough_to_touch(phone, width):
    page = phone("ko/book/lstm.html", width)
    page.locator(".peek").nth(1).scroll_into_view_if_needed()
    size = (
        page.locator(".peek")
        .nth(1)
        .evaluate(
            """peek => {
          const box = peek.getBoundingClientRect();
          const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
          const reach = (dx, dy) => {
            let far = 0;
            while (document.elementFromPoint(x + far * dx, y + far * dy) === peek) far += 1;
            return far;
          };
          return [reach(-1, 0) + reach(1, 0), reach(0, -1) + reach(0, 1)];
        }"""
        )
    )
    assert min(size) >= 40, size


def test_sections_come_first_in_the_menu(phone):
    page = phone("ko/book/lstm.html")
    page.locator(".menu-button").click()
    first = page.evaluate(
        "[...document.querySelectorAll('#menu a')].sort((a, b) =>"
        " a.getBoundingClientRect().top - b.getBoundingClientRect().top)[0]"
        ".closest('nav').className"
    )
    assert first == "on-this-page"


@pytest.mark.parametrize("width", [390, 1024, 1279])
def test_the_page_lists_its_sections_where_there_is_no_third_column(opened, width):
    page = opened("ko/book/lstm.html", width)
    listed = page.locator("article .sections-here")
    assert listed.is_visible()
    listed.locator("summary").click()
    link = listed.locator("a").nth(3)
    link.click()
    page.wait_for_function(
        "place => Math.abs(document.getElementById(place).getBoundingClientRect().top - 72) < 60",
        arg=link.evaluate("link => decodeURIComponent(link.hash.slice(1))"),
    )


def test_a_wide_page_lists_its_sections_once(opened):
    page = opened("ko/book/lstm.html", 1300)
    assert page.locator("#menu .on-this-page").is_visible()
    assert not page.locator("article .sections-here").is_visible()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_front_pages_heading_breaks_well(opened, language):
    page = opened(f"{language}/index.html", 390, language=language)
    page.evaluate("document.fonts.ready")
    widths = page.evaluate(
        """() => {
          const range = document.createRange();
          range.selectNodeContents(document.querySelector("h1"));
          const lines = new Map();
          for (const box of range.getClientRects())
            lines.set(box.top, (lines.get(box.top) ?? 0) + box.width);
          return [...lines.values()];
        }"""
    )
    assert min(widths) > 0.45 * max(widths), widths
    if language == "ko":
        text = page.locator("h1").inner_text()
        assert "식 하나" not in text, "식 is alone at the end of a line"


def test_no_space_is_left_in_the_glossarys_brackets(opened):
    page = opened("en/book/appendix/glossary.html", language="en")
    gaps = page.evaluate(
        """[...document.querySelectorAll("article code[lang=ko]")].slice(0, 30).map((code) => {
          const style = getComputedStyle(code);
          return parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
        })"""
    )
    assert len(gaps) > 10
    assert set(gaps) == {0}
