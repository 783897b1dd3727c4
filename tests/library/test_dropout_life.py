"""Layers with a dropout variant behave like torch.nn's: copies, files, dtypes, compiler."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from dropout_examples import EXAMPLES, RATE, VARIANTS
from torch_layers import D, H, N, T

from lessons_lib.masks import act_nowhere
from lessons_lib.torch_modules import LSTM
from lessons_lib.verify.gradients import relative_difference

every_example = pytest.mark.parametrize("name", EXAMPLES)
#: Each variant once, without its options.
THOUSAND = [name for name in EXAMPLES if name in VARIANTS or name == "Combined of three"]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def make(name: str, **options: Any) -> LSTM:
    """Return an LSTM with a projection, which has all sites."""
    options = {"dtype": torch.float64, "proj_size": 2, **options}
    return LSTM(D, H, dropout=EXAMPLES[name](RATE), **options)


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", THOUSAND)
def test_a_thousand_forwards_leave_the_parameters_untouched(name: str) -> None:
    layer = make(name)
    before = copy.deepcopy(layer.state_dict())
    x = torch.randn(1, 1, D, dtype=torch.float64)
    for _ in range(1000):
        layer(x)
    for key, weight in layer.state_dict().items():
        assert torch.equal(weight, before[key]), key
    assert vars(layer).keys() == vars(make(name)).keys()  # nothing is cached on the layer


@every_example
def test_state_dicts_are_torchs(name: str) -> None:
    layer = make(name, num_layers=2, bidirectional=True)
    options = {"num_layers": 2, "bidirectional": True, "proj_size": 2, "dtype": torch.float64}
    theirs = torch.nn.LSTM(D, H, **options)
    assert list(layer.state_dict()) == list(theirs.state_dict())
    theirs.load_state_dict(layer.state_dict())
    layer.load_state_dict(theirs.state_dict())
    x = torch.randn(T, N, D, dtype=torch.float64)
    assert layer.variant is not None
    if act_nowhere(layer.variant.evaluation_stack(2)):
        assert torch.equal(layer.eval()(x)[0], theirs(x)[0])
    assert repr(layer.variant) in repr(layer)


@every_example
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_draws_and_computes_the_same(name: str, copied: Any) -> None:
    layer = make(name)
    twin, x = copied(layer), torch.randn(T, N, D, dtype=torch.float64)
    assert twin.variant == layer.variant
    assert torch.equal(twin(x, generator=seeded())[0], layer(x, generator=seeded())[0])
    assert torch.equal(twin.eval()(x)[0], layer.eval()(x)[0])


@every_example
def test_rate_0_is_torchs_own_kernel_and_evaluation_draws_nothing(name: str) -> None:
    layer, theirs = LSTM(D, H, dropout=EXAMPLES[name](0) if "proj" not in name else 0.0), None
    theirs = torch.nn.LSTM(D, H)
    theirs.load_state_dict(layer.state_dict())
    x = torch.randn(T, N, D)
    assert torch.equal(layer(x)[0], theirs(x)[0])
    layer = make(name).eval()
    before = torch.get_rng_state()
    x = x.double()
    assert torch.equal(layer(x)[0], layer(x)[0])
    assert torch.equal(torch.get_rng_state(), before)


@every_example
def test_autocast_gives_torchs_dtypes(name: str) -> None:
    layer = make(name, dtype=torch.float32)
    theirs = torch.nn.LSTM(D, H, proj_size=2)
    theirs.load_state_dict(layer.state_dict())
    x = torch.randn(T, N, D)
    masks = layer.sample_masks(x)
    exact, _ = layer(x, masks=masks)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        expected, (y, last) = theirs(x), layer(x, masks=masks)
        (y.float() ** 2).sum().backward()
    assert [a.dtype for a in (y, *last)] == [a.dtype for a in (expected[0], *expected[1])]
    assert relative_difference(y.detach().double(), exact.detach().double()) <= 0.05
    assert {weight.grad.dtype for weight in layer.parameters()} == {torch.float32}


@every_example
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_half_precision_is_near_full_precision(name: str, dtype: torch.dtype) -> None:
    layer = make(name).to(dtype)
    x = torch.randn(T, N, D, dtype=dtype)
    masks = layer.sample_masks(x)
    y, _ = layer(x, masks=masks)
    assert y.dtype == dtype
    wide = masks.map(lambda mask: mask if mask.dtype == torch.bool else mask.double())
    expected, _ = copy.deepcopy(layer).double()(x.double(), masks=wide)
    assert relative_difference(y.detach().double(), expected.detach()) <= 0.05


@every_example
def test_the_compiler_runs_around_it(name: str) -> None:
    layer = make(name, batch_first=True)

    def model(x: torch.Tensor, masks: Any = None) -> torch.Tensor:
        return layer(2 * x, masks=masks)[0] / 2

    x = torch.randn(N, T, D, dtype=torch.float64)
    masks = layer.sample_masks(x)
    torch._dynamo.reset()
    compiled = torch.compile(model, backend="eager")
    for more in ((), (masks,)):
        results = []
        for run in (model, compiled):
            torch.manual_seed(1)
            y = run(x, *more)
            results.append((y, *torch.autograd.grad((y**2).sum(), list(layer.parameters()))))
        for expected, got in zip(*results, strict=True):
            assert torch.equal(got, expected)


@every_example
def test_second_derivatives_agree_with_differences(name: str) -> None:
    layer = make(name, engine="by_hand")
    x = torch.randn(2, 1, D, dtype=torch.float64, requires_grad=True)
    masks = layer.sample_masks(x)
    weights = dict(layer.named_parameters())

    def run(x: torch.Tensor, *values: torch.Tensor) -> torch.Tensor:
        changed = dict(zip(weights, values, strict=True))
        y, (h, c) = torch.func.functional_call(layer, changed, (x,), {"masks": masks})
        return torch.cat([y.flatten(), h.flatten(), c.flatten()])

    assert torch.autograd.gradgradcheck(run, (x, *weights.values()), fast_mode=True)
