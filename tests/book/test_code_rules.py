"""Each rule of `code_rules` rejects a notebook and names the place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from code_rules import RULES
from nbformat.v4 import new_output
from parity import assert_refused, broken_rules, changed, define, outputs, rules_broken_by
from sample_book import edited, image

ERROR = new_output("error", ename="ValueError", evalue="bad", traceback=[])
WARNED = new_output("stream", name="stderr", text="careful\n")
DRAWN_JPEG = new_output("display_data", data={"image/jpeg": "aa"})
# The fault, the cell that the message names, words of the message.
BROKEN: dict[str, tuple[Callable, str, str]] = {
    "never executed": (
        lambda: changed("numbers", execution_count=None, outputs=[]),
        "numbers",
        "never executed",
    ),
    "executed out of order": (
        lambda: changed("draw", execution_count=7),
        "draw",
        "has execution count 7, expected 4",
    ),
    "too long": (
        lambda: define("\n".join(["x"] * 16)),
        "more",
        "has 16 lines, more than 15",
    ),
    "not compared": (
        lambda: define("# NBVAL_IGNORE_OUTPUT\nx"),
        "more",
        "opts out of the comparison",
    ),
    "not compared, by tag": (
        lambda: changed("draw", metadata={"tags": ["nbval-skip"]}),
        "draw",
        "opts out of the comparison",
    ),
    "stored error": (lambda: outputs(ERROR), "draw", "stores an error: ValueError: bad"),
    "stored stderr": (lambda: outputs(WARNED), "draw", "stores stderr: 'careful'"),
    "large figure": (lambda: outputs(image(60_001)), "draw", "60001 bytes, more than 60000"),
    "figure not SVG": (lambda: outputs(DRAWN_JPEG), "draw", "not an SVG"),
    "unused function": (lambda: define("def f():\n    f()"), "more", "defines f, which no cell"),
    "unused class": (lambda: define("class A:\n    pass"), "more", "defines A, which no cell"),
    "unused import": (lambda: define("import os.path as p"), "more", "defines p, which no cell"),
    "unused variable": (lambda: define("a, _ = x, x"), "more", "defines a, which no cell"),
    "used in itself only": (lambda: define("n = 0\nn += 1"), "more", "defines n, which no cell"),
    "not Python": (lambda: define("x ="), "more", "is not Python"),
    "empty code cell": (lambda: define("\n"), "more", "is empty"),
    "code differs": (
        lambda: edited("say-en", "{x}", "{x + 1}"),
        "say-ko / say-en",
        "more than string literals",
    ),
    "format differs": (
        lambda: edited("say-en", "{x}", "{x:.2f}"),
        "say-ko / say-en",
        "more than string literals",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_refused_with_the_place(name):
    make, cell, words = BROKEN[name]
    assert_refused(make(), cell, words)


def test_every_rule_can_be_broken():
    assert set(RULES) <= rules_broken_by(make() for make, *_ in BROKEN.values())


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    return x\n\n\nf()",
        "y = [v for v in range(3)]\nprint(y)",
        "_, z = x, x\nz",
        "%matplotlib inline\nx",
    ],
)
def test_what_is_allowed_passes(source):
    assert broken_rules(define(source), "sample") == []
