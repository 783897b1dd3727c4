"""Run a compiled pass on several threads, each with its share of the sequences.

On Linux, if torch is loaded, its pool is used: the team of libgomp, whose threads wait actively and
would otherwise compete with ours for the processors. Elsewhere it is a pool of Python threads. In a
forked process it is one thread, because the pools' threads do not exist there, and torch's own hang
with two.
"""

from __future__ import annotations

import ctypes
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from .forks import in_child

_PASS = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 4)


class Entry(NamedTuple):
    """The addresses of a pass, and of the function that a thread of a team calls.

    Attributes
    ----------
    alone : int
    shared : int
    """

    alone: int
    shared: int


def thread_count() -> int:
    """Return how many threads to use: as many as torch, if it is there, or as OpenMP would."""
    if _State.forked:
        return 1
    if "torch" in sys.modules:
        return sys.modules["torch"].get_num_threads()
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(entry: Entry, table: int, T: int, N: int, threads: int) -> None:
    """Run a pass over T steps of N sequences on some threads; the table is given by its address."""
    if threads == 1:
        function(entry.alone)(table, T, N, 0, 1)
        return
    team = _team() if "torch" in sys.modules else None
    if team is not None:
        job = (ctypes.c_int64 * 5)(table, T, N, team.which, team.many)
        team.parallel(entry.shared, ctypes.addressof(job), threads, 0)
        return
    call = function(entry.alone)
    pool = _pool(threads)
    for part in [pool.submit(call, table, T, N, k, threads) for k in range(threads)]:
        part.result()


@cache
def function(address: int) -> Any:
    """Return the function at an address; making it takes a good part of a single step's time."""
    return _PASS(address)


class _State:
    forked = False


def _forked() -> None:
    _State.forked = True


in_child(_forked)


class _Team(NamedTuple):
    """The needed parts of libgomp: a function that calls another on each thread, two addresses."""

    parallel: Any
    which: int
    many: int


@cache
def _team() -> _Team | None:
    """Return the team of the libgomp that torch has loaded, if it has loaded one."""
    try:
        maps = Path("/proc/self/maps").read_text("utf-8").splitlines()
        paths = {line.split()[-1] for line in maps if "libgomp" in line}
        (path,) = paths  # if there are two, it is unknown which one torch uses
        library = ctypes.CDLL(path)
        parallel = library.GOMP_parallel
        which, many = library.omp_get_thread_num, library.omp_get_num_threads
    except (OSError, ValueError, AttributeError):
        return None
    parallel.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint)
    parallel.restype = None
    addresses = (ctypes.cast(f, ctypes.c_void_p).value or 0 for f in (which, many))
    return _Team(parallel, *addresses)


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="lessons_lib")
