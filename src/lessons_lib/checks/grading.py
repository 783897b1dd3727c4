"""Grade one function for marks, in a fresh process that a submission cannot have changed.

Hidden tests run this file directly (`runpy.run_path`), so that neither a replaced `checks` nor
patched classes or NumPy functions in the notebook affect the grade. It imports nothing of the
library; the process that it starts does. The function itself runs in a third process.

The cases come from the seed in the environment variable LESSONS_LIB_SEED, which teachers keep
secret; without it, a published seed is used.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from typing import Any, NamedTuple

import cloudpickle

_PUBLISHED = 20_000
_LIMIT = 300.0  # seconds for all cases


class Grade(NamedTuple):
    """The outcome: whether everything is correct, the wrong results, and the report."""

    passed: bool
    wrong: tuple[str, ...]
    text: str

    def right(self, *names: str) -> bool:
        """Whether these results are right, or all of them if none is named."""
        return self.passed or (bool(names) and not set(names) & set(self.wrong))

    def __str__(self) -> str:
        return self.text


def grade(name: str, function: Any, lang: str = "en") -> Grade:
    """Grade a function with the check of this name.

    A mistake in a function that it calls is not counted again: the function is correct if it is
    correct with the library's version of that one.
    """
    try:
        pickled = cloudpickle.dumps(function)
    except Exception as error:  # a function that cannot be sent is not run in this process
        return Grade(False, (name,), f"✗ {name}: {type(error).__name__}: {error}")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "lessons_lib.checks.grading"],
        input=pickle.dumps((name, pickled, lang)),
        capture_output=True,
        timeout=_LIMIT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2000:])
    passed, wrong, text = json.loads(done.stdout)
    return Grade(passed, tuple(wrong), text)


def seed_for(name: str) -> int:
    """Return the seed of a function's cases, from the secret seed and the function's name."""
    secret = int(os.environ.get("LESSONS_LIB_SEED", _PUBLISHED))
    return secret * 1000 + sum(name.encode()) % 1000


def main() -> None:
    """Grade the function on standard input, and write the result."""
    from . import CHECKS
    from .isolation import Worker
    from .student import Learner

    name, pickled, lang = pickle.loads(sys.stdin.buffer.read())
    check, process = CHECKS[name], Worker()
    names = tuple(check.shapes)

    def learner(replaced: Any) -> Learner:
        form = process.take_pickled(pickled, replaced, len(names))
        return Learner(form, process, "", names)

    try:
        report = check.of(learner, lang, seed_for(name), 10.0, True)
    finally:
        process.close()
    sys.stdout.write(json.dumps([report.passed, report.wrong, str(report)]))


if __name__ == "__main__":
    main()
