"""Masks drawn by compiled code are those that torch's numbers give, to the bit."""

from __future__ import annotations

import os
import signal
import threading

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.fx.experimental.proxy_tensor import make_fx

from lessons_lib import dropout
from lessons_lib.dropout.draws import Draw
from lessons_lib.torch_modules import LSTM, drawing
from lessons_lib.trace import twister

RATES = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 0.05, 2**-24, 1 - 2**-24, 1e-12]))
SHAPES = st.lists(st.integers(0, 40), min_size=1, max_size=3).map(tuple)
VARIANTS = [
    dropout.NonRecurrentDropout(0.3),
    dropout.RNNDrop(0.3),
    dropout.VariationalDropout(0.2, 0.3, tied=False),
    dropout.WeightDrop(0.3),
    dropout.RecurrentDropout(0.3, scaled_in="evaluation"),
    dropout.Zoneout(h=0.05, c=0.5),
]


def two(seed: int) -> tuple[Draw, Draw]:
    """Return what draws compiled, and by torch, from generators in the same state."""
    generators = [torch.Generator().manual_seed(seed) for _ in range(2)]
    compiled = drawing.draw_from(generators[0], torch.float32)
    assert type(compiled) is drawing.CompiledDraw
    return compiled, Draw(generators[1], torch.float32)


def same(compiled: torch.Tensor | None, expected: torch.Tensor | None) -> bool:
    if compiled is None or expected is None:
        return compiled is expected
    same_kind = compiled.dtype == expected.dtype and compiled.shape == expected.shape
    return same_kind and torch.equal(compiled, expected)


@settings(deadline=None)
@given(seed=st.integers(0, 2**40), calls=st.lists(st.tuples(SHAPES, RATES), min_size=1, max_size=5))
def test_masks_and_the_state_afterwards_are_torchs(seed, calls):
    compiled, by_torch = two(seed)
    for shape, rate in calls:
        assert same(compiled.dropped(rate, shape), by_torch.dropped(rate, shape))
        for inverted in (True, False):
            actual = compiled.mask(rate, shape, inverted)
            assert same(actual, by_torch.mask(rate, shape, inverted))
        assert same(compiled.uniform(shape), by_torch.uniform(shape))
        assert torch.equal(compiled.generator.get_state(), by_torch.generator.get_state())


@pytest.mark.parametrize("count", [1, 226, 227, 228, 396, 397, 623, 624, 625, 1247, 1249, 5000])
def test_where_a_stretch_of_words_ends_nothing_is_lost(count):
    compiled, by_torch = two(7)
    for _ in range(3):
        assert same(compiled.dropped(0.4, (count,)), by_torch.dropped(0.4, (count,)))


@pytest.mark.parametrize("seed", range(20))
def test_a_rate_that_is_a_drawn_number_does_not_drop_its_element(seed):
    number = Draw(torch.Generator().manual_seed(seed), torch.float32).uniform((1,))
    for rate, dropped in ((number, False), (torch.nextafter(number, torch.ones(1)), True)):
        compiled, _ = two(seed)
        assert compiled.dropped(float(rate), (1,)).item() is dropped


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: type(variant).__name__)
def test_a_layer_draws_the_same_by_every_engine(variant):
    x, drawn = torch.zeros(7, 3, 4), []
    for engine in ("auto", "compiled", "by_hand", "kernel"):
        layer = LSTM(4, 5, 2, dropout=variant, engine=engine)
        torch.manual_seed(3)
        drawn.append((layer.sample_masks(x), torch.rand(2)))
    (first, after), *others = drawn
    for masks, number in others:
        torch.testing.assert_close(list(masks), list(first), rtol=0, atol=0)
        torch.testing.assert_close(number, after, rtol=0, atol=0)


def test_it_writes_to_the_processor_whatever_the_default_device_is():
    compiled, by_torch = two(1)
    with torch.device("meta"):
        actual = compiled.mask(0.5, (9,))
    assert same(actual, by_torch.mask(0.5, (9,)))


def test_other_dtypes_and_unknown_states_are_drawn_by_torch(monkeypatch):
    generator = torch.Generator().manual_seed(1)
    assert type(drawing.draw_from(generator, torch.float64)) is Draw
    monkeypatch.setattr(twister, "STATE", 5057)
    monkeypatch.setattr(drawing, "is_known", drawing.is_known.__wrapped__)
    assert type(drawing.draw_from(generator, torch.float32)) is Draw


def test_other_numbers_are_noticed(monkeypatch):
    drop = twister.drop
    monkeypatch.setattr(twister, "drop", lambda state, out, *rest: drop(state, out, 1300, 0.31))
    assert not drawing.is_known.__wrapped__()


def test_a_recorded_program_draws_anew_at_each_call():
    layer = LSTM(4, 5, dropout=dropout.RecurrentDropout(0.5))
    program = make_fx(lambda x: layer.sample_masks(x).network(0, 0).g)(torch.zeros(7, 3, 4))
    x = torch.zeros(7, 3, 4)
    assert not torch.equal(program(x), program(x))


def test_threads_that_share_a_generator_draw_different_masks():
    generator = torch.Generator().manual_seed(1)
    masks: list[torch.Tensor] = []

    def draw() -> None:
        compiled = drawing.CompiledDraw(generator, torch.float32)
        masks.extend(compiled.dropped(0.5, (64,)) for _ in range(200))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({tuple(mask.tolist()) for mask in masks}) == len(masks) == 800


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_does_not_wait_for_a_thread_that_it_lacks():
    compiled, _ = two(1)
    with drawing._lock:
        child = os.fork()
        if child == 0:
            signal.alarm(20)  # ends the child if it waits
            compiled.dropped(0.5, (3,))
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
