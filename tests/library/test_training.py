"""The trainer trains, is reproducible, scores the right steps, and uses the library's weights."""

from functools import partial

import numpy as np
import pytest
import torch

from lessons_lib import gru, lstm, lstm_peepholes, rnn, stack
from lessons_lib.lab import tasks, training
from lessons_lib.verify.gradients import relative_difference


def reader(module, D, K, seed=0, H=8):
    generator = np.random.default_rng(seed)
    return training.Reader(module.init_params(D, H, generator), K, generator)


@pytest.mark.parametrize("module", [rnn, lstm, gru])
def test_reader_is_the_library_s_layer_and_a_linear_read_out(module):
    generator = np.random.default_rng(0)
    params = module.init_params(3, 5, generator)
    model = training.Reader(params, 2, generator).double()
    for ours, theirs in zip(params, model.params(), strict=True):
        assert np.allclose(ours, theirs, rtol=1e-6)  # the layer holds float32
    x = generator.standard_normal((7, 4, 3))
    y, _, _ = module.forward(model.params(), x)
    outputs, _ = model(torch.from_numpy(x))
    expected = y @ model.read.weight.detach().numpy().T + model.read.bias.detach().numpy()
    assert relative_difference(outputs.detach().numpy(), expected) < 1e-12


def test_reader_goes_on_from_a_state():
    model = reader(lstm, 2, 1)
    x = torch.randn(6, 3, 2, generator=torch.Generator().manual_seed(0))
    whole, _ = model(x)
    first, state = model(x[:4])
    second, _ = model(x[4:], state)
    assert torch.allclose(whole, torch.cat([first, second]), atol=1e-6)


@pytest.mark.parametrize("module", [rnn, lstm, gru])
def test_training_learns_and_repeats_itself(module):
    task = partial(tasks.recall, 32, 5)
    losses, models = [], []
    for _ in range(2):
        model, generator = reader(module, 2, 2), np.random.default_rng(0)
        losses.append(training.train(model, task, 80, generator, lr=2e-2))
        models.append(model)
    assert np.array_equal(losses[0], losses[1])
    assert losses[0].shape == (80,)
    assert abs(losses[0][0] - np.log(2)) < 0.2
    loss, accuracy = training.evaluate(models[0], task, np.random.default_rng(1))
    assert loss < 0.1
    assert accuracy == 1.0
    # the second bias is not trained, except in a GRU's candidate
    assert models[0].layer.bias_hh_l0.any() == (module is gru)


def test_training_on_numbers_has_a_loss_and_no_accuracy():
    task = partial(tasks.running_sum, 16, 3)
    model, generator = reader(rnn, 1, 1), np.random.default_rng(0)
    losses = training.train(model, task, 60, generator, lr=2e-2)
    assert losses[-10:].mean() < 0.5 * losses[:10].mean()
    loss, accuracy = training.evaluate(model, task, np.random.default_rng(1))
    assert 0 < loss < losses[0]
    assert np.isnan(accuracy)


def test_clipping_bounds_the_gradient_of_the_update():
    def far_off(generator):
        return np.ones((3, 2, 1)), 1e6 * np.ones((2, 1))

    model = reader(rnn, 1, 1)
    before = model.params()
    training.train(model, far_off, 1, np.random.default_rng(0), clip=0.25)
    used = [weight.grad for weight in model.parameters() if weight.grad is not None]
    assert abs(sum(float((grad**2).sum()) for grad in used) ** 0.5 - 0.25) < 1e-6
    assert not np.array_equal(before.W_hh, model.params().W_hh)


def test_loss_scores_the_last_steps_as_many_as_the_target_has():
    outputs = torch.arange(24.0).reshape(4, 3, 2)
    numbers = torch.ones(3, 2)
    mse = torch.nn.functional.mse_loss
    assert training.loss_of(outputs, numbers) == mse(outputs[-1], numbers)
    two_steps = torch.ones(2, 3, 2)
    assert training.loss_of(outputs, two_steps) == mse(outputs[-2:], two_steps)
    classes = torch.tensor([0, 1, 1])
    expected = torch.nn.functional.cross_entropy(outputs[-1], classes)
    assert training.loss_of(outputs, classes) == expected
    both = torch.stack([classes, 1 - classes])
    expected = torch.stack(
        [torch.nn.functional.cross_entropy(outputs[t - 2], both[t]) for t in (0, 1)]
    ).mean()
    assert torch.isclose(training.loss_of(outputs, both), expected)


def test_one_thread_is_given_back():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with training.one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_long_runs_are_asked_for_in_the_environment(monkeypatch):
    monkeypatch.delenv("LESSONS_LONG", raising=False)
    assert training.short_or_long(10, 1000) == 10
    for value, expected in (("", 10), ("0", 10), ("1", 1000)):
        monkeypatch.setenv("LESSONS_LONG", value)
        assert training.short_or_long(10, 1000) == expected


@pytest.mark.parametrize("module", [rnn, lstm, gru])
def test_reader_holds_layers_and_directions_too(module):
    generator = np.random.default_rng(0)
    params = stack.init_params(module.CELL, 3, 5, generator, num_layers=2, bidirectional=True)
    model = training.Reader(params, 2, generator).double()
    x = generator.standard_normal((7, 4, 3))
    y, _, _ = stack.forward(module.CELL, model.params(), x)
    outputs, _ = model(torch.from_numpy(x))
    expected = y @ model.read.weight.detach().numpy().T + model.read.bias.detach().numpy()
    assert relative_difference(outputs.detach().numpy(), expected) < 1e-12
    trained = {name for name, weight in model.layer.named_parameters() if weight.requires_grad}
    second = {name for name, _ in model.layer.named_parameters() if name.startswith("bias_hh")}
    assert len(second) == 4
    assert second <= trained if module is gru else not second & trained


def test_codes_reach_the_model_as_integers():
    class Table(torch.nn.Embedding):
        def forward(self, x):
            return super().forward(x), None

    def next_code(generator):
        codes = generator.integers(0, 3, (5, 4))
        return codes, (codes + 1) % 3

    torch.manual_seed(0)
    model = Table(3, 3)
    training.train(model, next_code, 60, np.random.default_rng(0), lr=0.1)
    assert training.evaluate(model, next_code, np.random.default_rng(1))[1] == 1.0


def test_reader_refuses_what_it_cannot_hold():
    generator = np.random.default_rng(0)
    params = rnn.init_params(2, 4, generator)
    with pytest.raises(TypeError, match="params: got tuple, expected a tuple of layers, each a"):
        training.Reader(tuple(params), 1, generator)
    peeping = lstm_peepholes.init_params(2, 4, generator)
    mixed = ((params, lstm.init_params(2, 4, generator)),)
    for wrong, actual in ((peeping, "lstm_peepholes.Params"), (mixed, "lstm.Params, rnn.Params")):
        with pytest.raises(
            TypeError, match=f"params: got {actual}, expected rnn.Params, lstm.Params"
        ):
            training.Reader(wrong, 1, generator)
    with pytest.raises(ValueError, match="outputs: got 0, expected at least 1"):
        training.Reader(params, 0, generator)
    with pytest.raises(TypeError, match="generator: got int"):
        training.Reader(params, 1, 0)  # type: ignore[arg-type]
