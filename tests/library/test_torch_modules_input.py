"""For any input, the layers give torch.nn's answer or, if it has none, a clear error."""

from __future__ import annotations

import re
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch.nn.utils.rnn import pack_padded_sequence
from torch_layers import ENGINES, VARIANTS, D, pair, theirs

from lessons_lib.verify.gradients import relative_difference

every_layer = pytest.mark.parametrize(
    ("name", "engine"), [(n, e) for n in VARIANTS for e in ENGINES]
)
quick = settings(max_examples=40, deadline=None, derandomize=True)

DTYPES = [torch.float64, torch.float32, torch.float16, torch.int64, torch.bool, torch.complex128]
VALUES = st.sampled_from([0.0, 1.0, -2.5, 1e300, float("inf"), -float("inf"), float("nan")])


@st.composite
def arrays(draw: Any, shape: tuple[int, ...], dtypes: list[torch.dtype]) -> torch.Tensor:
    """Draw a tensor near a shape: sizes off by one or zero, axes missing or extra, odd strides."""
    sizes = [draw(st.sampled_from([s, s, s, s, s, s + 1, 0])) for s in shape]
    sizes = draw(st.sampled_from([sizes] * 8 + [sizes[1:], [1, *sizes], []]))
    dtype = draw(st.sampled_from(dtypes))
    x = torch.randn(sizes, dtype=torch.float64)
    if x.numel() and draw(st.booleans()):
        x.view(-1)[draw(st.integers(0, x.numel() - 1))] = draw(VALUES)
    x = x.to(dtype)
    if draw(st.booleans()) and x.ndim > 1:  # the same numbers, not contiguous
        x = torch.stack([x, x], dim=-1)[..., 0].transpose(0, -1).contiguous().transpose(0, -1)
    return x.to(draw(st.sampled_from(["cpu"] * 9 + ["meta"])))


@st.composite
def calls(draw: Any, layer: Any) -> tuple[Any, ...]:
    """Draw an input and an initial state for a layer; most of them fit it."""
    T, N, networks = draw(st.integers(1, 3)), draw(st.integers(1, 3)), layer.num_layers
    dtypes = [torch.float64] * 12 + DTYPES
    batch = () if draw(st.booleans()) else (N,)
    x = draw(arrays((T, *batch, D), dtypes))
    widths = [layer.proj_size or layer.hidden_size, layer.hidden_size]
    states = [draw(arrays((networks, *batch, width), dtypes)) for width in widths]
    hx = tuple(states) if layer.mode == "LSTM" else states[0]
    return (x,) if draw(st.booleans()) else (x, draw(st.sampled_from([hx] * 6 + [states[0], ()])))


def attempt(layer: Any, call: tuple[Any, ...]) -> Any:
    """Return outputs and the gradients of their sum, or the error."""
    try:
        y, last = layer(*call)
        outputs = [y, *(last if isinstance(last, tuple) else (last,))]
        if y.is_meta:
            return outputs
        loss = sum(out.sum() for out in outputs)
        return outputs + list(torch.autograd.grad(loss, list(layer.parameters())))
    except Exception as error:  # of whatever type: that is what is compared
        return error


def assert_same_outcome(reference: Any, layer: Any, call: tuple[Any, ...]) -> None:
    """Compare outputs, gradients and errors; our layers may reject more inputs, never fewer."""
    flat = [t for part in call for t in (part if isinstance(part, tuple) else (part,))]
    before = [None if t.is_meta else t.clone() for t in flat]
    expected, got = attempt(reference, call), attempt(layer, call)
    for tensor, copy in zip(flat, before, strict=True):
        assert copy is None or torch.equal(tensor.nan_to_num(7), copy.nan_to_num(7)), "changed"
    if isinstance(expected, Exception):
        assert isinstance(got, Exception), f"torch raises {expected!r}, ours does not"
        assert str(got), "an error without a word"
        return
    if isinstance(got, Exception):  # torch lets c have another dtype, and promotes
        assert re.match("state's c: got dtype .*, expected", str(got)), f"ours raises {got!r}"
        return
    for ours, theirs_ in zip(got, expected, strict=True):
        assert (ours.shape, ours.dtype, ours.device) == (
            theirs_.shape,
            theirs_.dtype,
            theirs_.device,
        )
        if ours.is_meta:
            continue
        finite = theirs_.isfinite()
        assert torch.equal(ours.isfinite(), finite)
        assert relative_difference(ours[finite].detach(), theirs_[finite].detach()) <= 1e-10


@every_layer
def test_odd_inputs_have_torchs_outcome(name: str, engine: str) -> None:
    torch.manual_seed(0)
    reference, layer = pair(name, engine, num_layers=2)

    @settings(quick, max_examples=200)
    @given(calls(layer))
    def check(call: tuple[Any, ...]) -> None:
        assert_same_outcome(reference, layer, call)

    check()


@every_layer
@quick
@given(lengths=st.lists(st.integers(0, 4), min_size=0, max_size=4), sort=st.booleans())
def test_odd_lengths_have_torchs_outcome(
    name: str, engine: str, lengths: list[int], sort: bool
) -> None:
    torch.manual_seed(0)
    reference, layer = pair(name, engine, bidirectional=True)
    x = torch.randn(max([*lengths, 1]), len(lengths), D, dtype=torch.float64)
    results: list[Any] = []
    for module in (reference, layer):
        try:
            packed = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=sort)
            y, last = module(packed)
            results.append([y.data, *(last if isinstance(last, tuple) else (last,))])
        except (RuntimeError, ValueError, IndexError) as error:
            results.append(type(error))
    expected, got = results
    if isinstance(expected, type):
        assert got is expected
        return
    for ours, theirs_ in zip(got, expected, strict=True):
        assert relative_difference(ours.detach(), theirs_.detach()) <= 1e-10


SIZES = st.sampled_from([3, 1, 0, -1, 2.0, True, "3", None])


@pytest.mark.parametrize("name", VARIANTS)
@quick
@given(
    options=st.fixed_dictionaries(
        {"input_size": SIZES, "hidden_size": SIZES},
        optional={
            "num_layers": SIZES,
            "bias": st.sampled_from([False, 1, None]),
            "batch_first": st.sampled_from([True, 0, "no"]),
            "dropout": st.sampled_from([0.5, 1, 1.5, -0.1, True, "0.5", float("nan")]),
            "proj_size": st.sampled_from([0, 1, 3, -1]),
            "nonlinearity": st.sampled_from(["relu", "sigmoid", None]),
            "dtype": st.sampled_from([torch.float64, torch.int64, "float32"]),
            "device": st.sampled_from(["cpu", "meta", "nowhere"]),
        },
    )
)
@pytest.mark.filterwarnings("ignore:dropout option")
def test_odd_arguments_have_torchs_outcome(name: str, options: dict[str, Any]) -> None:
    layer, chosen = VARIANTS[name]
    options = {**chosen, **options}
    outcomes = []
    for kind in (theirs(layer), layer):
        torch.manual_seed(0)
        try:
            outcomes.append(kind(**options))
        except Exception as error:  # of whatever type: that is what is compared
            outcomes.append(error)
    expected, got = outcomes
    if isinstance(expected, Exception):
        assert isinstance(got, Exception)
        return
    assert not isinstance(got, Exception), got
    assert repr(got) == repr(expected)
    assert {k: v.shape for k, v in got.state_dict().items()} == {
        k: v.shape for k, v in expected.state_dict().items()
    }
