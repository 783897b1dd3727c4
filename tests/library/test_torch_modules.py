"""The drop-in layers give torch.nn's outputs and gradients, with every engine."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from torch_layers import ENGINES, FORMS, VARIANTS, outputs_and_gradients, pair, tensors

from lessons_lib.verify.gradients import relative_difference

DIRECTIONS = {"one direction": False, "both directions": True}


def assert_same(
    ours: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], to_bit: bool
) -> None:
    assert ours.keys() == expected.keys()
    for name, want in expected.items():
        got = ours[name]
        assert got.shape == want.shape, name
        assert got.dtype == want.dtype, name
        if to_bit:
            assert torch.equal(got, want), name
        else:
            assert relative_difference(got.detach(), want.detach()) <= 1e-10, name


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("directions", DIRECTIONS)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", VARIANTS)
def test_outputs_and_gradients_are_those_of_torch(
    name: str, engine: str, layers: int, directions: str, form: str
) -> None:
    torch.manual_seed(0)
    for batch_first, bias, hx in product([False, True], repeat=3):
        reference, layer = pair(
            name,
            engine,
            num_layers=layers,
            bidirectional=DIRECTIONS[directions],
            batch_first=batch_first,
            bias=bias,
        )
        given = tensors(layer, form, hx)
        before = {part: array.clone() for part, array in given.items()}
        expected = outputs_and_gradients(reference, form, given)
        assert_same(outputs_and_gradients(layer, form, given), expected, engine == "kernel")
        for part, array in given.items():
            assert torch.equal(array, before[part]), f"{part} was changed"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", VARIANTS)
def test_float_dropout_draws_what_torch_draws(name: str, engine: str) -> None:
    reference, layer = pair(name, engine, num_layers=3, dropout=0.4, bidirectional=True)
    given = tensors(layer, "batch", hx=True)

    def run(module: Any) -> dict[str, torch.Tensor]:
        torch.manual_seed(7)
        return outputs_and_gradients(module, "batch", given)

    assert_same(run(layer), run(reference), engine == "kernel")
    dropped = run(layer)["y"]
    layer.eval(), reference.eval()
    assert_same(run(layer), run(reference), engine == "kernel")
    assert not torch.equal(run(layer)["y"], dropped)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_engine_can_be_changed_at_any_time(name: str) -> None:
    _, layer = pair(name, "kernel")
    given = tensors(layer, "batch", hx=True)
    by_kernel = outputs_and_gradients(layer, "batch", given)
    layer.engine = "by_hand"
    by_hand = outputs_and_gradients(layer, "batch", given)
    assert_same(by_hand, by_kernel, to_bit=False)
    # the difference in rounding shows that another code has run
    assert any(not torch.equal(by_hand[name], by_kernel[name]) for name in by_kernel)


@pytest.mark.parametrize("name", VARIANTS)
def test_first_and_second_derivatives_agree_with_differences(name: str) -> None:
    torch.manual_seed(0)
    _, layer = pair(name, "by_hand", num_layers=2, bidirectional=True)
    given = {part: array.requires_grad_() for part, array in tensors(layer, "batch", True).items()}
    given["x"] = torch.randn(3, 5, 3, dtype=torch.float64, requires_grad=True)
    weights = dict(layer.named_parameters())

    def run(*leaves: torch.Tensor) -> tuple[torch.Tensor, ...]:
        x, *rest = leaves
        states, values = tuple(rest[: len(given) - 1]), rest[len(given) - 1 :]
        changed = dict(zip(weights, values, strict=True))
        hx = states if len(states) > 1 else states[0]
        y, last = torch.func.functional_call(layer, changed, (x, hx))
        return (y, *(last if isinstance(last, tuple) else (last,)))

    leaves = (*given.values(), *weights.values())
    assert torch.autograd.gradcheck(run, leaves, fast_mode=True)
    assert torch.autograd.gradgradcheck(run, leaves, fast_mode=True)
