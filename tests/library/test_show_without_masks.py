"""show_source(masks=False): the library's text without masks, which computes the same."""

from __future__ import annotations

import ast
import functools
import inspect
import io
import re
import sys
import tokenize
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from registry import CELLS, D, H, N, T, problem

from lessons_lib import arrays, checkpoint, lstm, masks, padding, rnn, scan, stack, weights
from lessons_lib.lab import show_source
from lessons_lib.lab.unmasked import without_masks
from lessons_lib.masks import NO_MASKS, WITHOUT_MASKS

FIELDS = ("project", "step", "step_backward", "weight_gradients")
NAMES = {**vars(masks), "masks": masks}


def executed(*functions, **names):
    """Run the shown source of functions, with their modules' names and further ones."""
    modules = [vars(sys.modules[inspect.unwrap(function).__module__]) for function in functions]
    found = {name: value for module in modules for name, value in module.items()}
    found = vars(arrays) | found | names
    exec(str(show_source(*functions, masks=False)), found)
    return SimpleNamespace(**found)


def plain(function):
    return getattr(function, "func", function)


def shown_cell(name):
    """Return a cell with the shown functions, which have no masks."""
    cell = CELLS[name]
    new: dict[str, Any] = {}
    for field in FIELDS:
        function = getattr(cell, field)
        found = getattr(executed(plain(function)), plain(function).__name__)
        assert "masks" not in inspect.signature(found).parameters
        keywords = getattr(function, "keywords", {})
        new[field] = functools.partial(found, **keywords) if keywords else found
    return replace(cell, sites=(), **new)


def leaves(result):
    if isinstance(result, tuple | list):
        return [leaf for part in result for leaf in leaves(part)]
    return [result]


def assert_equal_to_the_bit(actual, expected):
    actual, expected = leaves(actual), leaves(expected)
    assert len(actual) == len(expected) > 0
    for one, other in zip(actual, expected, strict=True):
        assert np.array_equal(one, other)
        assert getattr(one, "dtype", None) == getattr(other, "dtype", None)


@pytest.mark.parametrize("name", CELLS)
def test_the_shown_steps_and_loops_compute_what_the_library_computes(name):
    given = problem(name)
    library, shown = given.cell, shown_cell(name)
    loops = executed(scan.forward, scan.backward)
    y, state, cache = scan.forward(library, given.params, given.x, given.state)
    gradients = scan.backward(library, given.params, cache, given.dy, given.dstate)
    for cell in (library, shown):  # the loops alone, and with the steps
        actual = loops.forward(cell, given.params, given.x, given.state)
        assert_equal_to_the_bit(actual[:2], (y, state))
        assert_equal_to_the_bit(actual[2].steps, cache.steps)
        assert_equal_to_the_bit(
            loops.backward(cell, given.params, actual[2], given.dy, given.dstate), gradients
        )


def test_the_other_loops_that_chapters_show_compute_the_same():
    given = problem("lstm.CELL")
    cell, params, x, dy, dstate = given.cell, given.params, given.x, given.dy, given.dstate
    _, _, cache = scan.forward(cell, params, x, given.state)
    shown = executed(scan.truncated_backward, scan._window)
    assert_equal_to_the_bit(
        shown.truncated_backward(cell, params, cache, dy, dstate, k1=2, k2=3),
        scan.truncated_backward(cell, params, cache, dy, dstate, k1=2, k2=3),
    )
    *_, kept = checkpoint.forward(cell, params, x, given.state, every=3)
    assert_equal_to_the_bit(
        executed(checkpoint.backward).backward(cell, params, kept, dy, dstate),
        checkpoint.backward(cell, params, kept, dy, dstate),
    )


def test_the_shown_layers_compute_the_same():
    rng = np.random.default_rng(4)
    params = stack.init_params(lstm.CELL, D, H, rng, num_layers=2, bidirectional=True)
    x, lengths = rng.standard_normal((T, N, D)), np.array([5, 7, 2])
    shown_padding = executed(padding.forward, padding.backward)
    shown = executed(stack.forward, stack.backward, padding=shown_padding)
    y, state, cache = stack.forward(lstm.CELL, params, x, lengths=lengths)
    actual = shown.forward(lstm.CELL, params, x, lengths=lengths)
    assert_equal_to_the_bit(actual[:2], (y, state))
    dy = rng.standard_normal(y.shape)
    assert_equal_to_the_bit(
        shown.backward(lstm.CELL, params, actual[2], dy),
        stack.backward(lstm.CELL, params, cache, dy),
    )


