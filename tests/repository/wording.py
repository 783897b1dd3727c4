"""Find wording that the project replaces, in docstrings, comments and messages.

Some English of the first edition followed German word order. This module finds the phrases that a
pattern can hold, with what to write instead: ``python tests/repository/wording.py [FILE ...]``.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "book/_ext", "tests", "deploy", "benchmarks", "assignments")
#: Data, not prose about the code: learners' files, and this list with its test.
LEFT_OUT = (
    "tests/library/student_code",
    "tests/library/handed_in",
    "tests/repository/wording.py",
    "tests/repository/test_wording.py",
)
#: Phrases as patterns, each with what to write instead.
WORDING = {
    r"(?<![Tt]here )\b(is|are|was|were|be) none\b(?! of\b)": "is not a …",
    r"(?<![Tt]here )\b(is|are|was|were) no (?!longer|more|less|wider)": "is not a …",
    r"\b[Ss]tands?\b": "is, means",
    r"\b[Ff]irst states?\b": "initial state",
    r"\bonce an? \w+": "once per …",
    r"\b[Mm]end(s|ed|ing)?\b": "fix",
    r"\b[Rr]ightly\b": "correctly",
    r"\bin the place of\b": "instead of",
    r"\b[Jj]udge(s|d)?\b": "reference, check",
    r"\b([Pp]roofs?|[Pp]roven?|[Pp]roves)\b(?!-)": "verification, verified",
}
PATTERNS = [(re.compile(pattern), write) for pattern, write in WORDING.items()]


def prose(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of a module's docstrings, comments, and messages of errors."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if text := ast.get_docstring(node, clean=False):
                yield node.body[0].lineno, text
        elif isinstance(node, ast.Raise | ast.Assert):
            message = node.exc if isinstance(node, ast.Raise) else node.msg
            yield node.lineno, " ".join(_strings(message))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _strings(node: ast.AST | None) -> Iterator[str]:
    for part in ast.walk(node) if node is not None else ():
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def complaints(source: str) -> Iterator[str]:
    """Yield line, phrase and what to write instead, for each phrase of a module."""
    for line, text in prose(source):
        for pattern, write in PATTERNS:
            for match in pattern.finditer(text):
                place = line + text[: match.start()].count("\n")
                yield f"{place}: {match[0]!r}: write {write!r}"


def modules() -> Iterator[Path]:
    """Yield the modules whose wording is checked."""
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(LEFT_OUT) and "node_modules" not in path.parts:
            yield path


def main(files: list[str]) -> int:
    """Print every complaint about these files, or about all modules; return the exit code."""
    chosen = {ROOT / name for name in files}
    found = [
        f"{path.relative_to(ROOT)}:{complaint}"
        for path in modules()
        if path in chosen or not chosen
        for complaint in complaints(path.read_text("utf-8"))
    ]
    print(*found, sep="\n", end="\n" if found else "")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
