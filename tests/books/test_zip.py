"""The ZIP of the site opens from a folder, without a server."""

import zipfile

from _ext.books.pdf import find_browser
from _ext.plain.books import ZIP
from made_books import SITE, each_language
from playwright.sync_api import expect, sync_playwright

expect.set_options(timeout=30_000)  # a busy machine


@each_language
def test_the_site_opens_from_a_folder(tmp_path, language):
    with zipfile.ZipFile(SITE / ZIP) as file:
        file.extractall(tmp_path)
    wrong = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_context(locale=language).new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto((tmp_path / "rnn-lessons" / "index.html").as_uri())
        expect(page.locator("html")).to_have_attribute("lang", language)  # the reader's own
        expect(page.locator(".first-look h1")).to_be_visible()
        expect(page.locator(".take-along")).to_have_count(0)
        page.locator(".ways a.main").click()
        expect(page.locator("article h1")).to_be_visible()
        page.locator(".search input").first.fill("LSTM")
        expect(page.locator(".found li a").first).to_be_visible()
        page.goto((tmp_path / "rnn-lessons" / language / "book" / "lstm.html").as_uri())
        page.locator("#fig-lstm-driven").scroll_into_view_if_needed()
        expect(page.locator("#fig-lstm-driven .moving input").first).to_be_visible()
        page.locator("a.language-switch").click()
        expect(page.locator("html")).not_to_have_attribute("lang", language)
        browser.close()
    assert not wrong


def test_the_zip_is_small():
    assert (SITE / ZIP).stat().st_size < 15e6