#: Functions in the equations; functions that draw or check masks cannot be shown without them.
LESSONS = [
    *dict.fromkeys(plain(getattr(cell, field)) for cell in CELLS.values() for field in FIELDS),
    *(getattr(scan, name) for name in ("forward", "backward", "truncated_backward", "Trace")),
    *(checkpoint.forward, checkpoint.backward, checkpoint.Checkpoints),
    *(padding.forward, padding.backward, stack.forward, stack.backward, stack.Trace),
    weights.input_gradient,
]


@pytest.mark.parametrize("item", LESSONS, ids=lambda item: f"{item.__module__}.{item.__qualname__}")
def test_nothing_of_masks_is_left_and_all_else_stays(item):
    whole, shown = str(show_source(item)), str(show_source(item, masks=False))
    assert "mask" not in shown.lower()
    assert comments(shown) == comments(whole)
    assert aliases(shown) <= aliases(whole)
    assert not re.search(r"\(\s*,|,\s*,|[ \t]$|\n\n\n", shown)
    if "mask" not in whole.lower():
        assert shown == whole


def comments(text):
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def aliases(text):
    """Return the lines that only give something a second name."""
    return set(re.findall(r"^ *\w+ = \w+$", text, re.MULTILINE))


def test_a_lessons_function_reads_as_it_should():
    assert str(show_source(lstm.step_backward, masks=False)) == (
        "def step_backward(\n"
        "    params: Params, cache: Cache, dstate: State\n"
        ") -> tuple[Array, State]:\n"
        "    _, c_prev, i, f, g, o, _, tanh_c = cache\n"
        "    dh, dc = dstate\n"
        "    do = dh * tanh_c\n"
        "    # c_t is read twice: by step t + 1 and by h_t\n"
        "    dc = dc + dh * o * (1 - tanh_c**2)\n"
        "    di, df, dg = dc * g, dc * c_prev, dc * i\n"
        "    da = join([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)])\n"
        "    return da, (da @ params.W_hh, dc * f)"
    )


def test_the_loop_calls_the_cells_own_step():
    shown = str(show_source(scan.forward, scan.backward, masks=False))
    assert "state, cache = cell.step(params, projected[t], state)\n" in shown
    assert "da_t, dstate = cell.step_backward(params, cache.steps[t], dstate)\n" in shown


def test_by_default_the_masks_are_shown():
    assert "masks" in str(show_source(rnn.step))
    assert str(show_source(rnn.step)) == str(show_source(rnn.step, masks=True))


def drawn(name, rng):
    """Return an argument for a function of masks by its parameter's name."""
    params = rnn.init_params(D, H, rng)
    h, dh = (rng.standard_normal((N, H)) for _ in "12")
    known = {"cell": rnn.CELL, "params": params, "W": params.W_hh}
    known |= {"projected": h, "state": (h,), "cache": rnn.Cache(h, dh), "dstate": (dh,)}
    return known.get(name, h)


@pytest.mark.parametrize("function", WITHOUT_MASKS, ids=lambda f: f.__name__)
def test_the_table_says_what_the_functions_return_without_masks(function):
    rng = np.random.default_rng(1)
    parameters = inspect.signature(function).parameters
    none = {"mask": None, "masks": NO_MASKS}
    names = [name for name in parameters if name not in (*none, "gates")]
    given = {name: drawn(name, rng) for name in names}
    without = {name: value for name, value in none.items() if name in parameters}
    space = {**vars(arrays), **given}
    assert_equal_to_the_bit(function(**given, **without), eval(WITHOUT_MASKS[function], space))


