"""Models move from torch.nn's layers to ours and back; what hangs on a layer stays on it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch.nn.utils import parametrizations, parametrize

from lessons_lib.dropout import Dropout, NonRecurrentDropout, WeightDrop, Zoneout
from lessons_lib.torch_modules import GRU, LSTM, RNN, Layer, from_module, swap, to_module

T, N, D, H = 5, 3, 4, 6
OURS: dict[str, Any] = {"RNN": RNN, "GRU": GRU, "LSTM": LSTM}
ZONEOUT = Zoneout(h=0.3)
every_kind = pytest.mark.parametrize("kind", OURS)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def theirs(kind: str, **options: Any) -> Any:
    return getattr(torch.nn, kind)(D, H, 2, bidirectional=True, **options)


class Model(torch.nn.Module):
    """A model with a layer that occurs twice, one in a list, and one of a class of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.LSTM(D, D, dropout=0.0)
        self.same = self.first
        self.more = torch.nn.ModuleList([torch.nn.GRU(D, H), torch.nn.Linear(H, H)])
        self.last = torch.nn.RNN(H, H, 2, dropout=0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.same(self.first(x)[0])[0]
        x = self.more[1](self.more[0](x)[0])
        return self.last(x)[0]


@every_kind
def test_a_layer_made_of_torchs_shares_its_parameters(kind: str) -> None:
    layer = theirs(kind, dropout=0.5)
    before = dict(vars(layer))
    ours = from_module(layer)
    assert type(ours) is OURS[kind]
    assert type(layer) is getattr(torch.nn, kind)
    assert vars(layer) == before
    assert (ours.dropout, ours.variant, ours.engine) == (0.5, None, "auto")
    for (name, weight), (same, shared) in zip(
        layer.named_parameters(), ours.named_parameters(), strict=True
    ):
        assert name == same
        assert weight is shared
    x = torch.randn(T, N, D)
    torch.manual_seed(1)
    expected = layer(x)[0]
    torch.manual_seed(1)
    assert torch.equal(ours(x)[0], expected)


@every_kind
def test_there_and_back(kind: str) -> None:
    layer, x = theirs(kind, dropout=0.5).eval(), torch.randn(T, N, D)
    by_hand = from_module(layer, engine="by_hand")
    back = to_module(by_hand)
    assert type(back) is type(layer)
    assert vars(back).keys() == vars(layer).keys()
    assert back.dropout == 0.5
    assert torch.allclose(by_hand(x)[0], layer(x)[0], atol=1e-6)
    assert torch.equal(back(x)[0], layer(x)[0])
    with torch.no_grad():
        layer.weight_hh_l0.zero_()
    assert torch.equal(back(x)[0], layer(x)[0])
    same = to_module(from_module(layer, dropout=WeightDrop(0.5)))  # evaluation changes nothing
    assert same.dropout == 0.0
    assert torch.equal(same(x)[0], layer(x)[0])


def test_what_torch_cannot_compute_does_not_go_back() -> None:
    for layer, mode in (
        (LSTM(D, H, dropout=ZONEOUT).eval(), "evaluation"),
        (LSTM(D, H, dropout=WeightDrop(0.5)), r"training; call eval\(\)"),
    ):
        with pytest.raises(ValueError, match=rf"^layer: torch.nn cannot compute .* {mode}"):
            to_module(layer)
    for other in (torch.nn.LSTM(D, H), torch.nn.Linear(D, H)):
        with pytest.raises(TypeError, match=r"^layer: got L.*expected RNN, GRU or LSTM of lessons"):
            to_module(other)


def test_all_layers_of_a_model_are_swapped_in_place() -> None:
    model, x = Model().eval(), torch.randn(T, N, D)
    expected, parameters = model(x), list(model.parameters())
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    assert swap(model) is model
    kinds = [type(model.first), type(model.more[0]), type(model.last)]
    assert kinds == [LSTM, GRU, RNN]
    assert model.same is model.first
    assert (model.last.dropout, model.first.dropout) == (0.5, 0.0)
    assert torch.equal(model(x), expected)
    assert all(a is b for a, b in zip(model.parameters(), parameters, strict=True))
    swap(model, dropout=ZONEOUT)  # layers that are ours already stay
    assert model.first.variant is None
    model.train()
    model(x).sum().backward()
    optimizer.step()
    assert not torch.equal(model.eval()(x), expected)


def test_a_swap_with_a_variant_trains_with_it() -> None:
    model, x = (
        swap(Model(), dropout=NonRecurrentDropout(0.5), engine="by_hand"),
        torch.randn(T, N, D),
    )
    assert [layer.variant for layer in (model.first, model.more[0], model.last)] == [
        NonRecurrentDropout(0.5)
    ] * 3
    assert model.last.engine == "by_hand"
    assert not torch.equal(model(x), model(x))
    assert isinstance(swap(torch.nn.LSTM(D, H)), LSTM)


@pytest.mark.parametrize(
    "settings", [{"dropout": Zoneout(c=0.5)}, {"dropout": 2.0}, {"engine": "c"}]
)
def test_what_one_layer_refuses_changes_none(settings: dict[str, Any]) -> None:
    model = Model()
    with pytest.raises(ValueError, match=r"^(dropout|engine): "):
        swap(model, **settings)
    assert type(model.first) is torch.nn.LSTM
    layer = torch.nn.GRU(D, H)
    with pytest.raises(ValueError, match=r"^(dropout|engine): "):
        from_module(layer, **settings)
    assert type(layer) is torch.nn.GRU


class Own(torch.nn.LSTM):
    """A subclass whose `forward` would be lost."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        return super().forward(2 * input, hx)


def test_a_subclass_is_not_swapped() -> None:
    with pytest.raises(TypeError, match=r"^layer: got Own, expected .*not a subclass"):
        from_module(Own(D, H))
    model = torch.nn.ModuleDict({"own": Own(D, H), "plain": torch.nn.GRU(D, H)})
    with pytest.warns(UserWarning, match="^swap: own is a Own, a subclass"):
        swap(model)
    assert type(model["own"]) is Own
    assert type(model["plain"]) is GRU


@pytest.mark.parametrize("variant", [None, ZONEOUT], ids=str)
@every_kind
def test_hooks_and_parametrizations_stay(kind: str, variant: Dropout | None) -> None:
    layer, x = theirs(kind), torch.randn(T, N, D)
    parametrizations.weight_norm(layer, "weight_hh_l0")
    calls: list[str] = []
    layer.register_forward_pre_hook(lambda *_: calls.append("before"))
    layer.register_forward_hook(lambda *_: calls.append("after"))
    twin = copy.deepcopy(layer.eval())
    expected = layer(x)[0]
    calls.clear()
    swapped: list[Any] = [from_module(layer, dropout=variant), swap(twin, dropout=variant)]
    for ours in swapped:
        assert isinstance(ours, OURS[kind])
        assert parametrize.is_parametrized(ours, "weight_hh_l0")
        y = ours(x)[0]
        assert torch.equal(y, expected) == (variant is None)
        assert calls == ["before", "after"]
        calls.clear()
        y.sum().backward()
        assert ours.parametrizations.weight_hh_l0.original0.grad is not None
    assert isinstance(layer, getattr(torch.nn, kind))
    assert not isinstance(layer, OURS[kind])
    parametrize.remove_parametrizations(ours, "weight_hh_l0")
    assert type(ours) is OURS[kind]
    assert ours(x)[0].shape == expected.shape


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_came_back_is_quantized() -> None:
    model = torch.nn.Sequential(to_module(LSTM(D, H, dropout=WeightDrop(0.5)).eval()))
    quantized = torch.ao.quantization.quantize_dynamic(model, {torch.nn.LSTM}, dtype=torch.qint8)
    assert isinstance(quantized[0], torch.ao.nn.quantized.dynamic.LSTM)


def test_a_layer_of_any_cell_has_no_counterpart() -> None:
    from lessons_lib import lstm

    with pytest.raises(TypeError, match=r"^layer: got Layer, expected RNN, GRU or LSTM of"):
        to_module(Layer(lstm.CELL, D, H))


@pytest.mark.parametrize("kind", ["RNNCell", "GRUCell", "LSTMCell"])
def test_cells_move_too(kind: str) -> None:
    cell, x = getattr(torch.nn, kind)(D, H), torch.randn(N, D)
    model: Any = swap(torch.nn.Sequential(copy.deepcopy(cell), torch.nn.GRU(H, H)), dropout=0.5)
    assert (model[0].dropout, model[0].variant, model[1].dropout) == (0.0, None, 0.5)
    ours = from_module(cell, dropout=ZONEOUT)
    assert ours.variant == ZONEOUT
    assert not torch.equal(first(ours(x)), first(cell(x)))
    ours.variant = None
    assert torch.equal(first(ours(x)), first(cell(x)))
    assert type(to_module(ours)) is type(cell)
    if kind == "GRUCell":
        with pytest.raises(ValueError, match=r"^dropout: .*a cell state"):
            from_module(cell, dropout=Zoneout(c=0.5))


def first(state: Any) -> torch.Tensor:
    return state[0] if isinstance(state, tuple) else state
