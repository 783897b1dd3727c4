"""One compiled step of torch's cells equals the equations, and sees each change of the weights."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from dropout_examples import EXAMPLES, RATE, fits

from lessons_lib import torch_modules
from lessons_lib.convert.torch_layers import cell_of_mode
from lessons_lib.dropout import (
    NonRecurrentDropout,
    StackMasks,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)
from lessons_lib.torch_modules import cell_steps, compiled_step
from lessons_lib.torch_modules.cells import _Cell
from lessons_lib.verify.gradients import relative_difference

MODES = {"LSTM": "LSTM", "GRU": "GRU", "RNN": "RNN_TANH"}
#: N, D and H: below, at and above a vector's width, and rows of several tiles.
SIZES = [(1, 1, 1), (2, 3, 5), (5, 16, 8), (9, 7, 33), (1, 40, 64)]
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}


@pytest.fixture(autouse=True)
def _no_gradient() -> Iterator[None]:
    torch.manual_seed(0)
    with torch.no_grad():
        yield


def make(kind: str, variant: Any, D: int, H: int, **options: Any) -> Any:
    """Return a cell with random weights, none of them small."""
    cell = getattr(torch_modules, f"{kind}Cell")(D, H, dropout=variant, **options)
    for weight in cell.parameters():
        weight.copy_(0.6 * torch.randn_like(weight))
    return cell


def random_state(kind: str, *shape: int, dtype: Any = torch.float32) -> Any:
    h, c = torch.randn(2, *shape, dtype=dtype)
    return (h, c) if kind == "LSTM" else h


def compiled(cell: _Cell, x: torch.Tensor, state: Any, masks: StackMasks) -> Any:
    new = cell_steps.take_compiled_step(cell, x, state, masks)
    assert new is not None, "compiled code does not serve"
    return new


def by_equations(cell: Any, x: torch.Tensor, state: Any, masks: StackMasks) -> Any:
    """Take the step with torch's operations, which autograd could follow."""
    with torch.enable_grad():
        new = cell(x, state, masks=masks)
    assert all(part.requires_grad for part in (new if isinstance(new, tuple) else (new,)))
    return new if isinstance(new, tuple) else (new,)


def assert_same(actual: Any, expected: Any, tolerance: float = 1e-5) -> None:
    for one, other in zip(actual, expected, strict=True):
        assert one.shape == other.shape
        assert relative_difference(one.detach(), other.detach()) < tolerance


PAIRS = [
    (kind, name)
    for kind, mode in MODES.items()
    for name in EXAMPLES
    if fits(EXAMPLES[name](RATE), cell_of_mode(mode))
]


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_it_equals_the_equations(kind: str, name: str) -> None:
    for place, (N, D, H) in enumerate(SIZES):
        dtype = torch.float64 if place % 2 else torch.float32
        cell = make(kind, EXAMPLES[name](RATE), D, H, dtype=dtype, bias=place != 1)
        x, state = torch.randn(N, D, dtype=dtype), random_state(kind, N, H, dtype=dtype)
        masks = cell.sample_masks(4, N).at(2)
        expected = by_equations(cell, x, state, masks)
        assert_same(compiled(cell, x, state, masks), expected, TOLERANCE[dtype])


@pytest.mark.parametrize("kind", MODES)
def test_factors_and_shares_in_evaluation(kind: str) -> None:
    variant = Zoneout(h=0.3, c=0.2 if kind == "LSTM" else 0.0)
    cell = make(kind, variant, 4, 5).eval()
    x, state = torch.randn(3, 4), random_state(kind, 3, 5)
    masks = variant.evaluation_stack()
    assert_same(compiled(cell, x, state, masks), by_equations(cell, x, state, masks))


@pytest.mark.parametrize("variant", [Zoneout(h=0.5), NonRecurrentDropout(0.5)], ids=str)
@pytest.mark.parametrize("shape", [(3, 4), (4,)], ids=str)
def test_masks_that_a_step_draws(variant: Any, shape: tuple[int, ...]) -> None:
    cell = make("LSTM", variant, 4, 5)
    x, state = torch.randn(shape), random_state("LSTM", *shape[:-1], 5)
    torch.manual_seed(3)
    actual = cell(x, state)
    torch.manual_seed(3)
    with torch.enable_grad():
        assert_same(actual, cell(x, state))
    assert not torch.equal(cell(x, state)[0], actual[0])


