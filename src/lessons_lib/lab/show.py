"""For every chapter: show the library's own source, so that a lesson never pastes a copy of it."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable
from typing import Any

from .unmasked import without_masks

DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Source:
    """Source text that a notebook renders as highlighted Python."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.text}\n```"


def show_source(*objects: Callable[..., Any], masks: bool = True) -> Source:
    """Return the source of functions or classes as it is in the library, without docstrings.

    Parameters
    ----------
    *objects : functions or classes of Python source
    masks : bool, optional
        If False, dropout's masks are left out, as in the chapters before dropout; the result then
        computes what the library computes without masks.

    Returns
    -------
    Source
        Rendered as Python by a notebook; `str` of it is the text.

    Raises
    ------
    TypeError
        An object is not a function or class, or has no Python source, for example a built-in.
    ValueError
        `masks` is False, and the source does something with masks that cannot be left out.
    """
    texts = map(_without_docstrings, objects)
    if not masks:
        texts = map(without_masks, texts, map(_global_names, objects))
    return Source("\n\n\n".join(texts))


def show_file(item: Callable[..., Any]) -> Source:
    """Return the file that defines a function or class, from its imports on, to be copied whole."""
    text = inspect.getsource(sys.modules[item.__module__])
    after_docstring = ast.parse(text).body[1]
    return Source("\n".join(text.splitlines()[after_docstring.lineno - 1 :]))


def _global_names(item: Callable[..., Any]) -> dict[str, Any]:
    return vars(sys.modules[inspect.unwrap(item).__module__])


def _without_docstrings(item: Callable[..., Any]) -> str:
    try:
        text = textwrap.dedent(inspect.getsource(item)).rstrip()
        tree = ast.parse(text)
    except (TypeError, OSError, SyntaxError):  # a lambda's lines need not parse by themselves
        tree = ast.Module([], [])
    if not tree.body or not isinstance(tree.body[0], DEFINITIONS):
        raise TypeError(f"objects: got {item!r}, expected a function or class with Python source")
    lines: list[str | None] = [*text.split("\n")]
    for node in ast.walk(tree):
        if isinstance(node, DEFINITIONS) and ast.get_docstring(node) is not None:
            _drop_docstring(node, lines)
    return "\n".join(line for line in lines if line is not None)


def _drop_docstring(definition: DEFINITIONS, lines: list[str | None]) -> None:
    docstring, *rest = definition.body
    if not rest:  # nothing else would be left of the definition
        return
    end = docstring.end_lineno or docstring.lineno
    lines[docstring.lineno - 1 : end] = [None] * (end - docstring.lineno + 1)
    while lines[end] == "":  # the blank line that set the docstring off
        lines[end] = None
        end += 1
