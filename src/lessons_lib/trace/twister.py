"""Masks drawn by compiled code from the state of torch's generator."""

from __future__ import annotations

import ctypes
import math
from functools import cache, lru_cache
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from .cache import cached
from .llvm_module import Linked, compile_module
from .llvm_twister import BITS, STATE, module
from .processor import this_processor

__all__ = ["STATE", "drop"]

_FILL = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_uint32, ctypes.c_uint32
)


def drop(state: int, out: int, count: int, rate: float, kept: float | None = None) -> None:
    """Fill an array as ``u < rate`` would, for the numbers u that torch draws in float32.

    Parameters
    ----------
    state, out : int
        Addresses of the generator's state, which is changed, and of the array.
    count : int
        Of the array's elements.
    rate : float
        From 0 to 1.
    kept : float, optional
        If given, the array is of float32, with 0 where u < rate and this number elsewhere;
        otherwise it is of bytes, with 1 where u < rate.
    """
    truths, numbers, _ = _functions()
    limit, bits = _encoded(rate, kept)
    (truths if kept is None else numbers)(state, out, count, limit, bits)


@lru_cache(maxsize=64)
def _encoded(rate: float, kept: float | None) -> tuple[int, int]:
    """Return the limit L for which u < rate just if u · 2²⁴ < L, and the bits of `kept`."""
    limit = math.ceil(float(np.float32(rate)) * 2**BITS)
    return limit, 0 if kept is None else int(np.float32(kept).view(np.uint32))


@cache
def _functions() -> tuple[Any, Any, Linked]:
    """Return the compiled functions, and the object that keeps their code."""
    processor, text = this_processor(), module()
    key = "\n".join((llvmlite.__version__, str(llvm.llvm_version_info), str(processor), text))
    image = cached(key, lambda: compile_module(text, processor, vectorize=True))
    linked = Linked(image, ("truths", "numbers"), processor)
    truths, numbers = (_FILL(linked.addresses[name]) for name in ("truths", "numbers"))
    return truths, numbers, linked
