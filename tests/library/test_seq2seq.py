"""The encoder–decoder equals two of the library's LSTMs; a wide beam equals exhaustive search."""

from itertools import product

import numpy as np
import pytest
import torch

from lessons_lib import attention, lstm
from lessons_lib.convert import from_torch
from lessons_lib.lab import seq2seq
from lessons_lib.verify.gradients import relative_difference

K, S, T, N, H = 3, 5, 4, 6, 7


def model(seed=0, **options):
    net = seq2seq.EncoderDecoder(K, H, np.random.default_rng(seed), **options).double()
    with torch.no_grad():  # sharper, so that greedy is sometimes wrong
        net.read.weight.mul_(8)
    return net


def words(seed=0):
    rng = np.random.default_rng(seed)
    return (torch.tensor(rng.integers(0, K, (length, N))) for length in (S, T))


def lstm_params(layer):
    return from_torch(lstm.CELL, {k: w.detach().numpy() for k, w in layer.state_dict().items()})[0][
        0
    ]


def one_hot(word, width):
    return np.eye(width)[word.numpy()]


@pytest.mark.parametrize("attend", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_loss_and_gradients_are_those_by_hand(reverse, attend):
    net = model(reverse=reverse, attend=attend)
    source, target = words()
    loss = seq2seq.loss_of(net, source, target)
    loss.backward()

    encoder, decoder = lstm_params(net.encoder), lstm_params(net.decoder)
    inputs, expected = (w.numpy() for w in seq2seq.shift(target, K))
    read_source = source.flip(0) if reverse else source
    keys, state, read = lstm.forward(encoder, one_hot(read_source, K))
    y, _, wrote = lstm.forward(decoder, np.eye(K + 1)[inputs], state)
    W, b = (w.detach().numpy() for w in net.read.parameters())
    shown = y
    if attend:
        params = attention.Params(*(net.attention[k].detach().numpy() for k in ("W_q", "W_k", "v")))
        context, cache = attention.forward(params, y, keys)
        shown = np.concatenate([y, context], axis=-1)
    p = attention.softmax(shown @ W.T + b, axis=-1)
    log_p = np.log(np.take_along_axis(p, expected[..., None], axis=-1))
    assert abs(loss.item() + log_p.mean()) < 1e-12

    dshown = (p - np.eye(K + 1)[expected]) / expected.size @ W
    dy, dkeys = dshown[..., :H], np.zeros_like(keys)
    if attend:
        grads, dqueries, dkeys = attention.backward(params, cache, dshown[..., H:])
        dy = dy + dqueries
        for name, grad in grads._asdict().items():
            assert relative_difference(net.attention[name].grad.numpy(), grad) < 1e-10
    d_decoder, _, dstate = lstm.backward(decoder, wrote, dy)
    d_encoder, _, _ = lstm.backward(encoder, read, dkeys, dstate)
    for layer, grads in ((net.encoder, d_encoder), (net.decoder, d_decoder)):
        for name, grad in (("weight_ih_l0", grads.W_ih), ("weight_hh_l0", grads.W_hh)):
            assert relative_difference(getattr(layer, name).grad.numpy(), grad) < 1e-10
        assert relative_difference(layer.bias_ih_l0.grad.numpy(), grads.b) < 1e-10
        assert layer.bias_hh_l0.grad is None


@torch.no_grad()
def log_probability(net, source, word):
    inputs, expected = seq2seq.shift(word, K)
    scores = torch.log_softmax(net(source, inputs), dim=-1)
    return scores.gather(-1, expected[..., None])[..., 0].sum(0)


@pytest.mark.parametrize("attend", [False, True])
@torch.no_grad()
def test_a_wide_beam_finds_the_best_of_all_words(attend):
    net, (source, _) = model(2, attend=attend), words()  # a seed for which greedy is wrong
    steps = 3
    # all words of up to `steps` codes, ended or cut off
    best = torch.full((N,), -torch.inf, dtype=torch.float64)
    for codes in product(range(K + 1), repeat=steps):
        ends = [t for t, code in enumerate(codes) if code == K]
        if ends and set(codes[ends[0] :]) != {K}:
            continue
        inputs = torch.tensor([K, *codes[:-1]])[:, None].expand(-1, N)
        scores = torch.log_softmax(net(source, inputs), dim=-1)
        upto = (ends[0] if ends else steps - 1) + 1
        best = torch.maximum(best, sum(scores[t, :, codes[t]] for t in range(upto)))
    found, scores = seq2seq.beam_search(net, source, steps, width=(K + 1) ** steps)
    assert torch.allclose(scores, best, atol=1e-12)
    assert found.shape == (steps, N)
    _, narrow = seq2seq.beam_search(net, source, steps, width=1)
    assert (narrow <= best + 1e-12).all()
    assert (narrow < best - 1e-6).any()


@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_beam_s_score_is_its_word_s_log_probability(width):
    net, (source, _) = model(), words()
    found, scores = seq2seq.beam_search(net, source, 6, width)
    for n in range(N):
        word = found[:, n : n + 1]
        ends = (word[:, 0] == K).nonzero()
        if len(ends):
            exact = log_probability(net, source[:, n : n + 1], word[: int(ends[0])])
            assert abs(float(exact) - float(scores[n])) < 1e-12
            assert (word[int(ends[0]) :] == K).all()


def test_greedy_writes_the_likeliest_symbol_after_its_own():
    net, (source, _) = model(), words()
    found = seq2seq.greedy(net, source, 6)
    for t in range(6):
        inputs = torch.cat([torch.full((1, N), K), found[:t]])
        likeliest = net(source, inputs)[-1].argmax(-1)
        running = (found[:t] != K).all(0)
        assert torch.equal(found[t][running], likeliest[running])


def test_forced_reads_the_right_symbols():
    net, (source, target) = model(), words()
    inputs = torch.cat([torch.full((1, N), K), target])
    assert torch.equal(seq2seq.forced(net, source, target), net(source, inputs).argmax(-1))


def test_training_learns_and_repeats_itself():
    def draw(generator):
        source = generator.integers(0, K, (2, 32))
        return source, source[::-1].copy()

    runs = []
    for _ in range(2):
        generator = np.random.default_rng(0)
        net = seq2seq.EncoderDecoder(K, 16, generator)
        runs.append(seq2seq.train(net, draw, 100, generator))
    assert np.array_equal(runs[0], runs[1])
    source, target = (torch.tensor(word) for word in draw(np.random.default_rng(1)))
    assert (seq2seq.greedy(net, source, 3)[:2] == target).double().mean() > 0.95


def test_bad_words_are_named():
    net, (source, target) = model(), words()
    inputs, _ = seq2seq.shift(target, K)
    with pytest.raises(ValueError, match="source: got codes from 0 to 3, expected 0 to 2"):
        net(torch.full_like(source, 3) - (source > 0) * 3, inputs)
    with pytest.raises(ValueError, match=r"inputs: got torch\.float64 of shape"):
        net(source, inputs.double())
    with pytest.raises(ValueError, match=r"source: got torch\.int64 of shape \(5,\)"):
        net(source[:, 0], inputs)
    with pytest.raises(ValueError, match="width: got 0"):
        seq2seq.beam_search(net, source, 3, 0)
