"""A browser on this machine, and pages that record their errors."""

import os
import re
import shutil

import pytest
from playwright.sync_api import Page
from site_sample import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PICTURES = ROOT / "_build" / "screenshots"


def find_browser() -> str:
    """Return the path of a browser on this machine."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail(f"no browser: looked for {', '.join(BROWSERS)}; `make test-site` installs one")
    return path


def lay_out(page: Page) -> None:
    """Lay out the whole page, including parts that a browser delays until the reader is near."""
    page.evaluate("typeof place_figures === 'function' && place_figures()")
    page.evaluate(
        "new Promise(done => {"
        " for (const section of document.querySelectorAll('article > section > section'))"
        "   section.style.contentVisibility = 'visible';"
        " requestAnimationFrame(() => requestAnimationFrame(done)) })"
    )


def settle(page: Page) -> None:
    """Wait until letters, pictures and the figures around the reader have arrived."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(
        """() => [...document.querySelectorAll(".moving:not(.started)")].every((box) => {
          const { top, bottom } = box.getBoundingClientRect();
          const far = bottom < -0.9 * innerHeight || top > 1.9 * innerHeight;
          return far || !box.checkVisibility({ contentVisibilityAuto: true });
        })"""
    )
    page.wait_for_timeout(300)


def wait_for_results(page: Page) -> None:
    """Wait until the search has answered from the whole text: its status is a full sentence."""
    page.locator(".found .count", has_text=re.compile(r"\.$")).first.wait_for()


def watch(page: Page, address: str) -> list[str]:
    """Return a list that fills with the page's errors and with requests that leave its server."""
    wrong: list[str] = []

    def see_message(message) -> None:
        if message.type in ("error", "warning"):
            wrong.append(f"console: {message.text}")

    def see_request(request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            wrong.append(f"request to {request.url}")

    def see_failure(request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the reader went on to another page
            wrong.append(f"failed: {request.url}, {request.failure}")

    page.on("console", see_message)
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("request", see_request)
    page.on("requestfailed", see_failure)
    return wrong
