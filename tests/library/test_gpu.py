"""On a GPU the library equals the CPU and torch.nn with cuDNN. `make test-gpu` runs this."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from registry import CELLS, problem
from torch_layers import ENGINES, FORMS, VARIANTS, outputs_and_gradients, pair, tensors

from lessons_lib.verify.gradients import relative_difference

GPU = "cuda"
BOUNDS = {torch.float64: 1e-10, torch.float32: 1e-5}

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
dtypes = pytest.mark.parametrize("dtype", BOUNDS, ids=str)


@pytest.fixture(autouse=True)
def _full_precision() -> Iterator[None]:
    """Set the seed, and turn off TF32 in cuDNN; torch's own products do not use it by default."""
    torch.manual_seed(0)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield


def assert_near(ours: dict[str, Any], expected: dict[str, Any], dtype: torch.dtype) -> None:
    assert ours.keys() == expected.keys()
    for name, want in expected.items():
        difference = relative_difference(ours[name].detach().cpu(), want.detach().cpu())
        assert difference <= BOUNDS[dtype], f"{name}: {difference:.1e}"


@dtypes
@pytest.mark.parametrize("name", CELLS)
def test_equations_on_the_gpu_are_those_on_the_cpu(name: str, dtype: torch.dtype) -> None:
    on_cpu = problem(name).to_torch().with_arrays(lambda a: a.to(dtype))
    on_gpu = on_cpu.with_arrays(lambda a: a.to(GPU))
    y, _, _ = on_gpu.forward()
    assert y.device.type == GPU
    assert_near(
        {"y": y, **on_gpu.backward()}, {"y": on_cpu.forward()[0], **on_cpu.backward()}, dtype
    )


@dtypes
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", VARIANTS)
def test_layers_on_the_gpu_are_those_on_the_cpu_and_torchs(
    name: str, engine: str, form: str, dtype: torch.dtype
) -> None:
    reference, layer = pair(name, engine, num_layers=2, bidirectional=True, dtype=dtype)
    given = {part: array.to(dtype) for part, array in tensors(layer, form, hx=True).items()}
    on_cpu = outputs_and_gradients(layer, form, given)
    there = {part: array.to(GPU) for part, array in given.items()}
    on_gpu = outputs_and_gradients(layer.to(GPU), form, there)
    assert {value.device.type for value in on_gpu.values()} == {GPU}
    assert_near(on_gpu, on_cpu, dtype)
    assert_near(on_gpu, outputs_and_gradients(reference.to(GPU), form, there), dtype)
