"""Wrong arguments are rejected at the boundary, by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from dropout_examples import EXAMPLES, OF_OTHERS, VARIANTS
from registry import D, H, N, T, problem

from lessons_lib import checkpoint, lstm, rnn, stack
from lessons_lib.dropout import (
    Combined,
    Dropout,
    Masks,
    NonRecurrentDropout,
    RecurrentDropout,
    RNNDrop,
    Sizes,
    StackMasks,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)
from lessons_lib.torch_modules import GRU, LSTM, RNN

SIZES = Sizes(T, N, D, H)
ZERO = np.zeros((T, N, H))


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize(
    ("rate", "error", "message"),
    [
        (-0.1, ValueError, "got -0.1, expected a rate from 0 to 1"),
        (1.5, ValueError, "got 1.5, expected a rate from 0 to 1"),
        (float("nan"), ValueError, "got nan, expected a rate from 0 to 1"),
        (True, TypeError, "got True, expected a number from 0 to 1"),
        ("0.5", TypeError, "got '0.5', expected a number from 0 to 1"),
        (None, TypeError, "got None, expected a number from 0 to 1"),
    ],
)
def test_rates_that_are_none(name: str, rate: Any, error: type, message: str) -> None:
    if VARIANTS[name] in OF_OTHERS:
        error, message = TypeError, f"expected {name}(Zoneout.at(rate), …)"
    elif rate is None:
        error, message = TypeError, "expected a number from 0 to 1"
    with pytest.raises(error, match=re.escape(message)):
        VARIANTS[name].at(rate)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("generator", [None, 0, np.random, "seed"])
def test_a_missing_generator(name: str, generator: Any) -> None:
    with pytest.raises(TypeError, match=r"^generator: got \w+, expected a numpy.random.Generator"):
        EXAMPLES[name](0.5).sample(SIZES, generator)
    with pytest.raises(TypeError, match=r"^generator: got"):
        EXAMPLES[name](0.5).sample_stack(SIZES, generator)


def refused(call: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: RNNDrop(0.5, scaled="y"), ValueError, "RNNDrop: scaled: got 'y', expected 'h' or"),
        (lambda: RNNDrop(0.5, scaled_in="test"), ValueError, "RNNDrop: scaled_in: got 'test'"),
        (lambda: RecurrentDropout(0.5, scaled_in=0), ValueError, "scaled_in: got 0"),  # type: ignore[arg-type]
        (lambda: VariationalDropout(0.5, 0.5, output=2), ValueError, "Dropout: output: got 2"),
        (lambda: WeightDrop(0.5, "W_hh"), TypeError, "matrices: got 'W_hh', expected a tuple"),  # type: ignore[arg-type]
        (lambda: WeightDrop(0.5, ()), TypeError, "matrices: got (), expected a tuple"),
        (lambda: WeightDrop(0.5, ("b",)), ValueError, "matrices: got 'b', expected 'W_hh' or"),
        (
            lambda: Combined(NonRecurrentDropout(0.5), VariationalDropout(0, 0.5)),
            ValueError,
            "both act on the input",
        ),
        (lambda: Combined(Zoneout(h=0.1), Zoneout(c=0.1)), ValueError, "both act on the hidden"),
        (lambda: Combined(Zoneout(h=0.1), 0.5), TypeError, "got 0.5, expected dropout's variants"),  # type: ignore[arg-type]
    ],
)
def test_options_that_are_none(make: Any, error: type, message: str) -> None:
    refused(make, error, message)


@pytest.mark.parametrize(
    ("masks", "error", "message"),
    [
        (ZERO, TypeError, "masks: got ndarray, expected dropout.Masks, such as a variant's"),
        (StackMasks((), ()), TypeError, "masks: got StackMasks, expected dropout.Masks"),
        (Masks(g=ZERO[:, :, 1:]), ValueError, "masks.g: got shape (7, 3, 4), expected (7, 3, 5)"),
        (Masks(c=ZERO[1:]), ValueError, "masks.c: got shape (6, 3, 5), expected (7, 3, 5)"),
        (Masks(h=ZERO[0]), ValueError, "masks.h: got shape (3, 5), expected (7, 3, 5) or (7, 4, 3"),
        (Masks(h=np.zeros((1, 3, 3, 5))), ValueError, "masks.h: got shape (1, 3, 3, 5), expected"),
        (Masks(W_hh=ZERO), ValueError, "masks.W_hh: got shape (7, 3, 5), expected (20, 5)"),
        (Masks(W_hh=np.zeros((1, 5))), ValueError, "masks.W_hh: got shape (1, 5), expected (20"),
        (
            Masks(g=ZERO.astype(np.float32)),
            TypeError,
            "masks.g: got dtype float32, expected float64",
        ),
        (Masks(keep_h=ZERO), TypeError, "masks.keep_h: got dtype float64, expected bool"),
        (Masks(c=ZERO > 1), TypeError, "masks.c: got dtype bool, expected float64"),
        (Masks(g=torch.zeros(T, N, H)), TypeError, "masks.g: got Tensor, expected ndarray as x is"),
        (Masks(g=[0.0]), TypeError, "masks.g: got list, expected an array or a tensor"),
        (Masks(h=0.5), TypeError, "masks.h: got the number 0.5, expected an array"),
        (Masks(y=ZERO), TypeError, "masks.y: got ndarray, expected a number"),  # type: ignore[arg-type]
        (Masks(W_hr=ZERO[0]), ValueError, "masks.W_hr: the lstm has no such site, expected x, h"),
    ],
)
def test_masks_that_do_not_fit(masks: Any, error: type, message: str) -> None:
    p = problem("lstm.CELL")
    refused(lambda: lstm.forward(p.params, p.x, masks=masks), error, message)
    refused(lambda: checkpoint.forward(p.cell, p.params, p.x, masks=masks), error, message)
    if isinstance(masks, Masks):
        whole = StackMasks((None,), ((masks,),))
        message = message.replace("masks.", "masks.networks[0][0].", 1)
        refused(lambda: stack.forward(p.cell, ((p.params,),), p.x, masks=whole), error, message)


def test_masks_of_another_device() -> None:
    p = problem("lstm.CELL").to_torch()
    masks = Masks(c=torch.zeros(T, N, H, dtype=torch.float64, device="meta"))
    message = "masks.c: got device meta, expected cpu as x has"
    refused(lambda: lstm.forward(p.params, p.x, masks=masks), ValueError, message)


def test_sites_that_a_cell_lacks() -> None:
    p = problem("rnn.CELL")
    message = "masks.keep_c: the rnn has no such site, expected x, h, y, keep_h, W_ih, W_hh"
    refused(lambda: rnn.forward(p.params, p.x, masks=Masks(keep_c=0.5)), ValueError, message)
    for layer, variant, site in [
        (GRU, Zoneout(h=0.1, c=0.1), "a cell state (keep_c), which the gru does not have"),
        (GRU, RNNDrop(0.5), "a cell state (c)"),
        (RNN, RecurrentDropout(0.5), "a candidate beside a memory to add it to (g)"),
        (LSTM, WeightDrop(0.5, ("W_hr",)), "the projection's weights (W_hr)"),
        (RNN, Combined(WeightDrop(0.5), RNNDrop(0.5)), "a cell state (c)"),
    ]:
        refused(lambda of=layer, v=variant: of(D, H, dropout=v), ValueError, f"acts on {site}")


@pytest.mark.parametrize(
    ("masks", "error", "message"),
    [
        (Masks(), TypeError, "masks: got masks.Masks, expected StackMasks"),
        (StackMasks((None,), ((Masks(),),)), ValueError, "got 1 layers × [1] directions with 1"),
        (StackMasks((None,) * 2, ((Masks(),),) * 2), ValueError, "expected 2 × 2 as params"),
        (StackMasks(None, ()), TypeError, "masks.inputs: got NoneType, expected a tuple"),  # type: ignore[arg-type]
        (StackMasks((), (Masks(),)), TypeError, "masks.networks[0]: got masks.Masks, expected"),  # type: ignore[arg-type]
        (
            StackMasks((None,) * 2, ((None,) * 2,) * 2),  # type: ignore[arg-type]
            TypeError,
            "masks.networks[0][0]: got NoneType, expected dropout.Masks",
        ),
        (
            StackMasks((None,) * 2, ((Masks(),) * 2,) * 2, torch.zeros(T, N, H)),
            ValueError,
            "masks.y: got shape (7, 3, 5), expected (7, 3, 10)",
        ),
        (
            StackMasks((None, torch.zeros(T, N, D)), ((Masks(),) * 2,) * 2),
            ValueError,
            "masks.inputs[1]: got shape (7, 3, 4), expected (7, 3, 10)",
        ),
    ],
)
def test_masks_of_other_layers(masks: Any, error: type, message: str) -> None:
    layer, x = LSTM(D, H, 2, bidirectional=True), torch.zeros(T, N, D)
    refused(lambda: layer(x, masks=masks), error, message)


def test_masks_of_another_batch_of_packed_sequences() -> None:
    layer = LSTM(D, H, dropout=Zoneout(h=0.5))
    x = torch.nn.utils.rnn.pack_padded_sequence(
        torch.zeros(T, N, D), torch.tensor([2, T, 4]), enforce_sorted=False
    )
    for other in (N - 1, N + 1):
        masks = layer.sample_masks(torch.zeros(T, other, D))
        refused(lambda m=masks: layer(x, masks=m), ValueError, f"keep_h: got shape (7, {other}, 5)")


def test_arguments_of_the_layers() -> None:
    layer, x = LSTM(D, H, dropout=Zoneout(h=0.5)), torch.zeros(T, N, D)
    generator = np.random.default_rng(0)
    message = "generator: got Generator, expected a torch.Generator"
    refused(lambda: layer(x, generator=generator), TypeError, message)
    message = "input: got 3 features, expected input_size = 4"
    refused(lambda: layer.sample_masks(x[..., :3]), ValueError, message)
    refused(lambda: layer.sample_masks([x]), ValueError, "input: got list, expected (T, N, D)")
    draw = Zoneout(h=0.5).sample
    message = "dtype: got torch.float32, expected float32 or float64"
    refused(lambda: draw(SIZES, generator, torch.float32), TypeError, message)
    message = "expected torch.float32 or torch.float64"
    refused(lambda: draw(SIZES, torch.Generator(), np.float32), TypeError, message)
    assert isinstance(layer.variant, Dropout)


@dataclass(frozen=True)
class OwnNoise(Dropout):
    """A variant of one's own that does not say its sites: masks of c, one for each step."""

    rate: float

    def network_masks(self, draw: Any, sizes: Sizes) -> Masks:
        return Masks(c=draw.mask(self.rate, (sizes.T, sizes.N, sizes.H)))