BODIES = {
    "a nested call": ("return dropped(dropped(x, masks.x), masks.y)", "return x"),
    "a call within a product": ("return dropped(x, masks.x) @ W", "return x @ W"),
    "a sum that a product reads": ("return dropped(x + b, masks.x) @ W", "return (x + b) @ W"),
    "a sum in brackets already": ("return (dropped(x + b, masks.x)) @ W", "return (x + b) @ W"),
    "a sum added": ("return dropped(x @ b, masks.x) + W", "return x @ b + W"),
    "a power": ("return dropped(-x, masks.x) ** 2", "return (-x) ** 2"),
    "a choice": ("return [dropped(x if x else b, masks.x), b]", "return [x if x else b, b]"),
    "a keyword": ("return dropped(a=x, mask=masks.x)", "return x"),
    "the keyword alone": ("return f(x, masks=masks)", "return f(x)"),
    "a keyword of another name": ("return f(x, other=masks.x)", "return f(x)"),
    "a trailing comma": ("return f(x, masks,)", "return f(x)"),
    "the first of two": ("return f(masks, x)", "return f(x)"),
    "between two": ("return f(x, masks.at(t), b)", "return f(x, b)"),
    "the only one": ("return f(masks)", "return f()"),
    "a condition": ("return f(x, masks and masks.networks[0])", "return f(x)"),
    "a choice of masks": ("return f(x, masks if t else NO_MASKS)", "return f(x)"),
    "brackets around a mask": ("return f(x, (masks))", "return f(x)"),
    "NO_MASKS": ("return f(x, NO_MASKS)", "return f(x)"),
    "a module's function": ("return masks_module.dropped(x, masks.x)", "return x"),
    "an attribute": ("return f(x, trace.masks)", "return f(x)"),
    "itself": ("x = dropped(x, masks.x)  # kept or not\nreturn x", "return x"),
    "itself, on several lines": ("x = dropped(\n    x,\n    masks.x,\n)\nreturn x", "return x"),
    "an alias": ("y = dropped(x, masks.x)\nreturn y + y * f(y)", "return x + x * f(x)"),
    "an alias of an alias": (
        "y = dropped(x, masks.x)\nz = dropped(y, masks.y)\nreturn z",
        "return x",
    ),
    "an alias used as what it names is bound anew": (
        "y = dropped(x, masks.x)\nx = y + 1\nreturn x",
        "x = x + 1\nreturn x",
    ),
    "an alias that outlives what it names": (
        "y = dropped(x, masks.x)\nx = x + 1\nreturn x + y",
        "y = x\nx = x + 1\nreturn x + y",
    ),
    "an alias that is bound again": (
        "y = dropped(x, masks.x)\ny = y + x\nreturn y",
        "y = x\ny = y + x\nreturn y",
    ),
    "an alias in a list whose own name hides it": (
        "y = dropped(x, masks.x)\nreturn [y + x for x in b]",
        "y = x\nreturn [y + x for x in b]",
    ),
    "an alias in a function within": (
        "y = dropped(x, masks.x)\nreturn lambda x: y + x",
        "y = x\nreturn lambda x: y + x",
    ),
    "an alias in a branch": (
        "y = b\nif t:\n    y = dropped(x, masks.x)\nreturn y",
        "y = b\nif t:\n    y = x\nreturn y",
    ),
    "an alias that is read in the round before": (
        "y = b\nfor x in b:\n    f(y)\n    y = dropped(x, masks.x)",
        "y = b\nfor x in b:\n    f(y)\n    y = x",
    ),
    "an alias that the library wrote": ("y = x\nreturn dropped(y, masks.x)", "y = x\nreturn y"),
    "masks under another name": ("own = masks.between(0, t)\nreturn f(x, own)", "return f(x)"),
    "a name that is not always masks": (
        "own = x\nf(own)\nreturn f(x, masks.x)",
        "own = x\nf(own)\nreturn f(x)",
    ),
    "one of two assignments": (
        "own, y = masks.x, x + 1\nreturn f(y, own)",
        "y = x + 1\nreturn f(y)",
    ),
    "two of three": (
        "m, x, n = masks.x, dropped(x, masks.x), trace.masks\nreturn f(x, m, n)",
        "return f(x)",
    ),
    "assignments in brackets": (
        "(m, y) = (masks.x, (x, 1))\nreturn f(y, m)",
        "(y) = ((x, 1))\nreturn f(y)",
    ),
    "a tuple taken apart": ("x, masks = trace\nreturn f(x, masks)", "x, _ = trace\nreturn f(x)"),
    "calls in an argument": ("return f(g(x, masks), dropped(b, masks.h))", "return f(g(x), b)"),
    "Korean before it": ("return '가나다', dropped(x, masks.x)", "return '가나다', x"),
    "a product": ("return masked_product(x + 1, b, masks.h) * t", "return (x + 1) @ b.T * t"),
    "a product by gate": ("return masked_product(x, b, masks.h, t)", "return x @ b.T"),
    "a step": ("return masked_step(x, b, t, f, masks.at(t))", "return x.step(b, t, f)"),
    "lines of arguments": (
        "return f(\n    x,  # the input\n    masks.x,  # of dropout\n    b,  # the bias\n)",
        "return f(\n    x,  # the input\n    b,  # the bias\n)",
    ),
    "a mask at the end of lines": (
        "return f(\n    x,  # the input\n    # of dropout\n    masks.x\n)",
        "return f(\n    x,  # the input\n)",
    ),
    "lines that fit in one": ("return f(\n    x, masks\n)  # why", "return f(x)  # why"),
    "lines with a comma at the end": ("return f(\n    masks,\n    x,\n    b,\n)", "return f(x, b)"),
    "lines that do not": (
        "return f(\n    " + "x + " * 17 + "x, masks\n)  # why",
        "return f(\n    " + "x + " * 17 + "x\n)  # why",
    ),
    "lines of lines": (
        "return f(\n    [\n        x,\n        t,\n    ],\n    masks,\n)",
        "return f(\n    [\n        x,\n        t,\n    ],\n)",
    ),
    "lines of something else": (
        "return f(\n    g(x, masks),\n    b,\n)",
        "return f(\n    g(x),\n    b,\n)",
    ),
    "a comment that a comma stands before": (
        "return f(x,  # the input\n         masks)",
        "return f(x,  # the input\n         )",
    ),
    "comments in a call that goes": (
        "y = 1 + dropped(\n    x  # the input\n    + b,  # the bias\n    masks.x,\n)\nreturn y",
        "y = 1 + (\n    x  # the input\n    + b  # the bias\n)\nreturn y",
    ),
    "several lines in a call that goes": (
        "y = dropped(\n    x\n    + b, masks.x)\nreturn y",
        "y = (x\n    + b)\nreturn y",
    ),
    "a comma in a comment": (
        "return dropped(\n    x,  # first, the input\n    masks.x,\n)",
        "return (\n    x  # first, the input\n)",
    ),
    "a comment behind a sum's comma": (
        "return f(\n    dropped(x, masks.x),  # the input\n    b,  # the bias\n)",
        "return f(\n    x,  # the input\n    b,  # the bias\n)",
    ),
    "a string with what looks like a comment": (
        "return f('# (,', masks, ')')",
        "return f('# (,', ')')",
    ),
}  # fmt: skip


