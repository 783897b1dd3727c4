"""Measurements of speed and memory: ``python -m benchmarks.layers``.

Importing this package sets the number of threads and Keras's backend. NumPy's, torch's and Keras's
libraries read these settings once, when they are loaded.
"""

import os

#: Number of threads of each library: BENCHMARK_THREADS, or 2.
THREADS = int(os.environ.get("BENCHMARK_THREADS", "2"))

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = str(THREADS)
os.environ["KERAS_BACKEND"] = "torch"
