"""Show the library's own source in a notebook, so that a lesson never pastes a copy of it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any


class Source:
    """Source text that a notebook renders as highlighted Python."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.text}\n```"


def show_source(*objects: Callable[..., Any]) -> Source:
    """Return the source of functions or classes as it stands in the library, docstrings left out.

    Parameters
    ----------
    *objects : functions or classes of Python source

    Returns
    -------
    Source
        Rendered as Python by a notebook; `str` of it is the text.

    Raises
    ------
    TypeError
        An object has no Python source, as a built-in or an array has none.
    """
    return Source("\n\n\n".join(_without_docstring(item) for item in objects))


def _without_docstring(item: Callable[..., Any]) -> str:
    try:
        text = textwrap.dedent(inspect.getsource(item))
    except (TypeError, OSError) as error:
        raise TypeError(
            f"objects: got {item!r}, expected a function or class with Python source"
        ) from error
    lines = text.rstrip().split("\n")
    definition = ast.parse(text).body[0]
    if isinstance(definition, ast.FunctionDef | ast.ClassDef):
        first = definition.body[0]
        if ast.get_docstring(definition) is not None and len(definition.body) > 1:
            del lines[first.lineno - 1 : first.end_lineno]
            while not lines[first.lineno - 1].strip():  # the blank line that set the docstring off
                del lines[first.lineno - 1]
    return "\n".join(lines)
