"""What every new cell has to pass: its gradients under dropouts, stacks, lengths and tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from dropout_examples import EXAMPLES, RATE, fits
from registry import D, H, N, T

from lessons_lib import checkpoint, scan, stack
from lessons_lib.cell import Cell
from lessons_lib.verify import cases, references
from lessons_lib.verify.gradients import relative_difference


def dropouts_of(cell: Cell) -> list[str | None]:
    """Return no dropout, and the names of the examples whose sites the cell has."""
    return [None, *(name for name, make in EXAMPLES.items() if fits(make(RATE), cell))]


def assert_sequence_is_right(cell: Cell, dropout: str | None) -> None:
    variant = EXAMPLES[dropout](RATE) if dropout else None
    case = cases.random_case(cell, T=T, N=N, D=D, H=H, dropout=variant)
    assert set(references.compare(case)[case.name]) == {"finite_differences", "autograd"}


def assert_layers_are_right(cell: Cell, dropout: str | None) -> None:
    variant = EXAMPLES[dropout](RATE) if dropout else None
    sizes = {"T": 4, "N": 2, "D": 3, "H": 2}
    case = cases.random_stack_case(
        "layers", cell, **sizes, num_layers=2, bidirectional=True, dropout=variant
    )
    assert set(references.compare(case)["layers"]) == {"finite_differences", "autograd"}


def assert_lengths_and_checkpoints_are_right(cell: Cell) -> tuple[Any, Any, Any]:
    """Return the first layer's parameters, its trace, and its gradients for dy = 1."""
    rng = np.random.default_rng(0)
    layers = stack.init_params(cell, D, H, rng, 2, True)
    x = rng.standard_normal((T, N, D))
    y, _, _ = stack.forward(cell, layers, x, lengths=[7, 2, 5])
    assert not y[2:, 1].any()
    ((params, _), _) = layers
    y, _, trace = scan.forward(cell, params, x)
    kept_y, _, kept = checkpoint.forward(cell, params, x)
    assert relative_difference(y, kept_y) < 1e-14
    grads, _, _ = scan.backward(cell, params, trace, np.ones_like(y))
    again, _, _ = checkpoint.backward(cell, params, kept, np.ones_like(y))
    for gradient, other in zip(grads, again, strict=True):
        assert relative_difference(gradient, other) < 1e-13
    return params, trace, grads


def assert_tensors_and_float32_are_right(cell: Cell) -> None:
    params = cell.init_params(D, H, np.random.default_rng(0), np.float32)
    x = np.ones((T, N, D), np.float32)
    y, _, _ = scan.forward(cell, params, x)
    tensors = cell.params_type(*map(torch.from_numpy, params))
    z, _, _ = scan.forward(cell, tensors, torch.from_numpy(x))
    assert y.dtype == np.float32
    assert relative_difference(y, z.numpy()) < 1e-5
