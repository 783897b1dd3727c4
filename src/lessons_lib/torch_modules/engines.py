"""What computes a layer: torch's kernel, compiled code, or the library's equations.

==============  ==================================================================================
``"auto"``      torch's kernel if it can compute the layer, so that a layer without a variant gives
                what torch.nn gives; otherwise compiled code if llvmlite is installed; otherwise by
                hand. The default.
``"kernel"``    torch's kernel if it can; otherwise by hand. Nothing is compiled, so that results
                do not depend on whether llvmlite is installed.
``"by_hand"``   the library's forward and backward pass, in NumPy on the processor, otherwise in
                torch.
``"compiled"``  the equations, recorded and compiled for the processor; needs llvmlite.
==============  ==================================================================================

Compiled code serves tensors in the processor's memory, float32 or float64. Everything else runs by
hand whatever the engine: other devices and dtypes, second derivatives, programs that are recorded
(`torch.export`, `torch.jit.trace`), transformations of `torch.func` and forward-mode
differentiation, subclasses of tensors, and cells whose equations cannot be recorded. All engines
give the same results to rounding, and one seed draws the same masks for all of them.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from importlib import metadata
from typing import Any

import torch

from ..dropout import Dropout
from ..dropout.draws import Draw
from .loop import Loop

#: The engines of `RNN`, `GRU` and `LSTM`.
ENGINES = ("auto", "kernel", "by_hand", "compiled")

#: The oldest version of llvmlite that compiles the equations, as in ``lessons-lib[fast]``.
OLDEST = (0, 50)

#: Those of `Layer`, whose cells torch has no kernel for.
OF_CELLS = ("auto", "by_hand", "compiled")

#: Sites whose masks torch's kernel can have around it.
_OUTSIDE_STEPS = {"x", "output", "W_ih", "W_hh", "W_hr"}


def check_engine(value: Any, engines: tuple[str, ...] = ENGINES) -> str:
    """Return the name of an engine.

    Raises
    ------
    ValueError
        It is none of `engines`.
    ImportError
        It needs llvmlite, which is not installed.
    """
    if value not in engines:
        raise ValueError(f"engine: got {value!r}, expected one of {', '.join(engines)}")
    if value == "compiled":
        loop_of(value, keep=False)
    return value


def loop_of(engine: str, keep: bool) -> Loop:
    """Return what runs a network on the processor.

    Parameters
    ----------
    engine : one of `ENGINES`
    keep : bool
        Whether a backward pass follows.

    Raises
    ------
    ImportError
        The engine is "compiled", and llvmlite is not installed.
    """
    if engine not in ("auto", "compiled"):
        return Loop(keep)
    kind = compiled_loop()
    if kind is not None:
        return kind(keep)
    if engine == "compiled":
        raise ImportError(
            "engine: got 'compiled', which needs llvmlite 0.50: pip install 'lessons-lib[fast]'. "
            "With engine='auto', what torch's kernel cannot compute runs by hand without it"
        )
    _say_once()
    return Loop(keep)


@functools.cache
def compiled_loop() -> type[Loop] | None:
    """Return `compiled_loop.CompiledLoop`; None if llvmlite is missing, too old, or cannot load."""
    try:
        if tuple(map(int, metadata.version("llvmlite").split(".")[:2])) < OLDEST:
            return None  # such as numba's on Colab
        from .compiled_loop import CompiledLoop
    except (ImportError, OSError):
        return None
    return CompiledLoop


def draw_of(engine: str, variant: Dropout) -> Callable[..., Draw]:
    """Return what draws a variant's masks, given a generator and a dtype; all draw the same masks.

    Code is compiled for it only if the layer is compiled as well, or something else already has
    been.
    """
    if engine not in ("auto", "compiled"):
        return Draw
    waits = engine == "auto" and _OUTSIDE_STEPS.issuperset(variant.sites())
    if (waits and "llvmlite" not in sys.modules) or compiled_loop() is None:
        return Draw
    return _compiled_draw()


@functools.cache
def _compiled_draw() -> Callable[..., Draw]:
    from .drawing import draw_from  # each run of this line takes as long as a number's draw

    return draw_from


@functools.cache
def _say_once() -> None:
    warnings.warn(
        "lessons_lib: llvmlite 0.50 is not installed, so layers that torch's kernel cannot compute "
        "run by hand, which is slower: pip install 'lessons-lib[fast]', or choose engine='kernel'",
        stacklevel=2,
    )


def text_of(engine: str, kernel_serves: bool, weight: torch.Tensor) -> str:
    """Return an engine for a layer's text; of "auto", what it comes to in the layer's mode."""
    if engine != "auto":
        return repr(engine)
    if kernel_serves:
        return "'auto' (kernel)"
    plain = weight.is_cpu and weight.dtype in (torch.float32, torch.float64)
    return f"'auto' ({'compiled' if plain and compiled_loop() else 'by_hand'})"
