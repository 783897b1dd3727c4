"""Sharded training: two processes train like one, by FSDP's two versions and with every variant."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from dropout_examples import EXAMPLES, RATE, VARIANTS
from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard
from torch_layers import D, H

from lessons_lib.torch_modules import GRU, LSTM
from lessons_lib.verify.gradients import relative_difference

PROCESSES, T, N, STEPS = 2, 5, 4, 2


def _with_variant(name: str) -> LSTM:
    return LSTM(D, H, 2, dropout=EXAMPLES[name](RATE))


MODELS: dict[str, Callable[[], Any]] = {
    "by hand": lambda: LSTM(D, H, 2, engine="by_hand"),
    "GRU by hand": lambda: GRU(D, H, engine="by_hand"),
    **{
        name: partial(_with_variant, name)
        for name in EXAMPLES
        if name in VARIANTS or name == "Combined of three"
    },
}


def train(model: Any, inputs: list[Any], masks: list[Any]) -> list[float]:
    """Return the losses of some steps."""
    optimizer = torch.optim.SGD(model.parameters(), 0.5)
    losses = []
    for x, drawn in zip(inputs, masks, strict=True):
        loss = model(x, drawn).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


class Model(torch.nn.Module):
    """A layer and a read-out."""

    def __init__(self, layer: torch.nn.Module) -> None:
        super().__init__()
        self.layer = layer
        self.read = torch.nn.Linear(H, 1)

    def forward(self, x: torch.Tensor, masks: Any) -> torch.Tensor:
        return self.read(self.layer(x, masks=masks)[0])


def problem(name: str) -> tuple[Model, list[torch.Tensor], list[Any]]:
    """Return a model, and an input and masks for each step."""
    torch.manual_seed(0)
    layer = MODELS[name]()
    inputs = [torch.randn(T, N, D) for _ in range(STEPS)]
    return Model(layer), inputs, [layer.sample_masks(x) for x in inputs]


def work(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    address = f"file://{folder}/meeting"
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=PROCESSES)
    mesh = dist.device_mesh.init_device_mesh("cpu", (PROCESSES,))
    losses = {}
    for name in MODELS:
        model, inputs, masks = problem(name)
        fully_shard(model.layer, mesh=mesh)
        fully_shard(model, mesh=mesh)
        losses[name, "FSDP2"] = train(model, inputs, masks)
        for original in (False, True):
            model, inputs, masks = problem(name)
            sharded = FullyShardedDataParallel(
                model, device_id=torch.device("cpu"), use_orig_params=original
            )
            losses[name, f"FSDP1, use_orig_params={original}"] = train(sharded, inputs, masks)
    torch.save(losses, Path(folder) / f"{rank}.pt")
    dist.destroy_process_group()


def test_sharded_layers_train_like_whole_ones(tmp_path: Path) -> None:
    mp.spawn(work, args=(str(tmp_path),), nprocs=PROCESSES)
    for rank in range(PROCESSES):
        for (name, way), losses in torch.load(tmp_path / f"{rank}.pt").items():
            expected = torch.tensor(train(*problem(name)))
            assert relative_difference(torch.tensor(losses), expected) < 1e-5, (name, way)
