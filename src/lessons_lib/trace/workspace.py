"""Arrays whose memory is used again by a later call.

Freed large arrays return to the system, and new ones cost a page fault every four kilobytes, which
is up to a third of a pass. So memory is kept when its last array is gone; at most `LIMIT` bytes of
it survive the next call.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from . import forks

#: Number of bytes that are kept while no array uses them.
LIMIT = 256 * 2**20

#: Smaller arrays come from NumPy: the allocator keeps their memory itself.
_SMALL = 64 * 2**10


def empty(shape: Sequence[int], dtype: Any) -> np.ndarray:
    """Return an array of any contents, as `numpy.empty` does."""
    dtype = np.dtype(dtype)
    size = prod(shape) * dtype.itemsize
    if size < _SMALL:
        return np.empty(shape, dtype)
    memory = _take(size)
    # all views of an array are based on this one, so it is deleted last
    array = np.frombuffer(memory.data, dtype, count=prod(shape))
    reference = weakref.ref(array, _give_back)  # weakref.finalize does this in twice the time
    _lent[id(reference)] = reference, memory
    return array.reshape(shape)


def clear() -> None:
    """Let go of the memory that no array uses."""
    with _lock:
        _returned.clear()
        _free.clear()


_lock = forks.Lock()

_free: list[np.ndarray] = []
#: The memory of the arrays that are in use, each with the reference that tells when it is not.
_lent: dict[int, tuple[weakref.ref[np.ndarray], np.ndarray]] = {}
#: Returned memory. It may be returned at any moment, even while this thread holds the lock.
_returned: deque[np.ndarray] = deque()


def _give_back(reference: weakref.ref[np.ndarray]) -> None:
    _returned.append(_lent.pop(id(reference))[1])


def _take(size: int) -> np.ndarray:
    """Return the smallest kept memory that fits and is not much too large, or new memory."""
    with _lock:
        if _returned:
            while _returned:
                _free.append(_returned.popleft())
            while sum(memory.size for memory in _free) > LIMIT:
                _free.pop(0)
        best, place = 2 * size + 1, -1
        for k, memory in enumerate(_free):
            if size <= memory.size < best:
                best, place = memory.size, k
                if best == size:
                    break
        if place >= 0:
            return _free.pop(place)
    return np.empty(size, np.uint8)
