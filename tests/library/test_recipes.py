"""The recipes' classes equal the library's layers under the same masks, and in evaluation."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from lessons_lib import dropout, torch_modules
from lessons_lib.lab import recipes, show_file
from lessons_lib.lab.recipes import awd_training
from lessons_lib.masks import Masks, StackMasks
from lessons_lib.verify.gradients import relative_difference

T, N, D, H, P = 7, 3, 4, 5, 0.4

#: For each class: the library's variant, the class's arguments, and how the masks are given to it.
CASES: dict[str, tuple[dropout.Dropout, dict[str, Any], Callable[[Any, StackMasks], None]]] = {}


def case(name: str, variant: dropout.Dropout, **arguments: Any) -> Callable[[Any], Any]:
    def add(give: Any) -> Any:
        CASES[name] = (variant, arguments, give)
        return give

    return add


def inner(drawn: StackMasks) -> Any:
    return drawn.networks[0][0]


@case("ZoneoutLSTM", dropout.Zoneout(h=0.2, c=P), h=0.2, c=P)
def _(recipe: Any, drawn: StackMasks) -> None:
    recipe.masks = lambda x: [m.to(x.dtype) for m in (inner(drawn).keep_h, inner(drawn).keep_c)]


@case("RNNDropLSTM", dropout.RNNDrop(P), p=P)
def _(recipe: Any, drawn: StackMasks) -> None:
    recipe.mask = lambda x: inner(drawn).c[0] * inner(drawn).y


@case("VariationalDropoutLSTM", dropout.VariationalDropout(0.2, P, output=0.3), x=0.2, h=P, y=0.3)
def _(recipe: Any, drawn: StackMasks) -> None:
    output: Any = drawn.y
    recipe.masks = lambda x: [mask[0] for mask in (inner(drawn).x, inner(drawn).h, output)]


@case("WeightDropLSTM", dropout.WeightDrop(P), p=P)
def _(recipe: Any, drawn: StackMasks) -> None:
    masks = {f"weight_hh_l{k}": layer[0].W_hh for k, layer in enumerate(drawn.networks)}
    recipe.dropped = lambda: {
        name: mask * getattr(recipe.lstm, name) for name, mask in masks.items()
    }


@case("RecurrentDropoutLSTM", dropout.RecurrentDropout(P), p=P)
def _(recipe: Any, drawn: StackMasks) -> None:
    recipe.mask = lambda x: inner(drawn).g


@case("NonRecurrentDropoutLSTM", dropout.NonRecurrentDropout(P), p=P)
def _(recipe: Any, drawn: StackMasks) -> None:
    for k, mask in enumerate((*drawn.inputs, drawn.y)):
        recipe.dropouts[k] = Multiply(mask)


class Multiply(torch.nn.Module):
    def __init__(self, mask: Any) -> None:
        super().__init__()
        self.mask = mask

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.mask


#: The layers of those classes that have more than one.
LAYERS: dict[str, dict[str, Any]] = {
    "NonRecurrentDropoutLSTM": {"num_layers": 3},
    "WeightDropLSTM": {"num_layers": 2},
}


def pair(name: str) -> tuple[Any, Any, Any]:
    """Return a recipe and the library's layer with the same random weights, none of them small."""
    variant, arguments, give = CASES[name]
    layers = LAYERS.get(name, {})
    ours = torch_modules.LSTM(D, H, **layers, dtype=torch.float64, dropout=variant)
    recipe = getattr(recipes, name)(D, H, **layers, **arguments).double()
    with torch.no_grad():
        for weight in ours.parameters():
            weight.copy_(0.6 * torch.randn_like(weight))
        for mine, theirs in zip(recipe.parameters(), ours.parameters(), strict=True):
            mine.copy_(theirs)
    return recipe, ours, give


def results(layer: Any, x: torch.Tensor, state: Any, **masks: Any) -> dict[str, torch.Tensor]:
    """Return outputs and the gradients of a random function of them."""
    leaves = [x, *state, *layer.parameters()]
    leaves = [leaf.requires_grad_() for leaf in leaves]
    y, (h_n, c_n) = layer(x, state, **masks)
    torch.manual_seed(1)
    total = sum((torch.randn_like(part) * part).sum() for part in (y, h_n, c_n))
    gradients = torch.autograd.grad(total, leaves)
    named = {f"gradient {k}": gradient for k, gradient in enumerate(gradients)}
    return {"y": y.detach(), "h_n": h_n.detach(), "c_n": c_n.detach(), **named}


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def inputs(name: str) -> tuple[torch.Tensor, Any]:
    layers = LAYERS.get(name, {}).get("num_layers", 1)
    state = [torch.randn(layers, N, H, dtype=torch.float64) for _ in range(2)]
    return torch.randn(T, N, D, dtype=torch.float64), tuple(state)


