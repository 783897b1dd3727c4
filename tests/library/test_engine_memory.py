"""A compiled pass reads and writes nothing beside its arrays."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from registry import CELLS
from test_engine import outcome, processors
from trace_cases import masked_problem

from lessons_lib.trace import compiled, table

#: Elements before and after each array; more than a vector, a panel or a tile.
GUARD = 512


class Guarded:
    """Makes arrays between elements of NaN, which no pass may change or let into a result."""

    def __init__(self):
        self.whole = []

    def empty(self, shape, dtype):
        whole = np.full(prod(shape) + 2 * GUARD, np.nan, dtype)
        self.whole.append(whole)
        return whole[GUARD:-GUARD].reshape(shape)

    def copy(self, array):
        guarded = self.empty(array.shape, array.dtype)
        guarded[...] = array
        return guarded

    def assert_untouched(self):
        for whole in self.whole:
            assert np.isnan(whole[:GUARD]).all()
            assert np.isnan(whole[-GUARD:]).all()


@pytest.mark.parametrize("masks", ["all", "untied"])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", processors())
def test_guards_around_all_arrays_stay_and_reach_nothing(cell, masks, kind, monkeypatch):
    monkeypatch.setattr(compiled, "this_processor", lambda: processors()[kind])
    p = masked_problem(cell, masks, np.float32, T=5, N=6)
    expected = outcome(p, compiled)
    guarded = Guarded()
    monkeypatch.setattr(compiled, "empty", guarded.empty)
    monkeypatch.setattr(table, "empty", guarded.empty)
    packed = table.packed
    monkeypatch.setattr(table, "packed", lambda *args: guarded.copy(packed(*args)))
    q = p.with_arrays(guarded.copy)
    q = q._replace(masks=p.masks.map(lambda m: m if m.dtype == bool else guarded.copy(m)))
    actual = outcome(q, compiled)
    guarded.assert_untouched()
    for name, array in expected.items():
        assert np.array_equal(actual[name], array), name
