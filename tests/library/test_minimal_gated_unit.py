"""A new cell in one file: the minimal gated unit runs wherever a cell runs.

    f = σ(W_if x_t + b_f + W_hf h_{t−1})
    n = tanh(W_in x_t + b_n + W_hn (f ⊙ h_{t−1}))
    h_t = (1 − f) ⊙ h_{t−1} + f ⊙ n

Zhou, Wu, Zhang and Zhou (2016), "Minimal gated unit for recurrent neural networks", International
Journal of Automation and Computing 13(3).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from new_cells import (
    assert_layers_are_right,
    assert_lengths_and_checkpoints_are_right,
    assert_sequence_is_right,
    assert_tensors_and_float32_are_right,
    dropouts_of,
)
from registry import D, H, N, T

from lessons_lib import scan
from lessons_lib.arrays import Array, join, sigmoid, split, tanh
from lessons_lib.cell import Cell, State
from lessons_lib.dropout import RNNDrop, Sizes, Zoneout
from lessons_lib.masks import (
    NO_MASKS,
    Masks,
    dropped,
    masked_outer_products,
    masked_product,
    masked_product_backward,
)
from lessons_lib.verify import cases, jacobians, references
from lessons_lib.verify.gradients import check_gradients, relative_difference
from lessons_lib.weights import draw_params, input_weight_gradients, project


class Params(NamedTuple):
    """The parameters, in blocks of H rows for f and n."""

    W_ih: Array
    W_hh: Array
    b: Array


class Cache(NamedTuple):
    """What one step keeps for its backward pass."""

    h_prev: Array
    f: Array
    n: Array
    q: Array


def init_params(
    input_size: int, hidden_size: int, generator: np.random.Generator, dtype: Any = np.float64
) -> Params:
    return draw_params(CELL, generator, dtype, D=input_size, H=hidden_size)


F, N_ALONE = slice(0, 1), slice(1, 2)


def step(
    params: Params, projected: Array, state: State, masks: Masks = NO_MASKS
) -> tuple[State, Cache]:
    (h_prev,) = state
    W_hf, W_hn = blocks(params.W_hh)
    a_f, a_n = split(projected, 2)
    f = sigmoid(a_f + masked_product(h_prev, W_hf, masks.h, F))
    q = f * h_prev
    n = tanh(a_n + masked_product(q, W_hn, masks.h, N_ALONE))
    h = (1 - f) * h_prev + dropped(f * n, masks.g)
    return (h,), Cache(h_prev, f, n, q)


def step_backward(
    params: Params, cache: Cache, dstate: State, masks: Masks = NO_MASKS
) -> tuple[Array, State]:
    h_prev, f, n, _ = cache
    (dh,) = dstate
    W_hf, W_hn = blocks(params.W_hh)
    da_n = dropped(dh, masks.g) * f * (1 - n**2)
    dq = masked_product_backward(da_n, W_hn, masks.h, N_ALONE)
    df = dropped(dh, masks.g) * n - dh * h_prev + dq * h_prev
    da_f = df * f * (1 - f)
    dh_prev = dh * (1 - f) + dq * f + masked_product_backward(da_f, W_hf, masks.h, F)
    return join([da_f, da_n]), (dh_prev,)


def weight_gradients(
    params: Params, x: Array, caches: Any, da: Array, masks: Masks = NO_MASKS
) -> Params:
    da_f, da_n = split(da, 2)
    dW_hf = masked_outer_products(da_f, caches.h_prev, masks.h, F)
    dW_hn = masked_outer_products(da_n, caches.q, masks.h, N_ALONE)
    return input_weight_gradients(params, x, da, masks)._replace(W_hh=join([dW_hf, dW_hn], axis=0))


def blocks(W_hh: Array) -> tuple[Array, Array]:
    H = W_hh.shape[1]
    return W_hh[:H], W_hh[H:]


CELL = Cell(
    name="minimal gated unit",
    params_type=Params,
    shapes={"W_ih": "2H D", "W_hh": "2H H", "b": "2H"},
    state={"h": "H"},
    init_params=init_params,
    project=project,
    step=step,
    step_backward=step_backward,
    weight_gradients=weight_gradients,
    sites=("x", "h", "g"),
)
DROPOUTS = dropouts_of(CELL)


def test_it_is_the_equations_of_the_paper() -> None:
    rng = np.random.default_rng(0)
    params, x = init_params(D, H, rng), rng.standard_normal((T, N, D))
    h, y = rng.standard_normal((N, H)), []
    actual, _, _ = scan.forward(CELL, params, x, (h,))
    for x_t in x:
        a, b = np.split(params.W_ih @ x_t.T + params.b[:, None], 2)
        f = 1 / (1 + np.exp(-(a + params.W_hh[:H] @ h.T)))
        n = np.tanh(b + params.W_hh[H:] @ (f * h.T))
        h = ((1 - f) * h.T + f * n).T
        y.append(h)
    assert relative_difference(actual, np.stack(y)) < 1e-13


@pytest.mark.parametrize("dropout", DROPOUTS)
def test_a_sequence_under_each_dropout(dropout: str | None) -> None:
    assert_sequence_is_right(CELL, dropout)


@pytest.mark.parametrize("dropout", DROPOUTS)
def test_layers_and_directions_under_each_dropout(dropout: str | None) -> None:
    assert_layers_are_right(CELL, dropout)


@pytest.mark.parametrize(
    ("variant", "site"),
    [(RNNDrop(0.5), "a cell state (c)"), (Zoneout(h=0.5, c=0.5), "a cell state (keep_c)")],
)
def test_a_dropout_whose_site_it_lacks_refuses_by_name(variant: Any, site: str) -> None:
    with pytest.raises(ValueError, match="acts on") as caught:
        variant.check_cell(CELL)
    assert f"{site}, which the minimal gated unit does not have" in str(caught.value)
    params, x = init_params(D, H, np.random.default_rng(0)), np.zeros((T, N, D))
    masks = variant.sample(Sizes.of(CELL, params, x), np.random.default_rng(0))
    with pytest.raises(ValueError, match="the minimal gated unit has no such site, expected x, h"):
        scan.forward(CELL, params, x, masks=masks)


def test_lengths_checkpoints_truncation_and_jacobians() -> None:
    params, trace, grads = assert_lengths_and_checkpoints_are_right(CELL)
    whole, _, _ = scan.truncated_backward(CELL, params, trace, np.ones((T, N, H)), k1=T)
    for gradient, other in zip(grads, whole, strict=True):
        assert relative_difference(gradient, other) < 1e-13
    assert jacobians.step_jacobians(CELL, params, trace).shape == (T, N, H, H)


def test_tensors_and_float32() -> None:
    assert_tensors_and_float32_are_right(CELL)


def test_a_wrong_gradient_would_be_seen() -> None:
    case = cases.random_case(CELL, T=T, N=N, D=D, H=H)
    right = references.by_hand(case)
    wrong = {**right, "W_hh": right["W_hh"][::-1].copy()}
    with pytest.raises(AssertionError, match="gradient of W_hh"):
        check_gradients(lambda: float(cases.loss(case)), case.arrays(), wrong)
