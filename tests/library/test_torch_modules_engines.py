"""The engines of the layers: which one computes, and that all give the same."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import metadata
from typing import Any

import numpy as np
import pytest
import torch
from dropout_examples import EXAMPLES, RATE, fits
from registry import CELLS
from torch.autograd import forward_ad
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence
from torch.overrides import TorchFunctionMode

from lessons_lib import lstm, rnn, stack
from lessons_lib.dropout import RNNDrop, VariationalDropout, WeightDrop, Zoneout
from lessons_lib.masks import NO_STACK_MASKS
from lessons_lib.torch_modules import GRU, LSTM, RNN, Layer, engines, from_module, swap
from lessons_lib.torch_modules.compiled_loop import CompiledLoop
from lessons_lib.trace import compiled
from lessons_lib.verify.gradients import relative_difference

# with two directions, the second layer's input is as wide as the first's: one program for both
T, N, D, H = 7, 5, 4, 2
LENGTHS = torch.tensor([4, 7, 1, 5, 2])
ZONEOUT = Zoneout(h=0.2, c=0.3)


@pytest.fixture
def calls(monkeypatch: Any) -> list[str]:
    """Record which passes are compiled code."""
    found: list[str] = []

    def follow(name: str, run: Any) -> Any:
        def called(*args: Any, **more: Any) -> Any:
            found.append(name)
            return run(*args, **more)

        return called

    for name, function in {"forward": "run", "backward": "backward"}.items():
        monkeypatch.setattr(compiled, function, follow(name, getattr(compiled, function)))
    return found


@pytest.fixture
def no_llvmlite(monkeypatch: Any) -> None:
    monkeypatch.setattr(engines, "compiled_loop", lambda: None)
    engines._say_once.cache_clear()


def outcome(layer: Any, x: Any, hx: Any, masks: Any = None, run: Any = None) -> list[torch.Tensor]:
    """Return outputs, last states and all gradients, of the layer or of another function."""
    leaves = [*hx, *layer.parameters(), *([] if isinstance(x, PackedSequence) else [x])]
    y, last = (run or layer)(x, hx if len(hx) > 1 else hx[0], masks=masks)
    outputs = [y.data if isinstance(y, PackedSequence) else y]
    outputs += last if isinstance(last, tuple) else [last]
    weigh = torch.Generator().manual_seed(1)
    loss = sum((torch.randn(o.shape, generator=weigh, dtype=o.dtype) * o).sum() for o in outputs)
    return [*outputs, *torch.autograd.grad(loss, leaves)]


def problem(layer: Any, cell: Any, dtype: torch.dtype) -> tuple[torch.Tensor, tuple[Any, ...]]:
    """Draw weights that are not small, an input and an initial state."""
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_(0.6 * torch.randn_like(weight))
    networks = layer.num_layers * (2 if layer.bidirectional else 1)
    widths = cell.state_widths(layer.params()[0][0])
    hx = tuple(torch.randn(networks, N, w, dtype=dtype, requires_grad=True) for w in widths)
    return torch.randn(T, N, D, dtype=dtype, requires_grad=True), hx


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("name", CELLS)
def test_every_cell_under_every_variant_equals_by_hand(name: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    cell = CELLS[name]
    layer = Layer(cell, D, H, 2, bidirectional=True, dtype=dtype)
    x, hx = problem(layer, cell, dtype)
    packed = pack_padded_sequence(x.detach(), LENGTHS, enforce_sorted=False)
    examples = {key: make(RATE) for key, make in EXAMPLES.items() if fits(make(RATE), cell)}
    if dtype == torch.float32:  # the programs differ in the type of their numbers only
        examples = {key: examples[key] for key in [*examples][::4]}
    bound = 1e-10 if dtype == torch.float64 else 1e-5
    for key, variant in {"none": None, **examples}.items():
        layer.variant = variant
        for given in (x, packed):
            masks = layer.sample_masks(given) if variant else None
            layer.engine = "by_hand"
            expected = outcome(layer, given, hx, masks)
            layer.engine = "compiled"
            for a, b in zip(outcome(layer, given, hx, masks), expected, strict=True):
                assert a.dtype == b.dtype == dtype
                assert relative_difference(a.detach(), b.detach()) <= bound, key


@pytest.mark.parametrize("name", CELLS)
def test_one_layer_equals_the_equations_under_autograd(name: str) -> None:
    torch.manual_seed(0)
    cell = CELLS[name]
    layer = Layer(cell, D, H, dtype=torch.float64)
    x, hx = problem(layer, cell, torch.float64)
    examples = {key: make(RATE) for key, make in EXAMPLES.items() if fits(make(RATE), cell)}

    def by_equations(x: Any, state: Any, masks: Any) -> Any:
        state = state if isinstance(state, tuple) else (state,)
        y, last, _ = stack.forward(cell, layer.params(), x, state, masks=masks or NO_STACK_MASKS)
        return y, last

    for key, variant in {"none": None, **examples}.items():
        layer.variant = variant
        masks = layer.sample_masks(x) if variant else None
        expected = outcome(layer, x, hx, masks, by_equations)
        for engine in ("by_hand", "compiled"):
            layer.engine = engine
            for a, b in zip(outcome(layer, x, hx, masks), expected, strict=True):
                assert relative_difference(a.detach(), b.detach()) <= 1e-10, (key, engine)


SOME: dict[str, Callable[..., Any]] = {
    "LSTM": lambda **options: LSTM(D, H, dropout=ZONEOUT, **options),
    "GRU": lambda **options: GRU(D, H, dropout=VariationalDropout(0.2, 0.2), **options),
    "RNN": lambda **options: RNN(D, H, dropout=Zoneout(h=0.2), **options),
    "Layer": lambda **options: Layer(lstm.CELL, D, H, dropout=RNNDrop(0.2), **options),
}
some_layers = pytest.mark.parametrize("name", SOME)


@some_layers
def test_by_default_what_torchs_kernel_cannot_compute_is_compiled(
    name: str, calls: list[str]
) -> None:
    layer, x = SOME[name](), torch.randn(T, N, D)
    layer(x)[0].sum().backward()
    assert calls == ["forward", "backward"]
    calls.clear()
    layer.engine = "by_hand"
    layer(x)[0].sum().backward()
    assert calls == []


@pytest.mark.parametrize("layer", [LSTM, GRU, RNN])
def test_by_default_torchs_kernel_computes_what_it_can(layer: Any, calls: list[str]) -> None:
    x = torch.randn(T, N, D)
    plain = getattr(torch.nn, layer.__name__)(D, H)
    ours = layer(D, H)
    ours.load_state_dict(plain.state_dict())
    assert torch.equal(ours(x)[0], plain(x)[0])
    ours.variant = WeightDrop(0.5)
    ours(x)[0].sum().backward()
    ours.variant = VariationalDropout(0.5, 0.5)
    assert torch.equal(ours.eval()(x)[0], plain(x)[0])
    ours.train().engine = "kernel"
    ours(x)[0].sum().backward()
    assert calls == []
    ours.eval().engine = "compiled"
    assert relative_difference(ours(x)[0].detach(), plain(x)[0].detach()) < 1e-5
    assert calls == ["forward"]


@some_layers
def test_a_seed_draws_the_same_masks_for_every_engine(name: str) -> None:
    layer, x = SOME[name](dtype=torch.float64), torch.randn(T, N, D, dtype=torch.float64)
    results = []
    for engine in engines.OF_CELLS:
        layer.engine = engine
        torch.manual_seed(3)
        results.append(layer(x)[0].detach())
    assert relative_difference(results[0], results[1]) < 1e-12
    assert torch.equal(results[0], results[2])
    assert not torch.equal(layer(x)[0], results[0])


class Other(torch.Tensor):
    """A subclass of a tensor."""


def _forward_mode(layer: Any, x: torch.Tensor) -> None:
    with forward_ad.dual_level():
        layer(forward_ad.make_dual(x, torch.ones_like(x)))


#: What compiled code cannot follow.
UNUSUAL: dict[str, Callable[[Any, torch.Tensor], Any]] = {
    "vmap": lambda layer, x: torch.vmap(lambda x: layer(x)[0])(x[None]),
    "func.grad": lambda layer, x: torch.func.grad(lambda x: layer(x)[0].sum())(x),
    "forward mode": _forward_mode,
    "jit.trace": lambda layer, x: torch.jit.trace(layer, (x,), check_trace=False),
    "export": lambda layer, x: torch.export.export(layer, (x,)),
    "subclass": lambda layer, x: layer(x.as_subclass(Other)),
    "meta": lambda layer, x: layer.to("meta")(x.to("meta")),
    "bfloat16": lambda layer, x: layer.bfloat16()(x.bfloat16()),
    "float16": lambda layer, x: layer.half()(x.half()),
}


@pytest.mark.parametrize("use", UNUSUAL)
@some_layers
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
def test_what_compiled_code_cannot_follow_runs_by_the_equations(
    name: str, use: str, calls: list[str]
) -> None:
    layer = SOME[name](engine="compiled").eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        UNUSUAL[use](layer, torch.randn(T, N, D))
    assert calls == []


@some_layers
def test_gradcheck_of_first_and_second_derivatives(name: str) -> None:
    torch.manual_seed(0)
    layer = SOME[name](dtype=torch.float64, engine="compiled")
    x = torch.randn(3, 2, D, dtype=torch.float64, requires_grad=True)
    masks = layer.sample_masks(x)
    weights = dict(layer.named_parameters())

    def run(x: torch.Tensor, *values: torch.Tensor) -> Any:
        changed = dict(zip(weights, values, strict=True))
        y, last = torch.func.functional_call(layer, changed, (x,), {"masks": masks})
        return (y, *(last if isinstance(last, tuple) else (last,)))

    assert torch.autograd.gradcheck(run, (x, *weights.values()), fast_mode=True)
    assert torch.autograd.gradgradcheck(run, (x, *weights.values()), fast_mode=True)


def test_batched_gradients_are_those_one_by_one() -> None:
    layer, x = LSTM(D, H, dropout=ZONEOUT), torch.randn(T, N, D, requires_grad=True)
    y, _ = layer(x)
    many = torch.randn(3, *y.shape)
    (batched,) = torch.autograd.grad(y, x, many, is_grads_batched=True, retain_graph=True)
    for dy, own in zip(many, batched, strict=True):
        assert torch.equal(torch.autograd.grad(y, x, dy, retain_graph=True)[0], own)


@some_layers
def test_any_number_of_threads_gives_the_same_bits(name: str) -> None:
    layer, x = SOME[name](), torch.randn(T, N, D)
    masks, before, results = layer.sample_masks(x), torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            y, _ = layer(x, masks=masks)
            results.append([y, *torch.autograd.grad(y.sum(), [*layer.parameters()])])
    finally:
        torch.set_num_threads(before)
    for other in results[1:]:
        assert all(map(torch.equal, results[0], other))


def test_threads_of_a_server_compile_and_run_beside_each_other() -> None:
    layer = LSTM(D, 11, dropout=ZONEOUT)  # of a size that nothing has compiled before
    inputs = [torch.randn(T, N, D) for _ in range(8)]
    masks = layer.sample_masks(inputs[0])

    def run(x: torch.Tensor) -> list[torch.Tensor]:
        y, _ = layer(x, masks=masks)
        return [y, *torch.autograd.grad(y.square().sum(), [*layer.parameters()])]

    with ThreadPoolExecutor(4) as pool:
        beside = [*pool.map(run, inputs)]
    for x, actual in zip(inputs, beside, strict=True):
        assert all(map(torch.equal, actual, run(x)))


def test_long_sequences_without_gradients_run_in_stretches(monkeypatch: Any) -> None:
    from lessons_lib.torch_modules import compiled_loop

    layer = LSTM(D, H, dropout=ZONEOUT, dtype=torch.float64)
    x = torch.randn(T, N, D, dtype=torch.float64)
    masks = layer.sample_masks(x)
    expected = layer(x, masks=masks)
    monkeypatch.setattr(compiled_loop, "ROWS", 3 * N)
    with torch.no_grad():
        actual = layer(x, masks=masks)
    assert relative_difference(actual[0], expected[0].detach()) < 1e-12
    assert relative_difference(actual[1][1], expected[1][1].detach()) < 1e-12


def test_a_cell_that_cannot_be_recorded_runs_by_hand(calls: list[str]) -> None:
    def step(params: Any, projected: Any, state: Any, masks: Any) -> Any:
        asked.append(type(projected))
        return rnn.step(params, np.asarray(projected), state, masks)

    asked: list[type] = []
    layer = Layer(replace(rnn.CELL, step=step), D, H, engine="compiled")
    for _ in range(2):
        layer(torch.randn(T, N, D))[0].sum().backward()
    assert calls == []
    assert sum(kind is not np.ndarray for kind in asked) <= 2  # recorded in vain once, not twice


def test_a_window_carries_its_state() -> None:
    layer, x = SOME["LSTM"](dtype=torch.float64), torch.randn(T, N, D, dtype=torch.float64)
    masks = layer.sample_masks(x)
    whole, _ = layer(x, masks=masks)
    first, state = layer(x[:3], masks=masks.between(0, 3))
    second, _ = layer(x[3:], state, masks=masks.between(3, T))
    assert torch.equal(torch.cat([first, second]), whole)


def test_one_step_and_no_batch() -> None:
    layer = SOME["LSTM"](dtype=torch.float64)
    x = torch.randn(1, D, dtype=torch.float64)
    masks = layer.sample_masks(x)
    y, _ = layer(x, masks=masks)
    layer.engine = "by_hand"
    assert y.shape == (1, H)
    assert relative_difference(y.detach(), layer(x, masks=masks)[0].detach()) < 1e-12


class TestWithoutLlvmlite:
    """llvmlite is an extra; without it, layers run by hand."""

    @some_layers
    def test_it_is_said_once(self, name: str, no_llvmlite: None, calls: list[str]) -> None:
        layer, x = SOME[name](), torch.randn(T, N, D)
        with pytest.warns(
            UserWarning, match=r"llvmlite 0.50 is not installed.*lessons-lib\[fast\]"
        ):
            layer(x)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            layer(x)[0].sum().backward()
        assert calls == []

    def test_plain_layers_say_nothing(self, no_llvmlite: None) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            LSTM(D, H)(torch.randn(T, N, D))
            LSTM(D, H, dropout=ZONEOUT, engine="kernel")(torch.randn(T, N, D))

    def test_compiled_is_refused(self, no_llvmlite: None) -> None:
        for ask in (
            lambda: LSTM(D, H, engine="compiled"),
            lambda: Layer(lstm.CELL, D, H, engine="compiled"),
            lambda: swap(torch.nn.LSTM(D, H), engine="compiled"),
            lambda: from_module(torch.nn.LSTM(D, H), engine="compiled"),
        ):
            with pytest.raises(ImportError, match=r"^engine: got 'compiled'.*lessons-lib\[fast\]"):
                ask()

    def test_a_layer_from_elsewhere_is_refused_when_it_runs(self, monkeypatch: Any) -> None:
        layer = LSTM(D, H, engine="compiled")
        monkeypatch.setattr(engines, "compiled_loop", lambda: None)
        with pytest.raises(ImportError, match=r"^engine: got 'compiled'"):
            layer(torch.randn(T, N, D))

    @pytest.mark.parametrize(("version", "serves"), [("0.43.0", False), ("0.50.1rc1", True)])
    def test_an_old_version_is_not_used(self, version: str, serves: bool, monkeypatch: Any) -> None:
        monkeypatch.setattr(metadata, "version", lambda name: version)
        assert (engines.compiled_loop.__wrapped__() is not None) == serves

    def test_the_text_says_by_hand(self, no_llvmlite: None) -> None:
        assert "engine='auto' (by_hand)" in repr(LSTM(D, H, dropout=ZONEOUT))


def test_llvmlite_is_loaded_only_if_it_is_needed_and_may_be_missing() -> None:
    code = """
