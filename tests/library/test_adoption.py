"""What users of torch's recurrent layers do with them, as public bug reports tell it.

Each test is a kind of report; torch.nn's behaviour is the expected one if it has one.
"""

from __future__ import annotations

import dataclasses
import io
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.autograd import forward_ad
from torch.nn.utils import parametrizations
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.flop_counter import FlopCounterMode
from torch_layers import ENGINES

from lessons_lib import lstm_peepholes
from lessons_lib.dropout import (
    Combined,
    Dropout,
    NonRecurrentDropout,
    StackMasks,
    VariationalDropout,
    WeightDrop,
    Zoneout,
)
from lessons_lib.torch_modules import GRU, LSTM, RNN, Layer, LSTMCell
from lessons_lib.verify.gradients import relative_difference

T, N, D, H = 5, 3, 4, 6
ZONEOUT = Zoneout(h=0.1, c=0.2)

#: Layers that run by hand, in evaluation too.
BY_HAND: dict[str, Callable[[], Any]] = {
    "LSTM": lambda: LSTM(D, H, 2, engine="by_hand", bidirectional=True),
    "projection": lambda: LSTM(D, H, engine="by_hand", proj_size=2),
    "zoneout": lambda: LSTM(D, H, 2, dropout=ZONEOUT),
    "GRU": lambda: GRU(D, H, dropout=Zoneout(h=0.1)),
    "RNN": lambda: RNN(D, H, dropout=Zoneout(h=0.1)),
    "peepholes": lambda: Layer(lstm_peepholes.CELL, D, H, dropout=ZONEOUT),
}
every_layer = pytest.mark.parametrize("name", BY_HAND)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def make(name: str) -> Any:
    return BY_HAND[name]().double().eval()


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*(shape or (T, N, D)), dtype=torch.float64)


def run(layer: Any, x: torch.Tensor) -> torch.Tensor:
    y, _ = layer(x)
    return y


def assert_same(got: torch.Tensor, want: torch.Tensor, bound: float = 1e-12) -> None:
    assert relative_difference(got.detach(), want.detach()) < bound


class TestTensorsOfTheCaller:
    """A: a layer changes no tensor that it is given."""

    @every_layer
    def test_they_can_be_resized_afterwards(self, name: str) -> None:
        layer, x = make(name), draw()
        masks = layer.sample_masks(x)
        y, state = layer(x, masks=masks)
        y.sum().backward()
        state = state if isinstance(state, tuple) else (state,)
        for tensor in (y, x, *masks.networks[0][0], *state, *layer.parameters()):
            if isinstance(tensor, torch.Tensor):
                assert tensor.untyped_storage().resizable(), tensor.shape
        torch.randn(2 * T, N, D, dtype=torch.float64, out=x)

    def test_a_negative_view_is_read_as_its_values(self) -> None:
        layer = make("zoneout")
        x = torch.fft.rfft(draw(T, N, 2 * D - 2)).conj().imag
        assert x.is_neg()
        assert torch.equal(run(layer, x), run(layer, x.resolve_neg()))

    @every_layer
    def test_a_subclass_comes_back_as_from_torch(self, name: str) -> None:
        class Own(torch.Tensor):
            pass

        layer, x = make(name), draw()
        y = run(layer, x.as_subclass(Own))
        assert type(y) is Own
        assert (
            relative_difference(y.as_subclass(torch.Tensor).detach(), run(layer, x).detach())
            < 1e-12
        )


