"""Every page follows WCAG 2.2 AA (axe) and HTML (vnu), and stays within its weight."""

import gzip
import subprocess

import pytest
from browsing import lay_out

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL = {"runOnly": {"type": "tag", "values": TAGS}}
CONTRAST = {"runOnly": ["color-contrast"]}  # all that changes in the dark
BUT_CONTRAST = ALL | {"rules": {"color-contrast": {"enabled": False}}}  # the same on a phone
RULES = {
    "empty-table-header": {"enabled": False},  # the corner of a table with two headings
    "td-has-header": {"enabled": True},  # one of axe's experiments, which Lighthouse asks for
}
# Bytes transferred, gzip: to open a page first of all, or after another; and to read it to its end.
FIRST_VISIT, LATER_VISIT, READ_VISIT = 300_000, 90_000, 220_000
SEARCH_TITLES, SEARCH_TEXT = 60, 400  # kB, gzip: what answers at once, and what follows


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(
    ("theme", "width", "rules"),
    [("light", 1300, ALL), ("dark", 1300, CONTRAST), ("light", 390, BUT_CONTRAST)],
)
def test_axe_finds_nothing(opened, server, pages, tools, theme, width, rules, language):
    script = (tools / "axe-core" / "axe.min.js").read_text("utf-8")
    options = rules | {"rules": RULES | rules.get("rules", {}), "resultTypes": ["violations"]}
    chosen = [path for path in pages if path.startswith(language)]
    page = opened(chosen[0], width, theme, language)
    found = {}
    for path in chosen:
        page.goto(server.address + path)
        lay_out(page)
        page.evaluate(script)
        report = page.evaluate("options => axe.run(document, options)", options)
        faults = [
            f"{fault['id']}: {node['target']} {node['html'][:120]}"
            for fault in report["violations"]
            for node in fault["nodes"][:3]
        ]
        if faults:
            found[path] = faults
    assert not found


def test_markup_is_valid(site, pages, tools):
    jar = tools / "vnu-jar" / "build" / "dist" / "vnu.jar"
    paths = [str(site / page) for page in pages]
    done = subprocess.run(
        ["java", "-jar", str(jar), "--errors-only", *paths],
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr[:5000]


def read_to_its_end(page):
    """Scroll step by step as a reader does, until every picture on the way has loaded."""
    at, end = 0, 1
    while at < end:
        page.evaluate(f"scrollTo({{top: {at}, behavior: 'instant'}})")
        page.wait_for_function(
            """() => [...document.images].every((picture) => {
              const { top, bottom } = picture.getBoundingClientRect();
              const seen = picture.checkVisibility() && bottom >= 0 && top <= innerHeight;
              return picture.complete || !seen;
            })"""
        )
        at += 700
        end = page.evaluate("document.documentElement.scrollHeight")
    page.wait_for_load_state("networkidle")
    left = page.evaluate("[...document.images].filter(p => !p.complete && p.checkVisibility())")
    assert not left, "a picture that was passed has not loaded"


def weigh(browser, server, path, before=None):
    """Return the bytes that opening a page takes in a new browser.

    After another page was read: also those of reading the page to its end.
    """
    context = browser.new_context(locale="ko")
    context.set_default_timeout(120_000)  # a busy machine is slow, and only bytes count here
    page = context.new_page()
    sizes: list[int] = []
    if before:
        page.goto(server.address + before, wait_until="networkidle")
        # Who has read a page has all fonts; at its opening the fonts of large brackets come or not.
        page.evaluate("Promise.all([...document.fonts].map((face) => face.load()))")
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(server.address + path, wait_until="networkidle")
    opened = sum(sizes)
    if before:
        read_to_its_end(page)
    context.close()
    return opened, sum(sizes)


def test_pages_are_light(browser, server, pages):
    books = [page for page in pages if "/book/" in page]
    heavy = []
    for page in books:
        first, _ = weigh(browser, server, page)
        other = next(one for one in books if one[:3] == page[:3] and one != page)
        later, read = weigh(browser, server, page, before=other)
        sizes = f"first {first // 1000}, later {later // 1000}, read to its end {read // 1000} kB"
        print(f"{page}: {sizes}")
        if first > FIRST_VISIT or later > LATER_VISIT or read > READ_VISIT:
            heavy.append(f"{page}: {sizes}")
    assert not heavy


def test_search_is_light(site):
    answering = ("search.js", "search-words.js", "minisearch.js", "stemmer.js", "search-titles.js")
    for language in ("ko", "en"):
        static = site / language / "_static"
        *first, text = (
            len(gzip.compress((static / name).read_bytes())) / 1000
            for name in (*answering, "search-text.js")
        )
        print(f"{language}: titles {sum(first):.0f} kB, then the text, {text:.0f} kB")
        assert sum(first) < SEARCH_TITLES
        assert text < SEARCH_TEXT
