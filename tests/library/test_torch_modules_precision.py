"""The drop-in layers under autocast, by one rule on every processor, and in half precision.

What torch.nn's LSTM returns under autocast depends on the processor, so the rule is written down
here, and torch.nn is compared with it only where torch's own path runs, which is the same on all.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from dropout_examples import EXAMPLES, RATE
from torch.overrides import TorchFunctionMode
from torch_layers import (
    ENGINES,
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
)

from lessons_lib.torch_modules import GRU, LSTM

pytestmark = pytest.mark.filterwarnings("ignore:TF32 acceleration")

F64, F32, BF16, F16 = torch.float64, torch.float32, torch.bfloat16, torch.float16
#: The wider of the weights' dtype and autocast's.
WIDER = {
    (F64, BF16): F64,
    (F64, F16): F64,
    (F32, BF16): F32,
    (F32, F16): F32,
    (BF16, BF16): BF16,
    (BF16, F16): F32,
    (F16, BF16): F32,
    (F16, F16): F16,
}


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


every_variant = pytest.mark.parametrize("name", VARIANTS)
every_engine = pytest.mark.parametrize("engine", ENGINES)


def by_the_rule(name: str, dtype: torch.dtype, low: torch.dtype) -> dict[str, torch.dtype]:
    """Return the dtypes of a layer's results, of weights, input and states of one dtype."""
    wider = WIDER[dtype, low]
    narrow = F64 if dtype == F64 else low
    if name.startswith("RNN"):
        return {"y": narrow, "h_n": narrow}
    if name == "GRU":
        return {"y": wider, "h_n": wider}
    h = wider if name.endswith("proj_size=0") else narrow
    return {"y": h, "h_n": h, "c_n": wider}


#: Weights, autocast and form, except those that torch cannot pack on any processor.
CASES = [
    (dtype, low, form)
    for dtype, low in WIDER
    for form in ("batch", "unsorted")
    if form == "batch" or {dtype, low} != {BF16, F16}
]
every_case = pytest.mark.parametrize(("dtype", "low", "form"), CASES)


@every_engine
@every_variant
@every_case
def test_autocast_gives_the_rules_dtypes(
    name: str, dtype: torch.dtype, low: torch.dtype, form: str, engine: str
) -> None:
    _, layer = pair(name, engine, num_layers=2, bidirectional=True)
    exact = outputs_and_gradients(layer, form, given := tensors(layer, form, hx=False))
    layer, expected = layer.to(dtype), by_the_rule(name, dtype, low)
    given = {part: array.to(dtype) for part, array in given.items()}
    with torch.autocast("cpu", dtype=low):
        ours = outputs_and_gradients(layer, form, given)
        with torch.no_grad():
            unrecorded = call(layer, form, given)
    assert {part: ours[part].dtype for part in expected} == expected
    assert {part: array.dtype for part, array in unrecorded.items()} == expected
    assert {array.dtype for part, array in ours.items() if part not in expected} == {dtype}
    for part in expected:
        assert_close({part: ours[part].double()}, {part: exact[part]}, 0.06)


@every_variant
@every_case
def test_the_rule_is_that_of_torchs_own_path(
    name: str, dtype: torch.dtype, low: torch.dtype, form: str
) -> None:
    reference, _ = pair(name, "kernel", num_layers=2, bidirectional=True)
    given = {"x": tensors(reference, form, hx=False)["x"].to(dtype)}
    for record in (True, False):
        with (
            torch.autocast("cpu", dtype=low),
            torch.backends.mkldnn.flags(enabled=False),
            torch.set_grad_enabled(record),
        ):
            results = call(reference.to(dtype), form, given)
        dtypes = {part: array.dtype for part, array in results.items()}
        assert dtypes == by_the_rule(name, dtype, low)


