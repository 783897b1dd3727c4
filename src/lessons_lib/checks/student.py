"""Call a learner's function and bring its results into the form that is compared."""

from __future__ import annotations

import contextlib
import copy
import inspect
import linecache
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import worker
from .isolation import WORKER, EndedError, TooSlowError, Worker
from .mistake import Named
from .report import Finding
from .runner import run

_SHOWN = 200  # characters of printed text or error messages


class Call(NamedTuple):
    """The outcome of a call: results as NumPy arrays by name, or the reason why there are none.

    Attributes
    ----------
    results : dict of str to array
    changed : tuple of str
        The arguments that the call changed.
    failure : Finding or None
    notes : list of Finding
        Remarks that do not fail the check: printed text, and warnings.
    """

    results: Named
    changed: tuple[str, ...]
    failure: Finding | None
    notes: list[Finding]


class Learner:
    """A learner's function, ready to be called.

    Attributes
    ----------
    unfit : Finding or None
        The reason why it cannot be called with the arguments of a check.
    replaced : list of str
        The names among its globals that the library's functions replace.
    """

    def __init__(
        self, form: Mapping[str, Any], asked: Any, file: str, names: Iterable[str]
    ) -> None:
        self._asked, self._file = asked, file
        self.unfit = _unfit(form, tuple(names), file)
        self.replaced: list[str] = form.get("replaced", [])

    def ask(self, arguments: Named, limit: float) -> dict[str, Any]:
        """Call the function with copies of the arguments; return the process's answer.

        Raises
        ------
        TooSlowError, EndedError
        """
        return self._asked.call(arguments, limit)

    def call(self, arguments: Named, expected: Named, limit: float) -> Call:
        """Call the function with copies of the arguments; `expected` are the right results."""
        try:
            answer = self.ask(arguments, limit)
        except TooSlowError as slow:
            return Call({}, (), too_slow(self._file, slow.lines, limit), [])
        except EndedError as ended:
            return Call({}, (), Finding("ended", {"code": ended.code}), [])
        notes = _notes(answer)
        changed = tuple(answer.get("changed", ()))
        if error := answer.get("error"):
            return Call({}, changed, raised(error, self._file, arguments), notes)
        results, failure = _named(answer, expected)
        return Call(results, changed, failure, notes)


class _InThisProcess:
    """Replaces a `Worker` for functions that cannot be sent to one."""

    def __init__(self, function: Any) -> None:
        self._learner = worker.Learner()
        self._learner.function = function

    def call(self, arguments: Named, limit: float) -> dict[str, Any]:
        handle, stopped = tempfile.mkstemp()
        os.close(handle)
        try:
            return run(
                lambda: self._learner.attempt(copy.deepcopy(arguments), limit, stopped), limit
            )
        except TimeoutError:
            raise TooSlowError([]) from None
        finally:
            with contextlib.suppress(OSError):
                os.unlink(stopped)


def learner_of(function: Any, names: Sequence[str], replaced: Mapping[str, Any]) -> Learner:
    """Send a function to the running process, or keep it here if it cannot be sent."""
    file = _file_of(function) if callable(function) else ""
    form = worker.form(function, len(names))
    if not form["callable"] or not form["fits"]:
        return Learner(form, None, file, names)
    try:
        answer = WORKER.take(function, replaced, len(names))
    except Exception:  # pickling may raise any error
        answer = {"error": {}}
    if "error" not in answer:
        return Learner(answer, WORKER, file, names)
    return Learner(form, _InThisProcess(function), file, names)


def _file_of(function: Any) -> str:
    """Return the file in which a function, or the call of an object, is written."""
    for one in (inspect.unwrap(function), getattr(function, "func", None), type(function).__call__):
        if code := getattr(one, "__code__", None):
            return code.co_filename
    return ""


def learner_in(
    file: str, name: str, process: Worker, names: Sequence[str], replaced: Mapping[str, Any]
) -> Learner:
    """Choose a function of the file that a process has loaded."""
    return Learner(process.choose(name, replaced, len(names)), process, file, names)


