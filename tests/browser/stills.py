"""The stored picture of a moving figure shows the figure as it starts.

    .venv/bin/python tests/browser/stills.py      after `make book`, if a figure's start has changed

A figure's script fills in the values; this command stores what it filled in, in the picture's file;
if a language has a picture of its own, in that as well.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("book", "tests/site", "tests/browser")]

from _ext.hooks.moving_figures import picture_of  # noqa: E402
from _ext.one_language import LANGUAGES  # noqa: E402
from _ext.plain.moving import MOVING  # noqa: E402
from browsing import find_browser  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402
from serving import Server  # noqa: E402

_ELEMENT = re.compile(r"<\w+ [^>]*data-part=[^>]*>(?:[^<]*(?=</text>))?")
_READ = """box => [...box.querySelectorAll("[data-part]")].map(part => ({
  text: part.localName === "text" ? part.textContent : "",
  attributes: Object.fromEntries([...part.attributes].map(({ name, value }) => [name, value])),
}))"""
CHANGED = ("d", "x", "y", "width", "height", "points", "cx", "cy", "class", "style", "transform")


def names() -> list[str]:
    """Return the names of the moving figures."""
    return sorted(path.stem for path in MOVING.glob("*.js") if path.stem != "frame")


def page_of(name: str) -> str:
    """Return the page that shows a figure, such as ``book/lstm.html``."""
    for path in sorted((ROOT / "book").rglob("*.ipynb")):
        if f"figures/{name}.svg" in path.read_text("utf-8"):
            return path.relative_to(ROOT).with_suffix(".html").as_posix()
    raise LookupError(f"{name}: no chapter shows figures/{name}.svg")


def started(page: Page, name: str):
    """Scroll to a figure, wait until its script has run, and return its box."""
    # A section whose height is only guessed would be scrolled past.
    page.evaluate("document.documentElement.classList.add('whole')")
    box = page.locator(f'.moving[data-figure="{name}"]')
    box.scroll_into_view_if_needed()
    page.locator(f'.moving.started[data-figure="{name}"]').wait_for()
    return box


def asked(box):
    """Let a figure fetch what it fetches only when its reader asks; wait for its first values."""
    if box.get_attribute("data-later"):
        box.get_by_role("button").click()
        box.page.locator(".moving[data-explained]").wait_for()
    return box


def as_started(text: str, box) -> str:
    """Return a picture's file with the values that the figure's script filled in."""
    parts = iter(box.evaluate(_READ))

    def fill(match: re.Match[str]) -> str:
        part, element = next(parts), match[0]
        for name in CHANGED:
            if (value := part["attributes"].get(name)) is not None:
                element = re.sub(rf' {name}="[^"]*"', f' {name}="{value.rstrip(";")}"', element)
        return f"{element.split('>')[0]}>{part['text']}" if part["text"] else element

    return _ELEMENT.sub(fill, text)


def main() -> None:
    """Store every still."""
    server = Server(ROOT / "_build" / "site")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        both = [(name, language) for name in names() for language in LANGUAGES]
        pictures = {picture_of(*pair): pair for pair in both}
        for path, (name, language) in pictures.items():
            page = browser.new_page()
            page.goto(f"{server.address}{language}/{page_of(name)}")
            box = asked(started(page, name))
            path.write_text(as_started(path.read_text("utf-8"), box), "utf-8")
            print(path)
        browser.close()
    server.close()


if __name__ == "__main__":
    main()
