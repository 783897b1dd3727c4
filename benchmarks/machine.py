"""The machine on which a measurement was made."""

from __future__ import annotations

import datetime
import importlib.metadata
import importlib.util
import os
import platform
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch

from . import THREADS


def describe(device: str) -> dict[str, Any]:
    """Return processor, versions, threads and load."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    found = {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": THREADS,
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torch cpu capability": torch.backends.cpu.get_cpu_capability(),
        "numpy": np.__version__,
        "numpy blas": f"{blas['name']} {blas['version']}",
        "load average before": round(os.getloadavg()[0], 2),
    }
    if importlib.util.find_spec("keras") is not None:
        found["keras"] = importlib.metadata.version("keras")
    if device == "cuda":
        found["gpu"] = torch.cuda.get_device_name()
        found["cuda"], found["cudnn"] = torch.version.cuda, torch.backends.cudnn.version()
        found["tf32"] = torch.backends.cudnn.allow_tf32
    return found


def processor() -> str:
    """Return the processor's name, which Python's platform module does not know on Linux."""
    try:
        match = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        match = None
    return match.group(1) if match else platform.processor() or platform.machine()


def slug(text: str) -> str:
    """Return the text as part of a file's name."""
    text = re.sub(r"\((R|TM|tm|r)\)|CPU|Processor|@.*", " ", text)
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
