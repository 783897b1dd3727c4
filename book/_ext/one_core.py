"""Keep the numerical libraries of this process and its kernels on one thread.

Sums then have one order on every machine, so that stored digits are reproducible.
"""

import os


def use_one_core() -> None:
    """Request one thread; call this before NumPy or torch is imported."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
