"""Lighthouse on a phone: three pages here; `python -m pytest … --all-pages` for the whole book."""

import json
import os
import subprocess

from _ext import node
from browsing import find_browser

LEAST = {"performance": 90, "accessibility": 100, "best-practices": 95, "seo": 100}
PAGES = ["ko/index.html", "ko/book/lstm.html", "en/book/bptt.html"]
SLOWDOWN = 4  # of the processor: what makes a phone of a machine whose speed is this or more
SPEED = 1500  # as Lighthouse measures it, "benchmarkIndex"
FLAGS = "--headless=new --no-sandbox --disable-gpu"


def scores(tools, address, to, slowdown=SLOWDOWN):
    """Return a page's four scores, from 0 to 100, what keeps them from 100, and the speed here."""
    program = tools / "lighthouse" / "cli" / "index.js"
    command = [str(node.NODE), str(program), address, "--quiet", "--output=json"]
    command += [f"--output-path={to}", f"--chrome-flags={FLAGS}", "--form-factor=mobile"]
    command += [f"--throttling.cpuSlowdownMultiplier={slowdown:.2f}"]
    environment = os.environ | {"CHROME_PATH": find_browser()}
    done = subprocess.run(command, env=environment, text=True, capture_output=True, timeout=180)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(to.read_text("utf-8"))
    found = {name: round(100 * part["score"]) for name, part in report["categories"].items()}
    faults = [
        name
        for name, audit in report["audits"].items()
        if audit["score"] is not None and audit["score"] < 0.9
    ]
    speed = report["environment"]["benchmarkIndex"]
    return {name: found[name] for name in LEAST}, faults, speed


def best_scores(tools, address, to):
    """Return the best of up to three measurements: other work on the machine lowers them."""
    best, slowdown = dict.fromkeys(LEAST, 0), SLOWDOWN
    for _ in range(3):
        found, faults, speed = scores(tools, address, to, slowdown)
        slowdown = max(1, SLOWDOWN * min(1, speed / SPEED))  # a slow machine is half a phone itself
        best = {name: max(best[name], found[name]) for name in LEAST}
        if good(best):
            break
    return best, faults


def good(found):
    return all(found[name] >= least for name, least in LEAST.items())


def test_lighthouse(server, tools, pages, tmp_path, request):
    chosen = [p for p in pages if p != "index.html" and not p.endswith(("404.html", "search.html"))]
    wrong = []
    for page in chosen if request.config.getoption("--all-pages") else PAGES:
        found, faults = best_scores(tools, server.address + page, tmp_path / "report.json")
        print(page, *found.values(), *faults, flush=True)
        if not good(found):
            wrong.append(f"{page}: {found}, {faults}")
    assert not wrong
