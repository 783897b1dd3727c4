"""The drop-in layers under `torch.compile` and the transforms of `torch.func`."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
import torch
from torch_layers import VARIANTS, call, pair, tensors

from lessons_lib.verify.gradients import relative_difference


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


every_variant = pytest.mark.parametrize("name", VARIANTS)


class Around(torch.nn.Module):
    """A module with operations for the compiler before and after the layer."""

    def __init__(self, layer: torch.nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x * 2)[0] / 2


@pytest.mark.parametrize("backend", ["aot_eager", *["inductor"] * bool(shutil.which("g++"))])
@every_variant
def test_the_compiler_runs_around_it(name: str, backend: str) -> None:
    _, layer = pair(name, "by_hand", batch_first=True, bidirectional=True)
    x = tensors(layer, "batch", hx=False)["x"]
    torch._dynamo.reset()
    results = []
    for model in (Around(layer), torch.compile(Around(layer), backend=backend)):
        y = model(x)
        results.append((y, *torch.autograd.grad((y**2).sum(), list(layer.parameters()))))
    for expected, got in zip(*results, strict=True):
        assert relative_difference(got.detach(), expected.detach()) <= 1e-12


# from torch 2.15 on, the compiler hides the second call from its user, but not the first
@pytest.mark.filterwarnings("error", "ignore:The .grad attribute of a Tensor that is not a leaf")
@every_variant
def test_the_compiler_sees_no_more_of_it_than_of_torchs_layer(name: str) -> None:
    calls: list[list[str]] = []

    def backend(graph: torch.fx.GraphModule, _: Any) -> Any:
        calls[-1] += [str(node.target) for node in graph.graph.nodes if "call" in node.op]
        return graph

    reference, layer = pair(name, "by_hand")
    for module in (reference, layer):
        calls.append([])
        torch._dynamo.reset()
        torch.compile(Around(module), backend=backend)(tensors(layer, "batch", hx=False)["x"])
    assert calls[0] == calls[1]


@every_variant
def test_function_transforms_are_right(name: str) -> None:
    _, layer = pair(name, "by_hand", bidirectional=True)
    given = tensors(layer, "batch", hx=False)
    weights = {key: weight.detach() for key, weight in layer.named_parameters()}

    def loss(weights: Any, x: torch.Tensor) -> torch.Tensor:
        y, _ = torch.func.functional_call(layer, weights, (x,))
        return (y**2).sum()

    by_func = torch.func.grad(loss)(weights, given["x"])
    y = call(layer, "batch", given)["y"]
    by_backward = torch.autograd.grad((y**2).sum(), list(layer.parameters()))
    for key, gradient in zip(weights, by_backward, strict=True):
        assert relative_difference(by_func[key], gradient) <= 1e-10
    # the gradients of the single sequences add up to that of the batch
    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 1))(
        weights, given["x"].unsqueeze(2)
    )
    for key, gradient in zip(weights, by_backward, strict=True):
        assert relative_difference(each[key].sum(0), gradient) <= 1e-10
    tangent = torch.randn_like(given["x"])
    _, along = torch.func.jvp(lambda x: loss(weights, x), (given["x"],), (tangent,))
    dx = torch.func.grad(loss, argnums=1)(weights, given["x"])
    assert relative_difference(along, (dx * tangent).sum()) <= 1e-10
