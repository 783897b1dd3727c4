"""Evaluate the expressions of GitHub's workflows, so that tests check values and not texts."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

#: Strings, in which quotes are doubled, and the operators that Python writes as words.
_PARTS = re.compile(r"'(?:[^']|'')*'|&&|\|\||!=?|[^'&|!]+|.", re.DOTALL)
_WORDS = {"&&": " and ", "||": " or ", "!": " not "}


def value(text: str, **contexts: Any) -> Any:
    """Return the value of a setting: an expression, or a text with ``${{ … }}`` in it.

    Parameters
    ----------
    text : str
    **contexts
        The names that the expression may use: ``github={"ref": "refs/heads/main"}``, functions by
        name. Comparison, ``&&``, ``||``, ``!`` and strings mean what they do in Python.
    """
    names = {name: _attributes(context) for name, context in contexts.items()}
    names["format"] = lambda form, *words: form.format(*words)
    whole = re.fullmatch(r"\s*\$\{\{(?P<inner>(?:(?!\}\}).)*)\}\}\s*", text, re.DOTALL)
    if whole or "${{" not in text:
        return _evaluated(whole["inner"] if whole else text, names)
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(_evaluated(found[1], names)), text)


def _evaluated(expression: str, names: dict[str, Any]) -> Any:
    parts = (match[0] for match in _PARTS.finditer(expression))
    python = "".join(_python(part) for part in parts)
    return eval(python.strip(), {"__builtins__": {}}, names)


def _python(part: str) -> str:
    return repr(part[1:-1].replace("''", "'")) if part.startswith("'") else _WORDS.get(part, part)


def _attributes(context: Any) -> Any:
    if isinstance(context, dict):
        return SimpleNamespace(**{name: _attributes(inner) for name, inner in context.items()})
    return context
