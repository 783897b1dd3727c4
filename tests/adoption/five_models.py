"""Published models, swapped to our layers: trained, saved, loaded, exported.

The models are those of `models`, in which nothing names this library.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import onnxruntime
import pytest
import skorch
import torch
import torchinfo
from fvcore.nn import FlopCountAnalysis
from models import MODELS, Forecaster

from lessons_lib.dropout import (
    Combined,
    Dropout,
    NonRecurrentDropout,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)
from lessons_lib.torch_modules import GRU, LSTM, from_module, swap

#: The dropout that each model's paper, or its field, uses.
DROPOUTS: dict[str, Dropout] = {
    "WordModel": NonRecurrentDropout(0.2),
    "AWDModel": Combined(WeightDrop(0.5), VariationalDropout(0.3, 0)),
    "Decoder": Zoneout(h=0.1),
    "CRNN": VariationalDropout(0.2, 0.2),
    "Forecaster": Zoneout(h=0.1),
}
every_model = pytest.mark.parametrize("name", MODELS)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def recurrent(model: Any) -> list[Any]:
    kinds = (torch.nn.RNNBase, torch.nn.RNNCellBase)
    return [module for module in model.modules() if isinstance(module, kinds)]


def train(model: Any, given: Any, updates: int = 3) -> list[float]:
    optimizer: Any = torch.optim.SGD(model.parameters(), 0.1)
    losses = []
    for update in range(updates):
        if update == 2:  # as NT-ASGD does once the loss no longer falls
            optimizer = torch.optim.ASGD(model.parameters(), 0.1, t0=0, lambd=0.0)
        optimizer.zero_grad()
        loss = model.loss(*given)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


@every_model
@pytest.mark.parametrize("engine", ["auto", "by_hand", "compiled"])
def test_without_a_variant_the_model_trains_as_before(name: str, engine: str) -> None:
    losses = []
    for swapped in (False, True):
        torch.manual_seed(1)
        model: Any = MODELS[name]()
        given = model.example()
        if swapped:
            swap(model, engine=engine)
            assert all(hasattr(layer, "variant") for layer in recurrent(model))
        torch.manual_seed(2)
        losses.append(train(model, given))
    assert np.allclose(losses[0], losses[1], rtol=1e-5)


@every_model
def test_with_its_dropout_it_trains_and_is_saved_and_exported(name: str, tmp_path: Path) -> None:
    model: Any = MODELS[name]()
    given = model.example()
    swap(model, dropout=DROPOUTS[name])
    assert all(layer.variant == DROPOUTS[name] for layer in recurrent(model))
    assert all(np.isfinite(train(model, given)))
    assert all(parameter.grad is not None for parameter in model.parameters())
    file = io.BytesIO()
    torch.save({"model": model.state_dict(), "dropout": DROPOUTS[name]}, file)
    file.seek(0)
    kept = torch.load(file)
    again: Any = swap(MODELS[name](), dropout=kept["dropout"])
    again.load_state_dict(kept["model"])
    expected = first_of(model.eval()(*given))
    assert torch.equal(first_of(again.eval()(*given)), expected)
    exported = torch.export.export(model, given).module()
    assert torch.allclose(first_of(exported(*given)), expected, atol=1e-6)
    torch.onnx.export(model, given, tmp_path / "model.onnx", dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    names = [argument.name for argument in session.get_inputs()]
    results = session.run(None, dict(zip(names, (x.numpy() for x in given), strict=True)))
    assert np.allclose(results[0], expected.detach().numpy(), rtol=0, atol=1e-5)


def first_of(results: Any) -> torch.Tensor:
    return results[0] if isinstance(results, tuple) else results


class Lit(lightning.LightningModule):
    """A forecaster as Lightning trains it; its hyperparameters hold the variant."""

    def __init__(self, dropout: Any) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.model: Any = swap(Forecaster(), dropout=dropout)

    def training_step(self, batch: Any, _: int) -> torch.Tensor:
        return self.model.loss(*batch)

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), 0.1)


@pytest.mark.filterwarnings("ignore")
def test_lightning_trains_it_and_loads_its_checkpoint(tmp_path: Path) -> None:
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(8, 8, 2)), 4)
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    lit = Lit(Zoneout(h=0.1))
    trainer.fit(lit, data)
    trainer.save_checkpoint(tmp_path / "lit.ckpt", weights_only=False)
    torch.load(tmp_path / "lit.ckpt", weights_only=True)
    again = Lit.load_from_checkpoint(tmp_path / "lit.ckpt")
    assert again.model.rnn.variant == Zoneout(h=0.1)


class Reader(torch.nn.Module):
    """A classifier for skorch."""

    def __init__(self, dropout: Any = None) -> None:
        super().__init__()
        self.rnn = from_module(torch.nn.LSTM(3, 5, batch_first=True), dropout=dropout)
        self.read = torch.nn.Linear(5, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.read(self.rnn(x)[0][:, -1]), dim=1)


def test_skorch_clones_and_trains_it() -> None:
    net = skorch.NeuralNetClassifier(
        Reader, module__dropout=Zoneout(h=0.1, c=0.1), max_epochs=2, verbose=0, train_split=None
    )
    x, y = np.random.default_rng(0).standard_normal((12, 4, 3)), np.arange(12) % 2
    net.fit(x.astype(np.float32), y)
    assert net.predict(x.astype(np.float32)).shape == (12,)
    assert net.get_params()["module__dropout"] == Zoneout(h=0.1, c=0.1)


@pytest.mark.filterwarnings("ignore")
def test_summaries_count_it_like_torchs() -> None:
    for ours, theirs in ((LSTM(3, 5), torch.nn.LSTM(3, 5)), (GRU(3, 5), torch.nn.GRU(3, 5))):
        mine, given = torchinfo.summary(ours, (7, 2, 3), verbose=0), (torch.randn(7, 2, 3),)
        other = torchinfo.summary(theirs, (7, 2, 3), verbose=0)
        assert mine.total_params == other.total_params
        assert mine.total_mult_adds == other.total_mult_adds
        counts = [FlopCountAnalysis(layer, given).total() for layer in (ours, theirs)]
        assert counts[0] == counts[1]
