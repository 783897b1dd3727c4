"""On a line of 400 kbit/s and a phone six times slower than this machine: `make test-slow-line`.

Seconds are bounded by three times what a reader may have to wait, because this machine may be busy;
``--factor 1`` asks for the seconds themselves.
"""

import pytest
from browsing import wait_for_results, watch

LINE = {"offline": False, "latency": 150, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
SLOWDOWN = 6
READABLE, ANSWERED = 4, 5  # seconds
CHAPTERS = ["ko/book/lstm.html", "en/book/bptt.html"]
QUERIES = {"ko": ("망각 게이트", "불러오는"), "en": ("forget gate", "coming")}
TIMES = """[performance.getEntriesByName("first-contentful-paint")[0].startTime,
  performance.getEntriesByType("navigation")[0].loadEventStart]"""
# What the status of the search said, each with the milliseconds since the letters were typed.
NOTE_STATUS = """() => {
  window.noted = [];
  const status = document.querySelector(".found .count");
  const note = () => noted.push([status.textContent, performance.now() - window.typed]);
  new MutationObserver(note).observe(status, { childList: true });
  const type = () => (window.typed = performance.now());
  document.querySelector(".search input").addEventListener("input", type, { capture: true });
}"""
PEEK = """async () => {
  const began = performance.now();
  document.querySelector(".peek").click();
  const twin = document.querySelector(".twin");
  const said = twin.textContent;
  while (twin.hasAttribute("aria-busy")) await new Promise((done) => setTimeout(done, 20));
  return [said, twin.textContent, performance.now() - began];
}"""


@pytest.fixture
def slow(browser, server):
    """Return a function that opens a page on a phone that has seen nothing of the site."""
    contexts, wrong = [], []

    def open_page(path, width=390):
        context = browser.new_context(viewport={"width": width, "height": 800}, locale=path[:2])
        context.set_default_timeout(120_000)
        contexts.append(context)
        page = context.new_page()
        wrong.append(watch(page, server.address))
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", LINE)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        page.goto(server.address + path, wait_until="commit")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not [line for lines in wrong for line in lines]


@pytest.fixture
def in_time(request):
    """Return a function that prints a time in milliseconds and bounds it by seconds."""

    def check(name, milliseconds, seconds):
        print(f"{name}: {milliseconds / 1000:.1f} s")
        assert milliseconds < 1000 * seconds * request.config.getoption("--factor"), name

    return check


@pytest.mark.parametrize("path", CHAPTERS)
def test_a_chapter_is_read_while_the_rest_is_coming(slow, in_time, path):
    page = slow(path)
    page.wait_for_load_state("load")
    painted, loaded = page.evaluate(TIMES)
    assert painted < loaded
    in_time(path, painted, READABLE)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_titles_answer_before_the_text_has_come(slow, in_time, language):
    page = slow(f"{language}/book/gru.html", 1300)
    page.wait_for_load_state("load")
    page.evaluate(NOTE_STATUS)
    query, coming = QUERIES[language]
    page.locator(".search input").fill(query)
    page.wait_for_function("() => noted.length >= 2")
    (first, soon), (second, answered) = page.evaluate("noted")[:2]
    assert first.endswith("…")
    assert soon < 500
    assert coming in second
    assert any(digit in second for digit in "123456789")
    assert page.locator(".found li a").first.get_attribute("href").endswith("#lstm-forward")
    in_time(f"{language}: {query}", answered, ANSWERED)
    wait_for_results(page)
    assert coming not in page.evaluate("noted.at(-1)[0]")
    assert page.locator(".found li a").first.get_attribute("href").endswith("#lstm-forward")


def test_a_peek_answers(slow, in_time):
    page = slow("ko/book/lstm.html", 1300)
    page.wait_for_load_state("load")
    page.locator(".peek").first.wait_for()
    said, paragraph, after = page.evaluate(PEEK)
    assert said.endswith("…")
    assert len(paragraph) > len(said)
    in_time("a peek", after, ANSWERED)
