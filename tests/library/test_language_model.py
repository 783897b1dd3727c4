"""The language model: the library's layer, truncated BPTT, scores and samples."""

import numpy as np
import pytest
import torch

from lessons_lib import dropout, gru, lstm, rnn, stack, torch_modules
from lessons_lib.convert import from_torch
from lessons_lib.lab import book_text, language_model
from lessons_lib.lab.hangul import to_jamo
from lessons_lib.verify.gradients import relative_difference

K, L, N, H, E = 6, 23, 3, 5, 4
LAYERS = [(torch_modules.RNN, rnn), (torch_modules.LSTM, lstm), (torch_modules.GRU, gru)]


def model(seed=0, **options):
    torch.manual_seed(seed)
    return language_model.LanguageModel(K, H, **options).double()


def text(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, K, shape)


def scores_by_hand(network, module, codes):
    """Score codes (T, N) with the library's NumPy functions."""
    weights = {name: w.detach().numpy() for name, w in network.state_dict().items()}
    layer = {k.removeprefix("layer."): w for k, w in weights.items() if k.startswith("layer.")}
    vectors = weights.get("embedding.weight", np.eye(K))
    y, _, _ = stack.forward(module.CELL, from_torch(module.CELL, layer), vectors[codes])
    return y @ weights["read.weight"].T + weights["read.bias"]


def bits_by_hand(scores, targets):
    p = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    return -np.log2(np.take_along_axis(p, targets[..., None], axis=-1)).mean()


@pytest.mark.parametrize("embedding_size", [None, E])
@pytest.mark.parametrize(("layer", "module"), LAYERS)
def test_scores_and_bits_are_those_by_hand(layer, module, embedding_size):
    network = model(num_layers=2, layer=layer, embedding_size=embedding_size, dropout=0.5)
    codes = text(L, N)
    expected = scores_by_hand(network, module, codes[:-1])
    bits = language_model.bits(network, codes)
    assert network.training
    assert abs(bits - bits_by_hand(expected, codes[1:])) < 1e-12
    scores, _ = network.eval()(torch.tensor(codes[:-1]))
    assert relative_difference(scores.detach().numpy(), expected) < 1e-12
    alone = language_model.bits(network, codes[:, 1])
    assert abs(alone - bits_by_hand(expected[:, 1:2], codes[1:, 1:2])) < 1e-12


@pytest.mark.parametrize("at_once", [1, 4, L - 1, L])
def test_bits_do_not_depend_on_how_much_is_read_at_once(at_once, monkeypatch):
    expected = language_model.bits(model(), text(L, N))
    monkeypatch.setattr(language_model, "_AT_ONCE", at_once)
    assert abs(language_model.bits(model(), text(L, N)) - expected) < 1e-12


def test_a_learning_rate_may_depend_on_the_update():
    """With the rate 0 from update 2 on, the weights are those after two updates at 0.05."""
    rates = [0.05, 0.05, 0.0, 0.0]
    network, other = model(), model()
    language_model.train(network, text(L, N), 4, 5, lr=lambda update: rates[update])
    language_model.train(other, text(L, N), 2, 5, lr=0.05)
    for weight, expected in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.equal(weight, expected)


@pytest.mark.parametrize("layer", [layer for layer, _ in LAYERS])
def test_training_is_truncated_bptt(layer):
    """Compare with a plain loop beyond the streams' end; only the state passes on."""
    streams, window, updates, lr, clip = text(L, N), 5, 6, 0.05, 0.3
    network, other = (model(layer=layer) for _ in "ab")
    watched = []

    def watch(k):
        watched.append((k, language_model.bits(network, streams)))

    losses = language_model.train(network, streams, updates, window, lr=lr, clip=clip, watch=watch)
    assert [k for k, _ in watched] == [*range(updates)]
    optimizer = torch.optim.Adam(other.parameters(), lr=lr)
    starts = [0, 5, 10, 15, 0, 5]  # 20 + 5 + 1 > 23
    state = None
    for k, start in enumerate(starts):
        state = None if start == 0 else state
        assert abs(watched[k][1] - language_model.bits(other, streams)) < 1e-9
        scores, state = other(torch.tensor(streams[start : start + 5]), state)
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        log_p = torch.log_softmax(scores, dim=-1)
        target = torch.tensor(streams[start + 1 : start + 6])
        loss = -log_p.gather(-1, target[..., None]).mean()
        assert abs(losses[k] - loss.item() / np.log(2)) < 1e-10
        optimizer.zero_grad()
        loss.backward()
        norm = sum((w.grad**2).sum() for w in other.parameters()) ** 0.5
        for w in other.parameters():
            w.grad *= min(1.0, clip / float(norm + 1e-6))
        optimizer.step()
    for a, b in zip(network.parameters(), other.parameters(), strict=True):
        assert relative_difference(a.detach().numpy(), b.detach().numpy()) < 1e-9


