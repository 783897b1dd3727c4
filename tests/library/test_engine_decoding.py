"""A decoder's steps are those of the sequence."""

from __future__ import annotations

import numpy as np
import pytest
from registry import CELLS
from trace_cases import masked_problem

from lessons_lib import scan
from lessons_lib.trace.decoding import Decoder
from lessons_lib.verify.gradients import relative_difference


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("N", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steps_one_by_one_are_those_of_the_sequence(name, N, dtype):
    p = masked_problem(name, "no masks", dtype, N=N)
    y, last, _ = scan.forward(p.cell, p.params, p.x, p.state)
    step = Decoder(p.cell, p.params, N, p.state)
    outputs = [step(x)[0] for x in p.x]
    tolerance = {np.float32: 1e-5, np.float64: 1e-12}[dtype]
    assert relative_difference(np.stack(outputs), y) < tolerance
    for a, b in zip(step.state, last, strict=True):
        assert relative_difference(a, b) < tolerance


def test_it_starts_at_zero_and_may_go_back_to_a_state():
    p = masked_problem("lstm.CELL", "no masks", N=1)
    step = Decoder(p.cell, p.params)
    assert not any(part.any() for part in step.state)
    step(p.x[0])
    kept = step.state
    second, again = step(p.x[1]), None
    step.state = kept
    again = step(p.x[1])
    assert all(map(np.array_equal, second, again))
    assert not np.array_equal(kept[0], second[0])  # a step changes no state that it has returned
