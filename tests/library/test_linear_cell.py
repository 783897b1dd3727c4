"""A cell without a recurrent matrix: linear in its state, with gates from the input alone.

    a_t = σ(W_a x_t + b_a),  b_t = W_b x_t + b_b
    h_t = a_t ⊙ h_{t−1} + b_t

No code of the library may look for a recurrent matrix, so that such cells run wherever cells run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from dropout_examples import fits
from new_cells import (
    assert_layers_are_right,
    assert_lengths_and_checkpoints_are_right,
    assert_sequence_is_right,
    assert_tensors_and_float32_are_right,
    dropouts_of,
)
from registry import D, H, N, T

from lessons_lib import scan
from lessons_lib.arrays import Array, join, sigmoid, split
from lessons_lib.cell import Cell, State
from lessons_lib.dropout import Sizes, VariationalDropout, WeightDrop, Zoneout
from lessons_lib.masks import NO_MASKS, Masks, dropped
from lessons_lib.verify import jacobians
from lessons_lib.verify.gradients import relative_difference
from lessons_lib.weights import draw_params, input_weight_gradients, project


class Params(NamedTuple):
    """The parameters, in blocks of H rows for a and b."""

    W_ih: Array
    b: Array


class Cache(NamedTuple):
    """What one step keeps for its backward pass."""

    h_prev: Array
    a: Array


def init_params(
    input_size: int, hidden_size: int, generator: np.random.Generator, dtype: Any = np.float64
) -> Params:
    return draw_params(CELL, generator, dtype, D=input_size, H=hidden_size)


def step(
    params: Params, projected: Array, state: State, masks: Masks = NO_MASKS
) -> tuple[State, Cache]:
    (h_prev,) = state
    before_sigmoid, added = split(projected, 2)
    a = sigmoid(before_sigmoid)
    h = a * h_prev + dropped(added, masks.g)
    return (h,), Cache(h_prev, a)


def step_backward(
    params: Params, cache: Cache, dstate: State, masks: Masks = NO_MASKS
) -> tuple[Array, State]:
    h_prev, a = cache
    (dh,) = dstate
    da = join([dh * h_prev * a * (1 - a), dropped(dh, masks.g)])
    return da, (dh * a,)


def weight_gradients(
    params: Params, x: Array, caches: Any, da: Array, masks: Masks = NO_MASKS
) -> Params:
    return input_weight_gradients(params, x, da, masks)


CELL = Cell(
    name="linear cell",
    params_type=Params,
    shapes={"W_ih": "2H D", "b": "2H"},
    state={"h": "H"},
    init_params=init_params,
    project=project,
    step=step,
    step_backward=step_backward,
    weight_gradients=weight_gradients,
    sites=("x", "g"),
)
DROPOUTS = dropouts_of(CELL)


def test_its_sizes_are_read_off_the_rows() -> None:
    params = init_params(D, H, np.random.default_rng(0))
    assert CELL.sizes(params) == {"D": D, "H": H}
    assert (CELL.gates, CELL.recurrent) == (2, ())
    odd = params._replace(W_ih=params.W_ih[1:])
    with pytest.raises(ValueError, match=r"^params.W_ih: got shape \(9, 4\), expected \(2H, D\) ="):
        scan.forward(CELL, odd, np.zeros((T, N, D)))


def test_it_is_a_weighted_sum_of_its_inputs() -> None:
    rng = np.random.default_rng(0)
    params, x = init_params(D, H, rng), rng.standard_normal((T, N, D))
    h_0 = rng.standard_normal((N, H))
    _, (h_T,), _ = scan.forward(CELL, params, x, (h_0,))
    a, b = np.split(x @ params.W_ih.T + params.b, 2, axis=-1)
    a = 1 / (1 + np.exp(-a))
    expected = a.prod(axis=0) * h_0 + sum(b[t] * a[t + 1 :].prod(axis=0) for t in range(T))
    assert relative_difference(h_T, expected) < 1e-13


@pytest.mark.parametrize("dropout", DROPOUTS)
def test_a_sequence_under_each_dropout(dropout: str | None) -> None:
    assert_sequence_is_right(CELL, dropout)


@pytest.mark.parametrize("dropout", DROPOUTS)
def test_layers_and_directions_under_each_dropout(dropout: str | None) -> None:
    assert_layers_are_right(CELL, dropout)


def test_the_dropouts_that_it_takes() -> None:
    taken = {name for name in DROPOUTS if name in ("NonRecurrentDropout", "RecurrentDropout")}
    assert taken == {"NonRecurrentDropout", "RecurrentDropout"}
    assert fits(Zoneout(h=0.5), CELL)
    assert fits(WeightDrop(0.5, ("W_ih",)), CELL)


@pytest.mark.parametrize(
    ("variant", "site"),
    [
        (WeightDrop(0.5), "the recurrent weights (W_hh)"),
        (VariationalDropout(0.5, 0.5), "the hidden state that the products read (h)"),
    ],
)
def test_a_dropout_whose_site_it_lacks_refuses_by_name(variant: Any, site: str) -> None:
    with pytest.raises(ValueError, match="acts on") as caught:
        variant.check_cell(CELL)
    assert f"{site}, which the linear cell does not have" in str(caught.value)
    params, x = init_params(D, H, np.random.default_rng(0)), np.zeros((T, N, D))
    masks = variant.sample(Sizes.of(CELL, params, x), np.random.default_rng(0))
    with pytest.raises(ValueError, match="the linear cell has no such site, expected x, g, y"):
        scan.forward(CELL, params, x, masks=masks)


def test_lengths_checkpoints_and_jacobians() -> None:
    params, trace, _ = assert_lengths_and_checkpoints_are_right(CELL)
    found = jacobians.step_jacobians(CELL, params, trace)
    expected = np.stack([step.a for step in trace.steps])[..., None] * np.eye(H)
    assert relative_difference(found, expected) < 1e-15


def test_tensors_and_float32() -> None:
    assert_tensors_and_float32_are_right(CELL)
