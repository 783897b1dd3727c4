"""Word spacing: removed spaces are restored, the score is F1, and padding is not read."""

from functools import partial

import numpy as np
import pytest
import torch

from lessons_lib import lstm, rnn, stack
from lessons_lib.lab import spacing, tasks, training

TEXTS = ("이 장을 마치면", "기울기", "셀 상태가 기억을 나릅니다")


def spacer(seed=0, bidirectional=True, cell=lstm.CELL, layers=2):
    generator = np.random.default_rng(seed)
    params = stack.init_params(cell, 5, 4, generator, layers, bidirectional)
    return spacing.Spacer(params, generator)


def test_spaces_taken_out_come_back():
    codes, follows, lengths = spacing.take_spaces(TEXTS)
    _, vocabulary = tasks.book_text("ko", "syllable")
    assert codes.shape == follows.shape == (lengths.max(), 3)
    for n, text in enumerate(TEXTS):
        bare = tasks.decode(codes[: lengths[n], n], vocabulary)
        assert bare == text.replace(" ", "")
        assert spacing.put_spaces(bare, follows[: lengths[n], n]) == text
        assert follows[:, n].sum() == text.count(" ")
        assert not codes[lengths[n] :, n].any()


def test_space_after_the_end_is_left_out():
    assert spacing.put_spaces("abc", np.array([True, False, True])) == "a bc"
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        spacing.put_spaces("abc", np.array([True]))


def test_f1_is_the_harmonic_mean_of_precision_and_recall():
    generator = np.random.default_rng(0)
    predicted, true = generator.uniform(size=(2, 9, 7)) < 0.4
    both = (predicted & true).sum()
    precision, recall = both / predicted.sum(), both / true.sum()
    assert precision != recall
    expected = 2 / (1 / precision + 1 / recall)
    assert abs(spacing.f1(predicted, true) - expected) < 1e-12
    assert spacing.f1(true, true) == 1.0
    assert spacing.f1(~true, true) == 0.0
    assert spacing.f1(predicted & False, true & False) == 0.0
    with pytest.raises(ValueError, match=r"true: got shape \(9,\), expected \(9, 7\) as predicted"):
        spacing.f1(predicted, true[:, 0])


def by_counts(train, texts, before, after):
    """Return what is predicted for each text, without its last syllable."""
    train, given = spacing.take_spaces(train), spacing.take_spaces(texts)
    predicted = spacing.predicted_by_counts(train, given, before, after)
    assert predicted.shape == given.follows.shape
    inside = np.arange(1, len(predicted) + 1)[:, None] < given.lengths
    assert not predicted[~inside].any()
    columns = zip(predicted.T, given.lengths, strict=True)
    return [column[: length - 1].tolist() for column, length in columns]


def test_counts_predict_the_majority_of_each_context_and_else_of_a_narrower_one():
    train = ("이 장", "이장", "이장", "이 층", "이 값", "이 값", "장이", "층 이", "이 층")
    texts = ("이장", "이층", "이이", "장값", "층값", "값이", "이장이층")
    # 이이 was never seen, but 5 of 7 times a space follows 이; nothing ever follows 값.
    expected = [[False], [True], [True], [False], [True], [False], [False, False, True]]
    assert by_counts(train, texts, 0, 1) == expected
    assert by_counts(train, texts, 0, 0)[0] == [True]


def test_counts_use_the_neighbours_on_the_side_that_is_asked_for():
    train = ("장이 층", "값이층", "값이층")
    assert by_counts(train, ("장이층", "값이층", "층이층"), 1, 0) == [
        [False, True],
        [False, False],
        [False, False],  # never seen after 층: 2 of 3 times no space follows 이
    ]
    assert by_counts(train, ("장이층",), 1, 1) == [[False, True]]
    assert by_counts(train, ("장이값",), 1, 1) == [[False, False]]  # narrower: 이 alone


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", [lstm.CELL, rnn.CELL])
def test_log_odds_are_the_model_s_own_whatever_the_padding(bidirectional, cell):
    model = spacer(bidirectional=bidirectional, cell=cell).double()
    texts = spacing.take_spaces(TEXTS)
    together = model.log_odds(texts)
    other = np.where(np.arange(len(together))[:, None] < texts.lengths, texts.codes, 7)
    assert np.allclose(model.log_odds(texts._replace(codes=other)), together, rtol=0, atol=1e-15)
    for n, length in enumerate(texts.lengths):
        scores, _ = model(torch.from_numpy(texts.codes[:length, n : n + 1]))
        expected = (scores[:, 0, 1] - scores[:, 0, 0]).detach().numpy()
        assert np.allclose(together[:length, n], expected, rtol=0, atol=1e-12)


def test_it_learns_the_book_and_repeats_itself():
    task = partial(tasks.word_spacing, 16, 20)
    losses = []
    for _ in range(2):
        model, generator = spacer(layers=1), np.random.default_rng(0)
        losses.append(training.train(model, task, 80, generator, lr=3e-2))
    assert np.array_equal(losses[0], losses[1])
    assert losses[0][-10:].mean() < 0.5 * losses[0][0]
    other = spacer(seed=1, layers=1)
    assert not torch.equal(other.vectors.weight, spacer(layers=1).vectors.weight)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="texts: got none, expected at least one"):
        spacing.take_spaces([])
    with pytest.raises(ValueError, match="texts: got ' ', expected syllables in each"):
        spacing.take_spaces(["가", " "])
    with pytest.raises(ValueError, match="text: got '龜', expected the"):
        spacing.take_spaces(["龜"])
    with pytest.raises(TypeError, match="text: got int, expected a str"):
        spacing.take_spaces([1])  # type: ignore[list-item]
    params = stack.init_params(lstm.CELL, 2, 3, np.random.default_rng(0))
    with pytest.raises(TypeError, match="generator: got int"):
        spacing.Spacer(params, 0)  # type: ignore[arg-type]