@every_engine
@pytest.mark.parametrize(
    ("layer", "x", "states", "expected"),
    [
        (LSTM, BF16, None, (BF16, BF16, BF16)),  # the initial state is made in the input's dtype
        (LSTM, BF16, (F32, F32), (F32, F32, F32)),
        (LSTM, F32, (F32, BF16), (BF16, BF16, BF16)),  # c, to which the sums are added
        (GRU, BF16, None, (BF16, BF16)),
        (GRU, F32, (BF16,), (BF16, BF16)),
    ],
)
def test_the_initial_states_dtype_counts(
    layer: type, x: Any, states: Any, expected: Any, engine: str
) -> None:
    """Weights in float32, as in a model in training, after a layer that returned bfloat16."""
    ours, theirs = layer(D, H, engine=engine), getattr(torch.nn, layer.__name__)(D, H)
    hx: Any = states and tuple(torch.zeros(1, N, H, dtype=dtype) for dtype in states)
    hx = hx[0] if hx and layer is GRU else hx
    with torch.autocast("cpu", dtype=BF16):
        y, last = ours(torch.zeros(T, N, D, dtype=x), hx)
        with torch.backends.mkldnn.flags(enabled=False):
            y_theirs, last_theirs = theirs(torch.zeros(T, N, D, dtype=x), hx)
    for output, state in ((y, last), (y_theirs, last_theirs)):
        states = state if isinstance(state, tuple) else (state,)
        assert tuple(array.dtype for array in (output, *states)) == expected


@every_engine
def test_float64_and_float32_are_not_mixed(engine: str) -> None:
    for weights, x, c in ((F32, F64, F64), (F64, F32, F32), (F32, F32, F64)):
        layer = LSTM(D, H, dtype=weights, engine=engine)
        hx = torch.zeros(1, N, H, dtype=x), torch.zeros(1, N, H, dtype=c)
        with torch.autocast("cpu", dtype=BF16), pytest.raises((RuntimeError, TypeError)):
            layer(torch.zeros(T, N, D, dtype=x), hx)


class OtherProcessor(TorchFunctionMode):
    """Make torch's LSTM answer as on another processor, and count the calls."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer, self.calls = answer, 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is not torch.lstm:
            return func(*args, **(kwargs or {}))
        self.calls += 1
        with torch.backends.mkldnn.flags(enabled=False):
            return self.answer(args[0], func(*args, **(kwargs or {})))


def narrow(x: torch.Tensor, results: Any) -> Any:
    """Answer as oneDNN does on a processor with the instructions."""
    return tuple(array.to(BF16) for array in results)


def narrow_if_small(x: torch.Tensor, results: Any) -> Any:
    """Answer a small call differently from a large one."""
    return narrow(x, results) if x.numel() < 10 else results


def narrow_unless_recorded(x: torch.Tensor, results: Any) -> Any:
    """Answer as processors with AMX do in float16: whether gradients are recorded decides."""
    return results if torch.is_grad_enabled() else narrow(x, results)


def refuse(x: torch.Tensor, results: Any) -> Any:
    """Answer as oneDNN does on processors without AVX-512."""
    raise RuntimeError("could not create a primitive descriptor for the LSTM forward propagation")


@pytest.mark.parametrize("dtype", [F32, F16], ids=str)
@pytest.mark.parametrize("answer", [narrow, narrow_if_small, narrow_unless_recorded, refuse])
def test_no_processor_changes_the_dtypes(answer: Any, dtype: torch.dtype) -> None:
    """Dropout does not change them either, and the kernel is called only for the result."""
    variants = [None, *(variant(RATE) for key, variant in EXAMPLES.items() if "proj" not in key)]
    for engine in ENGINES:
        for variant in variants:
            layer = LSTM(D, H, dropout=variant or 0.0, engine=engine).to(dtype)
            for record in (True, False):
                with (
                    OtherProcessor(answer) as processor,
                    torch.autocast("cpu", dtype=BF16),
                    torch.set_grad_enabled(record),
                ):
                    y, last = layer(torch.zeros(T, N, D, dtype=dtype))
                assert [array.dtype for array in (y, *last)] == [F32, F32, F32], variant
                assert processor.calls <= (engine == "kernel")


def test_other_errors_of_the_kernel_are_not_answered_by_hand() -> None:
    def fail(x: torch.Tensor, results: Any) -> Any:
        raise RuntimeError("out of order")

    with (
        OtherProcessor(fail),
        torch.autocast("cpu", dtype=BF16),
        pytest.raises(RuntimeError, match="out of order"),
    ):
        LSTM(D, H)(torch.zeros(T, N, D))


@every_variant
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_half_precision_is_near_full_precision(name: str, dtype: torch.dtype) -> None:
    reference, layer = pair(name, "by_hand")
    given = tensors(layer, "batch", hx=True)
    wanted = outputs_and_gradients(reference.to(dtype).double(), "batch", given)
    given = {part: array.to(dtype) for part, array in given.items()}
    ours = outputs_and_gradients(layer.to(dtype), "batch", given)
    assert {value.dtype for value in ours.values()} == {dtype}
    assert_close({k: v.double() for k, v in ours.items()}, wanted, 0.05)
