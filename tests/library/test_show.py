"""show_source: the library's text without docstrings."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap

import numpy as np
import pytest
from registry import MODULES

import lessons_lib
from lessons_lib import lstm, rnn, scan
from lessons_lib.lab import show_file, show_source
from lessons_lib.lab.show import Source

FUNCTIONS = {
    f"{module.__name__}.{name}": item
    for module in MODULES
    for name, item in vars(module).items()
    if inspect.isfunction(item) and item.__module__.startswith("lessons_lib")
}


def is_documented(node):
    """Say if there is a docstring that can be left out, because it is not the whole body."""
    return ast.get_docstring(node) is not None and len(node.body) > 1


def without_docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and is_documented(node):
            del node.body[0]
    return ast.dump(tree)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_text_is_the_librarys_less_the_docstring(name):
    item = FUNCTIONS[name]
    shown, source = str(show_source(item)), textwrap.dedent(inspect.getsource(item))
    tree = ast.parse(source)
    (definition,) = tree.body
    documented = isinstance(definition, ast.FunctionDef) and is_documented(definition)
    assert without_docstrings(tree) == ast.dump(ast.parse(shown))
    head, _, rest = source.partition('"""')
    if documented:  # line by line too, comments and blank lines with them
        assert shown == (head.rstrip(" ") + rest.partition('"""')[2].lstrip("\n")).rstrip("\n")
    else:
        assert shown == source.rstrip("\n")


def test_a_lessons_function_reads_as_it_should():
    assert str(show_source(rnn.step_backward)) == (
        "def step_backward(\n"
        "    params: Params, cache: Cache, dstate: State, masks: Masks = NO_MASKS\n"
        ") -> tuple[Array, State]:\n"
        "    (dh,) = dstate\n"
        "    da = dh * (1 - cache.h**2)\n"
        "    return da, (masked_product_backward(da, params.W_hh, masks.h),)"
    )


class Documented:
    """Documented."""

    size: int = 1

    def method(self):
        """Answer."""
        return self.size

    def only_words(self):
        """Nothing but this."""


def test_of_a_class_the_methods_docstrings_go_too():
    assert str(show_source(Documented)) == (
        "class Documented:\n"
        "    size: int = 1\n\n"
        "    def method(self):\n"
        "        return self.size\n\n"
        "    def only_words(self):\n"
        '        """Nothing but this."""'
    )


def test_a_method_is_shown_from_the_margin():
    shown = str(show_source(Documented.method))
    assert shown == "def method(self):\n    return self.size"


def test_a_file_is_shown_whole_from_its_imports_on():
    text, shown = inspect.getsource(lstm), str(show_file(lstm.step))
    assert shown.startswith("from __future__ import annotations\n")
    assert text.endswith(shown + "\n")
    assert text.startswith('"""The long short-term memory')
    assert "The long short-term memory" not in shown


def test_several_stand_two_lines_apart():
    one, two = str(show_source(rnn.step)), str(show_source(lstm.step))
    assert str(show_source(rnn.step, lstm.step)) == f"{one}\n\n\n{two}"


def test_a_bound_function_shows_the_loop():
    assert str(show_source(lstm.forward)) == str(show_source(scan.forward))


def test_a_notebook_gets_highlighted_python():
    source = Source("x = 1")
    assert repr(source) == "x = 1"
    assert source._repr_markdown_() == "```python\nx = 1\n```"


@pytest.mark.parametrize(
    "item", [len, 3, np.zeros(2), "step", lessons_lib.rnn, (lambda: 0), rnn.CELL, None]
)
def test_what_has_no_source_is_refused(item):
    message = re.escape(f"objects: got {item!r}, expected a function or class with Python source")
    with pytest.raises(TypeError, match=message):
        show_source(rnn.step, item)
