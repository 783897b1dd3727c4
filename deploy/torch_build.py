"""Install the build of torch that suits this machine, before the rest of requirements.txt.

    .venv/bin/python deploy/torch_build.py            looks for a GPU
    .venv/bin/python deploy/torch_build.py none       leaves the build to pip
    .venv/bin/python deploy/torch_build.py URL        uses this index

On Linux, pip installs the build for CUDA, which takes several GB with its dependencies. Without an
NVIDIA GPU, torch's own index for the CPU is used if it answers within a few seconds. Only torch
comes from there; its dependencies and everything else come from pip's usual index. The `torch==` of
requirements.txt accepts either build.
"""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
#: Time limit for the index's answer, in seconds.
LIMIT = 5.0
#: NVIDIA's driver for Linux makes one folder per GPU here.
GPUS = Path("/proc/driver/nvidia/gpus")


class Choice(NamedTuple):
    """The source of torch.

    Attributes
    ----------
    url : str
        The index's address; empty if pip chooses the build.
    why : str
    """

    url: str
    why: str


def has_nvidia_gpu(gpus: Path = GPUS) -> bool:
    """Return whether an NVIDIA GPU is there; under WSL only `nvidia-smi` knows."""
    if gpus.is_dir() and any(gpus.iterdir()):
        return True
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return False
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=LIMIT)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listed.returncode == 0 and "GPU" in listed.stdout


def answers(url: str, limit: float) -> bool:
    """Return whether an index has a page for torch, after `limit` seconds at the latest.

    A timeout of the request would cover neither the lookup of the name nor a very slow answer, so
    the request runs in a thread, for which nothing waits longer than that.
    """
    page = f"{url.rstrip('/')}/torch/"  # the same request as pip's, so that the answer is the same
    request = urllib.request.Request(page, headers={"User-Agent": "pip"})
    answered, finished = threading.Event(), threading.Event()

    def ask() -> None:
        try:
            with urllib.request.urlopen(request, timeout=limit):
                answered.set()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            finished.set()

    threading.Thread(target=ask, daemon=True).start()
    finished.wait(limit)
    return answered.is_set()


def choose(given: str, system: str = sys.platform) -> Choice:
    """Return the source of torch for this machine.

    Parameters
    ----------
    given : str
        The address of an index, "none" to leave the choice to pip, or empty to look for a GPU.
    system : str, optional
        The value of `sys.platform`.

    Raises
    ------
    ValueError
        `given` is neither an address nor "none".
    """
    if given == "none":
        return Choice("", "TORCH_INDEX=none")
    if given:
        if not re.match(r"(https?|file)://", given):
            raise ValueError(f"TORCH_INDEX: got {given!r}, expected the URL of an index, or none")
        return Choice(given, "TORCH_INDEX is set")
    if system != "linux":
        return Choice("", f"for {system} pip finds no build for CUDA")
    if has_nvidia_gpu():
        return Choice("", "an NVIDIA GPU is there")
    if not answers(CPU_INDEX, LIMIT):
        return Choice("", f"no NVIDIA GPU, but {CPU_INDEX} does not answer within {LIMIT:.0f} s")
    return Choice(CPU_INDEX, "no NVIDIA GPU is there")


def pinned(text: str) -> str:
    """Return torch with its version from a list of exact versions."""
    (pin,) = re.findall(r"^torch==[\w.]+", text, re.MULTILINE)
    return str(pin)


def main(given: str = "") -> int:
    """Print the choice and how to change it; install torch if its index is chosen."""
    try:
        choice = choose(given)
    except ValueError as error:
        sys.exit(str(error))
    taken = f"taken from {choice.url}" if choice.url else "the build that pip finds"
    other = "TORCH_INDEX=none" if choice.url else f"TORCH_INDEX={CPU_INDEX}"
    print(f"torch: {taken} ({choice.why}). Another: make {other}", flush=True)
    if not choice.url:
        return 0
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps"]
    pin = pinned((ROOT / "requirements.txt").read_text("utf-8"))
    failed = subprocess.run([*pip, "--index-url", choice.url, pin]).returncode
    if failed and not given:  # this index was not requested, so pip may use another
        print(f"torch: {choice.url} has no {pin} for this machine; pip looks elsewhere")
        return 0
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