@dataclass(frozen=True)
class OwnOfOutputs(Dropout):
    """Another: on the inputs of all layers but the first, on the output, and in evaluation."""

    rate: float

    def input_mask(self, draw: Any, sizes: Sizes, layer: int) -> Any:
        return draw.mask(self.rate, (1, sizes.N, sizes.D)) if layer else None

    def output_mask(self, draw: Any, sizes: Sizes) -> Any:
        return draw.mask(self.rate, (1, sizes.N, sizes.width))

    def evaluation_masks(self) -> Masks:
        return Masks(y=1 - self.rate)


def test_a_variant_that_does_not_say_its_sites_is_asked_for_its_masks() -> None:
    assert OwnNoise(0.5).sites() == ("c",)
    assert OwnOfOutputs(0.5).sites() == ("x", "y", "output")
    assert Dropout().sites() == ()
    for variant in (OwnNoise(0.5), OwnOfOutputs(0.5)):
        y, _ = LSTM(D, H, 2, dropout=variant)(torch.zeros(T, N, D))
        assert y.shape == (T, N, H)
    refused(
        lambda: GRU(D, H, dropout=OwnNoise(0.5)),
        ValueError,
        "acts on a cell state (c), which the gru does not have",
    )
    refused(lambda: Combined(OwnNoise(0.5), RNNDrop(0.5)), ValueError, "both act on a cell state")


@pytest.mark.parametrize("name", VARIANTS)
def test_the_sites_that_a_variant_says_are_those_of_its_masks(name: str) -> None:
    if VARIANTS[name] not in OF_OTHERS:
        variant = VARIANTS[name].at(0.5)
        assert sorted(variant.sites()) == sorted(Dropout.sites(variant))
