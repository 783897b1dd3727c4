"""The cells for decoders: torch.nn's without a variant, the layers step by step with one."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from dropout_examples import EXAMPLES, RATE, fits

from lessons_lib import torch_modules
from lessons_lib.dropout import (
    Dropout,
    NonRecurrentDropout,
    RNNDrop,
    StackMasks,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)
from lessons_lib.torch_modules import GRUCell, LSTMCell, RNNCell
from lessons_lib.verify.gradients import relative_difference

T, N, D, H = 6, 3, 4, 5
#: Each cell and the options of its layer.
KINDS: dict[str, dict[str, Any]] = {
    "LSTM": {},
    "GRU": {},
    "RNN": {},
    "RNN relu": {"nonlinearity": "relu"},
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def make(kind: str, variant: Dropout | None = None, bias: bool = True) -> tuple[Any, Any]:
    """Return a layer and a cell with the same random weights, none of them small."""
    name, options = kind.split()[0], {**KINDS[kind], "bias": bias, "dtype": torch.float64}
    layer = getattr(torch_modules, name)(D, H, dropout=variant or 0.0, **options)
    cell = getattr(torch_modules, f"{name}Cell")(D, H, dropout=variant, **options)
    with torch.no_grad():
        for ours, weight in zip(cell.parameters(), layer.parameters(), strict=True):
            weight.copy_(0.6 * torch.randn_like(weight))
            ours.copy_(weight)
    return layer, cell


def steps(cell: Any, x: torch.Tensor, masks: StackMasks | None = None) -> list[torch.Tensor]:
    """Run a cell over a sequence; return the outputs and the last state."""
    state, outputs = None, []
    for t, x_t in enumerate(x):
        step = None if masks is None else masks.at(t)
        state = cell(x_t, state, masks=step)
        h = state[0] if isinstance(state, tuple) else state
        outputs.append(h if step is None or step.y is None else h * step.y)
    return [torch.stack(outputs), *(state if isinstance(state, tuple) else (state,))]


def of_layer(layer: Any, x: torch.Tensor, **more: Any) -> list[torch.Tensor]:
    y, last = layer(x, **more)
    return [y, *(part[0] for part in (last if isinstance(last, tuple) else (last,)))]


def assert_same(ours: Any, expected: Any) -> None:
    for got, want in zip(ours, expected, strict=True):
        assert relative_difference(got.detach(), want.detach()) < 1e-12


PAIRS = [
    (kind, name)
    for kind in KINDS
    for name in EXAMPLES
    if fits(EXAMPLES[name](RATE), make(kind)[0]._cell())
]


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_the_steps_of_a_run_are_those_of_the_layer(kind: str, name: str) -> None:
    layer, cell = make(kind, EXAMPLES[name](RATE), bias=name != "RNNDrop")
    x = torch.randn(T, N, D, dtype=torch.float64, requires_grad=True)
    masks = cell.sample_masks(T, N)
    expected, ours = of_layer(layer, x, masks=masks), steps(cell, x, masks)
    assert_same(ours, expected)
    gradients = []
    for results, module in ((expected, layer), (ours, cell)):
        loss = sum((k + 1) * part.square().sum() for k, part in enumerate(results))
        gradients.append(torch.autograd.grad(loss, [x, *module.parameters()]))
    assert_same(gradients[1], gradients[0])
    with torch.no_grad():
        assert_same(steps(cell, x, masks), expected)
    layer.eval()
    cell.eval()
    assert_same(steps(cell, x), of_layer(layer, x))
    with torch.no_grad():
        assert_same(steps(cell, x), of_layer(layer, x))


@every_kind
def test_without_a_variant_it_is_torchs_cell(kind: str) -> None:
    _, cell = make(kind)
    name = kind.split()[0]
    theirs = getattr(torch.nn, f"{name}Cell")(D, H, dtype=torch.float64, **KINDS[kind])
    theirs.load_state_dict(cell.state_dict())
    assert repr(cell) == repr(theirs)
    for shape in ((N, D), (D,)):
        x = torch.randn(*shape, dtype=torch.float64)
        state = cell(x)
        expected = theirs(x)
        for _ in range(2):
            assert_same(
                state if isinstance(state, tuple) else (state,),
                expected if isinstance(expected, tuple) else (expected,),
            )
            state, expected = cell(x, state), theirs(x, expected)


@every_kind
def test_one_sequence_without_its_axis(kind: str) -> None:
    _, cell = make(kind, Zoneout(h=0.5))
    x, masks = torch.randn(T, 1, D, dtype=torch.float64), cell.sample_masks(T, 1)
    y, *last = steps(cell, x, masks)
    assert_same(steps(cell, x[:, 0], masks), [y[:, 0], *(part[0] for part in last)])


def test_masks_of_each_step_are_drawn_and_seeded() -> None:
    _, cell = make("LSTM", Zoneout(h=0.5, c=0.5))
    x = torch.randn(N, D, dtype=torch.float64)

    def outputs(seed: int) -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(seed)
        state = cell(x, generator=generator)
        return [state[0], cell(x, state, generator=generator)[0]]

    first = outputs(1)
    assert_same(outputs(1), first)
    assert not torch.equal(outputs(2)[0], first[0])
    torch.manual_seed(1)
    assert torch.equal(cell(x)[0], first[0])


@pytest.mark.parametrize(
    "variant", [VariationalDropout(0.5, 0.5), WeightDrop(0.5), RNNDrop(0.5)], ids=str
)
def test_masks_of_a_sequence_cannot_be_drawn_by_a_step(variant: Dropout) -> None:
    _, cell = make("LSTM", variant)
    x = torch.randn(N, D, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"^masks: got none, but .*sample_masks.*masks\.at\(t\)"):
        cell(x)
    cell.eval()(x)


def test_a_window_of_masks() -> None:
    layer, cell = make("LSTM", EXAMPLES["Combined of three"](RATE))
    x = torch.randn(T, N, D, dtype=torch.float64)
    masks = cell.sample_masks(T, N)
    whole, _ = layer(x, masks=masks)
    state, parts = None, []
    for start in range(0, T, 2):
        part, state = layer(x[start : start + 2], state, masks=masks.between(start, start + 2))
        parts.append(part)
    assert_same([torch.cat(parts)], [whole])
    both = torch_modules.LSTM(D, H, bidirectional=True, dropout=Zoneout(h=0.1)).sample_masks(
        torch.randn(T, N, D)
    )
    for method in ("at", "between"):
        with pytest.raises(ValueError, match=f"^{method}: got masks of two directions"):
            getattr(both, method)(*(0, 1)[: 1 + (method == "between")])


def test_arguments_that_do_not_fit() -> None:
    cell = LSTMCell(D, H, dropout=Zoneout(h=0.5))
    x = torch.randn(N, D)
    state = (torch.zeros(N, H), torch.zeros(N, H))
    cases: list[tuple[Any, type, str]] = [
        (lambda: cell(x[..., 1:]), ValueError, r"input: got shape \(3, 3\), expected \(N, 4\)"),
        (
            lambda: cell(x, (state[0],)),
            ValueError,
            r"hx: got \(3, 5\), expected .* for h and c",
        ),
        (lambda: cell(x, (state[0], state[1][1:])), ValueError, r"hx: got \(3, 5\), \(2, 5\)"),
        (
            lambda: cell(x, masks=cell.sample_masks(T, N)),
            ValueError,
            r"masks: keep_h: got shape \(",
        ),
        (lambda: cell(x, masks=cell.sample_masks(T, 2).at(0)), ValueError, r"masks: keep_h: got"),
        (lambda: cell(x, masks=cell.sample_masks(T, N).networks), TypeError, "masks: got those of"),
        (lambda: LSTMCell(D, H, dropout=Zoneout), TypeError, "dropout: got the class Zoneout"),  # type: ignore[arg-type]
        (lambda: GRUCell(D, H, dropout=Zoneout(c=0.5)), ValueError, "dropout: .*a cell state"),
        (lambda: RNNCell(D, H, dropout=0.5), TypeError, "variant: got 0.5, expected a Dropout"),  # type: ignore[arg-type]
        (lambda: setattr(cell, "dropout", 0.5), ValueError, "dropout: got 0.5"),
    ]
    for call, error, message in cases:
        with pytest.raises(error, match=f"^{message}"):
            call()
    assert "dropout=Zoneout(h=0.5" in repr(cell)


def test_a_cell_is_exported_with_its_variant() -> None:
    cell = LSTMCell(D, H, dropout=Zoneout(h=0.5, c=0.1)).eval()
    x = torch.randn(N, D)
    program = torch.export.export(cell, (x,)).module()
    assert torch.equal(program(x)[0], cell(x)[0])
    assert torch.equal(torch.jit.trace(cell, (x,))(x)[0], cell(x)[0])
    model = torch.fx.symbolic_trace(torch.nn.Sequential(cell))
    assert torch.equal(model(x)[0], cell(x)[0])


def test_dropout_on_the_output_is_left_to_the_caller() -> None:
    _, cell = make("LSTM", NonRecurrentDropout(0.5))
    masks = cell.sample_masks(T, N)
    assert masks.y is not None
    assert masks.at(2).y.shape == (N, H)