@pytest.mark.parametrize("name", CASES)
def test_the_class_equals_the_librarys_layer_under_the_same_masks(name):
    recipe, ours, give = pair(name)
    x, state = inputs(name)
    drawn = ours.sample_masks(x, torch.Generator().manual_seed(2))
    give(recipe, drawn)
    actual, expected = results(recipe, x, state), results(ours, x, state, masks=drawn)
    assert actual.keys() == expected.keys()
    for key, value in expected.items():
        assert actual[key].shape == value.shape
        assert relative_difference(actual[key], value) < 1e-12, key
    plain = results(ours.eval(), x, state)
    assert relative_difference(expected["y"], plain["y"]) > 1e-2  # the masks do something


@pytest.mark.parametrize("name", CASES)
def test_the_class_equals_the_librarys_layer_in_evaluation(name):
    recipe, ours, _ = pair(name)
    x, state = inputs(name)
    actual, expected = results(recipe.eval(), x, state), results(ours.eval(), x, state)
    for key, value in expected.items():
        assert relative_difference(actual[key], value) < 1e-12, key


@pytest.mark.parametrize("name", CASES)
def test_without_a_state_it_starts_at_zero(name):
    recipe, _ours, _ = pair(name)
    x, state = inputs(name)
    zero = tuple(torch.zeros_like(part) for part in state)
    torch.manual_seed(3)
    implicit = recipe(x)[0]
    torch.manual_seed(3)
    assert torch.equal(implicit, recipe(x, zero)[0])
    assert not torch.equal(implicit, recipe(x)[0])  # new masks at each call


#: What draws a class's masks, their shapes, and the values with the probability of the first.
DRAWS: dict[str, tuple[Callable[[Any, Any], Any], list[Any]]] = {
    "ZoneoutLSTM": (lambda r, x: r.masks(x), [(T, N, H, 1.0, 0.2), (T, N, H, 1.0, P)]),
    "RNNDropLSTM": (lambda r, x: [r.mask(x)], [(N, H, 0.0, P)]),
    "VariationalDropoutLSTM": (
        lambda r, x: r.masks(x),
        [(N, D, 0.0, 0.2), (N, H, 0.0, P), (N, H, 0.0, 0.3)],
    ),
    "RecurrentDropoutLSTM": (lambda r, x: [r.mask(x)], [(T, N, H, 0.0, P)]),
}


@pytest.mark.parametrize("name", DRAWS)
def test_masks_have_the_shape_and_rate_that_the_class_says(name):
    draw, expected = DRAWS[name]
    recipe, _, _ = pair(name)
    x, _ = inputs(name)
    many = [draw(recipe, x) for _ in range(1500)]
    for k, (*shape, value, rate) in enumerate(expected):
        masks = torch.stack([drawn[k] for drawn in many])
        assert list(masks.shape[1:]) == shape
        assert abs((masks == value).double().mean().item() - rate) < 0.01
        assert masks.unique().numel() == 2
        kept = masks[masks != value].unique().item()
        assert kept == pytest.approx(0.0 if value else 1 / (1 - rate))


def test_weight_drop_changes_no_parameter_and_takes_nn_lstms_options_and_packing():
    layer = recipes.WeightDropLSTM(D, H, num_layers=2, bidirectional=True, batch_first=True)
    before = [weight.clone() for weight in layer.parameters()]
    x, lengths = torch.randn(N, T, D), torch.tensor([7, 2, 5])
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    _, (h_n, _) = layer(packed)
    assert h_n.shape == (2 * 2, N, H)
    assert all(map(torch.equal, before, layer.parameters()))
    dropped = layer.dropped()
    ends = ("l0", "l0_reverse", "l1", "l1_reverse")
    assert list(dropped) == [f"weight_hh_{end}" for end in ends]
    zeros = [(weight == 0).double().mean() for weight in dropped.values()]
    assert all(0.2 < share < 0.8 for share in zeros)


@pytest.mark.parametrize("name", CASES)
def test_a_rate_is_given_by_name_and_below_one(name):
    arguments, made = CASES[name][1], getattr(recipes, name)
    layers = LAYERS["NonRecurrentDropoutLSTM"].values() if name.startswith("Non") else ()
    with pytest.raises(TypeError, match="positional argument"):
        made(D, H, *layers, 0.2)
    for argument in arguments:
        assert made(D, H, **(arguments | {argument: 0})) is not None
        for rate in (-0.1, 1, 2, float("nan")):
            with pytest.raises(ValueError, match=rf"0 <= .*{rate}"):
                made(D, H, **(arguments | {argument: rate}))