def test_training_learns_repeats_itself_and_draws_masks_from_the_generator():
    streams = book_text.streams(np.tile(np.arange(K), 60), 4)
    variant = dropout.WeightDrop(0.3)
    runs = []
    for mask_seed in (0, 0, 1):
        network = model(dropout=variant, embedding_size=E).eval()
        generator = torch.Generator().manual_seed(mask_seed)
        runs.append(language_model.train(network, streams, 150, 8, lr=5e-2, generator=generator))
        assert network.training
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
    assert abs(runs[0][0] - np.log2(K)) < 0.6
    assert language_model.bits(network, streams) < 0.1
    counting = language_model.generate(network, "abcdef", "cd", 9, 0.0, np.random.default_rng(0))
    assert counting == "cdefabcdefa"


def test_probabilities_of_a_temperature():
    scores = np.random.default_rng(0).normal(size=(2, K))
    p = language_model.probabilities(scores, 0.5)
    expected = np.exp(scores) ** 2
    assert np.allclose(p, expected / expected.sum(axis=-1, keepdims=True), rtol=1e-14)
    cold = language_model.probabilities(scores, 0)
    assert (cold == (scores == scores.max(axis=-1, keepdims=True))).all()
    assert np.allclose(language_model.probabilities(scores, 1e-3), cold)
    assert np.allclose(language_model.probabilities(scores, 1e9), 1 / K)
    assert language_model.probabilities(np.array([1e5, 0]), 1e-5).tolist() == [1, 0]
    for wrong in (-1, float("nan")):
        with pytest.raises(ValueError, match=f"temperature: got {wrong}, expected 0 or more"):
            language_model.probabilities(scores, wrong)


def test_a_written_symbol_is_read_as_the_next():
    """Draw with the same generator from hand-computed scores of the whole text so far."""
    network, letters = model(3), "abcdef"
    with torch.no_grad():
        network.read.weight.mul_(8)
    found = language_model.generate(network, letters, "fab", 12, 0.7, np.random.default_rng(4))
    assert network.training
    rng, codes = np.random.default_rng(4), [5, 0, 1]
    for _ in range(12):
        scores = scores_by_hand(network, lstm, np.array(codes)[:, None])[-1, 0]
        p = language_model.probabilities(scores, 0.7)
        codes.append(int(rng.choice(K, 1, p=p)[0]))
    assert found == "".join(letters[code] for code in codes)


def test_a_vocabulary_of_jamo_writes_syllables():
    vocabulary = "".join(sorted(set(to_jamo("각나다"))))
    torch.manual_seed(0)
    network = language_model.LanguageModel(len(vocabulary), H)
    rng = np.random.default_rng(0)
    found = language_model.generate(network, vocabulary, "나각", 40, 1.0, rng)
    assert found.startswith("나")  # the last syllable may have received another final consonant
    assert set(found) & set("가간각나낙난다닥단")
    assert not set(found) & set(vocabulary)


def test_bad_input_is_named():
    network, rng = model(), np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"symbols: got 0"):
        language_model.LanguageModel(0, H)
    with pytest.raises(ValueError, match=r"embedding_size: got 0"):
        language_model.LanguageModel(K, H, embedding_size=0)
    with pytest.raises(ValueError, match="codes: got 0 to 6, expected 0 to 5"):
        language_model.bits(network, np.array([0, 6, 1]))
    with pytest.raises(ValueError, match=r"codes: got torch\.float64 of shape \(4, 2\), expected"):
        network(torch.zeros(4, 2).double())
    with pytest.raises(ValueError, match=r"codes: got shape \(1,\), expected \(L, N\) or \(L,\)"):
        language_model.bits(network, np.array([0]))
    with pytest.raises(TypeError, match="streams: got dtype float64, expected integers"):
        language_model.train(network, np.zeros((9, 2)), 1, 4)
    with pytest.raises(ValueError, match="window: got 23, expected less than the 23 steps"):
        language_model.train(network, text(L, N), 1, L)
    with pytest.raises(ValueError, match="vocabulary: got 2 symbols, expected 6"):
        language_model.generate(network, "ab", "a", 3, 1.0, rng)
    with pytest.raises(ValueError, match="prompt: got no symbol, expected at least one"):
        language_model.generate(network, "abcdef", "", 3, 1.0, rng)
    with pytest.raises(TypeError, match="generator: got int"):
        language_model.generate(network, "abcdef", "a", 3, 1.0, 0)  # type: ignore[arg-type]
