"""Ask a process of its own to run a learner's functions.

One process is kept running from check to check. If a function takes too long, even inside compiled
code, or ends the process, the next check starts a new one. On Linux, memory and the size and number
of written files are limited too; on macOS all of these except memory; on Windows only time and
output. A learner's code has the permissions of whoever runs it: this protects against accidents and
keeps the report out of its reach, but it is not a sandbox.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import os
import pickle
import queue
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar

import cloudpickle
import numpy as np

_SCRIPT = Path(__file__).with_name("worker.py")
_LOADING = 120.0  # seconds to import the modules of a function, such as torch
_GRACE = 0.5  # seconds beyond the limit in which a process reports its current line


class EndedError(Exception):
    """The process ended by itself; `code` is its exit status."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class TooSlowError(Exception):
    """No answer within the limit; `lines` are its (file, line) pairs, the innermost last."""

    def __init__(self, lines: list[tuple[str, int]]) -> None:
        super().__init__(lines)
        self.lines = lines


class Worker:
    """A process that runs a learner's functions, started when it is first asked."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._stopped = ""

    def take(self, function: Any, replaced: Mapping[str, Any], count: int) -> dict[str, Any]:
        """Send a function with `count` arguments; `replaced` are values for names that it uses.

        Raises
        ------
        Exception
            Any error of pickling, if the function cannot be sent.
        """
        return self.take_pickled(_pickled(function), replaced, count)

    def take_pickled(
        self, pickled: bytes, replaced: Mapping[str, Any], count: int
    ) -> dict[str, Any]:
        """Send a function that is pickled already, and is not to be unpickled here."""
        return self._ask("take", pickled, cloudpickle.dumps(dict(replaced)), count)

    def load(self, path: str, limit: float) -> dict[str, Any]:
        """Run a file; return the names that it defines, or the error that it raised."""
        self._ask("path", sys.path, os.getcwd())
        return self._ask("load", path, limit, self._stopped, limit=limit)

    def choose(self, name: str, replaced: Mapping[str, Any], count: int) -> dict[str, Any]:
        """Choose a function of the loaded file."""
        return self._ask("choose", name, cloudpickle.dumps(dict(replaced)), count)

    def call(self, arguments: Mapping[str, Any], limit: float) -> dict[str, Any]:
        """Call the function with copies of the arguments.

        Raises
        ------
        TooSlowError, EndedError
        """
        sent = cloudpickle.dumps(dict(arguments))
        return self._ask("call", sent, limit, self._stopped, limit=limit)

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    stream.close()  # type: ignore[union-attr]
            Path(self._stopped).unlink(missing_ok=True)

    def _ask(self, *request: Any, limit: float = _LOADING) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            self._start()
            if request[0] != "path":
                self._ask("path", sys.path, os.getcwd())
        assert self._process is not None
        body = pickle.dumps(request)
        started = time.monotonic()
        try:
            self._process.stdin.write(struct.pack("<q", len(body)) + body)  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
            answer = self._answers.get(timeout=limit + _GRACE)
        except queue.Empty:
            lines = _lines(self._stopped)
            self.close()
            raise TooSlowError(lines) from None
        except OSError:
            answer = None
        except BaseException:  # Ctrl+C: its pending answer would be taken for the next one's
            self.close()
            raise
        if answer is None:
            if time.monotonic() - started >= limit:  # telling the line may end it, in compiled code
                lines = _lines(self._stopped)
                self.close()
                raise TooSlowError(lines)
            code = None
            with contextlib.suppress(subprocess.TimeoutExpired):  # it lives, but writes no answers
                code = self._process.wait(1)
            self.close()
            raise EndedError(code)
        return answer

    def _start(self) -> None:
        self.close()
        handle, self._stopped = tempfile.mkstemp(prefix="lessons_lib_checks_")
        os.close(handle)
        self._answers = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl+C is for the asking process
        )
        arguments = (self._process.stdout, self._answers)
        threading.Thread(target=_listen, args=arguments, daemon=True).start()


def _code(code: CodeType) -> Any:
    """Keep the file's name, which cloudpickle leaves out, so that lines can be reported."""
    make, arguments = cloudpickle.Pickler.dispatch_table[CodeType](code)
    return make, tuple(code.co_filename if a == "<dynamic-code>" else a for a in arguments)


class _Pickler(cloudpickle.Pickler):
    dispatch_table: ClassVar[Any] = ChainMap({CodeType: _code}, cloudpickle.Pickler.dispatch_table)


def _dumped(value: Any) -> bytes:
    stream = io.BytesIO()
    _Pickler(stream).dump(value)
    return stream.getvalue()


def _pickled(function: Any) -> bytes:
    """Pickle a learner's code by value, even if it is in an importable module."""
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    file = getattr(module, "__file__", None) or ""
    if not file or "site-packages" in file or file.startswith(sys.base_prefix):
        return _dumped(function)
    cloudpickle.register_pickle_by_value(module)
    try:
        return _dumped(function)
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def _listen(stream: Any, answers: queue.Queue[dict[str, Any] | None]) -> None:
    """Put the answers of a process into a queue, and None when it has ended."""
    try:
        while head := stream.read(16):
            sizes = struct.unpack("<qq", head)
            text, body = (stream.read(size) for size in sizes)
            answers.put(_with_arrays(json.loads(text), body))
    except Exception:  # other output is not the worker's: a learner's code wrote it
        pass
    finally:
        answers.put(None)


def _with_arrays(answer: dict[str, Any], body: bytes) -> dict[str, Any]:
    arrays: list[np.ndarray | None] = []
    start = 0
    for entry in answer["arrays"]:
        if entry is None or not entry[0]:
            arrays.append(None)
            continue
        dtype, shape = np.dtype(entry[0]), tuple(entry[1])
        end = start + dtype.itemsize * int(np.prod(shape))
        arrays.append(np.frombuffer(body[start:end], dtype).reshape(shape))
        start = end
    return {**answer, "arrays": arrays}


def _lines(stopped: str) -> list[tuple[str, int]]:
    """Return the lines that a process was executing when its time was over."""
    found = []
    with contextlib.suppress(OSError):
        for line in Path(stopped).read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith('  File "') and '", line ' in line:
                file, _, rest = line[8:].rpartition('", line ')
                found.append((file, int(rest.split(" ")[0])))
    return found[::-1]


#: The worker of checks in notebooks.
WORKER = Worker()
atexit.register(WORKER.close)
