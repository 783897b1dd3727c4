"""A learner's code runs in a process of its own, which it may end, hold, flood or break."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from lessons_lib import checks
from lessons_lib.checks.isolation import EndedError, TooSlowError, Worker

STEP = "np.tanh(x @ W_ih.T + h @ W_hh.T + b)"
#: Actions of a function before it returns the correct value, and words of the report.
HOSTILE = {
    "hold": ("9 ** (9 ** (9 + len(x) * 0))", "stopped after 1 seconds, at line"),
    "consume": (
        "import collections, itertools; collections.deque(itertools.repeat(0), maxlen=0)",
        "stopped after 1 seconds, at line",
    ),
    "flood": ("while True: print('x' * 10**6)", "stopped after 1 seconds"),
    "leave": ("import os; os._exit(0)", "the process ended before the function returned"),
    "crash": ("import ctypes; ctypes.string_at(0)", "the process ended before"),
    "memory": ("y = np.ones(2**33)", "stopped because it used too much memory"),
    "interrupt": ("import os, signal; os.kill(os.getpid(), signal.SIGINT)", "KeyboardInterrupt"),
    "error": ("raise type('E', (Exception,), {'__str__': lambda s: 1 / 0})", "raised an error"),
    "recursion": ("f = lambda: f(); f()", "RecursionError"),
    "input": ("input()", "EOFError"),
}
#: Actions that do not make a function wrong.
HARMLESS = {
    "close": "import sys; sys.stdout.close(); sys.stderr.close()",
    "descriptors": "import os; os.close(1); os.close(2)",
    "folder": "import os; os.chdir('/')",
    "replace": "import sys; sys.stdout = None",
    "thread": "import threading, time; threading.Thread(target=time.sleep, args=(9,)).start()",
}


def function(line: str):
    names: dict = {}
    exec(
        f"import numpy as np\ndef rnn_step(x, h, W_ih, W_hh, b):\n    {line}\n    return {STEP}",
        names,
    )
    return names["rnn_step"]


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux")
def test_what_is_hostile_gets_a_report_within_the_limit(kind):
    line, text = HOSTILE[kind]
    started = time.perf_counter()
    report = checks.rnn_step(function(line), "en", time_limit=1)
    assert not report
    assert text in str(report)
    assert time.perf_counter() - started < 8
    assert checks.rnn_step(function("pass"), "en")


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_is_harmless_is_right(kind):
    folder = os.getcwd()
    for _ in range(2):
        report = checks.rnn_step(function(HARMLESS[kind]), "en")
        assert report, report
    assert os.getcwd() == folder
    assert not sys.stdout.closed


@pytest.mark.parametrize("value", ["x.to('meta')", "x.to_sparse()"])
def test_tensors_without_plain_values_are_told(value):
    names: dict = {}
    head = "import torch\ndef f(x, h, W_ih, W_hh, b):\n    x = torch.as_tensor(x)\n"
    exec(f"{head}    return {value}", names)
    text = str(checks.rnn_step(names["f"], "en"))
    told = "got a value of type Tensor (meta)" if "meta" in value else "got shape (3, 4)"
    assert told in text


def test_what_is_sent_back_is_not_unpickled(tmp_path):
    """A result that runs code when it is unpickled does not run it in the calling process."""
    mark = tmp_path / "mark"

    def wrong(x, h, W_ih, W_hh, b):
        class Trap:
            def __reduce__(self):
                return (Path.touch, (mark,))

        return np.array([Trap()], dtype=object)

    assert "dtype object" in str(checks.rnn_step(wrong, "en"))
    assert not mark.exists()


def test_a_function_that_cannot_be_sent_is_checked_here():
    import threading

    lock = threading.Lock()

    def locked(x, h, W_ih, W_hh, b):
        with lock:
            return np.tanh(x @ W_ih.T + h @ W_hh.T + b)

    def wrong(x, h, W_ih, W_hh, b):
        with lock:
            return np.tanh(x @ W_ih.T + h @ W_hh.T)

    def endless(x, h, W_ih, W_hh, b):
        while lock:
            pass

    assert checks.rnn_step(locked, "en")
    assert checks.rnn_step(wrong, "en").mistakes == ("no-bias",)
    assert "stopped after 0.3 seconds" in str(checks.rnn_step(endless, "en", time_limit=0.3))


def test_a_warm_process_answers_fast():
    """The bound is 300 ms on an idle machine; here it is looser, for other tests use the cores."""
    right = function("pass")
    checks.rnn_step(right, "en")
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        assert checks.rnn_step(right, "en")
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.3


def test_the_process_loads_torch_only_for_those_who_use_it():
    worker = Worker()
    try:
        worker.take(lambda: __import__("sys").modules.get("torch") is None or 1 / 0, {}, 0)
        assert "error" not in worker.call({}, 5)
    finally:
        worker.close()


def test_a_worker_that_has_ended_is_started_anew():
    worker = Worker()
    try:
        worker.take(lambda: os._exit(3), {}, 0)
        with pytest.raises(EndedError) as ended:
            worker.call({}, 5)
        assert ended.value.code == 3
        worker.take(lambda: np.ones(2), {}, 0)
        assert worker.call({}, 5)["arrays"][0].tolist() == [1, 1]
    finally:
        worker.close()


FILES = {
    "syntax": ("x = = 1\n", "SyntaxError"),
    "exit": ("import os\nos._exit(0)\n", "the process ended"),
    "system-exit": ("raise SystemExit(0)\n", "SystemExit"),
    "endless": ("while True: pass\n", "stopped after"),
    "empty": ("", "no function to check"),
    "exit-in-function": (
        "import os\ndef rnn_step(x, h, W_ih, W_hh, b):\n    os._exit(0)\n",
        "the process ended",
    ),
    "replace-checks": (
        "from lessons_lib.checks.report import Report\nReport.__bool__ = lambda s: True\n"
        "Report.passed = True\ndef rnn_step(x, h, W_ih, W_hh, b):\n    return h\n",
        "not correct yet",
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_always_gets_a_status_and_a_junit_file(kind, tmp_path):
    source, text = FILES[kind]
    (tmp_path / "mine.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "lessons_lib.checks", "mine.py", "--lang", "en"]
    command += ["--time-limit", "1", "--junit", "out.xml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2)
    assert text in done.stdout
    assert done.stderr == ""
    suite = ET.parse(tmp_path / "out.xml").getroot()
    assert int(suite.get("failures", 0)) >= 1
    assert text in (suite[0][0].text or "")


def test_a_process_that_ends_when_its_time_is_over_was_too_slow():
    """Telling the line of a thread that runs may end the process: the cause is the time."""

    def late():
        time.sleep(0.4)
        os._exit(3)

    worker = Worker()
    try:
        worker.take(late, {}, 0)
        with pytest.raises(TooSlowError):
            worker.call({}, 0.3)
    finally:
        worker.close()


def test_answers_that_are_no_answers_end_the_process():
    """Code in the process may write to the pipe itself; that gives no report."""
    forged = json.dumps({"arrays": "?"}).encode()
    frame = f"struct.pack('<qq', {len(forged)}, 0) + {forged!r}"
    line = (
        "import os, struct\n    for fd in range(3, 20):\n"
        f"        try: os.write(fd, {frame})\n        except OSError: pass\n"
    )
    report = checks.rnn_step(function(line), "en", time_limit=2)
    assert not report
