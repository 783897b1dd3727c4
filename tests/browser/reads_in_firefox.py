"""Firefox reads, searches, switches and moves a figure: what `firefox.mjs` saw, on the built site.

`make test-firefox` runs this file, whose name keeps it out of `make test-site`.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from _ext import node
from browsing import PICTURES

SCRIPT = Path(__file__).with_name("firefox.mjs")
LANGUAGES = ("ko", "en")


@pytest.fixture(scope="module")
def seen(server, tools):
    """Return what Firefox showed."""
    firefox = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    if firefox is None:
        pytest.fail("no Firefox: looked for firefox-esr, firefox; `make test-firefox` installs it")
    PICTURES.mkdir(parents=True, exist_ok=True)
    command = [str(node.NODE), str(SCRIPT), str(tools), firefox, server.address, str(PICTURES)]
    done = subprocess.run(command, text=True, capture_output=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    print(found["version"])
    return found


def lightness(colour):
    """Return the mean of ``rgb(r, g, b)``, from 0 to 255."""
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3


def test_nothing_is_reported(seen):
    assert seen["faults"] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chapter_is_read(seen, language):
    shown = seen["reading"][LANGUAGES.index(language)]
    assert shown["language"] == language
    assert shown["formulas"] > 100
    assert shown["empty"] == 0
    assert {"KaTeX_Main", "KaTeX_Math", "Pretendard"} <= set(shown["letters"])
    assert shown["over"] <= 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_dark_is_dark(seen, language):
    shown = seen["reading"][LANGUAGES.index(language)]
    for theme, sign in (("light", 1), ("dark", -1)):
        paper, ink = map(lightness, shown[theme])
        assert sign * (paper - ink) > 120, (theme, shown[theme])


@pytest.mark.parametrize(("language", "word"), [("ko", "망각게이트"), ("en", "forgetgate")])
def test_the_search_leads_to_its_place_and_marks_it(seen, language, word):
    shown = seen["searching"][LANGUAGES.index(language)]
    assert shown["first"].endswith("#lstm-forward")
    assert word in {re.sub(r"\W", "", mark).lower() for mark in shown["marked"]}


def test_the_switch_keeps_the_place(seen):
    shown = seen["switching"]
    assert shown["number"] > 20
    assert shown["after"] == pytest.approx(shown["before"], abs=6)


def test_a_figure_moves(seen):
    assert seen["moving"]["before"] != seen["moving"]["after"]
