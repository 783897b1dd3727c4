"""Bernoulli masks from a generator, NumPy's or torch's."""

from __future__ import annotations

import sys
from numbers import Real
from typing import Any

import numpy as np

from ..arrays import Array, array_namespace


def check_rate(name: str, rate: Any) -> None:
    """Reject anything but a number from 0 to 1."""
    if isinstance(rate, bool) or not isinstance(rate, Real):
        raise TypeError(f"{name}: got {rate!r}, expected a number from 0 to 1")
    if not 0 <= float(rate) <= 1:  # NaN is rejected, too
        raise ValueError(f"{name}: got {rate!r}, expected a rate from 0 to 1")


def scale(rate: float) -> float:
    """Return 1 / (1 − rate), which restores the mean; 0 if everything is dropped."""
    return 1 / (1 - rate) if rate < 1 else 0.0


class Draw:
    """Draw masks from one generator, in one dtype.

    Parameters
    ----------
    generator : numpy.random.Generator or torch.Generator
        The masks become NumPy arrays, or tensors on the generator's device.
    dtype : dtype, optional
        float32 or float64 of the same library; float64, or torch's default dtype, by default.

    Raises
    ------
    TypeError
        The generator is missing or is not a generator, as the module numpy.random is not; the
        dtype is not one of the two.
    """

    def __init__(self, generator: Any, dtype: Any = None) -> None:
        torch = sys.modules.get("torch")
        is_torch = torch is not None and isinstance(generator, torch.Generator)
        if not is_torch and not isinstance(generator, np.random.Generator):
            raise TypeError(
                f"generator: got {type(generator).__name__}, expected a numpy.random.Generator or "
                "a torch.Generator, such as numpy.random.default_rng(0)"
            )
        known = ("torch.float32", "torch.float64") if is_torch else ("float32", "float64")
        if dtype is not None and getattr(dtype, "__name__", str(dtype)) not in known:
            raise TypeError(
                f"dtype: got {dtype!r}, expected {' or '.join(known)} of the generator's library"
            )
        self.generator, self.dtype, self._torch = generator, dtype, torch if is_torch else None

    @classmethod
    def of(cls, generator: Any, dtype: Any = None) -> Draw:
        """Return what draws from a generator; a `Draw` as it is."""
        return generator if isinstance(generator, Draw) else cls(generator, dtype)

    def uniform(self, shape: tuple[int, ...]) -> Array:
        """Draw numbers from [0, 1)."""
        if self._torch is None:
            dtype = np.float64 if self.dtype is None else self.dtype
            return self.generator.random(shape, dtype=dtype)
        device = self.generator.device
        return self._torch.rand(shape, generator=self.generator, dtype=self.dtype, device=device)

    def dropped(self, rate: float, shape: tuple[int, ...]) -> Array:
        """Draw a boolean array that is True at the given rate."""
        return self.uniform(shape) < rate

    def mask(self, rate: float, shape: tuple[int, ...], inverted: bool = True) -> Array | None:
        """Draw a mask with zeros at the given rate; None at rate 0, which drops nothing.

        Parameters
        ----------
        rate : float
            From 0 to 1. At 1 the mask is zero everywhere, not NaN.
        shape : tuple of int
        inverted : bool, optional
            Whether the other elements are 1 / (1 − rate), so that the mean is 1, or just 1.
        """
        if rate == 0:
            return None
        u = self.uniform(shape)
        left = array_namespace(u).astype(u >= rate, u.dtype)
        if inverted:
            left *= scale(rate)  # in place, as these arrays are as large as the input
        return left
