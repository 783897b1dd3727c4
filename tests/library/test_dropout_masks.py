"""Masks have the rate, the lifetime and the sharing that the variant's paper describes."""

from __future__ import annotations

import math
from dataclasses import make_dataclass
from typing import Any

import numpy as np
import pytest
import torch
from dropout_examples import EXAMPLES, OPTIONS, RATE, VARIANTS, parts
from dropout_oracle import TABLE

from lessons_lib.dropout import (
    Combined,
    Dropout,
    Masks,
    NonRecurrentDropout,
    RNNDrop,
    Sizes,
    StackMasks,
    VariationalDropout,
    WeightDrop,
    Zoneout,
    table,
)

every_example = pytest.mark.parametrize("name", EXAMPLES)
SIZES = Sizes(T=7, N=3, D=4, H=5, layers=2, directions=2)


def arrays(masks: StackMasks) -> list[Any]:
    """Return all masks that are arrays."""
    found: list[Any] = []
    masks.map(lambda mask: found.append(mask) or mask)  # type: ignore[func-returns-value]
    return found


def _kinds(kind: type) -> set[type]:
    return {kind}.union(*map(_kinds, kind.__subclasses__()))


def test_every_variant_is_enrolled() -> None:
    """Those that the package defines, too: one that it does not export is tried by no test."""
    defined = {kind for kind in _kinds(Dropout) if kind.__module__.startswith("lessons_lib.")}
    assert defined - {Dropout} == set(VARIANTS.values())
    made = {type(part) for make in EXAMPLES.values() for part in (make(RATE), *parts(make(RATE)))}
    assert made == set(VARIANTS.values())


@pytest.mark.parametrize("name", TABLE)
def test_the_table_says_what_the_papers_say(name: str) -> None:
    variant = EXAMPLES[name](0.3)
    rows = table([variant])
    assert {row["variant"] for row in rows} == {type(variant).__name__}
    actual = {row["site"]: (row["mask"], row["training"], row["evaluation"]) for row in rows}
    assert actual == TABLE[name]


def test_the_table_holds_every_variant() -> None:
    assert set(VARIANTS) - {"Combined", "PerLayer"} <= set(TABLE)
    rows = table([EXAMPLES["Combined of Merity"](0.3)])
    assert {row["site"] for row in rows} == {"x", "output", "W_hh"}


@every_example
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_rates_and_scales_are_right_within_five_standard_errors(name: str, library: str) -> None:
    generator: Any = np.random.default_rng(0)
    if library == "torch":
        generator = torch.Generator().manual_seed(0)
    sizes = Sizes(T=20, N=20, D=20, H=20, layers=2)
    variant = EXAMPLES[name](RATE)
    rates = {RATE, RATE / 2}  # one combination has both
    for mask in map(np.asarray, arrays(variant.sample_stack(sizes, generator))):
        mask = mask[:, :1] if "rows" in name else mask  # what was drawn; the rest repeats it
        values, n = np.unique(mask.astype(float)), mask.size
        assert values[0] == 0
        assert len(values) == 2
        keeps = mask.dtype == bool
        dropped = (mask != 0).mean() if keeps else (mask == 0).mean()
        rate = min(rates, key=lambda p: abs(p - dropped))
        assert abs(dropped - rate) <= 5 * math.sqrt(rate * (1 - rate) / n)
        assert keeps or values[1] in (1, pytest.approx(1 / (1 - rate)))
        if values[1] != 1:  # inverted scaling: mean 1, variance p / (1 − p)
            variance = rate / (1 - rate)
            fourth = rate + (1 - rate) * values[1] ** 4 * rate**4
            assert abs(mask.mean() - 1) <= 5 * math.sqrt(variance / n)
            assert abs(mask.var() - variance) <= 5 * math.sqrt((fourth - variance**2) / n)


