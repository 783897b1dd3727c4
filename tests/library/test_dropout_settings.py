"""Dropout is never silently turned off, replaced or drawn again."""

from __future__ import annotations

import copy
import pickle
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.utils.checkpoint import checkpoint
from torch_layers import D, H, N, T

from lessons_lib.dropout import NonRecurrentDropout, VariationalDropout, Zoneout
from lessons_lib.torch_modules import GRU, LSTM, RNN

ZONEOUT = Zoneout(h=0.1)


def drawn(layer: Any) -> int:
    """Return how many different outputs the layer gives for one input."""
    x = torch.randn(T, N, D)
    torch.manual_seed(0)
    return len({tuple(layer(x)[0].flatten().tolist()) for _ in range(5)})


def test_a_rate_may_be_set_as_in_torch() -> None:
    layer = LSTM(D, H, num_layers=2)
    assert drawn(layer) == 1
    layer.dropout = 1  # like a schedule
    assert "dropout=1.0" in repr(layer)
    layer.dropout = 0.5
    assert (drawn(layer), layer.dropout) == (5, 0.5)
    for same in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert (drawn(same), same.dropout, repr(same)) == (5, 0.5, repr(layer))
    layer.dropout = 0.0
    assert drawn(layer) == 1


@pytest.mark.parametrize("rate", [0.0, 0.5, 1])
def test_a_rate_does_not_take_the_place_of_a_variant(rate: float) -> None:
    layer = LSTM(D, H, dropout=ZONEOUT)
    with pytest.raises(ValueError, match=r"^dropout: got .*variant=Zoneout\(h=0.1.*set `variant`"):
        layer.dropout = rate
    assert layer.variant == ZONEOUT
    layer.variant = None
    assert drawn(layer) == 1
    layer.dropout = rate
    assert layer.dropout == rate


@pytest.mark.parametrize("attribute", ["dropout", "variant"])
def test_a_variant_may_be_set_by_either_name_and_is_shown_alone(attribute: str) -> None:
    layer = LSTM(D, H, num_layers=2, dropout=0.5)
    setattr(layer, attribute, ZONEOUT)
    assert repr(layer) == repr(LSTM(D, H, num_layers=2, dropout=ZONEOUT))
    assert (layer.variant, layer.dropout, repr(layer).count("dropout")) == (ZONEOUT, 0.0, 1)
    assert drawn(layer) == 5
    other = VariationalDropout(0.5, 0.5)
    setattr(layer, attribute, other)
    assert repr(other) in repr(layer)


@pytest.mark.parametrize("layer", [LSTM, GRU, RNN])
@pytest.mark.parametrize("attribute", ["dropout", "variant"])
def test_what_is_no_dropout_is_refused(layer: type, attribute: str) -> None:
    module = layer(D, H)
    for bad in (torch.nn.Dropout(0.5), Zoneout, "0.5", True, 1.5, float("nan"), torch.tensor(0.5)):
        with pytest.raises((TypeError, ValueError), match=f"^{attribute}: got .*expected"):
            setattr(module, attribute, bad)
    assert (module.dropout, module.variant, list(module.children())) == (0.0, None, [])


def test_a_site_that_the_layer_lacks_is_refused_when_set() -> None:
    for layer in (GRU(D, H), RNN(D, H), RNN(D, H, nonlinearity="relu")):
        for attribute in ("dropout", "variant"):
            with pytest.raises(ValueError, match="c"):
                setattr(layer, attribute, Zoneout(c=0.5))
        layer.variant = Zoneout(h=0.5)


def checkpointed(layer: Any, x: torch.Tensor, reentrant: bool, **more: Any) -> list[torch.Tensor]:
    """Return the output's sum of squares and its gradients, from a recomputed layer."""
    x = x.clone().requires_grad_()
    y = checkpoint(lambda x: layer(x, **more)[0], x, use_reentrant=reentrant)
    loss = (y**2).sum()
    loss.backward()
    gradients = [x.grad, *(weight.grad for weight in layer.parameters())]
    layer.zero_grad()
    return [loss.detach(), *gradients]


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("variant", [ZONEOUT, NonRecurrentDropout(0.5), 0.5], ids=str)
def test_a_checkpoint_with_a_generator_raises_and_with_masks_is_right(
    variant: Any, reentrant: bool
) -> None:
    layer, x = LSTM(D, H, num_layers=2, dropout=variant), torch.randn(T, N, D)
    with pytest.raises(RuntimeError, match=r"^generator: .*masks=layer.sample_masks"):
        checkpointed(layer, x, reentrant, generator=torch.Generator().manual_seed(1))
    layer.zero_grad()
    masks = layer.sample_masks(x, torch.Generator().manual_seed(1))
    ours = checkpointed(layer, x, reentrant, masks=masks)
    leaf = x.clone().requires_grad_()
    loss = (layer(leaf, masks=masks)[0] ** 2).sum()
    expected = [loss, *torch.autograd.grad(loss, [leaf, *layer.parameters()])]
    assert all(torch.allclose(got, want) for got, want in zip(ours, expected, strict=True))


@pytest.mark.parametrize("given", [None, torch.default_generator])
def test_a_checkpoint_restores_the_default_generator(given: Any) -> None:
    layer, x = LSTM(D, H, dropout=ZONEOUT), torch.randn(T, N, D)
    torch.manual_seed(1)
    ours = checkpointed(layer, x, False, generator=given)
    torch.manual_seed(1)
    expected = checkpointed(layer, x, False, masks=layer.sample_masks(x))
    assert all(torch.equal(got, want) for got, want in zip(ours, expected, strict=True))


def test_evaluation_draws_nothing_and_may_be_checkpointed_with_a_generator() -> None:
    layer = LSTM(D, H, dropout=ZONEOUT).eval()
    checkpointed(layer, torch.randn(T, N, D), False, generator=torch.Generator())


SETTINGS: dict[str, dict[str, Any]] = {
    "a variant by hand": {"dropout": ZONEOUT},
    "a variant around the kernel": {"dropout": NonRecurrentDropout(0.5)},
    "the engine": {"engine": "by_hand"},
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("calls", [0, 2])
def test_a_kernel_call_that_passes_by_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str, setting: str, calls: int
) -> None:
    """A later release of torch may call its kernel by another name, or twice."""
    layer = {"LSTM": LSTM, "GRU": GRU, "RNN": RNN}[name](D, H, **SETTINGS[setting])
    kernel = {"LSTM": "lstm", "GRU": "gru", "RNN": "rnn_tanh"}[name]
    seen = getattr(torch, kernel)
    past = {"LSTM": torch.ops.aten.lstm.input, "GRU": torch.ops.aten.gru.input}.get(
        name, torch.ops.aten.rnn_tanh.input
    )

    def run(*args: Any) -> Any:
        for _ in range(calls):
            seen(*args)
        return past(*args)

    monkeypatch.setattr(torch.nn.modules.rnn, "_VF", SimpleNamespace(**{kernel: run}))
    x = torch.randn(T, N, D)
    plain = getattr(torch.nn, name)(D, H)
    plain.load_state_dict(layer.state_dict())
    plain(x)  # torch's own layer works like this
    with pytest.raises(RuntimeError, match=rf"^forward: torch .* called {calls} .*expected 1"):
        layer(x)
    layer.engine = "auto"
    layer.variant = None
    assert torch.equal(layer(x)[0], plain(x)[0])
