"""Keep the numerical libraries of this process and its kernels on one thread.

Sums are then taken in one order on every machine, so that stored digits come out again.
"""

import os


def use_one_core() -> None:
    """Ask for one thread; to be called before NumPy or torch is imported."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