class TestRecordedPrograms:
    """A, B, C: whatever records operations sees those of the layer, not a constant."""

    @every_layer
    def test_make_fx(self, name: str) -> None:
        from torch.fx.experimental.proxy_tensor import make_fx

        layer, other = make(name), draw()
        graph = make_fx(lambda x: run(layer, x))(draw())
        assert_same(graph(other), run(layer, other))

    @every_layer
    def test_export_for_any_number_of_sequences(self, name: str) -> None:
        layer, other = make(name), draw(T, N + 2, D)
        sizes = {1: torch.export.Dim("N", min=2, max=64)}
        program = torch.export.export(layer, (draw(),), dynamic_shapes=(sizes,))
        assert (
            relative_difference(run(program.module(), other).detach(), run(layer, other).detach())
            < 1e-12
        )

    @every_layer
    def test_trace_save_and_load(self, name: str) -> None:
        layer, other = make(name), draw(T, N + 2, D)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", torch.jit.TracerWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            traced = torch.jit.trace(layer, (draw(),))
            file = io.BytesIO()
            torch.jit.save(traced, file)
            file.seek(0)
            loaded = torch.jit.load(file)
        assert_same(run(loaded, other), run(layer, other))

    @every_layer
    def test_an_fx_leaf(self, name: str) -> None:
        class Model(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.body = torch.nn.Sequential(make(name))

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                y, _ = self.body[0](x)
                return y + 1

        model, x = Model(), draw()
        traced = torch.fx.symbolic_trace(model)
        assert [n.target for n in traced.graph.nodes if n.op == "call_module"] == ["body.0"]
        assert torch.equal(traced(x), model(x))

    def test_the_kernel_may_be_called_with_all_arguments_by_position(self) -> None:
        layer, x = LSTM(D, H), torch.randn(T, N, D)
        assert torch.equal(layer(x, None, None, None)[0], run(layer, x))


class TestScriptsAndQuantization:
    """D, F: served, or refused by a sentence."""

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    @pytest.mark.parametrize("layer", [LSTM, GRU, RNN])
    def test_a_layer_without_variant_is_scripted(self, layer: Any) -> None:
        ours, x = layer(D, H, 2, dropout=0.5, engine="by_hand").eval(), torch.randn(T, N, D)
        scripted = torch.jit.script(torch.nn.Sequential(ours))  # torch gives single layers no call
        assert torch.allclose(run(scripted, x), run(ours, x), atol=1e-6)
        assert torch.jit.script(ours).dropout == 0.5

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_a_variant_is_not_scripted_away(self) -> None:
        for layer in (
            LSTM(D, H, dropout=ZONEOUT),
            LSTM(D, H, dropout=WeightDrop(0.5)).eval(),
            LSTMCell(D, H, dropout=ZONEOUT),
            Layer(lstm_peepholes.CELL, D, H),
        ):
            with pytest.raises(RuntimeError, match=r"^torch.jit.script: .*torch\.export"):
                torch.jit.script(layer)

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_a_layer_that_is_not_quantized_says_so(self) -> None:
        model = torch.nn.Sequential(LSTM(D, H))
        with pytest.warns(UserWarning, match=r"^quantization leaves LSTM .* as it is.*to_module"):
            torch.ao.quantization.quantize_dynamic(model, {torch.nn.LSTM}, dtype=torch.qint8)

    def test_operations_by_hand_are_counted(self) -> None:
        counts = []
        for layer in (torch.nn.LSTM(D, H), LSTM(D, H, engine="by_hand")):
            with FlopCounterMode(display=False) as counter:
                run(layer, torch.randn(T, N, D)).sum().backward()
            counts.append(counter.get_total_flops())
        forward = 2 * T * N * 4 * H * (D + H)
        assert counts[1] >= 2 * forward  # and as many again for the gradients, at least


class TestDerivatives:
    """G, S: batches of gradients, and forward mode."""

    @every_layer
    @pytest.mark.parametrize("create_graph", [False, True])
    def test_batched_gradients(self, name: str, create_graph: bool) -> None:
        layer, x = make(name), draw().requires_grad_()
        y = run(layer, x)
        sources, v = [x, *layer.parameters()], torch.randn(2, *y.shape, dtype=torch.float64)
        more = {"create_graph": create_graph, "retain_graph": True}
        together = torch.autograd.grad(y, sources, v, is_grads_batched=True, **more)
        for k in range(2):
            alone = torch.autograd.grad(y, sources, v[k], **more)
            for got, want in zip(together, alone, strict=True):
                assert_same(got[k], want)

    @every_layer
    def test_vmap_over_gradients(self, name: str) -> None:
        layer, x = make(name), draw().requires_grad_()
        y = run(layer, x)
        v = torch.randn(2, *y.shape, dtype=torch.float64)
        together = torch.vmap(lambda v: torch.autograd.grad(y, x, v, retain_graph=True)[0])(v)
        for k in range(2):
            alone = torch.autograd.grad(y, x, v[k], retain_graph=True)[0]
            assert_same(together[k], alone)

    @every_layer
    def test_a_vectorized_jacobian_and_forward_mode(self, name: str) -> None:
        layer, x, direction = make(name), draw(), draw()
        jacobian: Any = torch.autograd.functional.jacobian(
            lambda x: run(layer, x), x, vectorize=True
        )
        with forward_ad.dual_level():
            y = run(layer, forward_ad.make_dual(x, direction))
            tangent = forward_ad.unpack_dual(y).tangent
        expected = torch.einsum("abcijk,ijk->abc", jacobian, direction)
        assert tangent is not None
        assert_same(tangent, expected, 1e-10)


class TestDropout:
    """I, J, M, N, O, Q, R: variants as values in other people's programs."""

    @pytest.mark.parametrize(
        "variant",
        [ZONEOUT, VariationalDropout(0.5, 0.3), Combined(WeightDrop(0.5), ZONEOUT)],
        ids=str,
    )
    def test_checkpoints_hold_variants_and_masks(self, variant: Dropout) -> None:
        masks = LSTM(D, H, dropout=variant).sample_masks(torch.randn(T, N, D))
        file = io.BytesIO()
        torch.save({"hyper_parameters": {"dropout": variant}, "masks": masks}, file)
        file.seek(0)
        loaded = torch.load(file, weights_only=True)
        assert loaded["hyper_parameters"]["dropout"] == variant
        assert isinstance(loaded["masks"], StackMasks)

    @pytest.mark.parametrize("batch_first", [False, True])
    @pytest.mark.parametrize("packed", [False, True])
    @pytest.mark.parametrize("layer", [LSTM, GRU, RNN])
    def test_a_seed_draws_the_same_rate_by_every_engine(
        self, layer: Any, packed: bool, batch_first: bool
    ) -> None:
        ours = layer(D, H, 3, dropout=0.5, bidirectional=True, batch_first=batch_first)
        x: Any = torch.randn(N, T, D) if batch_first else torch.randn(T, N, D)
        if packed:
            x = pack_padded_sequence(x, torch.tensor([2, T, 3]), batch_first, enforce_sorted=False)
        outputs = []
        for engine in ENGINES:
            ours.engine = engine
            torch.manual_seed(1)
            y = ours(x)[0]
            outputs.append(y.data if packed else y)
        assert all(torch.allclose(outputs[0], other, atol=1e-6) for other in outputs)

    def test_a_combination_is_a_value(self) -> None:
        variant = Combined(WeightDrop(0.3), Zoneout(h=0.1))
        assert eval(repr(variant)) == variant
        assert dataclasses.replace(variant) == variant
        other = (NonRecurrentDropout(0.5),)
        assert dataclasses.replace(variant, variants=other) == Combined(*other)
        with pytest.raises(TypeError, match=r"^Combined: got rate"):
            Combined(rate=(variant,))

    @pytest.mark.parametrize("layer", [LSTM, GRU, RNN])
    def test_a_class_is_not_a_variant(self, layer: Any) -> None:
        message = r"^dropout: got the class Zoneout, expected a variant .* Zoneout\(…\)"
        with pytest.raises(TypeError, match=message):
            layer(D, H, dropout=Zoneout)
        with pytest.raises(TypeError, match=message):
            Layer(lstm_peepholes.CELL, D, H, dropout=Zoneout)  # type: ignore[arg-type]

    def test_complex_numbers_stay_with_the_kernel(self) -> None:
        x = torch.randn(T, N, D, dtype=torch.complex64)
        plain = LSTM(D, H, dtype=torch.complex64)
        assert run(plain, x).dtype == torch.complex64
        for setting in ({"engine": "by_hand"}, {"dropout": ZONEOUT}, {"dropout": WeightDrop(0.5)}):
            layer: Any = LSTM(D, H, dtype=torch.complex64, **setting)
            with pytest.raises(TypeError, match=r"^input: got dtype torch.complex64.*kernel"):
                layer(x)

    @pytest.mark.parametrize("layer", [LSTM, GRU, RNN])
    def test_the_class_of_torchs_layer_can_be_changed(self, layer: Any) -> None:
        theirs: Any = getattr(torch.nn, layer.__name__)(D, H, 2, dropout=0.5).eval()
        x = torch.randn(T, N, D)
        expected = run(theirs, x)
        theirs.__class__ = layer
        assert torch.equal(run(theirs, x), expected)
        assert (theirs.dropout, theirs.variant, theirs.engine) == (0.5, None, "auto")
        theirs.variant = Zoneout(h=0.5)
        assert not torch.equal(run(theirs, x), expected)

    @pytest.mark.parametrize("variant", [0.0, ZONEOUT, WeightDrop(0.5)], ids=str)
    def test_a_parametrization_runs_as_often_as_in_torch(self, variant: Any) -> None:
        class Count(torch.nn.Module):
            calls = 0

            def forward(self, weight: torch.Tensor) -> torch.Tensor:
                self.calls += 1
                return 2 * weight

        counts = []
        for layer in (torch.nn.LSTM(D, H), LSTM(D, H, dropout=variant)):
            count = Count()
            torch.nn.utils.parametrize.register_parametrization(layer, "weight_ih_l0", count)
            count.calls = 0
            layer(torch.randn(T, N, D))
            counts.append(count.calls)
        assert counts[0] == counts[1]

    def test_spectral_norm_trains(self) -> None:
        layer = parametrizations.spectral_norm(LSTM(D, H, dropout=ZONEOUT), "weight_ih_l0")
        run(layer, torch.randn(T, N, D)).sum().backward()
        assert layer.parametrizations.weight_ih_l0.original.grad is not None
