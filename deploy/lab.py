"""Helpers of the Binder and hub tests: a folder of the branch, ports, requests, kernels.

Everything runs on this machine's loopback interface and within time limits.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import requests
import websocket

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = "book/recurrence"
MEMORY_LIMIT = 1000  # MB that mybinder.org guarantees for one reader
CELL_LIMIT = 300  # seconds


class LabError(Exception):
    """A check failed."""


def check(fact: bool, message: str) -> None:
    """Raise `LabError` if the fact is false."""
    if not fact:
        raise LabError(message)


def free_port() -> int:
    """Return an unused port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(home: Path) -> dict[str, str]:
    """Return an environment with this Python's packages, a separate home, and one core."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTHON"))}
    home.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**kept, "HOME": str(home), "PATH": path, "OMP_NUM_THREADS": "1"}


def wait_for(what: str, ready: Callable[[], Any], seconds: float) -> Any:
    """Call `ready` until its answer is true; return the answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if answer := ready():
                return answer
        except (requests.ConnectionError, json.JSONDecodeError):
            pass  # the server does not listen yet, or the file is incomplete
        time.sleep(0.2)
    raise LabError(f"{what}: not ready within {seconds:.0f} s")


def megabytes(process: psutil.Process) -> float:
    """Return the memory of a process and its children."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def stop(process: subprocess.Popen) -> None:
    """End a process and its children: terminate first, kill what is left."""
    if process.poll() is not None:
        return
    family = [psutil.Process(process.pid)]
    family += family[0].children(recursive=True)
    process.terminate()
    _, left = psutil.wait_procs(family, timeout=20)
    for one in left:
        one.kill()
    process.wait(10)


def prepare(work: Path, environ: dict[str, str]) -> None:
    """Copy the files from `make branch`, and run postBuild there as repo2docker does."""
    shutil.copytree(ROOT / "_build" / "branch", work)
    forget = [sys.executable, "-m", "pip", "uninstall", "--quiet", "--yes", "lessons-lib"]
    subprocess.run(forget, check=True)
    subprocess.run(["bash", "binder/postBuild"], cwd=work, env=environ, check=True)


def code_cells(notebook: Path) -> list[str]:
    """Return the source of a notebook's code cells."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def execute(server: str, token: str, folder: str, cells: list[str]) -> Iterator[float]:
    """Start a kernel on a Jupyter server and run the cells; yield each one's seconds.

    Raises
    ------
    LabError
        A cell raised an error or took too long.
    """
    headers = {"Authorization": f"token {token}"}
    body: dict[str, Any] = {"type": "notebook", "path": f"{folder}/run.ipynb", "name": ""}
    body["kernel"] = {"name": "python3"}
    answer = requests.post(f"{server}/api/sessions", json=body, headers=headers, timeout=60)
    answer.raise_for_status()
    kernel = answer.json()["kernel"]["id"]
    address = server.replace("http", "ws", 1) + f"/api/kernels/{kernel}/channels"
    channel = websocket.create_connection(
        address, header=[f"Authorization: token {token}"], timeout=CELL_LIMIT
    )
    try:
        for source in cells:
            start = time.monotonic()
            _run(channel, source)
            yield time.monotonic() - start
    finally:
        channel.close()


def _run(channel: websocket.WebSocket, source: str) -> None:
    message = uuid.uuid4().hex
    header = {"msg_id": message, "msg_type": "execute_request", "username": "", "session": "t"}
    header |= {"version": "5.3", "date": ""}
    content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
    content |= {"user_expressions": {}, "stop_on_error": True}
    channel.send(
        json.dumps(
            {
                "header": header,
                "parent_header": {},
                "metadata": {},
                "content": content,
                "channel": "shell",
                "buffers": [],
            }
        )
    )
    while True:
        got = json.loads(channel.recv())
        if got["parent_header"].get("msg_id") == message and got["msg_type"] == "execute_reply":
            content = got["content"]
            check(content["status"] == "ok", f"a cell failed: {content.get('evalue')}\n{source}")
            return
