"""Known mistakes are edits of the library's syntax tree, independent of how a line is written."""

from __future__ import annotations

import linecache
from functools import partial
from types import FunctionType, ModuleType

import numpy as np
import pytest

from lessons_lib import gru, lstm, lstm_peepholes, lstm_projected, rnn, scan
from lessons_lib.checks import CHECKS
from lessons_lib.checks.mutation import ClashError, Edit, library, modules
from lessons_lib.checks.source import changed_code

CELLS = [
    (module, name)
    for module in (rnn, lstm, gru, lstm_peepholes, lstm_projected)
    for name, value in vars(module).items()
    if isinstance(value, scan.Cell)
]
SOURCE = '''
def f(x, y):
    """Say 2 * x."""
    first = {expression}
    i, o = x + 1, x - 1
    for k in range(3):
        first = first + k * y
    return first, i * o
'''


def function(expression: str) -> FunctionType:
    source = SOURCE.replace("{expression}", expression)
    path = f"<{hash(source)}>"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    names = vars(ModuleType("m"))
    exec(compile(source, path, "exec"), names)
    return names["f"]


def result(f: FunctionType, *edits: tuple[str, str, str]):
    changed = changed_code(f, tuple(Edit("m.f", *edit) for edit in edits))
    return FunctionType(changed, {"range": range})(10, 100)


@pytest.mark.parametrize("check", CHECKS)
def test_what_a_mistake_changes_is_in_the_library(check):
    for mistake in CHECKS[check].mistakes:
        try:
            library(frozenset(mistake.edits))
        except ClashError as error:
            pytest.fail(f"{mistake.name}: {error}")


@pytest.mark.parametrize(
    "expression", ["2 * x + y", "2*x+y", "(2 * x) + y  # why", "(\n        2\n        * x\n + y)"]
)
def test_an_edit_does_not_depend_on_how_a_line_is_written(expression):
    assert result(function(expression), ("first", "2 * x", "3 * x")) == (430, 99)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("i", "x", "y"), (420, 909)),
        (("return", "i * o", "i + o"), (420, 20)),
        (("", "range(3)", "range(2)"), (220, 99)),
        (("", "first = first + k * y", "pass"), (120, 99)),
    ],
)
def test_an_edit_names_where_it_is(edit, expected):
    assert result(function("2 * x + y"), edit) == expected


def test_edits_are_made_one_after_another():
    f = function("2 * x + y")
    assert result(f, ("i", "x", "y"), ("o", "x", "y")) == (420, 101 * 99)


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (("", "no_such", "x"), r"m\.f: 'no_such' is there 0×"),
        (("", "x", "y"), r"m\.f: 'x' is there 3×"),
        (("first", "k * x", "y"), r"m\.f, first: 'k \* x' is there 0×"),
    ],
)
def test_an_edit_that_does_not_fit_the_source_is_refused(edit, text):
    with pytest.raises(ClashError, match=text):
        result(function("2 * x + y"), edit)


def test_an_edit_of_no_function_is_refused():
    with pytest.raises(ClashError, match=r"no such function: lstm\.steps"):
        library(frozenset([Edit("lstm.steps", "h", "o", "1")]))


@pytest.mark.parametrize(("module", "name"), CELLS)
def test_an_edit_reaches_every_cell(module, name):
    """Double b in the code that all cells share, then run each cell's step in that library."""
    cell, rng = getattr(module, name), np.random.default_rng(0)
    sizes = {"proj_size": 2} if module is lstm_projected else {}
    params = cell.init_params(3, 4, rng, **sizes)
    x = rng.standard_normal((2, 5, 3))
    double = frozenset([Edit("weights.project", "return", "params.b", "2 * params.b")])
    changed = library(double)
    y, *_ = scan.forward(cell, params._replace(b=2 * params.b), x)
    changed_cell = getattr(getattr(changed, module.__name__.rpartition(".")[2]), name)
    np.testing.assert_array_equal(changed.scan.forward(changed_cell, params, x)[0], y)
    for part in ("step", "step_backward", "weight_gradients"):
        old, new = (getattr(one, part) for one in (cell, changed_cell))
        old, new = ((f.func if isinstance(f, partial) else f) for f in (old, new))
        assert new is not old, part
        assert new.__globals__ is not old.__globals__, part


def test_an_edit_of_the_reset_before_the_product_is_seen():
    edit = Edit("gru.step_before", "q", "r * h_prev", "h_prev")
    cell, rng = gru.CELL_BEFORE, np.random.default_rng(1)
    params, x = cell.init_params(3, 4, rng), rng.standard_normal((3, 2, 3))
    changed = library(frozenset([edit]))
    assert not np.allclose(
        changed.scan.forward(changed.gru.CELL_BEFORE, params, x)[0],
        scan.forward(cell, params, x)[0],
    )
    after = gru.init_params(3, 4, rng)
    np.testing.assert_array_equal(
        changed.scan.forward(changed.gru.CELL, after, x)[0], gru.forward(after, x)[0]
    )


def test_modules_come_after_those_that_they_use():
    names = [module.__name__.removeprefix("lessons_lib.") for module in modules()]
    for first, second in [("weights", "rnn"), ("scan", "padding"), ("lstm", "lstm_peepholes")]:
        assert names.index(first) < names.index(second)


def test_the_library_itself_is_not_changed():
    before = scan.backward, lstm.step
    changed = library(frozenset([Edit("lstm.step", "h", "o * tanh_c", "tanh_c")]))
    assert changed.lstm.step is not lstm.step
    assert changed.lstm.CELL.step is changed.lstm.step
    assert (scan.backward, lstm.step) == before
    assert lstm.CELL.step is lstm.step
