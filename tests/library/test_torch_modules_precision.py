"""The drop-in layers in the dtypes of autocast and of half precision, as torch.nn's."""

from __future__ import annotations

import pytest
import torch
from torch_layers import VARIANTS, assert_close, outputs_and_gradients, pair, tensors


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


every_variant = pytest.mark.parametrize("name", VARIANTS)


@every_variant
@pytest.mark.parametrize("form", ["batch", "unsorted"])
@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16], ids=str
)
def test_autocast_gives_torchs_dtypes(name: str, dtype: torch.dtype, form: str) -> None:
    reference, layer = pair(name, "by_hand", num_layers=2, bidirectional=True)
    reference, layer = reference.to(dtype), layer.to(dtype)
    given = {part: array.to(dtype) for part, array in tensors(layer, form, hx=False).items()}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        try:
            wanted = outputs_and_gradients(reference, form, given)
        except RuntimeError as error:  # float16 does not always go with bfloat16
            with pytest.raises(RuntimeError, match=str(error)):
                outputs_and_gradients(layer, form, given)
            return
        ours = outputs_and_gradients(layer, form, given)
    assert {key: value.dtype for key, value in ours.items()} == {
        key: value.dtype for key, value in wanted.items()
    }
    assert_close({"y": ours["y"]}, {"y": wanted["y"]}, 0.05)


@every_variant
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_half_precision_is_near_full_precision(name: str, dtype: torch.dtype) -> None:
    reference, layer = pair(name, "by_hand")
    given = tensors(layer, "batch", hx=True)
    wanted = outputs_and_gradients(reference.to(dtype).double(), "batch", given)
    given = {part: array.to(dtype) for part, array in given.items()}
    ours = outputs_and_gradients(layer.to(dtype), "batch", given)
    assert {value.dtype for value in ours.values()} == {dtype}
    assert_close({k: v.double() for k, v in ours.items()}, wanted, 0.05)
