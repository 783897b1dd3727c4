"""The drop-in layers behave like torch.nn's: arguments, seeds, copies, files, weights, devices."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest
import torch
from torch_layers import (
    VARIANTS,
    D,
    H,
    N,
    T,
    assert_close,
    call,
    outputs_and_gradients,
    pair,
    tensors,
    theirs,
)

from lessons_lib.torch_modules import LSTM


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


every_variant = pytest.mark.parametrize("name", VARIANTS)


@every_variant
def test_it_is_a_torch_layer_with_torchs_arguments_in_torchs_order(name: str) -> None:
    layer, _ = VARIANTS[name]
    assert issubclass(layer, theirs(layer))
    documented = str(theirs(layer).__doc__).split("(")[1].split(")")[0]
    expected = [argument.split("=")[0] for argument in documented.split(",")]
    parameters = inspect.signature(layer).parameters.values()
    assert [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY] == expected
    defaults = dict(a.split("=") for a in documented.split(",") if "=" in a)
    assert {p.name: repr(p.default) for p in parameters if p.name in defaults} == defaults


@every_variant
def test_one_seed_gives_torchs_weights_under_torchs_names_and_text(name: str) -> None:
    layer, chosen = VARIANTS[name]
    options = {**chosen, "num_layers": 2, "bidirectional": True, "batch_first": True}
    torch.manual_seed(5)
    reference = theirs(layer)(D, H, **options)
    torch.manual_seed(5)
    module = layer(D, H, **options)
    assert list(module.state_dict()) == list(reference.state_dict())
    for key, weight in reference.state_dict().items():
        assert torch.equal(module.state_dict()[key], weight), key
    assert repr(module) == repr(reference)
    module.engine = "by_hand"
    assert repr(module) == repr(reference)[:-1] + ", engine='by_hand')"


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="engine: got 'hand', expected one of auto, kernel,"):
        LSTM(D, H, engine="hand")
    layer = LSTM(D, H)
    with pytest.raises(ValueError, match="engine: got None"):
        layer.engine = None  # type: ignore[assignment]
    assert layer.engine == "auto"


@every_variant
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_computes_the_same_with_weights_of_its_own(name: str, copied: Any) -> None:
    _, layer = pair(name, "by_hand", num_layers=2, bidirectional=True)
    given = tensors(layer, "batch", hx=True)
    twin = copied(layer)
    assert twin.engine == "by_hand"
    expected = outputs_and_gradients(layer, "batch", given)
    for key, value in outputs_and_gradients(twin, "batch", given).items():
        assert torch.equal(value, expected[key])
    with torch.no_grad():
        twin.weight_hh_l0.zero_()
    assert not torch.equal(outputs_and_gradients(twin, "batch", given)["y"], expected["y"])
    assert torch.equal(outputs_and_gradients(layer, "batch", given)["y"], expected["y"])


@every_variant
def test_weights_put_in_the_place_of_others_are_used(name: str) -> None:
    reference, layer = pair(name, "by_hand")
    given = tensors(layer, "batch", hx=True)
    for module in (reference, layer):
        torch.manual_seed(3)
        module.weight_ih_l0 = torch.nn.Parameter(torch.randn_like(module.weight_ih_l0))
        module.flatten_parameters()
    expected = outputs_and_gradients(reference, "batch", given)
    assert_close(outputs_and_gradients(layer, "batch", given), expected, 1e-10)


@every_variant
def test_an_input_that_is_not_contiguous_gives_the_same(name: str) -> None:
    reference, layer = pair(name, "by_hand", bidirectional=True)
    x = torch.randn(2 * D, N, 2 * T, dtype=torch.float64).permute(2, 1, 0)[::2, :, ::2]
    assert not x.is_contiguous()
    given = {**tensors(layer, "batch", hx=True), "x": x}
    expected = outputs_and_gradients(reference, "batch", given)
    assert_close(outputs_and_gradients(layer, "batch", given), expected, 1e-10)


@every_variant
def test_gradients_come_twice_from_a_kept_graph_and_only_where_asked_for(name: str) -> None:
    _, layer = pair(name, "by_hand")
    layer.weight_ih_l0.requires_grad_(False)
    y = call(layer, "batch", tensors(layer, "batch", hx=False))["y"]
    loss = (y * y).sum()
    first = torch.autograd.grad(loss, [layer.weight_hh_l0], retain_graph=True)
    second = torch.autograd.grad(loss, [layer.weight_hh_l0])
    assert torch.equal(first[0], second[0])
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()
    with torch.no_grad():
        assert not call(layer, "batch", tensors(layer, "batch", hx=False))["y"].requires_grad


@every_variant
def test_a_change_in_place_is_noticed_or_does_no_harm(name: str) -> None:
    _, layer = pair(name, "by_hand", num_layers=2)
    given = tensors(layer, "batch", hx=True)

    def gradient(change_results: bool) -> torch.Tensor:
        outputs = call(layer, "batch", given)
        loss = sum(y.sum() for y in outputs.values())
        if change_results:  # they belong to the caller and are not read again
            for y in outputs.values():
                y.data.mul_(3)
        return torch.autograd.grad(loss, layer.weight_hh_l0)[0]

    assert torch.equal(gradient(change_results=True), gradient(change_results=False))
    for changed in (given["x"], given["h0"], layer.weight_hh_l1):
        loss = call(layer, "batch", given)["y"].sum()
        with torch.no_grad():
            changed.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()


@every_variant
def test_nothing_is_computed_on_the_meta_device(name: str) -> None:
    layer, chosen = VARIANTS[name]
    module = layer(D, H, bidirectional=True, device="meta", engine="by_hand", **chosen)
    reference = theirs(layer)(D, H, bidirectional=True, device="meta", **chosen)
    x = torch.empty(T, N, D, device="meta")
    ours, expected = (call(each, "batch", {"x": x}) for each in (module, reference))
    for key, want in expected.items():
        assert (ours[key].shape, ours[key].device) == (want.shape, want.device)
