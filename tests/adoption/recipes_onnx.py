"""The classes of the recipes page, in evaluation, give the same in onnxruntime as in torch.

The number of steps is fixed, as for torch.nn's layers; the number of sequences is not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from lessons_lib.lab import recipes

T, N, D, H = 5, 3, 4, 6

pytestmark = pytest.mark.filterwarnings("ignore")  # exporters warn of their own parts


def export(layer: Any, x: torch.Tensor, path: Path, dynamo: bool) -> None:
    if dynamo:
        sizes = ({1: torch.export.Dim("N", min=2, max=64)},)
        torch.onnx.export(layer, (x,), path, dynamo=True, dynamic_shapes=sizes, verbose=False)
    else:
        axes = {"x": {1: "N"}}
        torch.onnx.export(layer, (x,), path, dynamo=False, input_names=["x"], dynamic_axes=axes)


#: Each class with each exporter; the older one cannot record `torch.func.functional_call`.
CASES = [
    pytest.param(made, dynamo, id=f"{made.__name__}-{'dynamo' if dynamo else 'torchscript'}")
    for made in recipes.CLASSES.values()
    for dynamo in (False, True)
    if dynamo or made is not recipes.WeightDropLSTM
]


@pytest.mark.parametrize(("made", "dynamo"), CASES)
def test_a_copied_class_gives_the_same(made: Any, dynamo: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    layer = made(D, H).eval()
    export(layer, torch.randn(T, N, D), tmp_path / "layer.onnx", dynamo)
    session = onnxruntime.InferenceSession(tmp_path / "layer.onnx")
    entry = session.get_inputs()[0].name
    for n in (N, N + 4):
        x = torch.randn(T, n, D)
        y, (h, c) = layer(x)
        results = session.run(None, {entry: x.numpy()})
        for got, want in zip(results, (y, h, c), strict=True):
            assert np.allclose(got, want.detach().numpy(), rtol=0, atol=1e-5)
