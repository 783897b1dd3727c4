"""The process in which a learner's functions run; `isolation` starts it and asks it.

It runs as a script and imports nothing of the library, so that it starts fast. Requests arrive as
pickles on standard input; answers go to standard output as JSON and the bytes of arrays, because
the output of a learner's process must not be unpickled. The learner's own output is captured.
"""

from __future__ import annotations

import contextlib
import faulthandler
import inspect
import io
import json
import os
import pickle
import signal
import struct
import sys
import threading
import traceback
import types
import warnings
from typing import Any

import numpy as np

_PRINTED = 2000  # characters kept of printed text
_LARGEST = 2**26  # bytes of all results together
_MEMORY = 2**31  # bytes that a function may allocate in addition to those before its call
_LATER = 0.2  # seconds that faulthandler waits longer; less than `isolation._GRACE`
_FILE_SIZE, _OPEN_FILES = 2**24, 256


class _Printed(io.TextIOBase):
    """Keep only the beginning of a printed text."""

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += str(text)[: _PRINTED - len(self.text)]
        return len(text)

    def close(self) -> None:
        """Stay open; a learner must not close this process's output."""


class Learner:
    """A learner's function, or the functions of a file."""

    def __init__(self) -> None:
        self.function: Any = None
        self.file: dict[str, Any] = {}

    def path(self, path: list[str], folder: str) -> dict[str, Any]:
        """Import from the same places as the calling process."""
        sys.path[:] = path
        with contextlib.suppress(OSError):
            os.chdir(folder)
        return {}

    def take(self, pickled: bytes, replaced: bytes, count: int) -> dict[str, Any]:
        """Take a function with `count` arguments, and replacements for names among its globals."""
        self.function = pickle.loads(pickled)
        return self._replace(pickle.loads(replaced), count)

    def load(self, path: str, limit: float, stopped: str) -> dict[str, Any]:
        """Run a file; return the names that it defines."""
        module = types.ModuleType("learners_file")
        module.__file__ = path
        sys.modules[module.__name__] = module
        sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
        with open(path, "rb") as source:
            code = compile(source.read(), path, "exec")
        with open(stopped, "w") as lines, _watchdog(limit, lines):
            exec(code, vars(module))
        self.file = vars(module)
        return {"names": [name for name in self.file if isinstance(name, str)]}

    def choose(self, name: str, replaced: bytes, count: int) -> dict[str, Any]:
        """Choose a function of the file."""
        self.function = self.file[name]
        return self._replace(pickle.loads(replaced), count)

    def _replace(self, replaced: dict[str, Any], count: int) -> dict[str, Any]:
        scope = getattr(self.function, "__globals__", {})
        here = {name: value for name, value in replaced.items() if name in scope}
        scope.update(here)
        return {"replaced": list(here), **form(self.function, count)}

    def call(self, arguments: bytes, limit: float, stopped: str) -> dict[str, Any]:
        """Call the function, with tensors if it asks for them."""
        return self.attempt(pickle.loads(arguments), limit, stopped)

    def attempt(self, given: dict[str, Any], limit: float, stopped: str) -> dict[str, Any]:
        """Call the function with these arguments, and with tensors if it fails on arrays."""
        spare = _map(np.copy, given)
        answer = self._call(given, limit, stopped)
        if "error" in answer and "torch" in sys.modules:
            again = self._call(_map(sys.modules["torch"].from_numpy, spare), limit, stopped)
            if "error" not in again or self._asks_for_tensors(answer["error"]["text"]):
                return again
        return answer

    def _call(self, given: dict[str, Any], limit: float, stopped: str) -> dict[str, Any]:
        before = _map(lambda array: np.array(_as_numpy(array)), given)
        with open(stopped, "w") as lines, _limits(), _watchdog(limit, lines):
            answer = _watched(lambda: _results(self.function(*given.values())))
        changed = [name for name in given if not _same(before[name], given[name])]
        return {**answer, "changed": changed}

    def _asks_for_tensors(self, error: str) -> bool:
        code = getattr(self.function, "__code__", None)
        scope = getattr(self.function, "__globals__", {})
        named = code.co_names if code else ()
        of_torch = any(scope.get(name) is sys.modules["torch"] for name in named)
        return of_torch or "Tensor" in error or "ndarray' object has no" in error


def form(function: Any, count: int) -> dict[str, Any]:
    """Describe a function with `count` arguments without calling it."""
    said = {"callable": callable(function), "kind": type(function).__name__, "fits": True}
    with contextlib.suppress(ValueError, RecursionError):
        try:
            signature = inspect.signature(function)
        except TypeError:  # a built-in's signature may be unknown
            return said
        said["signature"] = str(signature)
        try:
            signature.bind(*range(count))
        except TypeError:
            said["fits"] = False
    return said


def _watched(action: Any) -> dict[str, Any]:
    """Run a function; return its results, with its output, warnings and errors."""
    printed = _Printed()
    old = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = printed
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("default")
        try:
            answer = action()
        except BaseException as error:  # SystemExit too: exit() must not end this process
            answer = {"error": _error(error)}
        finally:
            sys.stdout, sys.stderr = old
    told = [f"{w.category.__name__}: {w.message}" for w in warned]
    return {**answer, "printed": printed.text, "warned": list(dict.fromkeys(told))[:3]}


def _error(error: BaseException) -> dict[str, Any]:
    frames = [
        (f.f_code.co_filename, number) for f, number in traceback.walk_tb(error.__traceback__)
    ]
    try:
        text = "".join(traceback.format_exception_only(error)).strip()
    except Exception:  # an error whose text cannot be formed
        text = type(error).__name__
    kinds = [kind.__name__ for kind in type(error).__mro__]
    return {"kinds": kinds, "text": text[:_PRINTED], "frames": frames[-50:]}


