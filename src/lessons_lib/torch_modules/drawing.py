"""Draw masks by compiled code, from the same numbers as torch does, and so the same masks.

torch draws a number in float32 for each element, one after another, compares, and converts; here a
pass over the generator's words writes the mask. This module needs llvmlite.
"""

from __future__ import annotations

from functools import cache

import torch

from ..dropout.draws import Draw, scale
from ..trace import forks, twister

#: Two layers that run at the same time in two threads do not draw the same masks.
_lock = forks.Lock()


def draw_from(generator: torch.Generator, dtype: torch.dtype) -> Draw:
    """Return what draws masks, compiled if it can be."""
    plain = generator.device.type == "cpu" and dtype == torch.float32
    kind = CompiledDraw if plain and is_known() else Draw
    return kind(generator, dtype)


class CompiledDraw(Draw):
    """Draw what `Draw` draws from a generator of torch on the processor in float32."""

    def __init__(self, generator: torch.Generator, dtype: torch.dtype) -> None:
        # without the checks, which take a tenth of the time of drawing a few numbers
        self.generator, self.dtype, self._torch = generator, dtype, torch

    def dropped(self, rate: float, shape: tuple[int, ...]) -> torch.Tensor:
        """Draw a boolean tensor that is True at the given rate."""
        return self._drop(_empty(shape, torch.bool), rate, None)

    def mask(
        self, rate: float, shape: tuple[int, ...], inverted: bool = True
    ) -> torch.Tensor | None:
        """Draw a mask with zeros at the given rate; None at rate 0, which drops nothing."""
        if rate == 0:
            return None
        kept = scale(rate) if inverted else 1.0
        return self._drop(_empty(shape, torch.float32), rate, kept)

    def _drop(self, tensor: torch.Tensor, rate: float, kept: float | None) -> torch.Tensor:
        with _lock:
            state = self.generator.get_state()
            twister.drop(state.data_ptr(), tensor.data_ptr(), tensor.numel(), rate, kept)
            self.generator.set_state(state)
        return tensor


def _empty(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    return torch.empty(shape, dtype=dtype, device="cpu")  # whatever torch's default device is


@cache
def is_known() -> bool:
    """Return whether this version of torch draws as `CompiledDraw` does."""
    generators = [torch.Generator().manual_seed(1) for _ in range(2)]
    if len(generators[0].get_state()) != twister.STATE:
        return False
    expected, actual = (
        kind(generator, torch.float32).dropped(0.3, (1300,))
        for kind, generator in zip((Draw, CompiledDraw), generators, strict=True)
    )
    states = [generator.get_state() for generator in generators]
    return torch.equal(actual, expected) and torch.equal(*states)