@pytest.mark.parametrize("name", CASES)
def test_its_repr_shows_its_rates_and_it_knows_its_width(name):
    layer = getattr(recipes, name)(D, H, **CASES[name][1])
    assert layer.hidden_size == H
    for argument, rate in CASES[name][1].items():
        assert f"{argument}={rate}" in repr(layer)


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"WeightDropLSTM"}))
def test_packed_sequences_are_refused_by_name(name):
    packed = pack_padded_sequence(torch.randn(T, N, D), torch.tensor([7, 5, 2]))
    with pytest.raises(TypeError, match=r"x: expected a tensor \(T, N, D\), got PackedSequence"):
        getattr(recipes, name)(D, H)(packed)


@pytest.mark.parametrize("item", [*CASES, "AWDLSTM", "fit"])
def test_what_is_copied_is_short_and_needs_torch_alone(item):
    name, item = item, getattr(awd_training if item == "fit" else recipes, item)
    assert len(inspect.getsource(item).splitlines()) <= (40 if name == "AWDLSTM" else 30)
    tree = ast.parse(str(show_file(item)))
    nodes = [*ast.walk(tree)]
    imported = [a.name for node in nodes if isinstance(node, ast.Import) for a in node.names]
    imported += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    outside = {module.partition(".")[0] for module in imported} - sys.stdlib_module_names
    assert outside == {"torch"}
    alone: dict[str, Any] = {"__name__": "copied"}
    exec(str(show_file(item)), alone)
    assert callable(alone[name])


def test_there_is_a_class_for_each_variant():
    variants = {value for value in vars(dropout).values() if isinstance(value, type)}
    variants = {v for v in variants if issubclass(v, dropout.Dropout)}
    assert recipes.CLASSES.keys() == variants - {
        dropout.Dropout,
        dropout.Combined,
        dropout.PerLayer,
    }
    assert {item.__name__ for item in recipes.CLASSES.values()} == CASES.keys()


# AWD-LSTM: words W, width D of the embedding, H units
W = 11


def model(layers: int = 3) -> Any:
    made = recipes.AWDLSTM(W, D, H, layers).double()
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(0.6 * torch.randn_like(weight))
    return made


def by_the_library(awd: Any, words: torch.Tensor, drawn: dict[str, list[torch.Tensor]]) -> Any:
    """Compute AWD-LSTM by the library's layers, one for each of another size."""
    x = (drawn["word"][0] * awd.words.weight)[words]
    last = []
    for k, layer in enumerate(awd.layers):
        ours = torch_modules.LSTM(layer.input_size, layer.hidden_size, dtype=torch.float64)
        ours.load_state_dict(layer.state_dict())
        above = drawn["between"][k] if k + 1 < len(awd.layers) else drawn["output"][0]
        given = drawn["input"][0] if k == 0 else None
        masks = StackMasks((given,), ((Masks(W_hh=drawn["W"][k]),),), above)
        x, state = ours(x, masks=masks)
        last.append(state)
    return x @ awd.words.weight.T + awd.bias, last, x


@torch.no_grad()
def test_awd_lstm_equals_the_librarys_layers_under_the_same_masks():
    awd, words = model(), torch.randint(W, (T, N))
    drawn: dict[str, list[torch.Tensor]] = {}
    draw = awd.drop

    def kept(name, shape):
        drawn.setdefault(name, []).append(mask := draw(name, shape))
        return mask

    awd.drop = kept
    logits, states, masked, raw = awd(words)
    assert {name: len(masks) for name, masks in drawn.items()} == {
        "word": 1,
        "input": 1,
        "W": 3,
        "between": 2,
        "output": 1,
    }
    shapes = {name: tuple(masks[0].shape) for name, masks in drawn.items()}
    assert shapes == {
        "word": (W, 1),
        "input": (1, N, D),
        "W": (4 * H, H),
        "between": (1, N, H),
        "output": (1, N, D),
    }
    expected, last, x = by_the_library(awd, words, drawn)
    assert relative_difference(logits, expected) < 1e-12
    assert relative_difference(masked, x) < 1e-12
    assert torch.equal(masked, drawn["output"][0] * raw)
    for (h, c), (h_expected, c_expected) in zip(states, last, strict=True):
        assert relative_difference(h, h_expected) < 1e-12
        assert relative_difference(c, c_expected) < 1e-12


def test_awd_lstm_in_evaluation_has_no_masks_and_carries_its_state():
    awd, words = model(layers=2).eval(), torch.randint(W, (T, N))
    whole, _, masked, raw = awd(words)
    assert torch.equal(masked, raw)
    first, states, _, _ = awd(words[:3])
    second, *_ = awd(words[3:], states)
    assert torch.allclose(whole, torch.cat([first, second]), atol=1e-12)


