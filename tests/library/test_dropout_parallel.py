"""Two processes draw different masks, and train like one process that is given both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from dropout_examples import EXAMPLES, RATE
from torch_layers import D, H

from lessons_lib.torch_modules import LSTM
from lessons_lib.verify.gradients import relative_difference

PROCESSES, T, N = 2, 5, 3


def make(name: str) -> tuple[LSTM, torch.Tensor]:
    torch.manual_seed(0)
    layer = LSTM(D, H, 2, dropout=EXAMPLES[name](RATE), proj_size=2, dtype=torch.float64)
    return layer, torch.randn(T, N, D, dtype=torch.float64)


def trained(layer: Any, x: torch.Tensor, seed: int) -> tuple[torch.Tensor, ...]:
    """Return the output under the masks of one seed, and the gradients of its mean square."""
    y, _ = layer(x, generator=torch.Generator().manual_seed(seed))
    y.square().mean().backward()
    return y.detach(), *(weight.grad for weight in layer.parameters())


def work(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    address = f"file://{folder}/meeting"
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=PROCESSES)
    results = {}
    for name in EXAMPLES:
        layer, x = make(name)
        results[name] = trained(torch.nn.parallel.DistributedDataParallel(layer), x, rank)
    torch.save(results, Path(folder) / f"{rank}.pt")
    dist.destroy_process_group()


def test_ranks_draw_their_own_masks_and_share_gradients(tmp_path: Path) -> None:
    mp.spawn(work, args=(str(tmp_path),), nprocs=PROCESSES)
    ranks = [torch.load(tmp_path / f"{rank}.pt") for rank in range(PROCESSES)]
    for name in EXAMPLES:
        (first, *grads), (second, *same) = (results[name] for results in ranks)
        assert not torch.equal(first, second), name
        alone = []
        for rank in range(PROCESSES):
            layer, x = make(name)
            alone.append(trained(layer, x, rank))
        assert torch.equal(first, alone[0][0])
        assert torch.equal(second, alone[1][0])
        means = [(a + b) / 2 for a, b in zip(alone[0][1:], alone[1][1:], strict=True)]
        for one, other, mean in zip(grads, same, means, strict=True):
            assert torch.equal(one, other)
            assert relative_difference(one, mean) <= 1e-10, name
