"""The layers with a dropout variant equal the papers' formulas, with every engine."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
import torch_layers as layers
from dropout_examples import EXAMPLES, RATE, fits, parts
from dropout_oracle import Oracle
from torch_layers import ENGINES, FORMS, LENGTHS, VARIANTS, D, H, assert_close, tensors

from lessons_lib import gru, lstm, lstm_projected, rnn, stack
from lessons_lib.convert import from_torch
from lessons_lib.dropout import (
    Dropout,
    NonRecurrentDropout,
    PerLayer,
    Sizes,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)
from lessons_lib.torch_modules import layers as torch_layers_module
from lessons_lib.torch_modules import to_module

CELLS = {
    "LSTM proj_size=0": lstm.CELL,
    "LSTM proj_size=2": lstm_projected.CELL,
    "GRU": gru.CELL,
    "RNN nonlinearity=tanh": rnn.CELL,
    "RNN nonlinearity=relu": rnn.CELL_RELU,
}
PAIRS = [(v, n) for v in EXAMPLES for n in VARIANTS if fits(EXAMPLES[v](RATE), CELLS[n])]
every_pair = pytest.mark.parametrize(("variant", "name"), PAIRS)

#: Number of layers, bidirectional or not, form of the input, batch_first, bias.
SETTINGS = [
    (1, False, "batch", False, True),
    (2, False, "unsorted", False, False),
    (1, True, "one sequence", True, True),
    (2, True, "unsorted", True, True),
]
#: The LSTM in all settings, the others in two each, so that variants and settings combine.
CASES = [
    (variant, name, SETTINGS[s])
    for k, (variant, name) in enumerate(PAIRS)
    for s in (range(4) if name == "LSTM proj_size=0" else (k % 4, (k + 2) % 4))
]

FORM_CASES = [
    (variant, name, "unsorted" if name == "LSTM proj_size=0" else FORMS[k % 4])
    for k, (variant, name) in enumerate(PAIRS)
]


def make(name: str, variant: Any, engine: str = "auto", **options: Any) -> Any:
    """Return a layer with random float64 weights, none of them small."""
    kind, chosen = VARIANTS[name]
    layer = kind(D, H, dropout=variant, engine=engine, dtype=torch.float64, **chosen, **options)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_(0.6 * torch.randn_like(weight))
    return layer


def packed_or_not(layer: Any, form: str, x: torch.Tensor) -> Any:
    """Return an input in the given form."""
    if form not in LENGTHS:
        return x
    lengths = torch.tensor(LENGTHS[form])
    return torch.nn.utils.rnn.pack_padded_sequence(x, lengths, layer.batch_first, False)


@pytest.mark.parametrize(("variant", "name", "setting"), CASES)
def test_outputs_and_gradients_are_those_of_the_papers(
    variant: str, name: str, setting: tuple[Any, ...]
) -> None:
    torch.manual_seed(0)
    num_layers, both, form, batch_first, bias = setting
    options = {"num_layers": num_layers, "bidirectional": both, "bias": bias}
    layer = make(name, EXAMPLES[variant](RATE), batch_first=batch_first, **options)
    given = tensors(layer, form, hx=num_layers == 2)
    masks = layer.sample_masks(packed_or_not(layer, form, given["x"]))
    expected = layers.outputs_and_gradients(Oracle(layer, masks), form, given)
    for engine in ENGINES:
        layer.engine = engine
        ours = layers.outputs_and_gradients(layer, form, given, masks=masks)
        assert ours.keys() == expected.keys()
        assert_close(ours, expected, 1e-10)


@every_pair
def test_numpy_gives_the_same_under_the_same_masks(variant: str, name: str) -> None:
    torch.manual_seed(0)
    layer = make(name, EXAMPLES[variant](RATE), num_layers=2, bidirectional=True)
    given = tensors(layer, "batch", hx=True)
    masks = layer.sample_masks(given["x"])
    expected = layers.call(layer, "batch", given, masks=masks)
    weights = {key: weight.numpy() for key, weight in layer.state_dict().items()}
    x, *state = (array.numpy() for array in given.values())
    cell = CELLS[name]
    y, last, _ = stack.forward(
        cell, from_torch(cell, weights), x, tuple(state), masks=masks.map(np.asarray)
    )
    ours = dict(zip(expected, map(torch.from_numpy, (y, *last)), strict=True))
    assert_close(ours, expected, 1e-12)


@pytest.mark.parametrize(("variant", "name", "form"), FORM_CASES)
def test_drawn_masks_are_those_of_sample_masks_and_the_generators_alone(
    variant: str, name: str, form: str
) -> None:
    layer = make(name, EXAMPLES[variant](RATE), num_layers=2, bidirectional=True)
    x = packed_or_not(layer, form, tensors(layer, form, hx=False)["x"])

    def output(**more: Any) -> torch.Tensor:
        y, _ = layer(x, **more)
        return y.data if hasattr(y, "batch_sizes") else y

    def seeded(seed: int) -> torch.Generator:
        return torch.Generator().manual_seed(seed)

    first = output(generator=seeded(1))
    assert torch.equal(output(generator=seeded(1)), first)
    assert torch.equal(output(masks=layer.sample_masks(x, seeded(1))), first)
    assert not torch.equal(output(generator=seeded(2)), first)
    torch.manual_seed(1)  # the device's default generator, if none is given
    assert torch.equal(output(), first)
    layer.eval()
    assert torch.equal(output(generator=seeded(1)), output())
    assert torch.equal(output(masks=layer.sample_masks(x, seeded(1))), first)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", VARIANTS)
def test_a_float_draws_masks_between_the_layers(name: str, engine: str) -> None:
    torch.manual_seed(0)
    layer = make(name, RATE, engine, num_layers=3, bidirectional=True)
    given = tensors(layer, "unsorted", hx=True)
    masks = layer.sample_masks(packed_or_not(layer, "unsorted", given["x"]))
    assert [mask is None for mask in (*masks.inputs, masks.y)] == [True, False, False, True]
    ours = layers.outputs_and_gradients(layer, "unsorted", given, masks=masks)
    layer.variant = NonRecurrentDropout(RATE)
    expected = layers.outputs_and_gradients(Oracle(layer, masks), "unsorted", given)
    assert_close(ours, expected, 1e-10)


def runs_by_hand(variant: Dropout) -> bool:
    """Return whether a variant acts inside the steps of one direction."""

    def outside(part: Dropout) -> bool:
        if isinstance(part, VariationalDropout):
            return part.hidden == 0 and part.tied
        return isinstance(part, NonRecurrentDropout | WeightDrop)

    return not all(map(outside, parts(variant)))


@pytest.mark.parametrize("variant", EXAMPLES)
def test_torchs_kernel_computes_what_it_can(variant: str, monkeypatch: Any) -> None:
    runs: list[str] = []

    def spy(function: Any, *args: Any, **more: Any) -> Any:
        runs.append(function.__name__)
        return function(*args, **more)

    for function in (torch_layers_module.run_by_hand, torch_layers_module.run_kernel):
        monkeypatch.setattr(torch_layers_module, function.__name__, partial(spy, function))
    example = EXAMPLES[variant](RATE)
    layer = make("LSTM proj_size=2", example)
    x = tensors(layer, "batch", hx=False)["x"]
    layer(x)
    assert runs == ["run_by_hand" if runs_by_hand(example) else "run_kernel"]
    runs.clear()
    layer.eval()(x)  # by hand only if evaluation has factors or fractions inside a step
    assert runs == ["run_by_hand"] * any(value is not None for value in example.evaluation_masks())


def test_two_directions_with_an_input_mask_each_run_by_hand() -> None:
    variant = VariationalDropout(0.5, 0)
    layer = make("LSTM proj_size=0", variant, num_layers=2)
    assert "(kernel)" in repr(layer)
    assert "(kernel)" not in repr(make("LSTM proj_size=0", variant, bidirectional=True))


def test_each_layer_has_its_own_variant() -> None:
    variant = PerLayer(VariationalDropout(0.5, 0.2), Zoneout(h=0.3), WeightDrop(0.5))
    layer = make("LSTM proj_size=0", variant, num_layers=4)
    masks = layer.sample_masks(tensors(layer, "batch", hx=False)["x"])
    drawn = [
        [name for name, mask in network._asdict().items() if mask is not None]
        for (network,) in masks.networks
    ]
    assert drawn == [["x", "h"], ["keep_h"], ["W_hh"], ["W_hh"]]
    assert masks.y is None  # the last layer's variant has no mask of the output
    evaluation = variant.evaluation_stack(4)
    assert [network.keep_h for (network,) in evaluation.networks] == [None, 0.3, None, None]
    x = tensors(layer, "batch", hx=False)["x"]
    torch.manual_seed(0)
    first = layer(x)[0]
    torch.manual_seed(0)
    assert torch.equal(layer(x)[0], first)
    layer.eval()
    assert torch.equal(layer(x)[0], layer(x, masks=evaluation)[0])
    with pytest.raises(ValueError, match=r"^layer: torch.nn cannot compute"):
        to_module(layer)


@pytest.mark.parametrize("engine", ENGINES)
def test_outputs_with_and_without_their_mask(engine: str) -> None:
    """AR is a loss of the dropped output, TAR one of the output as it was."""
    layer = make("LSTM proj_size=0", VariationalDropout(0.5, 0.5), engine)
    x = tensors(layer, "batch", hx=False)["x"]
    masks = layer.sample_masks(x)
    dropped, _ = layer(x, masks=masks)
    raw, _ = layer(x, masks=masks._replace(y=None))
    assert torch.equal(raw * masks.y, dropped)
    assert (raw != 0).all()
    assert (dropped == 0).any()


def test_whole_rows_of_a_weight_are_dropped() -> None:
    masks = WeightDrop(0.5, ("W_ih", "W_hh"), rows=True).sample(
        Sizes(T=2, N=3, D=4, H=50), np.random.default_rng(0)
    )
    for mask, width in ((masks.W_ih, 4), (masks.W_hh, 50)):
        assert mask is not None
        assert mask.shape == (200, width)
        assert (mask == mask[:, :1]).all()
        assert 0.3 < (mask[:, 0] == 0).mean() < 0.7
        assert set(np.unique(mask)) == {0.0, 2.0}
