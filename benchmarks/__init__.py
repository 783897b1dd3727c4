"""Measurements of speed and memory: ``python -m benchmarks.layers``.

Importing this package fixes the number of threads and Keras' backend, which NumPy's, torch's and
Keras' libraries read once, when they are loaded.
"""

import os

#: Threads for each library, as many as are given by BENCHMARK_THREADS, or 2.
THREADS = int(os.environ.get("BENCHMARK_THREADS", "2"))

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = str(THREADS)
os.environ["KERAS_BACKEND"] = "torch"