def test_the_loss_of_evaluation_is_the_mean_over_all_words_whatever_the_windows():
    awd, text = model().eval(), torch.randint(W, (20, N))
    with torch.no_grad():
        logits, *_ = awd(text[:-1])
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), text[1:].flatten())
    for bptt in (3, 7, 19, 50):
        assert awd_training.evaluate(awd, text, bptt) == pytest.approx(expected.item(), rel=1e-9)


def test_an_epoch_reads_each_word_once_and_adds_ar_and_tar(monkeypatch):
    torch.manual_seed(4)
    text, seen = torch.randint(W, (60, N)), []
    awd = model()
    weights = [weight.detach().clone() for weight in awd.parameters()]
    run = awd.forward

    def watched(words, states=None):
        seen.append((words, states is None))
        return run(words, states)

    awd.forward = watched
    optimizer = torch.optim.SGD(awd.parameters(), lr=0.5)
    lengths = iter([9.7, 2.0, 1000.0])  # cut off, at least 5, at most what is left
    chances, means = iter([0.94, 0.96, 0.0]), []

    def gauss(mean, deviation):
        means.append((mean, deviation))
        return next(lengths)

    monkeypatch.setattr(awd_training.random, "random", lambda: next(chances))
    monkeypatch.setattr(awd_training.random, "gauss", gauss)
    loss = awd_training.train_epoch(awd, optimizer, text, bptt=10)
    assert [len(words) for words, _ in seen] == [9, 5, 45]
    assert means == [(10, 5), (5, 5), (10, 5)]
    assert torch.equal(torch.cat([words for words, _ in seen]), text[:-1])
    assert [first for _, first in seen] == [True, False, False]
    assert 1 < loss < 4
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert not any(map(torch.equal, weights, awd.parameters()))


def test_an_update_is_that_of_the_loss_with_ar_and_tar_at_a_rate_scaled_by_the_window(monkeypatch):
    text, awd = torch.randint(W, (9, N)), model()
    monkeypatch.setattr(awd_training.random, "gauss", lambda mean, deviation: 100.0)
    torch.manual_seed(5)
    logits, _, masked, raw = awd(text[:-1])
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), text[1:].flatten())
    loss = loss + 3 * (masked**2).mean() + 5 * ((raw[1:] - raw[:-1]) ** 2).mean()
    gradients = torch.autograd.grad(loss, list(awd.parameters()))
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    rate = 0.1 * 8 / 10 * 0.25 / norm
    expected = [w - rate * g for w, g in zip(awd.parameters(), gradients, strict=True)]
    optimizer = torch.optim.SGD(awd.parameters(), lr=0.1)
    torch.manual_seed(5)  # the same masks
    awd_training.train_epoch(awd, optimizer, text, bptt=10, alpha=3.0, beta=5.0)
    for actual, wanted in zip(awd.parameters(), expected, strict=True):
        assert torch.allclose(actual, wanted, rtol=1e-4)  # clipping adds 1e-6 to the norm


@pytest.mark.parametrize(
    ("losses", "averages_from"),
    [
        ([9, 8, 7, 6, 5, 4, 3, 2], None),  # better each time
        ([9, 8, 7, 7, 7, 8, 6, 5], 5),  # the sixth is worse than one three before it
        ([1, 2, 3, 4, 5, 6, 7, 8], 3),  # not before there is one three before it
    ],
)
def test_averaging_begins_once_validation_has_stalled(monkeypatch, losses, averages_from):
    made, epochs, coming = SimpleNamespace(parameters=lambda: [torch.ones(1)]), [], iter(losses)
    monkeypatch.setattr(
        awd_training, "train_epoch", lambda m, o, t, average: epochs.append(average)
    )
    monkeypatch.setattr(awd_training, "evaluate", lambda m, t: next(coming))
    monkeypatch.setattr(torch.optim.swa_utils, "AveragedModel", lambda m: "average")
    used, measured = awd_training.fit(made, None, None, len(losses), patience=2)
    assert measured == losses
    assert epochs == [
        None if averages_from is None or k <= averages_from else "average"
        for k in range(len(losses))
    ]
    assert used == (made if averages_from is None else "average")


def test_the_average_is_that_of_the_weights_after_each_update():
    awd, text = model(), torch.randint(W, (300, N))
    average = torch.optim.swa_utils.AveragedModel(awd)
    optimizer = torch.optim.SGD(awd.parameters(), lr=1.0)
    after: list[torch.Tensor] = []
    optimizer.register_step_post_hook(lambda *_: after.append(awd.bias.detach().clone()))
    awd_training.train_epoch(awd, optimizer, text, average)
    assert len(after) > 2
    assert torch.allclose(average.module.bias, torch.stack(after).mean(dim=0))
    assert 0 < awd_training.evaluate(average, text) < 5
