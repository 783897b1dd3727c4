"""Ways out of the site lead to the repository's forms, and nowhere while it has no owner."""

from urllib.parse import parse_qs, urlsplit

import yaml
from bs4 import BeautifulSoup
from site_sample import ROOT

FORM = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/mistake.yml").read_text("utf-8"))
FIELDS = {part["id"] for part in FORM["body"] if "id" in part}


def asked(address):
    """Return the fields that a form's address fills in, all of which the form has."""
    parts = urlsplit(address)
    assert (parts.netloc, parts.path) == ("github.com", "/someone/rnn-lessons/issues/new")
    filled = {name: value for name, (value,) in parse_qs(parts.query).items()}
    assert filled.pop("template") == "mistake.yml"
    assert set(filled) <= FIELDS | {"title"}
    return filled


def test_a_page_suggests_an_edit_of_itself_without_a_script(browser, owned):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(owned.address + "en/book/sample.html")
    filled = asked(page.locator("a.mistake").get_attribute("href"))
    assert filled == {"page": "book/sample", "title": "[book/sample] "}
    context.close()


def test_an_open_paragraph_fills_in_itself(browser, owned):
    context = browser.new_context()
    page = context.new_page()
    page.goto(owned.address + "ko/book/sample.html")
    page.locator(".pair-two + .peek, .peek:has(+ .pair-two)").last.click()
    link = page.locator(".twin .suggest a")
    link.wait_for()
    filled = asked(link.get_attribute("href"))
    assert filled["page"] == "book/sample"
    assert filled["paragraph"] == "two-ko"
    assert filled["text"] == "값(value)는 $c_t$가 큽니다."
    context.close()


def test_what_is_selected_is_what_the_edit_is_about(browser, owned):
    context = browser.new_context()
    page = context.new_page()
    page.goto(owned.address + "en/book/sample.html")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('p.pair-one'))")
    page.wait_for_function("() => document.querySelector('a.mistake').href.includes('paragraph')")
    filled = asked(page.locator("a.mistake").get_attribute("href"))
    assert (filled["paragraph"], filled["text"]) == ("one-en", "Text.")
    context.close()


def test_nothing_leads_to_a_repository_without_an_owner(site, pages):
    for path in pages:
        page = BeautifulSoup((site / path).read_text("utf-8"), "html.parser")
        shown = [element["href"] for element in page.select("[href*=OWNER], [src*=OWNER]")]
        assert not shown, path
        assert "OWNER" not in page.body.text, path
    for copy in site.rglob("*.ipynb"):
        assert "OWNER" not in copy.read_text("utf-8"), copy


def test_a_chapter_says_how_its_notebook_gets_the_library(opened, browser, owned):
    page = opened("en/book/lstm.html", language="en")
    page.locator(".install summary").click()
    assert page.locator(".install pre").text_content() == 'pip install ".[chapters]"'
    context = browser.new_context()
    page = context.new_page()
    page.goto(owned.address + "en/book/sample.html")
    command = page.locator(".install pre").text_content()
    wheel = "https://github.com/someone/rnn-lessons/raw/notebooks/lessons_lib-"
    assert command.startswith(f'pip install "lessons-lib[chapters] @ {wheel}')
    context.close()
