"""The cell by which a one-language notebook gets the library on Colab, and nothing elsewhere.

It installs the wheel that lies on branch ``notebooks`` beside the notebook (deploy/branch.py), so
that both are of the same commit; its version is the one that pyproject.toml says.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import yaml

from ..one_language import Cell, Notebook
from ..texts import texts

ROOT = Path(__file__).resolve().parents[3]
BRANCH = "notebooks"


def wheel_address(root: Path = ROOT) -> str:
    """Return where the library's wheel lies on the branch of the notebooks."""
    address = yaml.safe_load((root / "_config.yml").read_text("utf-8"))["repository"]["url"]
    version = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return f"{address.rstrip('/')}/raw/{BRANCH}/lessons_lib-{version}-py3-none-any.whl"


def add_installation(notebook: Notebook, language: str, wheel: str) -> None:
    """Put the cell before the first code cell of a notebook that has any."""
    cells = notebook["cells"]
    first = next((i for i, cell in enumerate(cells) if cell["cell_type"] == "code"), None)
    if first is not None:
        cells.insert(first, _installation(language, wheel))


def _installation(language: str, wheel: str) -> Cell:
    source = f'{texts(language)["copies"]["colab"]}\nif "google.colab" in str(get_ipython()):\n'
    return {
        "cell_type": "code",
        "id": "colab",
        "metadata": {},
        "source": f"{source}    %pip install --quiet {wheel}",
        "execution_count": None,
        "outputs": [],
    }
