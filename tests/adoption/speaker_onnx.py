"""The project chapter's model, exported to ONNX, decides in onnxruntime as it does in torch.

One direction, no packing, a fixed number of frames: an utterance is padded, and the decision is
read at its last frame.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from lessons_lib.lab import vowels
from lessons_lib.lab.recordings import project_vowels

FRAMES = 29

pytestmark = pytest.mark.filterwarnings("ignore")  # exporters warn of their own parts


class Fixed(nn.Module):
    """The chapter's model without packing and dropout: (29, N, 12) to (29, N, 9)."""

    def __init__(self, trained: Any) -> None:
        super().__init__()
        self.trained = trained

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h, _ = self.trained.layer((x - self.trained.mean) / self.trained.std)
        return self.trained.read(h)


@pytest.fixture(scope="module")
def pairs() -> list[project_vowels.Pair]:
    return project_vowels.pairs_of(vowels.utterances("test"))[::37]


def network(name: str, pairs: list[project_vowels.Pair]) -> Any:
    torch.manual_seed(0)
    frames = np.concatenate([x.numpy() for x, _ in pairs])
    return project_vowels.network(name, 0.5, None, frames).eval()


@pytest.mark.parametrize("dynamo", [False, True], ids=["torchscript", "dynamo"])
@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_onnxruntime_decides_as_torch_does(
    name: str, dynamo: bool, pairs: list[project_vowels.Pair], tmp_path: Path
) -> None:
    packed, path = network(name, pairs), tmp_path / "speaker.onnx"
    example = torch.zeros(FRAMES, 1, vowels.COEFFICIENTS)
    torch.onnx.export(Fixed(packed).eval(), (example,), path, dynamo=dynamo, verbose=False)
    session = onnxruntime.InferenceSession(path)
    entry = session.get_inputs()[0].name
    assert len({len(x) for x, _ in pairs}) > 3
    for x, _ in pairs:
        padded = np.zeros((FRAMES, 1, vowels.COEFFICIENTS), np.float32)
        padded[: len(x), 0] = x
        got = session.run(None, {entry: padded})[0][len(x) - 1, 0]
        with torch.no_grad():
            expected = packed(x[:, None], torch.tensor([len(x)]))[-1, 0].numpy()
        assert np.allclose(got, expected, rtol=0, atol=1e-5)


def is_exported(model: nn.Module, *inputs: torch.Tensor) -> bool:
    try:
        torch.export.export(model, inputs)
    except Exception:  # of several classes, one for each version of torch
        return False
    return True


def test_packing_is_not_exported(pairs: list[project_vowels.Pair]) -> None:
    x, _, lengths = project_vowels.collate(pairs)
    model = network("LSTM", pairs)
    assert is_exported(Fixed(model), x)
    assert not is_exported(model, x, lengths)


def test_two_directions_need_the_length(pairs: list[project_vowels.Pair]) -> None:
    model, (x, _) = network("BiLSTM", pairs), pairs[0]
    padded = torch.zeros(FRAMES, 1, vowels.COEFFICIENTS)
    padded[: len(x), 0] = x
    with torch.no_grad():
        with_padding = Fixed(model)(padded)[: len(x), 0]
        alone = model(x[:, None], torch.tensor([len(x)]))[:, 0]
    assert len(x) < FRAMES
    assert (with_padding - alone).abs().max() > 1e-3
