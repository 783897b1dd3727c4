"""The list of mutants that may survive, and the complaints of `make mutants`."""

from __future__ import annotations

import importlib
import inspect

import pytest
from mutants import LIST, Mutant, complaints, listed, read_diff

GOOD = {"killed": 97, "timeout": 1, "survived": 2}
ONE, OTHER = (Mutant("scan._add", "total = part", after) for after in ("total = 1", "total = 2"))


def lines(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines())


@pytest.mark.parametrize("mutant", listed(), ids=lambda mutant: f"{mutant.function} {mutant.after}")
def test_a_listed_mutant_is_one_of_todays_source(mutant):
    module, _, function = mutant.function.rpartition(".")
    source = inspect.getsource(getattr(importlib.import_module(f"lessons_lib.{module}"), function))
    assert mutant.before in lines(source)
    assert mutant.after not in lines(source)
    assert len(listed()[mutant].split()) > 5, "a listed mutant needs a reason"


@pytest.mark.parametrize(
    ("found", "survivors", "complaint"),
    [
        (GOOD, {ONE, OTHER}, f"survives, and {LIST.name} gives no reason: scan._add"),
        (GOOD, set(), f"stands in {LIST.name}, and does not survive: scan._add"),
        ({**GOOD, "survived": 6}, {ONE}, "98 of 104 mutants were killed, expected 97% at least"),
        ({**GOOD, "no tests": 6}, {ONE}, "98 of 106 mutants were killed, expected 97% at least"),
        ({}, {ONE}, "0 of 0 mutants were killed"),
        ({**GOOD, "suspicious": 1}, {ONE}, "1 mutants: mutmut says 'suspicious'"),
    ],
)
def test_what_is_wrong_is_said(found, survivors, complaint):
    assert not list(complaints(GOOD, {ONE}, {ONE}))
    (message,) = complaints(found, survivors, {ONE})
    assert message.startswith(complaint)


def test_a_mutant_is_read_from_its_diff():
    diff = "--- a.py\n+++ a.py\n@@ -1,3 +1,3 @@\n x\n-    f(\n-        1)\n+    f(\n+        2)\n y"
    assert read_diff("scan.f", diff) == Mutant("scan.f", "f( 1)", "f( 2)")
