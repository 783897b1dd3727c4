"""Any cell is a torch layer: equal to `stack`, differentiable, packed, with every dropout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from dropout_examples import EXAMPLES, RATE, fits
from registry import CELLS, D, H, N, T
from test_linear_cell import CELL as LINEAR
from test_minimal_gated_unit import CELL as MINIMAL
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lessons_lib import gru, lstm, stack
from lessons_lib.cell import Cell
from lessons_lib.dropout import RNNDrop, VariationalDropout, Zoneout
from lessons_lib.torch_modules import Layer
from lessons_lib.verify.gradients import relative_difference

ALL: dict[str, Cell] = {**CELLS, "minimal": MINIMAL, "linear": LINEAR}
each_cell = pytest.mark.parametrize("name", ALL)
PAIRS = [(c, v) for c in ALL for v in EXAMPLES if fits(EXAMPLES[v](RATE), ALL[c])]


def make(name: str, **options: Any) -> Layer:
    torch.manual_seed(3)
    return Layer(ALL[name], D, H, dtype=torch.float64, **options)


def inputs(layer: Layer, **options: Any) -> tuple[torch.Tensor, Any]:
    torch.manual_seed(4)
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    widths = layer.cell.state_widths(layer.params()[0][0])
    state = tuple(torch.randn(count, N, width, dtype=torch.float64, **options) for width in widths)
    x = torch.randn(T, N, D, dtype=torch.float64, **options)
    return x, state if len(state) > 1 else state[0]


def as_tuple(state: Any) -> tuple[torch.Tensor, ...]:
    return state if isinstance(state, tuple) else (state,)


def by_library(layer: Layer, x: Any, state: Any, masks: Any = None, lengths: Any = None) -> Any:
    params = tuple(
        tuple(type(p)(*(w.detach().numpy() for w in p)) for p in directions)
        for directions in layer.params()
    )
    arrays = tuple(part.detach().numpy() for part in as_tuple(state))
    more = {} if masks is None else {"masks": masks.map(lambda m: m.numpy())}
    y, last, _ = stack.forward(layer.cell, params, x.detach().numpy(), arrays, lengths, **more)
    return y, last


def close(actual: Any, expected: Any) -> bool:
    return relative_difference(actual.detach().numpy(), np.asarray(expected)) < 1e-12


@each_cell
@pytest.mark.parametrize("bidirectional", [False, True])
def test_it_computes_what_the_stack_does(name: str, bidirectional: bool) -> None:
    layer = make(name, num_layers=2, bidirectional=bidirectional)
    x, state = inputs(layer)
    y, last = layer(x, state)
    expected_y, expected_last = by_library(layer, x, state)
    assert close(y, expected_y)
    assert all(map(close, as_tuple(last), expected_last))


@each_cell
def test_its_gradients_are_those_of_autograd(name: str) -> None:
    layer = make(name, num_layers=2)
    x, state = inputs(layer, requires_grad=True)
    tensors = (x, *as_tuple(state), *layer.parameters())

    def run(*tensors: torch.Tensor) -> Any:
        first, *rest = tensors
        hx = tuple(rest[: len(as_tuple(state))])
        named = dict(zip([n for n, _ in layer.named_parameters()], rest[len(hx) :], strict=True))
        y, last = torch.func.functional_call(layer, named, (first, hx if len(hx) > 1 else hx[0]))
        return (y, *as_tuple(last))

    assert torch.autograd.gradcheck(run, tensors, atol=1e-6)


@pytest.mark.parametrize(("name", "variant"), PAIRS)
def test_each_dropout_draws_acts_and_rests(name: str, variant: str) -> None:
    layer = make(name, num_layers=2, dropout=EXAMPLES[variant](RATE))
    x, state = inputs(layer)
    masks = layer.sample_masks(x, torch.Generator().manual_seed(5))
    y, last = layer(x, state, masks=masks)
    drawn, _ = layer(x, state, generator=torch.Generator().manual_seed(5))
    assert torch.equal(y, drawn)
    expected_y, expected_last = by_library(layer, x, state, masks)
    assert close(y, expected_y)
    assert all(map(close, as_tuple(last), expected_last))
    assert torch.equal(layer.eval()(x, state)[0], layer(x, state)[0])


def test_a_variant_that_the_cell_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="cell state"):
        Layer(gru.CELL_BEFORE, D, H, dropout=RNNDrop(0.2))
    layer = Layer(LINEAR, D, H)
    with pytest.raises(ValueError, match="VariationalDropout"):
        layer.dropout = VariationalDropout.at(0.2)


@each_cell
def test_packed_sequences_are_cut_at_their_own_ends(name: str) -> None:
    layer = make(name, bidirectional=True)
    x, state = inputs(layer)
    lengths = torch.tensor([3, T, 5])
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    y, last = layer(packed, state)
    expected_y, expected_last = by_library(layer, x, state, lengths=lengths.numpy())
    assert close(pad_packed_sequence(y)[0], expected_y)
    assert all(map(close, as_tuple(last), expected_last))


@each_cell
def test_axes_as_in_torch_nn(name: str) -> None:
    layer = make(name)
    x, state = inputs(layer)
    y, last = layer(x, state)
    layer.batch_first = True
    swapped, _ = layer(x.transpose(0, 1), state)
    assert torch.equal(swapped.transpose(0, 1), y)
    layer.batch_first = False
    one = tuple(part[:, 1] for part in as_tuple(state))
    y_1, last_1 = layer(x[:, 1], one if len(one) > 1 else one[0])
    assert close(y_1, y[:, 1].detach())
    assert close(as_tuple(last_1)[0], as_tuple(last)[0][:, 1].detach())
    assert torch.equal(layer(x)[0], layer(x, _zeros(state))[0])


def _zeros(state: Any) -> Any:
    zeros = tuple(map(torch.zeros_like, as_tuple(state)))
    return zeros if len(zeros) > 1 else zeros[0]


def test_torchs_seed_and_state_dict_hold() -> None:
    first, second = make("linear"), make("linear")
    assert all(map(torch.equal, first.parameters(), second.parameters()))
    torch.manual_seed(9)
    other = Layer(LINEAR, D, H, dtype=torch.float64)
    x, _ = inputs(first)
    assert not torch.equal(first(x)[0], other(x)[0])
    other.load_state_dict(first.state_dict())
    assert torch.equal(first(x)[0], other(x)[0])
    assert [*first.state_dict()] == ["W_ih_l0", "b_l0"]


def test_options_go_to_the_cell_and_the_text_says_what_it_is() -> None:
    layer = Layer(lstm.CELL, D, H, num_layers=2, dropout=Zoneout(h=0.1), forget_bias=3.0)
    assert torch.all(layer.b_l1[H : 2 * H] == 3)
    text = f"Layer('lstm', {D}, {H}, num_layers=2, dropout={Zoneout(h=0.1)!r}, engine='by_hand')"
    layer.engine = "by_hand"
    assert repr(layer) == text


@pytest.mark.parametrize(
    ("error", "words", "make_it"),
    [
        (TypeError, "cell: got <module", lambda: Layer(lstm, D, H)),  # type: ignore[arg-type]
        (ValueError, "hidden_size: got 0", lambda: Layer(lstm.CELL, D, 0)),
        (TypeError, "dtype: got torch.int64", lambda: Layer(lstm.CELL, D, H, dtype=torch.int64)),
        (ValueError, "dropout: got 1.5", lambda: Layer(lstm.CELL, D, H, dropout=1.5)),
        (
            ValueError,
            "input: got 3 features, expected input_size = 4",
            lambda: Layer(lstm.CELL, D, H)(torch.zeros(T, N, 3)),
        ),
        (
            TypeError,
            "dtype torch.float64, expected torch.float32",
            lambda: Layer(gru.CELL, D, H)(torch.zeros(T, N, D), torch.zeros(1, N, H).double()),
        ),
    ],
)
def test_bad_arguments_are_named(error: Any, words: str, make_it: Any) -> None:
    with pytest.raises(error, match=words):
        make_it()
