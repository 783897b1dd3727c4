"""Layers in evaluation, exported to ONNX by both exporters, give the same in onnxruntime.

The number of steps is fixed, as for torch.nn's layers; the number of sequences is not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from dropout_examples import EXAMPLES, RATE, fits

from lessons_lib import gru, lstm, lstm_peepholes
from lessons_lib.dropout import Zoneout
from lessons_lib.masks import NO_MASKS
from lessons_lib.torch_modules import GRU, LSTM, RNN, Layer, LSTMCell

T, N, D, H = 5, 3, 4, 6

#: Layers by name; those with a variant that acts in evaluation, and one that does not.
LAYERS: dict[str, Callable[[], Any]] = {
    "kernel": lambda: LSTM(D, H, 2, bidirectional=True, batch_first=True),
    "by hand": lambda: LSTM(D, H, 2, engine="by_hand", bidirectional=True),
    "by hand, batch first": lambda: LSTM(D, H, engine="by_hand", batch_first=True, bias=False),
    "projection": lambda: LSTM(D, H, engine="by_hand", proj_size=2),
    "GRU": lambda: GRU(D, H, engine="by_hand"),
    "GRU, zoneout": lambda: GRU(D, H, dropout=Zoneout(h=0.2)),
    "RNN, zoneout": lambda: RNN(D, H, dropout=Zoneout(h=0.2)),
    "ReLU, by hand": lambda: RNN(D, H, nonlinearity="relu", engine="by_hand"),
    "peepholes, zoneout": lambda: Layer(lstm_peepholes.CELL, D, H, dropout=Zoneout(h=0.1, c=0.2)),
    "reset before": lambda: Layer(gru.CELL_BEFORE, D, H, num_layers=2, bidirectional=True),
    **{
        name: lambda name=name: LSTM(D, H, 2, dropout=EXAMPLES[name](RATE))  # type: ignore[misc]
        for name in EXAMPLES
        if fits(EXAMPLES[name](RATE), lstm.CELL)
        and (name == "WeightDrop" or EXAMPLES[name](RATE).evaluation_masks() != NO_MASKS)
    },
}

pytestmark = pytest.mark.filterwarnings("ignore")  # exporters warn of their own parts


def export(layer: Any, x: torch.Tensor, path: Path, dynamo: bool, batch: int) -> None:
    if dynamo:
        sizes = ({batch: torch.export.Dim("N", min=2, max=64)},)
        torch.onnx.export(layer, (x,), path, dynamo=True, dynamic_shapes=sizes, verbose=False)
    else:
        axes = {"x": {batch: "N"}}
        torch.onnx.export(layer, (x,), path, dynamo=False, input_names=["x"], dynamic_axes=axes)


def run(path: Path, x: torch.Tensor) -> Any:
    session = onnxruntime.InferenceSession(path)
    return session.run(None, {session.get_inputs()[0].name: x.numpy()})


@pytest.mark.parametrize("dynamo", [False, True], ids=["torchscript", "dynamo"])
@pytest.mark.parametrize("name", LAYERS)
def test_onnxruntime_gives_the_same(name: str, dynamo: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    layer = LAYERS[name]().eval()
    batch = 0 if getattr(layer, "batch_first", False) else 1
    inputs = [torch.randn(*((n, T) if batch == 0 else (T, n)), D) for n in (N, N + 4)]
    export(layer, inputs[0], tmp_path / "layer.onnx", dynamo, batch)
    for x in inputs:
        y, last = layer(x)
        expected = [y, *(last if isinstance(last, tuple) else (last,))]
        for got, want in zip(run(tmp_path / "layer.onnx", x), expected, strict=True):
            assert np.allclose(got, want.detach().numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("dynamo", [False, True], ids=["torchscript", "dynamo"])
def test_a_cell(dynamo: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    cell, x = LSTMCell(D, H, dropout=Zoneout(h=0.1, c=0.2)).eval(), torch.randn(N, D)
    export(cell, x, tmp_path / "cell.onnx", dynamo, 0)
    for n in (N, N + 4):
        x = torch.randn(n, D)
        for got, want in zip(run(tmp_path / "cell.onnx", x), cell(x), strict=True):
            assert np.allclose(got, want.detach().numpy(), rtol=0, atol=1e-5)
