"""Without an NVIDIA GPU, `make env` installs torch's build for the CPU, and never waits long."""

from __future__ import annotations

import contextlib
import http.server
import os
import re
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "deploy"))

import torch_build  # noqa: E402

SCRIPT = ROOT / "deploy" / "torch_build.py"


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the machine's driver and tool; a test adds them itself."""
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """Serve an index with an empty torch, in the version of requirements.txt."""
    version = torch_build.pinned((ROOT / "requirements.txt").read_text()).partition("==")[2]
    name = f"torch-{version}+cpu"
    folder = tmp_path / "index" / "torch"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            f"{name}.dist-info/METADATA",
            f"Metadata-Version: 2.1\nName: torch\nVersion: {version}+cpu\nRequires-Dist: nothing\n",
        )
        wheel.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{name}.dist-info/RECORD", "")
    (folder / "index.html").write_text(f"<a href='{name}-py3-none-any.whl'>torch</a>")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args) -> None:
            super().__init__(*args, directory=str(tmp_path / "index"))

        def log_message(self, *args) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def dripping() -> Iterator[str]:
    """Return the address of an index that accepts the request and answers one letter at a time."""
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with listener.accept()[0] as call, contextlib.suppress(OSError):
            call.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(20):
                time.sleep(0.2)
                call.sendall(b"x")

    threading.Thread(target=drip, daemon=True).start()
    with listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_without_a_gpu_the_index_for_the_cpu_is_taken(index, monkeypatch):
    monkeypatch.setattr(torch_build, "CPU_INDEX", index)
    assert torch_build.choose("", "linux") == (index, "no NVIDIA GPU is there")


def test_with_a_gpu_pip_is_left_to_itself_and_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: True)
    monkeypatch.setattr(torch_build, "answers", lambda url, limit: pytest.fail("asked"))
    assert torch_build.choose("", "linux") == ("", "an NVIDIA GPU is there")


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_systems_without_a_build_for_cuda_need_no_index(system, monkeypatch):
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: pytest.fail("looked"))
    assert torch_build.choose("", system).url == ""


def test_an_index_that_is_not_reached_is_left_after_seconds(dripping, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        closed = f"http://127.0.0.1:{gone.getsockname()[1]}"
    assert 2 * torch_build.LIMIT <= 10  # for nvidia-smi, and for the index
    monkeypatch.setattr(torch_build, "LIMIT", 1.0)
    for address in (dripping, closed, "https://no-such-host.invalid"):
        monkeypatch.setattr(torch_build, "CPU_INDEX", address)
        started = time.monotonic()
        chosen = torch_build.choose("", "linux")
        assert (chosen.url, "does not answer" in chosen.why) == ("", True)
        assert time.monotonic() - started < 2


def test_a_page_that_is_not_there_is_no_answer(index):
    assert torch_build.answers(index, 5)
    assert not torch_build.answers(f"{index}/elsewhere", 5)


def test_what_is_given_decides(monkeypatch):
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: pytest.fail("looked"))
    monkeypatch.setattr(torch_build, "answers", lambda url, limit: pytest.fail("asked"))
    assert torch_build.choose("none", "linux").url == ""
    for address in ("https://mirror.example.edu/cpu", "file:///wheels"):
        assert torch_build.choose(address, "linux").url == address
    with pytest.raises(ValueError, match="TORCH_INDEX: got 'cpu', expected the URL of an index"):
        torch_build.choose("cpu", "linux")


def test_gpus_are_found_by_the_driver_or_by_its_tool(monkeypatch, tmp_path):
    monkeypatch.undo()
    gpus, tools = tmp_path / "gpus", tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    assert not torch_build.has_nvidia_gpu(gpus)
    gpus.mkdir()
    assert not torch_build.has_nvidia_gpu(gpus)  # the driver without a GPU
    (gpus / "0000:01:00.0").mkdir()
    assert torch_build.has_nvidia_gpu(gpus)
    tool = tools / "nvidia-smi"
    for text, found in (
        ("echo 'GPU 0: NVIDIA H200 (UUID: GPU-1)'", True),
        ("echo 'No devices were found'", False),
        ("echo 'GPU access blocked by the operating system'; exit 255", False),
        ("while :; do :; done", False),
    ):
        tool.write_text(f"#!/bin/sh\n{text}\n")
        tool.chmod(0o755)
        monkeypatch.setattr(torch_build, "LIMIT", 1.0)
        assert torch_build.has_nvidia_gpu(tmp_path / "none") is found, text


def run(tmp_path: Path, *given: str) -> subprocess.CompletedProcess[str]:
    """Run the script as `make env` does, but into an empty folder."""
    settings = {"PIP_TARGET": str(tmp_path / "installed"), "PIP_CONFIG_FILE": os.devnull}
    settings |= {"NO_PROXY": "127.0.0.1", "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    command = [sys.executable, str(SCRIPT), *given]
    return subprocess.run(command, env=kept | settings, capture_output=True, text=True, timeout=120)


def test_torch_alone_is_installed_from_the_index(index, tmp_path):
    done = run(tmp_path, index)
    assert done.returncode == 0, done.stderr
    (line, *_) = done.stdout.splitlines()
    assert line == f"torch: taken from {index} (TORCH_INDEX is set). Another: make TORCH_INDEX=none"
    installed = [path.name for path in (tmp_path / "installed").iterdir()]
    assert len(installed) == 1  # without its dependencies
    assert re.fullmatch(r"torch-[\d.]+\+cpu\.dist-info", installed[0])


def test_one_line_says_that_pip_chooses_and_how_to_change_it(tmp_path):
    done = run(tmp_path, "none")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    wanted = "torch: the build that pip finds (TORCH_INDEX=none). Another: make TORCH_INDEX=https"
    assert done.stdout.startswith(wanted)
    assert not (tmp_path / "installed").exists()


def test_an_index_that_was_asked_for_and_lacks_torch_is_an_error(index, tmp_path, monkeypatch):
    assert run(tmp_path, f"{index}/elsewhere").returncode != 0
    assert "expected the URL of an index, or none" in run(tmp_path, "elsewhere").stderr
    monkeypatch.setattr(torch_build, "CPU_INDEX", index)
    monkeypatch.setattr(torch_build.sys, "platform", "linux")
    monkeypatch.setattr(
        torch_build.subprocess, "run", lambda command: SimpleNamespace(returncode=1)
    )
    assert torch_build.main() == 0  # not asked for: pip looks elsewhere
    assert torch_build.main(index) == 1


def test_the_makefile_asks_before_it_installs_the_rest():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    settings = makefile.index("deploy/torch_build.py $(TORCH_INDEX)")
    assert settings < makefile.index("install --disable-pip-version-check -r requirements.txt")
