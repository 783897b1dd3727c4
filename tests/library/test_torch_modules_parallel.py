"""Two processes with half of a batch each train like one process with all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch_layers import ENGINES, VARIANTS, D, pair

from lessons_lib.verify.gradients import relative_difference

PROCESSES, T, N = 2, 5, 4
CASES = [(name, engine) for name in VARIANTS for engine in ENGINES]


def problem(name: str, engine: str) -> tuple[Any, torch.Tensor]:
    torch.manual_seed(0)
    _, layer = pair(name, engine, num_layers=2, bidirectional=True)
    return layer, torch.randn(T, N, D, dtype=torch.float64)


def gradients(layer: Any, x: torch.Tensor) -> list[torch.Tensor]:
    layer(x)[0].square().sum(dim=(0, 2)).mean().backward()  # the mean over sequences
    return [weight.grad for weight in layer.parameters()]


def work(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    address = f"file://{folder}/meeting"
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=PROCESSES)
    results = []
    for case in CASES:
        layer, x = problem(*case)
        share = x.chunk(PROCESSES, dim=1)[rank]
        results.append(gradients(torch.nn.parallel.DistributedDataParallel(layer), share))
    torch.save(results, Path(folder) / f"{rank}.pt")
    dist.destroy_process_group()


def test_two_processes_have_the_gradients_of_one(tmp_path: Path) -> None:
    mp.spawn(work, args=(str(tmp_path),), nprocs=PROCESSES)
    shares = [torch.load(tmp_path / f"{rank}.pt") for rank in range(PROCESSES)]
    for k, case in enumerate(CASES):
        expected = gradients(*problem(*case))
        for results in shares:
            for got, want in zip(results[k], expected, strict=True):
                assert relative_difference(got, want) <= 1e-10, case
