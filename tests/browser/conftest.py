"""The built site behind a strict server, a browser, and the tools that check pages."""

from pathlib import Path

import pytest
from _ext import node
from browsing import find_browser, watch
from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright
from serving import Server
from site_sample import ROOT, SAMPLE, build_or_fail, make_book, names_of_pages

REFERENCE = "torch_modules.html"


def pytest_addoption(parser):
    parser.addoption("--all-pages", action="store_true", help="Lighthouse and axe on every page")
    parser.addoption("--factor", type=float, default=3, help="of the seconds on a slow line")
    parser.addoption("--trials", type=int, default=10, help="language switches at each width")


@pytest.fixture(scope="session")
def site() -> Path:
    """Return the folder of the book's own site."""
    folder = ROOT / "_build" / "site"
    if not (folder / "index.html").exists():
        pytest.fail(f"{folder} is not built: run `make test-site`, or `make book` first")
    return folder


@pytest.fixture(scope="session")
def pages(site, request):
    """Return the paths of all pages, ``ko/book/lstm.html`` …, and one page of the reference.

    Those are all made in the same way; `REFERENCE` is the longest. ``--all-pages`` asks for each.
    """
    every = names_of_pages(site)
    if request.config.getoption("--all-pages"):
        return every
    return [page for page in every if "/reference/" not in page or page.endswith(REFERENCE)]


@pytest.fixture(scope="session")
def chapters(pages):
    """Return the paths of the Korean pages that hold a chapter."""
    korean = [page for page in pages if page.startswith("ko/book/")]
    return [page for page in korean if "appendix" not in page and "/reference/" not in page]


@pytest.fixture(scope="session")
def tools() -> Path:
    """Return the folder of the npm packages that check pages."""
    return node.install(Path(__file__).parent, ROOT / "_build" / "site-tests")


@pytest.fixture(scope="session")
def server(site):
    # The page for missing addresses contains the path of the site.
    lost = BeautifulSoup((site / "404.html").read_text("utf-8"), "html.parser")
    served = Server(site, lost.a["href"].removesuffix("ko/index.html"))
    yield served
    served.close()


@pytest.fixture(scope="session")
def owned(tmp_path_factory):
    """Return a server of a small book whose repository has an owner."""
    root = tmp_path_factory.mktemp("owned")
    make_book(root, SAMPLE)
    config = (root / "_config.yml").read_text("utf-8").replace("/OWNER/", "/someone/")
    (root / "_config.yml").write_text(config, "utf-8")
    build_or_fail(root)
    served = Server(root / "_build/site", "/rnn-lessons/")
    yield served
    served.close()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser, server):
    """Return a function that opens a page of the site; at the end, check that no error occurred."""
    contexts = []
    wrong = []

    def open_page(path: str, width: int = 1300, theme: str = "light", language: str = "ko"):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            locale=language,
            permissions=["clipboard-read", "clipboard-write"],
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        wrong.append(watch(page, server.address))
        page.goto(server.address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not [line for lines in wrong for line in lines]
