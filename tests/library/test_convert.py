"""Weights for torch, Keras and Flax: the real library computes the same with them."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from registry import CELLS, D, H, N, T, problem
from torch_oracle import TORCH_LAYERS

from lessons_lib import convert, gru, lstm, lstm_peepholes, rnn, scan, stack
from lessons_lib.verify.gradients import relative_difference

os.environ.setdefault("KERAS_BACKEND", "torch")


def test_gates_are_put_into_another_order():
    b = np.array([1, 1, 2, 2, 3, 3, 4, 4])
    assert convert.reorder_gates(b, "ifgo", "ifog").tolist() == [1, 1, 2, 2, 4, 4, 3, 3]
    assert convert.reorder_gates(b, "ifgo", "gofi").tolist() == [3, 3, 4, 4, 2, 2, 1, 1]
    W = np.stack([b, -b])
    assert np.array_equal(convert.reorder_gates(W.T, "ifgo", "ogfi"), W[:, ::-1].T)
    for axis in (1, -1):
        assert np.array_equal(convert.reorder_gates(W, "ifgo", "ogfi", axis), W[:, ::-1])
    there = convert.reorder_gates(torch.tensor(b), "rz", "zr")
    assert convert.reorder_gates(there, "zr", "rz").tolist() == b.tolist()


@pytest.mark.parametrize(
    ("source", "target", "length", "message"),
    [
        ("ifgo", "ifg", 8, "target: got 'ifg', expected each letter of 'ifgo' once"),
        ("ifgo", "ifgx", 8, "target: got 'ifgx', expected each letter of 'ifgo' once"),
        ("iigo", "iigo", 8, "target: got 'iigo', expected each letter of 'iigo' once"),
        ("ifgo", "ifog", 9, "array: got 9 along axis 0, expected 4 blocks"),
    ],
)
def test_a_bad_order_is_named(source, target, length, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        convert.reorder_gates(np.zeros(length), source, target)


@pytest.mark.parametrize("name", TORCH_LAYERS)
@pytest.mark.parametrize("bias", [True, False])
def test_torchs_weights_give_torchs_outputs(name, bias):
    torch.manual_seed(0)
    options: dict[str, Any] = {"num_layers": 2, "bidirectional": True, "bias": bias}
    options |= {"proj_size": 2} if "P" in CELLS[name].letters else {}
    layer = TORCH_LAYERS[name](D, H, dtype=torch.float64, **options)
    x = torch.randn(T, N, D, dtype=torch.float64)
    params = convert.from_torch(CELLS[name], layer.state_dict())
    assert isinstance(params[0][0].W_ih, torch.Tensor)
    with torch.no_grad():
        y, _, _ = stack.forward(CELLS[name], params, x)
        assert relative_difference(y, layer(x)[0]) < 1e-12
        numpy = tuple(tuple(type(p)(*(a.numpy() for a in p)) for p in net) for net in params)
        again = TORCH_LAYERS[name](D, H, dtype=torch.float64, **{**options, "bias": True})
        again.load_state_dict(convert.to_torch(CELLS[name], numpy))
        assert relative_difference(y, again(x)[0]) < 1e-12


def keras_layer(name):
    keras = pytest.importorskip("keras", reason="Keras is not installed: the extra `oracles`")
    layers = {
        "rnn.CELL": lambda: keras.layers.SimpleRNN(H, return_sequences=True, dtype="float64"),
        "rnn.CELL_RELU": lambda: keras.layers.SimpleRNN(
            H, return_sequences=True, dtype="float64", activation="relu"
        ),
        "lstm.CELL": lambda: keras.layers.LSTM(H, return_sequences=True, dtype="float64"),
        "gru.CELL": lambda: keras.layers.GRU(H, return_sequences=True, dtype="float64"),
        "gru.CELL_BEFORE": lambda: keras.layers.GRU(
            H, return_sequences=True, dtype="float64", reset_after=False
        ),
    }
    layer = layers[name]()
    layer.build((N, T, D))
    return layer


KERAS = ["rnn.CELL", "rnn.CELL_RELU", "lstm.CELL", "gru.CELL", "gru.CELL_BEFORE"]


@pytest.mark.parametrize("name", KERAS)
def test_keras_computes_the_same(name):
    p = problem(name)
    p = p._replace(state=tuple(map(np.zeros_like, p.state)))
    layer = keras_layer(name)
    layer.set_weights(convert.to_keras(p.cell, p.params))
    theirs = layer(p.x.swapaxes(0, 1)).detach().numpy().swapaxes(0, 1)
    assert relative_difference(p.forward()[0], theirs) < 1e-6
    back = convert.from_keras(p.cell, layer.get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(back, p.params, strict=True))
    no_bias = convert.from_keras(p.cell, layer.get_weights()[:2])
    assert np.array_equal(no_bias.W_ih, p.params.W_ih)
    assert not any(a.any() for a in no_bias[2:])


def flax_cell(name):
    pytest.importorskip("flax", reason="Flax is not installed: the extra `oracles`")
    from flax import linen

    return {
        "rnn.CELL": lambda: linen.SimpleCell(H),
        "rnn.CELL_RELU": lambda: linen.SimpleCell(H, activation_fn=linen.relu),
        "lstm.CELL": lambda: linen.OptimizedLSTMCell(H),
        "gru.CELL": lambda: linen.GRUCell(H),
    }[name]()


FLAX = ["rnn.CELL", "rnn.CELL_RELU", "lstm.CELL", "gru.CELL"]


@pytest.mark.parametrize("name", FLAX)
def test_flax_computes_the_same(name):
    p = problem(name, np.float32)
    cell = flax_cell(name)
    weights = convert.to_flax(p.cell, p.params)
    carry = p.state[0] if len(p.state) == 1 else p.state[::-1]  # Flax has (c, h)
    theirs = []
    for x in p.x:
        carry, out = cell.apply({"params": weights}, carry, x)
        theirs.append(np.asarray(out))
    assert relative_difference(p.forward()[0], np.stack(theirs)) < 1e-6
    back = convert.from_flax(p.cell, weights)
    assert all(np.array_equal(a, b) for a, b in zip(back, p.params, strict=True))


@pytest.mark.parametrize("name", FLAX)
def test_flax_own_weights_are_taken_over(name):
    p = problem(name, np.float32)
    cell = flax_cell(name)
    import jax

    carry = p.state[0] if len(p.state) == 1 else p.state[::-1]
    weights = cell.init(jax.random.key(0), carry, p.x[0])["params"]
    _, theirs = cell.apply({"params": weights}, carry, p.x[0])
    params = convert.from_flax(p.cell, weights)
    y, *_ = scan.forward(p.cell, params, p.x[:1], p.state)
    assert relative_difference(y[0], np.asarray(theirs)) < 1e-6
    made = convert.to_flax(p.cell, params)
    assert {k: set(v) for k, v in made.items()} == {k: set(v) for k, v in weights.items()}


LSTM = lstm.init_params(D, H, np.random.default_rng(0))
STATE = torch.nn.LSTM(D, H).state_dict()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: convert.from_torch(lstm_peepholes.CELL, STATE),
            ValueError, "cell: got lstm with peepholes, expected one that torch has: rnn, ",
        ),
        (
            lambda: convert.to_torch(gru.CELL_BEFORE, ()),
            ValueError, "cell: got gru with reset before the product, expected one that torch has",
        ),
        (
            lambda: convert.to_keras(lstm_peepholes.CELL, LSTM),
            ValueError, "cell: got lstm with peepholes, expected one that Keras has: rnn, ",
        ),
        (
            lambda: convert.from_flax(gru.CELL_BEFORE, {}),
            ValueError, "cell: got gru with reset before the product, expected one that Flax has",
        ),
        (
            lambda: convert.from_torch(lstm, STATE),  # type: ignore[arg-type]
            TypeError, "cell: got <module 'lessons_lib.lstm'",
        ),
        (
            lambda: convert.from_torch(lstm.CELL, {"lstm.weight_ih_l0": 0}),
            ValueError, "weights: got ['lstm.weight_ih_l0'], expected weight_ih_l0",
        ),
        (
            lambda: convert.from_torch(lstm.CELL, {"weight_ih_l0": STATE["weight_ih_l0"]}),
            ValueError, "weights: got ['weight_ih_l0'], expected weight_hh_l0 among them",
        ),
        (
            lambda: convert.from_torch(rnn.CELL, STATE),
            ValueError, f"weights.W_ih: got shape ({4 * H}, {D}), expected (H, D) = ({H}, {D})",
        ),
        (
            lambda: convert.from_keras(rnn.CELL, [np.zeros((D, 4 * H)), np.zeros((H, 4 * H))]),
            ValueError, f"weights.W_ih: got shape ({4 * H}, {D}), expected (H, D) = ({H}, {D})",
        ),
        (
            lambda: convert.from_keras(lstm.CELL, [np.zeros((D, 4 * H))]),
            ValueError, "weights: got 1 arrays, expected kernels and a bias",
        ),
        (
            lambda: convert.from_flax(lstm.CELL, {"ii": {}, "if": {}}),
            ValueError, "weights: got ['if', 'ii'], expected ig among them",
        ),
        (
            lambda: convert.to_torch(lstm.CELL, LSTM),
            TypeError, "params: got lstm.Params, expected a tuple of layers",
        ),
        (
            lambda: convert.to_keras(lstm.CELL, ((LSTM,),)),
            TypeError, "params: got tuple, expected lstm.Params",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_converted_is_named(call, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        call()


def test_weights_of_integers_are_refused():
    shapes: dict[str, tuple[int, ...]] = {
        "weight_ih_l0": (4, 3),
        "weight_hh_l0": (4, 4),
        "bias_ih_l0": (4,),
        "bias_hh_l0": (4,),
    }
    weights = {name: np.ones(shape, int) for name, shape in shapes.items()}
    with pytest.raises(TypeError, match=r"weights\.W_ih: got dtype int64, expected a floating"):
        convert.from_torch(rnn.CELL, weights)


@pytest.mark.parametrize("name", ["SimpleCell", "LSTMCell", "OptimizedLSTMCell", "GRUCell"])
def test_flax_nnx_computes_the_same(name):
    pytest.importorskip("flax", reason="Flax is not installed: the extra `oracles`")
    from flax import nnx

    cells = {"SimpleCell": rnn.CELL, "GRUCell": gru.CELL}
    cell = cells.get(name, lstm.CELL)
    theirs = getattr(nnx, name)(in_features=3, hidden_features=5, rngs=nnx.Rngs(0))
    rng = np.random.default_rng(0)
    state = nnx.state(theirs, nnx.Param)
    weights = nnx.to_pure_dict(state)
    drawn = {
        side: {k: rng.standard_normal(a.shape).astype(np.float32) for k, a in arrays.items()}
        for side, arrays in weights.items()
    }
    nnx.replace_by_pure_dict(state, drawn)
    nnx.update(theirs, state)
    x = rng.standard_normal((4, 2, 3)).astype(np.float32)
    carry, outputs = theirs.initialize_carry((2, 3), nnx.Rngs(0)), []
    for x_t in x:
        carry, y_t = theirs(carry, x_t)
        outputs.append(np.asarray(y_t))
    y, _, _ = scan.forward(cell, convert.from_flax(cell, drawn), x)
    assert np.abs(y - np.stack(outputs)).max() < 1e-5


def test_torchs_layer_without_biases_takes_parameters():
    torch.manual_seed(0)
    layer, other = (torch.nn.GRU(3, 5, 2, bias=False, bidirectional=True) for _ in range(2))
    params = convert.from_torch(gru.CELL, layer.state_dict())
    other.load_state_dict(convert.to_torch(gru.CELL, params, bias=False))
    x = torch.randn(4, 2, 3)
    assert torch.equal(other(x)[0], layer(x)[0])
    with_bias = convert.from_torch(gru.CELL, torch.nn.GRU(3, 5).state_dict())
    with pytest.raises(ValueError, match=r"^params: got a bias_l0 that is not zero"):
        convert.to_torch(gru.CELL, with_bias, bias=False)


@pytest.mark.parametrize("cell", [rnn.CELL, lstm.CELL, gru.CELL, gru.CELL_BEFORE])
def test_parameters_that_require_gradients_are_converted_to_keras(cell):
    params = cell.init_params(3, 5, np.random.default_rng(0))
    learned = type(params)(*(torch.tensor(array, requires_grad=True) for array in params))
    for got, want in zip(
        convert.to_keras(cell, learned), convert.to_keras(cell, params), strict=True
    ):
        assert np.array_equal(got, want)


def test_a_layer_of_any_cell_takes_what_was_converted():
    from lessons_lib.torch_modules import Layer

    rng = np.random.default_rng(0)
    params = gru.CELL_BEFORE.init_params(3, 5, rng)
    layer = Layer(gru.CELL_BEFORE, 3, 5, dtype=torch.float64)
    layer.load_params(
        ((convert.from_keras(gru.CELL_BEFORE, convert.to_keras(gru.CELL_BEFORE, params)),),)
    )
    x = rng.standard_normal((4, 2, 3))
    y, _, _ = scan.forward(gru.CELL_BEFORE, params, x)
    assert np.abs(layer(torch.from_numpy(x))[0].detach().numpy() - y).max() < 1e-12


@pytest.mark.parametrize("cell", [lstm.CELL, gru.CELL, gru.CELL_BEFORE], ids=lambda c: c.name)
def test_keras_in_both_directions_is_a_layer_of_two(cell):
    keras = pytest.importorskip("keras", reason="Keras is not installed: the extra `oracles`")
    from lessons_lib.torch_modules import Layer

    one = {
        lstm.CELL.name: keras.layers.LSTM,
        gru.CELL.name: keras.layers.GRU,
        gru.CELL_BEFORE.name: lambda *a, **k: keras.layers.GRU(*a, reset_after=False, **k),
    }[cell.name]
    inner = one(H, return_sequences=True, dtype="float64")
    theirs = keras.layers.Bidirectional(inner, dtype="float64")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((T, N, D))
    theirs(x.transpose(1, 0, 2))
    drawn = [0.6 * rng.standard_normal(weight.shape) for weight in theirs.get_weights()]
    theirs.set_weights(drawn)
    half = len(drawn) // 2
    params = tuple(convert.from_keras(cell, part) for part in (drawn[:half], drawn[half:]))
    layer = Layer(cell, D, H, bidirectional=True, dtype=torch.float64)
    layer.load_params((params,))
    y = layer(torch.from_numpy(x))[0].detach().numpy()
    expected = keras.ops.convert_to_numpy(theirs(x.transpose(1, 0, 2))).transpose(1, 0, 2)
    assert relative_difference(y, expected) < 1e-6  # Keras has constants in float32


#: The names of layer k's weights: the dropped copy, the one before it, and the others.
AWD_NAMES = {
    "the authors' code": ("", "rnns.{k}.module.{name}_raw", "rnns.{k}.module.{name}"),
    "fastai": ("0.rnns.{k}.module.{name}", "0.rnns.{k}.{name}_raw", "0.rnns.{k}.module.{name}"),
    "within a model": ("", "encoder.rnns.{k}.{name}_raw", "encoder.rnns.{k}.{name}"),
}


@pytest.mark.parametrize("form", AWD_NAMES)
def test_awd_lstm_gives_its_layers_with_the_weights_before_dropout(form):
    from lessons_lib.torch_modules import LSTM

    torch.manual_seed(0)
    dropped, raw, other = AWD_NAMES[form]
    widths = [3, 7, 5, 3]
    layers = [torch.nn.LSTM(a, b) for a, b in pairwise(widths)]
    saved = {"encoder.weight": torch.randn(4, 3), "1.decoder.bias": torch.randn(4)}
    for k, layer in enumerate(layers):
        for name, weight in layer.state_dict().items():
            if name != "weight_hh_l0":
                saved[other.format(k=k, name=name)] = weight
                continue
            if dropped:
                saved[dropped.format(k=k, name=name)] = torch.zeros_like(weight)
            saved[raw.format(k=k, name=name)] = weight
    x = torch.randn(4, 2, 3)
    y, expected = x, x
    for layer, weights in zip(layers, convert.from_awd(saved), strict=True):
        ours = LSTM(layer.input_size, layer.hidden_size)
        ours.load_state_dict(weights)
        y, expected = ours(y)[0], layer(expected)[0]
    assert torch.equal(y, expected)


def test_a_checkpoint_that_is_not_awd_lstms():
    with pytest.raises(ValueError, match=r"^weights: got \['a'\], expected rnns.0.weight_ih_l0"):
        convert.from_awd({"a": np.ones(3)})
    with pytest.raises(ValueError, match=r"of rnns.0, expected weight_hh_l0 too"):
        convert.from_awd({"rnns.0.module.weight_ih_l0": np.ones((4, 3))})
    with pytest.raises(ValueError, match=r"of rnns.0, expected weight_ih_l0 too"):
        convert.from_awd({"rnns.1.weight_hh_l0_raw": np.ones((4, 1))})
