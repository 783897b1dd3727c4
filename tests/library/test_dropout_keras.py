"""Keras's `recurrent_dropout` equals the untied VariationalDropout with the same masks."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from registry import D, H, N, T, problem

from lessons_lib import lstm
from lessons_lib.convert import to_keras
from lessons_lib.dropout import Masks, Sizes, VariationalDropout
from lessons_lib.verify.gradients import relative_difference

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", reason="Keras is not installed: the extra `oracles`")


class Kept:
    """The masks that a cell of Keras draws, kept after it forgets them."""

    def __init__(self, cell: Any) -> None:
        self.masks: dict[str, Any] = {}
        for kind in ("dropout_mask", "recurrent_dropout_mask"):
            draw = getattr(cell, f"get_{kind}")

            def read(like: Any, kind: str = kind, draw: Any = draw) -> Any:
                self.masks[kind] = masks = draw(like)
                return masks

            setattr(cell, f"get_{kind}", read)

    def of(self, kind: str) -> np.ndarray:
        """Return the four masks of a kind as (1, gates, N, ·)."""
        return np.stack([keras.ops.convert_to_numpy(m) for m in self.masks[kind]])[None]


@pytest.mark.parametrize("rate", [0.0, 0.25])
def test_keras_arithmetic_is_ours_under_its_masks(rate: float) -> None:
    p = problem("lstm.CELL")
    layer = keras.layers.LSTM(
        H, return_sequences=True, dropout=rate, recurrent_dropout=0.5, seed=1, dtype="float64"
    )
    layer.build((N, T, D))
    layer.set_weights(to_keras(p.cell, p.params))
    kept = Kept(layer.cell)
    theirs = keras.ops.convert_to_numpy(layer(p.x.swapaxes(0, 1), training=True)).swapaxes(0, 1)
    h = kept.of("recurrent_dropout_mask")
    x_mask = kept.of("dropout_mask") if rate else None
    y, _, _ = lstm.forward(p.params, p.x, masks=Masks(x=x_mask, h=h))
    assert relative_difference(y, theirs) <= 1e-6  # Keras goes through float32
    ours = VariationalDropout(rate, 0.5, tied=False)
    drawn = ours.sample(Sizes.of(p.cell, p.params, p.x), np.random.default_rng(0))
    for mine, keras_mask in ((drawn.x, x_mask), (drawn.h, h)):
        if mine is None or keras_mask is None:
            assert mine is keras_mask
            continue
        assert mine.shape == keras_mask.shape
        assert np.allclose(np.unique(mine), np.unique(keras_mask), rtol=1e-6)
    assert not np.array_equal(h[0, 0], h[0, 1])  # each gate has a mask of its own
