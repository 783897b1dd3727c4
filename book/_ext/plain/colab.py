"""The cell that installs the library on Colab, and says how to install it elsewhere.

It installs the wheel that is on branch ``notebooks`` with the notebook (deploy/branch.py), so that
both are from the same commit; its version is the one in pyproject.toml.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import yaml

from ..one_language import Cell, Notebook
from ..repository import Repository
from ..texts import texts

ROOT = Path(__file__).resolve().parents[3]
BRANCH = "notebooks"


def wheel_address(root: Path = ROOT) -> str:
    """Return the address of the wheel on the notebooks' branch; empty without an owner."""
    settings = yaml.safe_load((root / "_config.yml").read_text("utf-8"))["repository"]
    repository = Repository(settings["url"].rstrip("/"), settings["branch"])
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    wheel = f"{repository.address}/raw/{BRANCH}/lessons_lib-{version}-py3-none-any.whl"
    return wheel if repository.is_set else ""


def install_command(wheel: str) -> str:
    """Return the command that installs the library with everything that the chapters need.

    Without a wheel, it installs the library from the current folder, a copy of the repository.
    """
    return (
        f'pip install "lessons-lib[chapters] @ {wheel}"' if wheel else 'pip install ".[chapters]"'
    )


def add_installation(notebook: Notebook, language: str, wheel: str) -> None:
    """Put the cell before the first code cell of a notebook, if it has code cells."""
    cells = notebook["cells"]
    first = next((i for i, cell in enumerate(cells) if cell["cell_type"] == "code"), None)
    if first is not None:
        cells.insert(first, _installation(language, wheel))


def _installation(language: str, wheel: str) -> Cell:
    phrases = texts(language)["copies"]
    lines = [f"{phrases['install' if wheel else 'install_here']} {install_command(wheel)}"]
    if wheel:
        lines += [phrases["colab"], 'if "google.colab" in str(get_ipython()):']
        lines += [f"    %pip install --quiet {wheel}"]
    return {
        "cell_type": "code",
        "id": "colab",
        "metadata": {},
        "source": "\n".join(lines),
        "execution_count": None,
        "outputs": [],
    }