def function(body, head="def step(x, masks):"):
    return "\n".join([head, *(f"    {line}" for line in body.split("\n"))])


@pytest.mark.parametrize("name", BODIES)
def test_forms(name):
    body, expected = BODIES[name]
    assert without_masks(function(body), {**NAMES, "masks_module": masks}) == function(
        expected, "def step(x):"
    )


HEADS = {
    "def f(x, masks: Masks = NO_MASKS):": "def f(x):",
    "def f(x, masks=None, reset='after'):": "def f(x, reset='after'):",
    "def f(masks, x):": "def f(x):",
    "def f(masks):": "def f():",
    "def f(x, *masks: Masks) -> int:": "def f(x) -> int:",
    "def f(x, *, masks=None):": "def f(x):",
    "def f(x, *, masks=None, k=1):": "def f(x, *, k=1):",
    "def f(x, *args, masks=None):": "def f(x, *args):",
    "def f(x, own: Masks | None = None):": "def f(x):",
    "def f(\n    x,  # why\n    masks=None,  # dropout's\n):": "def f(\n    x,  # why\n):",
    "@f(size=3)\n@masked  # why\ndef f(x, masks):": "@f(size=3)\n@masked  # why\ndef f(x):",
    "def f(x: tuple[int, int] = (1, 2), masks=()):": "def f(x: tuple[int, int] = (1, 2)):",
}  # fmt: skip


@pytest.mark.parametrize("head", HEADS)
def test_heads(head):
    assert without_masks(f"{head}\n    return 1", NAMES) == f"{HEADS[head]}\n    return 1"


def test_a_class_loses_the_field_and_its_methods_the_arguments():
    text = (
        "class Trace(NamedTuple):\n    x: Array  # the input\n    masks: Masks | None = None\n\n"
        "    def run(self, masks):\n        return dropped(self.x, masks.x)"
    )
    assert without_masks(text, NAMES) == (
        "class Trace(NamedTuple):\n    x: Array  # the input\n\n"
        "    def run(self):\n        return self.x"
    )


def test_a_name_of_the_function_itself_is_no_function_of_masks():
    text = "def f(read, x):\n    dropped = g\n    return dropped(x, 1) + dropped(x, 2)"
    assert without_masks(text, NAMES) == text
    text = "def f(x):\n    return dropped(x, 1)"
    assert without_masks(text, {}) == text


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("return x * masks.x", "masks"),
        ("for mask in masks:\n    x = x * mask\nreturn x", "mask"),
        ("return renew(x)", "renew"),
        ("own = masks.x\nf(own)\nown = 3\nreturn own", "masks.x"),
        ("return trace.masks", "trace.masks"),
        ("return lambda masks: x", "masks"),
    ],
)
def test_what_cannot_be_left_out_is_refused(body, left):
    with pytest.raises(ValueError, match=r"^masks: got '.*, expected parameters, arg") as raised:
        without_masks(function(body), NAMES)
    assert left in str(raised.value)


def test_a_block_of_nothing_but_masks_is_refused():
    with pytest.raises(ValueError, match="empty without masks"):
        without_masks(function("if x:\n    x = dropped(x, masks.x)\nreturn x"), NAMES)


def test_the_text_shown_is_not_written_anew():
    """Quotes, spaces and brackets, which `ast.unparse` would change, stay as they are."""
    body = "y = ( x  +  (1.0e-3) )\nreturn f( y,masks ), \"a\", 'b'"
    expected = body.replace(",masks", "").replace("masks", "")
    shown = without_masks(function(body), NAMES)
    assert shown == function(expected, "def step(x):")
    assert ast.unparse(ast.parse(shown)) != shown
