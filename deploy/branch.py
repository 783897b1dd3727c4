"""Write the files of branch ``notebooks``, which Binder, Colab and nbgitpuller open.

    python deploy/branch.py [--to DIR]       default: _build/branch

``ko/`` and ``en/`` hold the one-language notebooks, ``binder/`` the list of packages that they
need, and the wheel is the library at the same commit, so that notebooks and library always match.
The wheels of earlier versions stay on the branch (publish.yml).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = """# RNN 레슨 · RNN Lessons

이 브랜치는 자동으로 만들어집니다. 수정은 `main`에서 합니다.
`ko/book/intro.ipynb`에서 시작하십시오.

A program writes this branch; make changes in `main`. Start with `en/book/intro.ipynb`.

Code: MIT (LICENSE). Text and figures: CC BY 4.0 (LICENSE-TEXT). Third-party data: see LICENSE.
"""


def write_branch(to: Path) -> None:
    """Write the branch's files into a folder, which is emptied first."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    run(sys.executable, "-m", "_ext.notebooks", "copies", "--to", str(to))
    wheel = ["wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--wheel-dir"]
    run(sys.executable, "-m", "pip", *wheel, str(to), ".")
    shutil.copytree(ROOT / "binder", to / "binder")
    for name in ("LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, to)
    (to / "README.md").write_text(README, "utf-8")


def run(*command: str) -> None:
    """Run a command in the repository; if it fails, exit with its exit code."""
    path = os.pathsep.join(["book", os.environ.get("PYTHONPATH", "")])  # _ext is found there
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--to", type=Path, default=ROOT / "_build" / "branch")
    folder = parser.parse_args().to.resolve()
    write_branch(folder)
    print(folder)