import sys, torch
from lessons_lib.torch_modules import LSTM, engines
from lessons_lib.dropout import WeightDrop
LSTM(3, 5, dropout=WeightDrop(0.5))(torch.randn(4, 2, 3))[0].sum().backward()
assert "llvmlite" not in sys.modules
sys.modules["llvmlite"] = None  # what imports it fails
assert engines.compiled_loop() is None
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_text_says_what_computes() -> None:
    layer = LSTM(D, H, dropout=VariationalDropout(0.5, 0.5))
    assert repr(layer).endswith(", engine='auto' (compiled))")
    assert repr(layer.eval()).endswith(", engine='auto' (kernel))")
    assert repr(layer.train().bfloat16()).endswith(", engine='auto' (by_hand))")
    assert repr(LSTM(D, H, dropout=WeightDrop(0.5))).endswith(", engine='auto' (kernel))")
    assert repr(LSTM(D, H, engine="compiled")) == f"LSTM({D}, {H}, engine='compiled')"
    assert repr(Layer(lstm.CELL, D, H)) == f"Layer('lstm', {D}, {H}, engine='auto' (compiled))"


@pytest.mark.parametrize("key", EXAMPLES)
@pytest.mark.parametrize("training", [True, False])
def test_the_text_of_every_variant_names_what_has_run(
    key: str, training: bool, calls: list[str]
) -> None:
    proj_size = 1 if "projection" in key else 0
    layer = LSTM(D, H, 2, proj_size=proj_size, dropout=EXAMPLES[key](RATE)).train(training)
    layer(torch.randn(T, N, D))
    assert repr(layer).endswith(f"engine='auto' ({'compiled' if calls else 'kernel'}))")


