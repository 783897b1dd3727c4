"""Test Binder's files here: postBuild, JupyterLab as Binder starts it, a chapter in Chromium.

    python deploy/try_binder.py            postBuild, start, first cell, whole chapter, contents
    python deploy/try_binder.py --size     the size of the packages of binder/requirements.txt

``make test-binder`` provides the environment of binder/requirements.txt and ``_build/branch``. On
mybinder.org, repo2docker's image runs instead; its form is tested in tests/.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Seconds from the opened page to the first cell's result, including the kernel's start. A busy
# machine needs more: FIRST_RESULT_LIMIT=60 make test-binder
FIRST_RESULT_LIMIT = float(os.environ.get("FIRST_RESULT_LIMIT", "15"))
SETTINGS = ".jupyter/lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
HANGUL = re.compile("[가-힣]")


def main() -> None:
    """Run the selected part."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", action="store_true")
    if parser.parse_args().size:
        print(f"binder/requirements.txt installs {size_of_packages() / 1e6:.0f} MB")
        return
    from lab import environment, free_port, prepare, stop

    with tempfile.TemporaryDirectory(prefix="binder-") as folder:
        work = Path(folder) / "work"
        environ, port, token = environment(Path(folder)), free_port(), secrets.token_hex(16)
        prepare(work, environ)
        settings = Path(folder) / SETTINGS
        settings.parent.mkdir(parents=True)
        settings.write_text('{"windowingMode": "none"}')  # render all cells, not only those in view
        lab = ["jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
        lab += [f"--port={port}", f"--IdentityProvider.token={token}"]
        server = subprocess.Popen(lab, cwd=work, env=environ, stderr=subprocess.DEVNULL)
        try:
            for language in ("ko", "en"):
                run_chapter(server, f"http://127.0.0.1:{port}", token, work, language)
        finally:
            stop(server)
    print("2 passed, 0 failed")


def size_of_packages() -> int:
    """Return the size of the environment's packages in bytes, without pip."""
    (packages,) = Path(sys.prefix).glob("lib/python3*/site-packages")
    return sum(
        path.lstat().st_size
        for path in packages.rglob("*")
        if path.is_file() and path.relative_to(packages).parts[0] != "pip"
    )


def run_chapter(
    server: subprocess.Popen, address: str, token: str, work: Path, language: str
) -> None:
    """Open a chapter as its launch button does, run it in the browser, and check the saved file."""
    import psutil
    import requests
    from lab import CELL_LIMIT, CHAPTER, MEMORY_LIMIT, LabError, check, megabytes, wait_for
    from playwright.sync_api import TimeoutError, sync_playwright

    path = f"{language}/{CHAPTER}.ipynb"
    headers, process, peak = {"Authorization": f"token {token}"}, psutil.Process(server.pid), 0.0
    wait_for("JupyterLab", lambda: requests.get(f"{address}/api", timeout=5).ok, 60)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000}, locale="en-US")
        begun = time.monotonic()
        page.goto(f"{address}/lab/tree/{path}?token={token}&reset", timeout=60_000)
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=60_000)
        opened = time.monotonic() - begun

        begun = time.monotonic()
        page.get_by_text("| Idle").wait_for(timeout=60_000)  # cells run earlier are dropped
        for number in (1, 2):  # the cell for Colab, and the chapter's first
            cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number - 1)
            cell.locator(".jp-InputArea-editor").click()
            page.keyboard.press("Shift+Enter")
            prompt = cell.locator(".jp-InputArea-prompt", has_text=f"[{number}]:")
            try:
                prompt.wait_for(timeout=120_000)
            except TimeoutError:
                page.screenshot(path=str(ROOT / "_build" / "binder-failed.png"))
                raise
        first = time.monotonic() - begun

        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        cells = json.loads((work / path).read_text("utf-8"))["cells"]
        count = sum(cell["cell_type"] == "code" for cell in cells)

        def finished() -> bool:
            nonlocal peak
            peak = max(peak, megabytes(process))
            kernels = requests.get(f"{address}/api/kernels", headers=headers, timeout=30).json()
            if any(kernel["execution_state"] != "idle" for kernel in kernels):
                return False
            page.keyboard.press("Control+s")
            page.wait_for_timeout(1000)
            return numbers(work / path) == list(range(3, count + 3))  # two cells ran before

        begun = time.monotonic()
        try:
            wait_for("the chapter", finished, CELL_LIMIT)
        except LabError:
            page.screenshot(path=str(ROOT / "_build" / "binder-failed.png"))
            raise
        took = time.monotonic() - begun
        page.get_by_role("tab", name="Table of Contents").click()
        page.locator(".jp-TableOfContents-content .jp-tocItem").first.wait_for(timeout=30_000)
        headings = page.locator(".jp-TableOfContents-content .jp-tocItem").all_inner_texts()
        page.screenshot(path=str(ROOT / "_build" / f"binder-{language}.png"))
        browser.close()
    for kernel in requests.get(f"{address}/api/kernels", headers=headers, timeout=30).json():
        requests.delete(f"{address}/api/kernels/{kernel['id']}", headers=headers, timeout=30)
    korean = [heading for heading in headings if HANGUL.search(heading)]
    check(len(headings) > 3, f"{path}: the table of contents shows {headings}")
    expected = headings if language == "ko" else []
    others = [heading for heading in headings if (heading in korean) != (heading in expected)]
    check(len(others) <= len(headings) // 3, f"{path}: headings in the other language: {others}")
    check(first < FIRST_RESULT_LIMIT, f"{path}: the first result took {first:.1f} s")
    check(peak < MEMORY_LIMIT, f"{path}: {peak:.0f} MB, over {MEMORY_LIMIT}")
    print(
        f"{path}: opened in {opened:.1f} s, first cell {first:.1f} s, {count} cells {took:.1f} s, "
        f"{peak:.0f} MB, {len(headings)} headings"
    )


def numbers(path: Path) -> list[int | None]:
    """Return the execution counts of a saved notebook's code cells.

    Raises
    ------
    LabError
        A cell stores an error.
    """
    from lab import check

    cells = [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
    check("error" not in kinds, f"{path.name}: a cell stores an error")
    return [cell["execution_count"] for cell in cells]


def chromium() -> str:
    """Return the path of a browser: $CHROMIUM, or an installed one."""
    names = ("chromium", "google-chrome", "chromium-browser")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        sys.exit("Chromium was not found. On Debian or Ubuntu: sudo apt install chromium")
    return found


if __name__ == "__main__":
    main()
