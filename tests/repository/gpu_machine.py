"""Print the GPU and the versions with which the tests are about to run, or what is missing.

``make test-gpu`` runs this first, so that a machine without a GPU stops at once.
"""

from __future__ import annotations

import importlib.util
import os
import sys

NEEDED = (
    "torch",
    "numpy",
    "array_api_compat",
    "matplotlib",
    "ipykernel",
    "pytest",
    "nbval",
    "xdist",
)
BESIDE = ("hypothesis", "sphinx_external_toc", "pybtex", "nbformat")  # tests, table of contents


def main() -> None:
    """Print the machine, or exit with a message."""
    missing = [name for name in (*NEEDED, *BESIDE) if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(
            f"{sys.executable} lacks {', '.join(missing)}. To leave that environment as it is, "
            f"install them beside it, with versions of requirements.txt:\n"
            f"  {sys.executable} -m pip install --target DIR --no-deps NAME==VERSION …\n"
            f"  PYTHONPATH=DIR make test-gpu PYTHON={sys.executable}"
        )
    import torch
    from verification import machine

    if not torch.cuda.is_available():
        sys.exit(
            f"No GPU here that torch {torch.__version__} can use (torch.cuda.is_available() is "
            "False): make test-gpu needs a machine with one; make test is for all others."
        )
    for name, value in machine("gpu").items():
        print(f"{name}: {value}")
    print(f"cores: {os.cpu_count()}")


if __name__ == "__main__":
    main()
