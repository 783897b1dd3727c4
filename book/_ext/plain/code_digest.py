"""The code that a page runs, its cells and the library's modules, and a digest of it.

The record of a run holds the digest, which shows whether a page would still run the same code.
Comments, docstrings and the layout of the library's lines do not count; equations do.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..one_language import Notebook

LIBRARY = "lessons_lib"
TIMEOUT = 60  # seconds
_LOADED = (
    "{n: str(getattr(m, '__file__', None)) for n, m in [*__import__('sys').modules.items()]"
    f" if n.split('.')[0] == {LIBRARY!r}}}"
)
_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
# Fields without effect on the program, or that only some versions of Python fill.
_LEFT_OUT = ("ctx", "kind", "type_comment", "type_ignores")


def code_cells(notebook: Notebook) -> list[str]:
    """Return the text of a notebook's code cells."""
    code = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [source if isinstance(source, str) else "".join(source) for source in code]


def loaded_modules(ask: Callable[..., dict[str, Any]]) -> dict[str, str]:
    """Return the library's modules that a running kernel has loaded, and their files.

    Parameters
    ----------
    ask
        The method ``execute_interactive`` of the kernel's client.
    """
    reply = ask("", silent=True, user_expressions={"loaded": _LOADED}, timeout=TIMEOUT)
    answer = reply["content"]["user_expressions"]["loaded"]
    return ast.literal_eval(answer["data"]["text/plain"])


def module_file(root: Path, module: str) -> Path:
    """Return the source file of a module, or of a package."""
    path = Path(root, "src", *module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def digest(notebook: Notebook, modules: str, root: Path) -> str:
    """Return a digest of a notebook's code cells and of the modules that they load.

    Parameters
    ----------
    notebook
    modules : str
        Names of the library's modules, separated by spaces.
    root : Path
        The folder that holds ``src``.

    Raises
    ------
    FileNotFoundError
        A module does not exist.
    """
    files = [module_file(root, module) for module in modules.split()]
    trees = [_statements(file.read_text("utf-8")) for file in files]
    return _hash("\0".join([*code_cells(notebook), *trees]))


def is_of(run: dict[str, Any], notebook: Notebook, root: Path) -> bool:
    """Return whether a recorded run has run exactly the present code."""
    if "modules" not in run:  # a record without the library's modules
        return False
    try:
        return run["code"] == digest(notebook, run["modules"], root)
    except FileNotFoundError:
        return False


@functools.cache
def _statements(source: str) -> str:
    """Return a digest of a module's statements."""
    return _hash("".join(_written(ast.parse(source))))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _written(node: Any) -> Iterator[str]:
    """Write a syntax tree in the same way under every version of Python.

    `ast.dump` lists empty fields in some versions and leaves them out in others.
    """
    if isinstance(node, list):
        for item in node:
            yield "["
            yield from _written(item)
            yield "]"
    elif isinstance(node, ast.AST):
        yield f"{type(node).__name__}("
        for name, value in ast.iter_fields(node):
            if name == "body" and isinstance(node, _DOCUMENTED) and ast.get_docstring(node):
                value = value[1:]
            if isinstance(node, ast.JoinedStr):  # Python 3.12 ends some of them with an empty text
                value = [part for part in value if getattr(part, "value", None) != ""]
            if name not in _LEFT_OUT and value not in (None, []):
                yield f"{name}="
                yield from _written(value)
        yield ")"
    else:
        yield repr(node)
