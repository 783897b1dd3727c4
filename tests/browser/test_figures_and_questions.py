"""Computed figures and quick questions in a browser: letters, colours, keyboard, voice."""

import re

import pytest
from browsing import lay_out
from playwright.sync_api import expect

PAGE = "book/gradients.html"
TEXTS = """[...document.querySelectorAll("svg.plot")].flatMap(svg => {
  const inside = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll("text")];
  const boxes = texts.map(text => text.getBoundingClientRect());
  const found = [];
  boxes.forEach((a, k) => {
    if (a.left < inside.left - 2 || a.right > inside.right + 2 ||
        a.top < inside.top - 2 || a.bottom > inside.bottom + 2)
      found.push(`${texts[k].textContent} leaves the figure`);
    boxes.slice(0, k).forEach((b, j) => {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 2 && high > 0.35 * Math.min(a.height, b.height))
        found.push(`${texts[k].textContent} covers ${texts[j].textContent}`);
    });
  });
  return found;
})"""


@pytest.mark.parametrize("width", [390, 1300])
def test_texts_of_computed_figures_keep_apart_and_inside(opened, server, pages, width):
    page = opened(pages[0], width)
    wrong = {}
    for path in pages:
        page.goto(server.address + path)
        if not page.locator(".plot").count():
            continue
        lay_out(page)
        page.evaluate("document.fonts.ready")
        if found := page.evaluate(TEXTS):
            wrong[path] = found
    assert not wrong


def test_computed_figures_have_the_colours_and_letters_of_the_page(opened):
    ink = "getComputedStyle(document.querySelector('svg.plot .f7')).fill"
    curve = "getComputedStyle(document.querySelector('svg.plot .s1')).stroke"
    found = {}
    for theme in ("light", "dark"):
        page = opened(f"ko/{PAGE}", theme=theme)
        lay_out(page)
        assert page.evaluate(ink) == page.evaluate("getComputedStyle(document.body).color")
        found[theme] = page.evaluate(curve)
        letters = "getComputedStyle(document.querySelector('svg.plot text')).fontFamily"
        assert page.evaluate(letters).startswith("Pretendard")
    assert found["light"] != found["dark"]


def test_computed_figures_come_as_the_reader_does(opened):
    page = opened(f"en/{PAGE}", language="en")
    page.wait_for_load_state("networkidle")
    assert page.locator("img.plot").count() > 0, "none has come yet"
    page.locator("img.plot").last.scroll_into_view_if_needed()
    page.locator("svg.plot").last.wait_for()
    assert page.locator("svg.plot").last.get_attribute("aria-label")


def test_computed_figures_are_there_without_scripts(browser, server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.address}en/{PAGE}")
    picture = page.locator("img.plot").first
    picture.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    box = picture.bounding_box()
    assert box["width"] > 300
    assert box["height"] > 150
    context.close()


def test_labels_are_text_in_the_language_of_the_page(opened):
    for language, label in (("ko", "시차"), ("en", "lag")):
        page = opened(f"{language}/{PAGE}", language=language)
        lay_out(page)
        assert page.locator("svg.plot text", has_text=label).first.is_visible()


def test_an_answer_opens_by_key_and_tap_and_its_reason_is_told(opened):
    page = opened(f"en/{PAGE}", 390, language="en")
    question = page.locator(".quick-question").first
    first, second, *_ = question.locator("summary").all()
    assert not question.locator(".reason").first.is_visible()
    first.focus()
    page.keyboard.press("Enter")
    assert question.locator(".reason").first.is_visible()
    status = question.get_by_role("status")
    expect(status).to_contain_text(re.compile(r"^Not quite\. \w"))
    second.click()
    expect(status).to_contain_text(re.compile(r"^Right\. \w"))
    assert second.bounding_box()["height"] >= 44
    # A formula is read aloud once, not twice.
    assert status.text_content().count("1") == 1


def test_without_scripts_an_answer_opens_too(browser, server):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(f"{server.address}ko/{PAGE}")
    question = page.locator(".quick-question").first
    question.locator("summary").first.click()
    assert question.locator(".reason").first.is_visible()
    context.close()


def test_on_paper_every_reason_and_every_figure_is_there(opened):
    page = opened(f"ko/{PAGE}")
    lay_out(page)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert all(reason.is_visible() for reason in page.locator(".reason").all())
    assert page.locator(".quick-question .told").first.text_content() == ""
    paper = "getComputedStyle(document.querySelector('svg.plot .f7')).fill"
    assert page.evaluate(paper) == "rgb(31, 35, 40)"