@pytest.mark.parametrize("value", ["hand", None, "kernel"])
def test_a_cells_layer_has_three_engines(value: Any) -> None:
    layer = Layer(lstm.CELL, D, H)
    message = f"^engine: got {value!r}, expected one of auto, by_hand, compiled$"
    with pytest.raises(ValueError, match=message):
        layer.engine = value
    with pytest.raises(ValueError, match=message):
        Layer(lstm.CELL, D, H, engine=value)


@some_layers
def test_copies_pickles_and_checkpoints_keep_it(name: str) -> None:
    layer, x = SOME[name](engine="compiled"), torch.randn(T, N, D)
    masks = layer.sample_masks(x)
    expected = layer(x, masks=masks)[0]
    saved = io.BytesIO()
    torch.save(layer, saved)
    saved.seek(0)
    copies = [copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))]
    for twin in (*copies, torch.load(saved, weights_only=False)):
        assert twin.engine == "compiled"
        assert torch.equal(twin(x, masks=masks)[0], expected)
    other = SOME[name]()
    other.load_state_dict(layer.state_dict())
    assert other.engine == "auto"
    assert torch.equal(other(x, masks=masks)[0], expected)


@some_layers
def test_layers_that_were_pickled_before_there_were_engines_have_the_default(name: str) -> None:
    layer = SOME[name]()
    del layer.__dict__["_engine"]
    assert layer.engine == "auto"
    layer(torch.randn(T, N, D))


def test_a_stack_of_arrays_takes_the_loop() -> None:
    rng = np.random.default_rng(0)
    params = stack.init_params(lstm.CELL, D, H, rng, 2)
    x = rng.standard_normal((T, N, D))
    expected, *_ = stack.forward(lstm.CELL, params, x, masks=NO_STACK_MASKS)
    actual, *_ = stack.forward(lstm.CELL, params, x, loop=CompiledLoop())
    assert relative_difference(actual, expected) < 1e-12


class Count(TorchFunctionMode):
    """Count torch's functions that are called."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(getattr(func, "__name__", str(func)))
        return func(*args, **(kwargs or {}))


def test_no_python_per_step() -> None:
    counts = []
    for steps in (3, 30):
        layer = SOME["LSTM"]()
        with Count() as count:
            layer(torch.randn(steps, N, D))
        counts.append(len(count.names))
    assert counts[0] == counts[1]