def _unfit(form: Mapping[str, Any], names: tuple[str, ...], file: str) -> Finding | None:
    """Return why an object cannot be called with such arguments, or None if it can."""
    if not form["callable"]:
        return Finding("not_callable", {"kind": form["kind"]})
    if not form["fits"]:
        expected = f"({', '.join(names)})"
        return Finding("signature", {"actual": form["signature"], "expected": expected})
    return None


def too_slow(file: str, lines: list[tuple[str, int]], limit: float) -> Finding:
    """Return the finding for a call that took too long, with its line if that is known."""
    values = {"seconds": f"{limit:g}"}
    own = [number for name, number in lines if name == file]
    if not own:
        return Finding("too_slow", values)
    line = linecache.getline(file, own[-1]).strip()
    return Finding("too_slow_at", {**values, "number": own[-1], "line": line})


def _notes(answer: Mapping[str, Any]) -> list[Finding]:
    notes = []
    if printed := answer.get("printed", "").strip():
        notes.append(Finding("printed", {"text": _shortened(printed)}))
    if warned := answer.get("warned"):
        notes.append(Finding("warned", {"text": _shortened("; ".join(warned))}))
    return notes


def raised(error: Mapping[str, Any], file: str, arguments: Named) -> Finding:
    """Return the finding for an error that a learner's code raised."""
    if "NotImplementedError" in error["kinds"]:
        return Finding("not_written", {})
    if "MemoryError" in error["kinds"]:
        return Finding("memory", {})
    values = {"error": _shortened(error["text"])}
    own = [number for name, number in error["frames"] if name == file]
    if own:
        line = linecache.getline(file, own[-1]).strip()
        values |= {"number": str(own[-1]), "line": line}
    found = Finding("raised_at" if own else "raised", values)
    given = ", ".join(filter(None, map(_shape, arguments, arguments.values())))
    if not given:
        return found
    found = Finding("given", {"text": found, "given": given})
    clash = ("shapes", "mat1", "core dimension")  # NumPy's words, and torch's
    if "W_ih" in arguments and any(word in error["text"] for word in clash):
        return Finding("layout", {"text": found})
    return found


def _shape(name: str, value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return f"{name}[0]: {', '.join(str(array.shape) for array in value[0])}"
    if isinstance(value, list):
        return f"{name}: {len(value)} arrays"
    return f"{name} {value.shape}" if isinstance(value, np.ndarray) else f"{name} = {value}"


def _named(answer: Mapping[str, Any], right: Named) -> tuple[Named, Finding | None]:
    names, expected = tuple(right), ", ".join(right)
    if answer.get("too_large"):
        return {}, Finding("too_large", {})
    arrays, kinds, dtypes = (list(answer[key]) for key in ("arrays", "kinds", "dtypes"))
    if kinds == ["NoneType"]:
        return {}, Finding("nothing_returned", {"names": expected})
    shapes = {(len(names), *array.shape) for array in right.values()}
    if len(arrays) == 1 < len(names) and {np.shape(arrays[0])} == shapes:
        # h, c = np.stack([h, c]) takes it apart too
        arrays, kinds, dtypes = list(arrays[0]), kinds * len(names), dtypes * len(names)
    if len(arrays) != len(names):
        values = {"actual": len(arrays), "kind": answer["kind"], "names": expected}
        return {}, Finding("how_many" if len(arrays) > 1 else "other_kind", values)
    results = {}
    for name, array, kind, dtype in zip(names, arrays, kinds, dtypes, strict=True):
        if right[name].dtype.kind == "i":
            if array is None or array.dtype.kind not in "iuf":
                return {}, Finding("not_number", {"name": name, "kind": kind.partition(":")[0]})
        elif not dtype:
            return {}, Finding("not_array", {"name": name, "kind": kind.partition(":")[0]})
        elif array is None or array.dtype.kind != "f":
            return {}, Finding("dtype", {"name": name, "kind": dtype})
        results[name] = array
    return results, None


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[:_SHOWN] + " …"


def changed_arguments(calls: Iterable[Call]) -> list[Finding]:
    """Return a finding if a call has changed its arguments."""
    names = dict.fromkeys(name for one in calls for name in one.changed)
    return [Finding("changed", {"names": ", ".join(names)})] if names else []