def _results(value: Any) -> dict[str, Any]:
    """Describe a function's results: their form in words, and their arrays."""
    parts = list(value) if isinstance(value, tuple | list) else [value]
    arrays: list[Any] = [
        _as_numpy(part) if _is_array(part) or _is_number(part) else None for part in parts
    ]
    if sum(a.nbytes for a in arrays if a is not None) > _LARGEST:
        return {"too_large": True}
    return {
        "kind": _kind(value),
        "kinds": [_kind(part) for part in parts],
        "dtypes": [
            str(a.dtype) if _is_array(p) else "" for p, a in zip(parts, arrays, strict=True)
        ],
        "arrays": arrays,
    }


def _is_array(value: Any) -> bool:
    if isinstance(value, np.generic) or getattr(value, "is_meta", False):
        return False
    return hasattr(value, "__array__") or _is_tensor(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, np.number) or type(value) in (int, float)


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _kind(value: Any) -> str:
    """Describe a value, for example "dict with dx, db" or "list of 3"."""
    name = type(value).__name__
    if isinstance(value, dict):
        return f"{name}: {', '.join(map(str, list(value)[:6]))}"
    if isinstance(value, list | tuple):
        return f"{name}: {', '.join(type(part).__name__ for part in value[:6])}"
    return f"{name} (meta)" if getattr(value, "is_meta", False) else name


def _as_numpy(value: Any) -> Any:
    if type(value) in (int, float):
        with contextlib.suppress(OverflowError):  # a whole number of any size
            return np.asarray(value, np.int64 if type(value) is int else np.float64)
        return np.asarray(np.inf)
    if not _is_tensor(value):
        return np.asarray(value) if hasattr(value, "__array__") else value
    tensor = value.detach().cpu()
    tensor = tensor.to_dense() if tensor.layout is not sys.modules["torch"].strided else tensor
    try:
        return np.asarray(tensor.resolve_conj().resolve_neg())
    except TypeError:  # NumPy has no bfloat16
        return np.asarray(tensor.float())


def _map(change: Any, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _map(change, part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_map(change, part) for part in value)
    return change(value) if hasattr(value, "__array__") else value


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, list | tuple):
        same_length = isinstance(after, list | tuple) and len(before) == len(after)
        return same_length and all(_same(a, b) for a, b in zip(before, after, strict=True))
    if not isinstance(before, np.ndarray):
        return True
    # not equal to the bit: central differences restore an element by adding and subtracting
    after = _as_numpy(after)
    return before.shape == after.shape and np.allclose(before, after, 1e-12, 1e-12, equal_nan=True)


@contextlib.contextmanager
def _watchdog(limit: float, lines: Any) -> Any:
    """Record the lines that are running when the time is over, also inside compiled code."""
    # While compiled code holds the interpreter, no thread of Python can look; faulthandler can. It
    # reads what is changing meanwhile, which may end the process, so it comes a little later.
    main = threading.get_ident()
    timer = threading.Timer(limit, _tell, (main, lines))
    timer.daemon = True
    faulthandler.dump_traceback_later(limit + _LATER, file=lines)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        faulthandler.cancel_dump_traceback_later()


def _tell(thread: int, lines: Any) -> None:
    """Write the lines that a thread is running in faulthandler's form, the innermost first."""
    frames = list(traceback.walk_stack(sys._current_frames().get(thread)))
    with contextlib.suppress(ValueError):  # the call has just ended
        for frame, number in frames:
            lines.write(f'  File "{frame.f_code.co_filename}", line {number} in it\n')
        lines.flush()
        faulthandler.cancel_dump_traceback_later()


@contextlib.contextmanager
def _limits() -> Any:
    """Limit memory, written files and open files, if the system supports it."""
    try:
        import resource
    except ImportError:  # Windows
        yield
        return
    pages = 0
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[0])
    wanted = {resource.RLIMIT_FSIZE: _FILE_SIZE, resource.RLIMIT_NOFILE: _OPEN_FILES}
    if pages:
        wanted[resource.RLIMIT_AS] = pages * resource.getpagesize() + _MEMORY
    old = {kind: resource.getrlimit(kind) for kind in wanted}
    for kind, limit in wanted.items():
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (limit, old[kind][1]))
    try:
        yield
    finally:
        for kind, both in old.items():
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(kind, both)


def _read(stream: Any) -> Any:
    head = stream.read(8)
    return pickle.loads(stream.read(struct.unpack("<q", head)[0])) if len(head) == 8 else None


def _write(stream: Any, answer: dict[str, Any]) -> None:
    arrays = [a for a in answer.get("arrays", ()) if a is not None]
    shapes = [
        None if a is None else (a.dtype.str if a.dtype.kind in "biufc" else "", list(a.shape))
        for a in answer.get("arrays", ())
    ]
    bodies = [np.ascontiguousarray(a).tobytes() if a.dtype.kind in "biufc" else b"" for a in arrays]
    head = json.dumps({**answer, "arrays": shapes}).encode()
    body = b"".join(bodies)
    stream.write(struct.pack("<qq", len(head), len(body)) + head + body)
    stream.flush()


def main() -> None:
    """Answer requests until there are no more."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    # A process that is started in the background ignores this signal, and so would this one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    learner = Learner()
    while request := _read(requests):
        for stream in (0, 1, 2):  # a learner's code may have used or closed these
            os.dup2(nothing, stream)
        what, *arguments = request
        if what == "call":
            answer = learner.call(*arguments)
        else:  # importing a function's modules may print or fail
            answer = _watched(lambda: getattr(learner, what)(*arguments))  # noqa: B023
        _write(answers, answer)


if __name__ == "__main__":
    main()
