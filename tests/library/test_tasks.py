"""Each task's target is recomputed from x alone by plain loops."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from lessons_lib.lab import tasks

ALL: dict[str, Any] = {
    "running_sum": (tasks.running_sum, (7, 5, 1), (7, 5, 1)),
    "parity": (tasks.parity, (7, 5, 1), (7, 5)),
    "adding_problem": (tasks.adding_problem, (7, 5, 2), (5, 1)),
    "recall": (tasks.recall, (7, 5, 2), (5,)),
    "delayed_copy": (partial(tasks.delayed_copy, length=3), (10, 5, 6), (3, 5)),
    "reversed_copy": (tasks.reversed_copy, (14, 5, 6), (7, 5)),
    "nesting": (tasks.nesting, (7, 5, 3), (7, 5)),
    "near_and_far": (tasks.near_and_far, (7, 5, 3), (7, 5, 2)),
    "key_value_recall": (tasks.key_value_recall, (14, 5, 24), (7, 5)),
}
OF_NUMBERS = ("running_sum", "adding_problem", "near_and_far")


@pytest.mark.parametrize("name", ALL)
def test_shapes_kinds_and_seed(name):
    task, x_shape, target_shape = ALL[name]
    x, target = task(5, 7, np.random.default_rng(0))
    assert x.shape == x_shape
    assert target.shape == target_shape
    assert x.dtype == np.float64
    assert target.dtype.kind == ("f" if name in OF_NUMBERS else "i")
    again, _ = task(5, 7, np.random.default_rng(0))
    other, _ = task(5, 7, np.random.default_rng(1))
    assert np.array_equal(x, again)
    assert not np.array_equal(x, other)


@pytest.mark.parametrize("name", ALL)
def test_refuses_what_is_no_size_or_generator(name):
    task = ALL[name][0]
    with pytest.raises(ValueError, match="batch: got 0, expected at least 1"):
        task(0, 7, np.random.default_rng(0))
    with pytest.raises(TypeError, match=r"generator: got int, expected a numpy\.random\.Generator"):
        task(5, 7, 0)


def test_running_sum_and_parity():
    x, target = tasks.running_sum(3, 6, np.random.default_rng(0))
    bits, odd = tasks.parity(3, 6, np.random.default_rng(0))
    total, ones = np.zeros(3), np.zeros(3)
    for t in range(6):
        total, ones = total + x[t, :, 0], ones + bits[t, :, 0]
        assert np.allclose(target[t, :, 0], total)
        assert np.array_equal(odd[t], ones % 2)
    assert set(np.unique(bits)) == {0.0, 1.0}


@pytest.mark.parametrize("T", [2, 3, 10])
def test_adding_problem_marks_one_number_in_each_half(T):
    x, target = tasks.adding_problem(200, T, np.random.default_rng(0))
    marks = x[..., 1]
    assert np.isin(marks, (0, 1)).all()
    assert (marks[: T // 2].sum(axis=0) == 1).all()
    assert (marks[T // 2 :].sum(axis=0) == 1).all()
    assert (marks.sum(axis=1) > 0).all()  # every step is marked in some sequence
    assert np.allclose((x[..., 0] * marks).sum(axis=0), target[:, 0])


def test_adding_problem_by_guessing_one():
    _, target = tasks.adding_problem(100_000, 4, np.random.default_rng(0))
    assert abs(((target - 1) ** 2).mean() - 1 / 6) < 0.003


def test_adding_problem_needs_two_steps():
    with pytest.raises(ValueError, match="T: got 1, expected at least 2 steps"):
        tasks.adding_problem(5, 1, np.random.default_rng(0))


def test_recall_shows_the_bit_once():
    x, target = tasks.recall(200, 6, np.random.default_rng(0), noise=0.5)
    assert np.array_equal(x[0, :, 0] > 0, target == 1)
    assert (np.abs(x[0, :, 0]) == 1).all()
    assert 0.4 < x[1:, :, 0].std() < 0.6
    assert x[:, 0, 1].tolist() == [1, 0, 0, 0, 0, 0]
    assert set(target) == {0, 1}
    silent, _ = tasks.recall(200, 6, np.random.default_rng(0))
    assert not silent[1:].any()


@pytest.mark.parametrize(("length", "lag"), [(1, 1), (1, 5), (3, 3), (3, 5)])
def test_delayed_copy_answers_lag_steps_after_each_symbol(length, lag):
    x, word = tasks.delayed_copy(20, lag, np.random.default_rng(0), length, symbols=4)
    symbols = x.argmax(axis=-1)
    assert (x.sum(axis=-1) == 1).all()
    assert len(x) - length == lag  # the first answer's step: the first symbol's, 0, and the lag
    assert np.array_equal(symbols[:length], word)
    assert (symbols[length:lag] == 4).all()
    assert (symbols[lag:] == 5).all()


def test_delayed_copy_is_not_asked_before_the_word_has_ended():
    with pytest.raises(ValueError, match="lag: got 2, expected at least length = 3"):
        tasks.delayed_copy(5, 2, np.random.default_rng(0), length=3)


def test_reversed_copy_is_the_word_backwards():
    x, target = tasks.reversed_copy(20, 4, np.random.default_rng(0))
    assert np.array_equal(x.argmax(axis=-1)[:4], target[::-1])


def test_nesting_closes_only_what_is_open():
    x, target = tasks.nesting(200, 30, np.random.default_rng(0))
    assert (x.sum(axis=-1) == 1).all()
    depth = np.zeros(200)
    for t in range(30):
        depth = depth + x[t, :, 0] - x[t, :, 1]
        assert (depth >= 0).all()
        assert np.array_equal(target[t] == 1, depth > 0)
    assert abs(x[..., 2].mean() - 0.3) < 0.03
    brackets, _ = tasks.nesting(200, 30, np.random.default_rng(0), letters=0)
    assert not brackets[..., 2].any()


def test_nesting_refuses_a_share_that_is_none():
    for letters in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match=r"letters: got [^,]+, expected a share"):
            tasks.nesting(5, 3, np.random.default_rng(0), letters)


@pytest.mark.parametrize("marks", [0.25, 1.0])
def test_near_and_far_sums_since_the_mark_and_keeps_its_own_number(marks):
    x, target = tasks.near_and_far(200, 12, np.random.default_rng(0), marks)
    number, mark, own = np.moveaxis(x, -1, 0)
    assert mark[0].all()
    assert np.isin(mark, (0, 1)).all()
    assert abs(mark[1:].mean() - marks) < 0.04
    assert not own[1:].any()
    total = np.zeros(200)
    for t in range(12):
        total = np.where(mark[t] == 1, number[t], total + number[t])
        assert np.allclose(target[t, :, 0], total)
        assert np.array_equal(target[t, :, 1], own[0])
    assert 0.45 < np.abs(number).max() <= 0.5
    assert 0.9 < np.abs(own).max() <= 1
    assert abs(number.mean()) < 0.03
    assert abs(own[0].mean()) < 0.15


def test_near_and_far_refuses_a_share_that_is_none():
    for marks in (0, -0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match=r"marks: got [^,]+, expected a share above 0"):
            tasks.near_and_far(5, 3, np.random.default_rng(0), marks)


def test_key_value_recall_asks_each_shown_key_once():
    x, target = tasks.key_value_recall(200, 5, np.random.default_rng(0), keys=6, values=3)
    keys, values = x[..., :6].argmax(-1), x[:5, :, 6:].argmax(-1)
    assert (x[..., :6].sum(-1) == 1).all()
    assert (x[:5, :, 6:].sum(-1) == 1).all()
    assert not x[5:, :, 6:].any()
    orders = set()
    for n in range(200):
        shown = dict(zip(keys[:5, n], values[:, n], strict=True))
        assert len(shown) == 5
        assert sorted(keys[5:, n]) == sorted(shown)
        assert target[:, n].tolist() == [shown[key] for key in keys[5:, n]]
        orders.add(tuple(list(keys[:5, n]).index(key) for key in keys[5:, n]))
    assert len(orders) > 50


def test_key_value_recall_refuses_more_pairs_than_keys():
    with pytest.raises(ValueError, match="pairs: got 5, expected at most keys = 4"):
        tasks.key_value_recall(1, 5, np.random.default_rng(0), keys=4)