@every_example
def test_no_two_masks_are_the_same(name: str) -> None:
    """Steps, sequences, gates, layers and directions each have their own mask, or share one."""
    sizes = Sizes(T=9, N=9, D=30, H=30, layers=3, directions=2)
    masks = arrays(EXAMPLES[name](0.5).sample_stack(sizes, np.random.default_rng(0)))
    masks = [mask[:, :1].T if "rows" in name else mask for mask in masks]
    slices = [piece.astype(bool) for mask in masks for piece in mask.reshape(-1, mask.shape[-1])]
    assert len({piece.tobytes() for piece in slices}) == len(slices)


@every_example
def test_one_seed_gives_the_same_masks_and_another_gives_others(name: str) -> None:
    def drawn(seed: int) -> StackMasks:
        return EXAMPLES[name](RATE).sample_stack(SIZES, np.random.default_rng(seed))

    first, again, other = (arrays(drawn(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@every_example
@pytest.mark.parametrize("dtype", [np.float32, torch.float32, torch.float64])
def test_masks_have_the_dtype_asked_for(name: str, dtype: Any) -> None:
    of_torch = isinstance(dtype, torch.dtype)
    generator: Any = torch.Generator() if of_torch else np.random.default_rng()
    for mask in arrays(EXAMPLES[name](RATE).sample_stack(SIZES, generator, dtype)):
        assert mask.dtype in (dtype, torch.bool if of_torch else bool)


@every_example
def test_rate_0_draws_nothing_and_rate_1_only_zeros(name: str) -> None:
    none = EXAMPLES[name](0).sample_stack(SIZES, np.random.default_rng(0))
    assert none == StackMasks((None,) * 2, ((Masks(),) * 2,) * 2)
    for mask in arrays(EXAMPLES[name](1).sample_stack(SIZES, np.random.default_rng(0))):
        expected = 0.5 if mask.dtype == bool and "Krueger" in name else 0
        assert expected == 0.5 or np.all(mask == (1 if mask.dtype == bool else 0))


def test_rates_are_of_the_site_that_they_are_named_for() -> None:
    sizes = Sizes(T=40, N=40, D=40, H=40)
    draw = lambda variant: variant.sample_stack(sizes, np.random.default_rng(0))  # noqa: E731
    masks = draw(Zoneout(h=0.1, c=0.6)).networks[0][0]
    assert (masks.keep_h.mean().round(1), masks.keep_c.mean().round(1)) == (0.1, 0.6)
    masks = draw(VariationalDropout(0.1, 0.4, output=0.7))
    for mask, rate in zip((*masks.networks[0][0][:2], masks.y), (0.1, 0.4, 0.7), strict=True):
        assert (mask == 0).mean().round(1) == rate
    assert draw(VariationalDropout(0, 0.4, output=0)).networks[0][0].x is None


@pytest.mark.parametrize("rate", [np.float32(0.25), np.float64(0.25), 0])
def test_a_rate_of_numpy_is_as_good_as_pythons(rate: Any) -> None:
    for variant in (RNNDrop(rate), Zoneout(h=rate), WeightDrop(rate), NonRecurrentDropout(rate)):
        numbers = [value for value in vars(variant).values() if not isinstance(value, str)]
        assert all(type(value) in (float, bool, tuple) for value in numbers)


def test_a_variant_of_ones_own_has_its_rates_checked() -> None:
    """In a notebook, annotations are types, not strings."""
    variant = make_dataclass("Own", [("rate", float)], bases=(Dropout,), frozen=True)
    assert variant.at(0.5) == variant(0.5)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"Own: rate: got 2\.0, expected a rate from 0 to 1"):
        variant(2.0)


def test_variants_are_values() -> None:
    pair = Zoneout(h=0.1, c=0.5), WeightDrop(0.5)
    assert Combined(*pair) == Combined(*pair) != Combined(*pair[::-1])
    assert len({Combined(*pair), Combined(*pair), *pair}) == 3
    assert repr(pair[0]) == "Zoneout(h=0.1, c=0.5)"
    assert issubclass(Combined, Dropout)
    assert set(OPTIONS) <= set(EXAMPLES)
