"""What our engines keep: what the backward pass needs, as long as the graph is there."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.checkpoint import checkpoint

from lessons_lib import lstm_peepholes
from lessons_lib.dropout import VariationalDropout, Zoneout
from lessons_lib.torch_modules import GRU, LSTM, Layer
from lessons_lib.trace import workspace

T, N, D, H = 60, 8, 16, 32
ARRAY = T * N * H * 4  # bytes of one array of all steps

#: Layers, and how many arrays of all steps their backward passes read, masks included.
LAYERS: dict[str, tuple[Callable[[], Any], float]] = {
    # h, c, i, f, g, o, tanh c; the output is torch's memory, which is not counted
    "LSTM": (lambda: LSTM(D, H, engine="by_hand"), 7),
    "compiled": (lambda: LSTM(D, H, engine="compiled"), 7),
    "zoneout by hand": (lambda: LSTM(D, H, dropout=Zoneout(h=0.1, c=0.1), engine="by_hand"), 7),
    # the new c before zoneout is not read
    "zoneout": (lambda: LSTM(D, H, dropout=Zoneout(h=0.1, c=0.1)), 7),
    "variational": (lambda: LSTM(D, H, dropout=VariationalDropout(0, 0.3)), 7),
    # h, r, z, n, and the product with h that the reset multiplies
    "GRU": (lambda: GRU(D, H, engine="by_hand"), 5),
    "peepholes": (lambda: Layer(lstm_peepholes.CELL, D, H), 7),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


def bytes_of(function: Callable[[], Any]) -> tuple[Any, int, int]:
    """Return a result, the bytes of NumPy's arrays that it keeps, and the peak of all."""
    tracemalloc.start()
    try:
        result = function()
        workspace.clear()  # of memory that is used again
        _, peak = tracemalloc.get_traced_memory()
        of_arrays = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
        traces = tracemalloc.take_snapshot().filter_traces([of_arrays]).traces
        return result, sum(trace.size for trace in traces), peak
    finally:
        tracemalloc.stop()


@every_layer
def test_a_forward_keeps_what_its_backward_reads(name: str) -> None:
    make, arrays = LAYERS[name]
    layer, x = make(), torch.randn(T, N, D)
    layer(x)
    _, kept, _ = bytes_of(lambda: layer(x)[0])
    assert kept <= 1.1 * arrays * ARRAY


@every_layer
def test_the_backward_pass_frees_it(name: str) -> None:
    layer, x = LAYERS[name][0](), torch.randn(T, N, D)
    layer(x)[0].sum().backward()
    layer.zero_grad(set_to_none=False)

    def step() -> torch.Tensor:
        y, _ = layer(x)
        y.sum().backward()
        return y

    _, kept, _ = bytes_of(step)
    assert kept <= ARRAY / 4


@every_layer
def test_a_checkpoint_keeps_nothing(name: str) -> None:
    layer, x = LAYERS[name][0](), torch.randn(T, N, D)
    layer(x)

    def run() -> torch.Tensor:
        return checkpoint(lambda x: layer(x)[0], x, use_reentrant=False)

    _, kept, _ = bytes_of(run)
    assert kept <= ARRAY / 4


@every_layer
@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_nothing_is_kept_where_no_gradient_is_wanted(name: str, context: Any) -> None:
    layer, x = LAYERS[name][0]().eval(), torch.randn(20 * T, N, D)
    with context():
        layer(x)
        _, kept, peak = bytes_of(lambda: layer(x)[0])
    assert kept <= ARRAY / 4
    assert peak <= 20 * 3 * ARRAY  # the output, and products of some steps at a time


def test_hooks_on_saved_tensors_see_all_that_is_kept() -> None:
    layer, x = LSTM(D, H, dropout=Zoneout(h=0.1)), torch.randn(T, N, D)
    seen: list[torch.Tensor] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        seen.append(tensor)
        return tensor.clone()

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        torch.manual_seed(0)
        y, _ = layer(x)
    y.sum().backward()
    ours = [weight.grad for weight in layer.parameters()]
    assert sum(t.numel() * t.itemsize for t in seen) >= 7 * ARRAY
    layer.zero_grad()
    torch.manual_seed(0)
    layer(x)[0].sum().backward()
    for got, weight in zip(ours, layer.parameters(), strict=True):
        assert got is not None
        assert torch.equal(got, weight.grad)


def test_an_output_that_is_changed_changes_no_gradient() -> None:
    gradients = []
    for change in (False, True):
        torch.manual_seed(0)
        layer, x = LSTM(D, H, engine="by_hand"), torch.randn(T, N, D)
        y, _ = layer(x)
        loss = (2 * y).sum()
        if change:
            with torch.no_grad():
                y.zero_()
        loss.backward()
        gradients.append([weight.grad for weight in layer.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))
