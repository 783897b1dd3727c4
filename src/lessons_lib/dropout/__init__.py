"""Six kinds of dropout for an LSTM, a class each: it draws the masks that a network uses.

    masks = Zoneout(h=0.05, c=0.5).sample(Sizes.of(lstm.CELL, params, x), generator)
    y, state, cache = lstm.forward(params, x, masks=masks)
    grads, dx, dstate0 = lstm.backward(params, cache, dy)

In evaluation the masks are ``variant.evaluation_masks()``, which draws nothing. For
`stack.forward`, use `sample_stack` and `evaluation_stack`. The layers of `torch_modules` do all of
this by themselves: ``LSTM(…, dropout=Zoneout(h=0.05, c=0.5))``.
"""

from ..masks import Masks, StackMasks
from .combined import Combined, PerLayer
from .table import table
from .variant import Dropout, Sizes
from .variants import (
    NonRecurrentDropout,
    RecurrentDropout,
    RNNDrop,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)

__all__ = [
    "Combined",
    "Dropout",
    "Masks",
    "NonRecurrentDropout",
    "PerLayer",
    "RNNDrop",
    "RecurrentDropout",
    "Sizes",
    "StackMasks",
    "VariationalDropout",
    "WeightDrop",
    "Zoneout",
    "table",
]