def test_each_change_of_a_parameter_counts() -> None:
    cell = make("LSTM", Zoneout(h=0.3), 3, 5)
    x, state, masks = torch.randn(2, 3), random_state("LSTM", 2, 5), cell.sample_masks(1, 2).at(0)
    first = compiled(cell, x, state, masks)
    cell.weight_hh.data.mul_(-1)  # does not raise the parameter's version
    second = compiled(cell, x, state, masks)
    assert relative_difference(second[0], first[0]) > 0.01
    assert_same(second, by_equations(cell, x, state, masks))
    cell.weight_ih = torch.nn.Parameter(torch.randn(3, 20).T)  # not contiguous
    assert_same(compiled(cell, x, state, masks), by_equations(cell, x, state, masks))


def test_views_and_one_sequence_without_its_axis() -> None:
    cell = make("LSTM", VariationalDropout(0.4, 0.4), 3, 5)
    x, masks = torch.randn(4, 6, 3)[:, 2], cell.sample_masks(1, 4).at(0)
    state = tuple(part.T for part in torch.randn(2, 5, 4))
    assert not x.is_contiguous()
    assert_same(compiled(cell, x, state, masks), by_equations(cell, x, state, masks))
    masks = cell.sample_masks(1, 1).at(0)
    (h, c), single = random_state("LSTM", 1, 5), torch.randn(3)
    alone = compiled(cell, single, (h[0], c[0]), masks)
    assert_same(alone, [part[0] for part in compiled(cell, single[None], (h, c), masks)], 1e-12)


def test_what_zoneout_drops_has_no_effect() -> None:
    cell = make("LSTM", Zoneout(h=0.5, c=0.5), 3, 5)
    masks = cell.sample_masks(1, 2).at(0)
    keep_h, keep_c = masks.networks[0][0].keep_h, masks.networks[0][0].keep_c
    h, c = random_state("LSTM", 2, 5)
    new_h, new_c = compiled(cell, torch.full((2, 3), torch.nan), (h, c), masks)
    assert torch.equal(new_h[keep_h], h[keep_h])
    assert torch.equal(new_c[keep_c], c[keep_c])
    assert new_h[~keep_h].isnan().all()
    assert new_c[~keep_c].isnan().all()


def test_any_number_of_threads_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    cell, before = make("LSTM", WeightDrop(0.4), 11, 13), torch.get_num_threads()
    x, state, masks = torch.randn(7, 11), random_state("LSTM", 7, 13), cell.sample_masks(1, 7).at(0)
    expected = compiled(cell, x, state, masks)
    monkeypatch.setattr(compiled_step, "_ALONE", 0)
    compiled_step._step_for.cache_clear()
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            actual = compiled(cell, x, state, masks)
            assert all(map(torch.equal, actual, expected))
    finally:
        torch.set_num_threads(before)
        compiled_step._step_for.cache_clear()


def test_threads_of_the_program_do_not_share_memory() -> None:
    cell = make("LSTM", Zoneout(h=0.3, c=0.3), 30, 40)
    inputs = [
        (torch.randn(3, 30), random_state("LSTM", 3, 40), cell.sample_masks(1, 3).at(0))
        for _ in range(4)
    ]
    expected = [compiled(cell, *own) for own in inputs]
    right: list[int] = []

    @torch.no_grad()
    def repeat(k: int) -> None:
        for _ in range(200):
            right.append(all(map(torch.equal, compiled(cell, *inputs[k]), expected[k])))

    threads = [threading.Thread(target=repeat, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(right) == 800


def test_what_it_leaves_to_others() -> None:
    cell = make("LSTM", Zoneout(h=0.3), 3, 5)
    x, state = torch.randn(2, 3), random_state("LSTM", 2, 5)
    masks = cell.sample_masks(1, 2).at(0)
    take = cell_steps.take_compiled_step
    assert take(cell, x, state, masks) is not None
    with torch.enable_grad():
        assert take(cell, x, state, masks) is None
    refused: list[tuple[Any, Any, Any]] = [
        (x.double(), state, masks),
        (x.half(), state, masks),
        (x[:0], (state[0][:0], state[1][:0]), masks),
        (x[:1], state, masks),
        (x[:, 1:], state, masks),
        (x, (state[0], state[1][1:]), masks),
        (x, list(state), masks),
        (x, state[:1], masks),
        (x, state, cell.sample_masks(1, 2)),
        (x, state, masks.networks),
        (x.to("meta"), state, masks),
        (x.as_subclass(_Subclass), state, masks),
    ]
    for arguments in refused:
        assert take(cell, *arguments) is None
    with torch.autograd.forward_ad.dual_level():
        assert take(cell, x, state, masks) is None


class _Subclass(torch.Tensor):
    """It may do anything, which compiled code would not know."""
