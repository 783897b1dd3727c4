"""Reading with the eyes, the keyboard, a phone, and from wherever the site is put."""

import re
import shutil

import pytest
from browsing import PICTURES, lay_out, watch
from fontTools.ttLib import TTFont
from playwright.sync_api import expect
from serving import Server

FOCUSABLE = (
    "[...document.querySelectorAll('a[href], button, input, summary, [tabindex=\"0\"]')]"
    ".filter(e => e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true})"
    " && !e.closest('details:not([open]) > :not(summary)'))"
)


def test_dark_and_light_follow_the_button_and_are_remembered(opened):
    page = opened("ko/book/lstm.html", theme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    dark = page.evaluate(background)
    button = page.locator(".theme-button")
    assert "시스템 설정" in button.get_attribute("aria-label")
    button.click()
    assert "밝게" in button.get_attribute("aria-label")
    assert page.evaluate(background) != dark
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_figures_of_a_dark_page_are_dark(opened):
    page = opened("ko/book/lstm.html", theme="dark")
    ink = "getComputedStyle(document.querySelector('svg.diagram text')).fill"
    assert page.evaluate(ink) == "rgb(232, 232, 232)"


def test_copy_button_copies_the_code(opened):
    page = opened("en/book/lstm.html", language="en")
    box = page.locator(".cell > .cell_input").first  # not folded
    code, copy = box.locator("pre"), box.locator(".copy")
    copy.focus()
    page.keyboard.press("Enter")
    page.locator(".copy", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == code.text_content()


def test_keyboard_reaches_everything_in_order(opened):
    page = opened("ko/book/stacked.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.reload()
    # The letters decide how wide a formula is, and with that whether it scrolls and takes focus.
    page.evaluate("document.fonts.ready.then(() => true)")
    page.evaluate("window.seen = new Set()")
    left = f"{FOCUSABLE}.filter(e => !seen.has(e)).map(e => e.outerHTML)"
    for _ in range(3000):
        page.keyboard.press("Tab")
        tag, in_sight = page.evaluate(
            "(() => { const e = document.activeElement; seen.add(e);"
            " const box = e.getBoundingClientRect();"
            " return [e.outerHTML.slice(0, 200),"
            " box.width > 0 && box.top < innerHeight && box.bottom > 0] })()"
        )
        # A long jump passes paragraphs whose controls are made a moment later: then go round again.
        if tag.startswith("<body"):
            if not page.evaluate(left):
                break
            continue
        assert in_sight, f"focus is out of sight: {tag}"
    assert page.evaluate(left) == []
    assert page.evaluate("seen.size") > 50


def test_menu_of_a_narrow_page_opens_and_closes(opened):
    page = opened("ko/book/lstm.html", 390)
    assert not page.locator("#menu").is_visible()
    page.locator(".menu-button").click()
    assert page.locator("#menu .contents a.current").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#menu").is_visible()
    assert page.evaluate("document.activeElement.className").endswith("menu-button")


def test_focus_does_not_go_behind_the_open_menu(opened):
    page = opened("ko/book/lstm.html", 390)
    page.locator(".menu-button").click()
    page.locator("#menu a").last.focus()
    assert page.locator("#menu").is_visible()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "(() => { const e = document.activeElement; const box = e.getBoundingClientRect();"
            " const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];"
            " return e.closest('main') && e.contains(document.elementFromPoint(x, y)) })()"
        ), page.evaluate("document.activeElement.outerHTML")
    page.locator(".menu-button").click()
    page.keyboard.press("Shift+Tab")
    assert page.locator("#menu").is_visible()  # the bar above it stays in sight


@pytest.mark.parametrize("width", [320, 390, 768, 1024])
def test_no_page_scrolls_sideways(opened, server, pages, width):
    page = opened(pages[0], width)
    wide = {}
    for path in pages:
        page.goto(server.address + path)
        lay_out(page)
        over = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if over > 0:
            wide[path] = over
    assert not wide


def test_pictures_keep_their_proportions_on_a_phone(opened):
    page = opened("ko/book/gradients.html", 390)
    lay_out(page)
    pictures = page.locator("svg.plot")
    assert pictures.count() > 3
    for picture in pictures.all():
        actual, expected, column = picture.evaluate(
            "p => [p.clientWidth / p.clientHeight, p.viewBox.baseVal.width /"
            " p.viewBox.baseVal.height, p.clientWidth - p.parentElement.clientWidth]"
        )
        assert actual == pytest.approx(expected, rel=0.02)
        assert column <= 0


def test_text_does_not_jump_on_a_first_slow_visit(opened, server):
    page = opened("ko/index.html", 390)
    session = page.context.new_cdp_session(page)
    slow = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.send("Network.emulateNetworkConditions", {"offline": False} | slow)
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => {"
        " for (const shift of list.getEntries()) moved += shift.value;"
        "}).observe({type: 'layout-shift', buffered: true})"
    )
    for path in ("ko/book/gru.html", "en/book/gru.html"):
        page.goto(server.address + path, wait_until="networkidle")
        assert page.evaluate("moved") < 0.02, path


def test_pages_without_scripts_are_whole(browser, server):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(server.address + "ko/book/lstm.html")
    assert page.locator("#menu .contents a").first.is_visible()
    assert page.locator("article .katex").first.is_visible()
    assert not page.locator(".theme-button").is_visible()
    context.close()


def test_site_works_below_a_path(browser, site):
    served = Server(site, "/lessons/rnn/")
    context = browser.new_context(locale="ko")
    page = context.new_page()
    wrong = watch(page, served.address)
    page.goto(served.address)
    page.wait_for_url("**/lessons/rnn/ko/index.html")
    page.locator("a.button.main").click()
    page.locator("a.language-switch").click()
    page.wait_for_url("**/lessons/rnn/en/book/*")
    page.locator(".search input").fill("gate")
    page.wait_for_selector(".found li a")
    assert not wrong
    context.close()
    served.close()


@pytest.mark.parametrize("prefix", ["/", "/lessons/rnn/"])
def test_missing_address_leads_back(browser, site, tmp_path, tools, prefix):
    for language in ("ko", "en"):
        (tmp_path / language).symlink_to(site / language)
    text = (site / "404.html").read_text("utf-8")
    base = re.search('href="(/.*?)ko/index.html"', text)[1]
    (tmp_path / "404.html").write_text(text.replace(f'="{base}', f'="{prefix}'), "utf-8")
    served = Server(tmp_path, prefix)
    context = browser.new_context(locale="ko", viewport={"width": 390, "height": 900})
    page = context.new_page()
    missing = served.address + "ko/book/appendix/nope.html"
    wrong = watch(page, served.address)
    page.on("response", lambda answer: answer.ok or wrong.append(f"{answer.status} {answer.url}"))
    page.goto(missing)
    # The page's own status, which the browser tells of too.
    assert [line for line in wrong if "404 (Not Found)" not in line] == [f"404 {missing}"]
    assert len(wrong) == 2
    assert page.evaluate("getComputedStyle(document.querySelector('a.button')).display") != "inline"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate((tools / "axe-core" / "axe.min.js").read_text("utf-8"))
    assert page.evaluate("axe.run()")["violations"] == []
    links = page.locator("a")
    for number in range(links.count()):
        page.goto(missing)
        links.nth(number).click()
        page.wait_for_load_state()
        assert page.locator("header.top").is_visible()
    context.close()
    served.close()


def test_pages_open_as_files(browser, site, tmp_path):
    shutil.copytree(site, tmp_path / "stick")
    context = browser.new_context(locale="ko")
    page = context.new_page()
    page.goto((tmp_path / "stick/ko/book/lstm.html").as_uri())
    page.locator(".search input").fill("망각")
    page.wait_for_selector(".found li a")
    assert page.locator("article .katex").count() > 50
    assert "Pretendard" in fonts_of(page, "h1")
    context.close()


def fonts_of(page, selector):
    """Return the fonts that a browser uses for an element, after waiting for the book's own."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    for _ in range(100):
        root = session.send("DOM.getDocument")["root"]["nodeId"]
        node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})
        used = session.send("CSS.getPlatformFontsForNode", {"nodeId": node["nodeId"]})["fonts"]
        if any(font["isCustomFont"] for font in used):
            break
        page.wait_for_timeout(100)
    return [font["familyName"] for font in used]


def test_what_cells_print_has_the_ground_that_its_shadow_covers(opened):
    for theme in ("light", "dark"):
        box = opened("en/book/lstm.html", theme=theme).locator(".cell_output .highlight").first
        expect(box).to_have_css("background-color", "rgba(0, 0, 0, 0)")


def test_print_unfolds_and_hides_the_frame(opened):
    page = opened("ko/book/lstm.html")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.locator(".top").is_visible()
    assert page.locator("details.admonition").first.get_attribute("open") is not None


def test_folded_code_opens_by_keyboard_and_for_paper(opened):
    page = opened("en/book/lstm.html", language="en")
    box = page.locator("details.folded").first
    assert box.locator("summary").text_content().startswith("Setup, ")
    assert not box.locator("pre").is_visible()
    box.locator("summary").focus()
    page.keyboard.press("Enter")
    assert box.locator("pre").is_visible()
    page.keyboard.press("Enter")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.folded:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not box.locator("pre").is_visible()


def test_folded_code_is_on_paper_without_scripts_too(browser, server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.address + "en/book/lstm.html")
    page.emulate_media(media="print")
    box = page.locator("details.folded pre").first.bounding_box()
    assert box
    assert box["height"] > 100
    context.close()


def test_pictures_of_the_pages_are_kept(opened, chapters):
    PICTURES.mkdir(parents=True, exist_ok=True)
    for language in ("ko", "en"):
        for name in ("index.html", "book/lstm.html"):
            for theme, width in (("light", 1300), ("dark", 390)):
                page = opened(f"{language}/{name}", width, theme, language)
                stem = name.removesuffix(".html").replace("/", "-")
                page.screenshot(path=PICTURES / f"{language}-{stem}-{theme}-{width}.png")


def test_the_librarys_source_has_a_copy_button(opened):
    page = opened("en/book/gru.html", language="en")
    shown = page.locator(".cell_output .highlight-python").first
    shown.scroll_into_view_if_needed()
    copy = shown.locator(".copy")
    copy.wait_for(state="attached")
    copy.focus()
    page.keyboard.press("Enter")
    page.locator(".copy", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("def step(")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_bold_typeface_has_every_bold_letter(opened, site, language):
    held = set()
    for font in (site / language / "_static" / "fonts").glob("Pretendard-600-*.woff2"):
        held |= set(map(chr, TTFont(font).getBestCmap()))
    whole = set()
    for font in (site / language / "_static" / "fonts").glob("Pretendard-400-*.woff2"):
        whole |= set(map(chr, TTFont(font).getBestCmap()))
    for name in ("index", "book/lstm", "book/dropout", "book/charlm", "book/exam", "book/project"):
        page = opened(f"{language}/{name}.html")
        bold = page.evaluate(
            """() => {
              const found = new Set();
              const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const { fontWeight, fontFamily } = getComputedStyle(node.parentElement);
                if (fontWeight < 600 || !fontFamily.startsWith("Pretendard")) continue;
                for (const letter of node.data) found.add(letter);
              }
              return [...found];
            }"""
        )
        assert len(bold) > 20
        assert set(bold) & whole <= held, name
