"""What a report says of kinds of faults: never a false sentence, never a fault of its own."""

from __future__ import annotations

import numpy as np
import pytest
from learners import right

from lessons_lib import checks
from lessons_lib.checks import CHECKS, judge
from lessons_lib.checks.check import Right
from lessons_lib.checks.texts import language
from lessons_lib.checks.watch import changes


def rnn_step(x, h_prev, W_ih, W_hh, b):
    return np.tanh(x @ W_ih.T + h_prev @ W_hh.T + b)


def backward_with(change):
    """Return a backward step whose five results are changed."""

    def rnn_step_backward(dh, x, h_prev, W_ih, W_hh, b):
        h = np.tanh(x @ W_ih.T + h_prev @ W_hh.T + b)
        da = dh * (1 - h**2)
        results = {"dx": da @ W_ih, "dh": da @ W_hh, "dW": da.T @ x, "dU": da.T @ h_prev}
        results |= {"db": da.sum(0), "da": da, "given": dh, "h_prev": h_prev, "W": W_ih}
        results |= change(results)
        return [results[name] for name in ("dx", "dh", "dW", "dU", "db")]

    return rnn_step_backward


def said(change):
    return str(checks.rnn_step_backward(backward_with(change), "en"))


def test_a_wrong_shape_beside_wrong_values_is_no_fault_of_the_report():
    text = said(lambda r: {"dW": r["dW"].T, "db": r["db"] + np.arange(len(r["db"]))})
    assert "The weights' gradients have the axes (in, out)" in text
    assert "[dW_ih]" in text
    assert "cause not recognised: db." in text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda r: {"db": r["da"].sum(0, keepdims=True)}, "an axis of length 1 too many: axis 0"),
        (lambda r: {"db": r["da"]}, "db: the numbers show this: it is not summed over axis 0."),
        (lambda r: {"db": 0.5 * r["db"]}, "every element is 0.5 times what it should be"),
        (lambda r: {"db": r["db"] / len(r["da"])}, "divided by the batch's size N"),
        (lambda r: {"dx": -r["dx"]}, "dx: the numbers show this: the sign is reversed"),
        (lambda r: {"dx": 0 * r["dx"] + r["dx"].sum(0)}, "it is summed over axis 0, which should"),
        (lambda r: {"dh": r["dh"].sum(0, keepdims=True)}, "it is summed over axis 0, which should"),
        (lambda r: {"db": 0 * r["db"]}, "db: the numbers show this: it is zero everywhere."),
    ],
)
def test_what_the_numbers_show_is_true(change, text):
    assert text in said(change)


@pytest.mark.parametrize("left", [slice(-1, None), slice(0, 0)])
def test_clipping_is_not_spoken_of_as_steps_in_time_or_by_the_factor_of_one_case(left):
    def clip_by_norm(grads, max_norm):
        norm = np.sqrt(sum((g**2).sum() for g in grads[1:])) + 1e-9
        scaled = [g * min(1.0, max_norm / norm) for g in grads]
        scaled[left] = grads[left]
        if len(grads) > 2:
            scaled[2] = np.concatenate([scaled[2][:1], grads[2][1:2], scaled[2][2:]])
        return scaled

    text = str(checks.clip_by_norm(clip_by_norm, "en"))
    for false in ("step", "times what it should be", "unchanged", "no effect"):
        assert false not in text, text


def test_a_fault_in_the_diagnosis_leaves_place_and_size(monkeypatch):
    def broken(*arguments):
        raise KeyError("W_hh")

    monkeypatch.setattr(judge, "observe", broken)
    text = said(lambda r: {"dx": r["dx"] + 1})
    assert "cause not recognised: dx." in text
    assert "dx: " in text


def test_lost_digits_are_told_by_what_was_lost():
    text = said(lambda r: {"dW": r["dW"] * (1 + 1e-8)})
    assert "although all is float64" in text
    assert "too few digits (dtype float32)" in said(lambda r: {"dW": r["dW"].astype("f4")})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (lambda r: {"dx": r}, "it returned one value (dict: dx)"),
        (lambda r: (part for part in [r]), "it returned one value (generator)"),
        (lambda r: (r, [r, r]), "it returned 2 values (tuple: ndarray, list)"),
    ],
)
def test_the_form_of_what_is_returned_is_told(value, text):
    report = checks.rnn_step_backward(lambda dh, *others: value(dh), "en")
    assert text in str(report)


def test_arrays_of_other_libraries_are_taken():
    class Other:
        def __init__(self, array):
            self.array = array

        def __array__(self, dtype=None, copy=None):
            return self.array

    assert checks.rnn_step(lambda *arguments: Other(rnn_step(*arguments)), "en")


def test_results_stacked_in_one_array_are_taken():
    def lstm_step(*arguments):
        return np.stack(right("lstm_by_gate").lstm_step(*arguments))

    assert checks.lstm_step(lstm_step, "en")


def naive(a):
    return np.exp(a) / (1 + np.exp(a))


def test_an_overflow_is_told():
    def lstm_step(x, h_prev, c_prev, W_ih, W_hh, b):
        i, f, g, o = np.split(x @ W_ih.T + h_prev @ W_hh.T + b, 4, axis=1)
        c = naive(f) * c_prev + naive(i) * np.tanh(g)
        return naive(o) * np.tanh(c), c

    text = str(checks.lstm_step(lstm_step, "en"))
    assert "not in this case: x is very large. Look at where exp overflows." in text
    assert "note: there was a warning. RuntimeWarning: overflow" in text


def test_only_gradients_of_zero_are_wrong():
    def clip(grads, max_norm):
        norm = np.sqrt(sum((g**2).sum() for g in grads))
        return [g / norm * min(norm, max_norm) for g in grads]

    assert "in this case: all gradients are zero" in str(checks.clip_by_norm(clip, "en"))


def test_a_case_that_alone_raises_is_told():
    def truncated(dy, dh_T, x, h0, W_ih, W_hh, b, k):
        assert k <= len(x)
        whole = right("rnn_by_sequence").rnn_truncated_backward
        return whole(dy, dh_T, x, h0, W_ih, W_hh, b, k)

    text = str(checks.rnn_truncated_backward(truncated, "en"))
    assert "the cases before are correct; only this one fails: T = 3" in text
    assert "k = 4" in text


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda y, a: y + 0.1 * a[1][None], "if h0 is zero, everything is correct"),
        (lambda y, a: y + 0.1 * (len(y) - 1), "for a single step (T = 1) everything is correct"),
        (lambda y, a: y + 0.1 * (y.shape[1] - 1), "for a single sequence (N = 1)"),
        (lambda y, a: y + 0.1 * (y.shape[2] - 1), "with one hidden unit (H = 1)"),
    ],
)
def test_when_it_is_right_is_told(wrong, text):
    def rnn_forward(*arguments):
        y, h = right("rnn_by_sequence").rnn_forward(*arguments)
        return wrong(y, arguments), h

    assert text in str(checks.rnn_forward(rnn_forward, "en"))


def test_conventions_are_named_together_and_as_such():
    def gru_step(x, h_prev, W_ih, W_hh, b, b_hn):
        (Wz, Wr, Wn), (Uz, Ur, Un), (bz, br, bn) = (np.split(p, 3) for p in (W_ih, W_hh, b))
        z = 1 / (1 + np.exp(-(x @ Wz.T + h_prev @ Uz.T + bz)))
        r = 1 / (1 + np.exp(-(x @ Wr.T + h_prev @ Ur.T + br)))
        n = np.tanh(x @ Wn.T + bn + (r * h_prev) @ Un.T + b_hn)
        return (1 - z) * h_prev + z * n

    report = checks.gru_step(gru_step, "en")
    assert set(report.mistakes) == {"z-inverted", "reset-before", "order-zrn"}
    assert "a different convention: " in str(report)
    assert "diagnosis: " not in str(report)


def test_a_shape_error_tells_the_layout():
    text = str(checks.rnn_step(lambda x, h, W, U, b: np.tanh(x @ W + h @ U + b), "en"))
    assert "Here W_ih is (H, D) as in torch" in text


@pytest.mark.parametrize("name", ["lstm_backward", "gru_truncated_backward", "rnn_forward"])
def test_a_mistake_is_counted_once(name):
    """The function that calls a wrong one is right with the library's in its place."""
    module = name.partition("_")[0]
    file = {"lstm": "lstm_by_gate", "gru": "gru_with_vectors", "rnn": "rnn_by_sequence"}[module]
    learner = right(file)
    step = f"{module}_step"
    own = getattr(learner, step)
    setattr(learner, step, lambda *arguments: 0 * np.asarray(own(*arguments)))
    function = getattr(learner, name)
    assert not CHECKS[name](function, "en")
    report = CHECKS[name](function, "en", carry=True)
    assert report
    assert f"note: correct with the library's functions in the place of {step}" in str(report)


def test_the_librarys_functions_in_a_learners_form_are_right():
    for name, one in CHECKS.items():
        if name not in ("clip_by_norm", "clip_by_value"):
            assert one(Right(name), "en"), name


def test_results_are_right_or_wrong_one_by_one():
    report = checks.rnn_step_backward(backward_with(lambda r: {"db": -r["db"]}), "en")
    assert report.wrong == ("db",)
    assert report.right("dx", "dW_hh")
    assert not report.right("dx", "db")
    assert not report.right()
    assert not checks.rnn_step(lambda *a: 1 / 0, "en").right("h")


def test_watching_tells_what_has_changed():
    lines = changes({"a": True, "b": False, "c": True}, {"a": False, "b": True, "c": True}, "en")
    assert lines == ["now correct: b", "now wrong: a"]
    assert changes({}, {"a": True}, "en") == []
    assert language("ko") == "ko"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda r: {"dx": r["dx"] * 2, "db": r["db"] * 2}, "every element is 2 times"),
        (lambda r: {"dh": r["dh"] / np.prod(r["da"].shape)}, "divided by N · H"),
        (lambda r: {"db": r["da"].sum(1)}, "it has one number for each N"),
        (lambda r: {"dh": r["h_prev"].copy()}, "it is the argument h_prev, unchanged"),
        (lambda r: {"dx": r["given"] @ r["W"]}, "without its slope. [dx]"),
    ],
)
def test_what_the_numbers_say_of_one_result_is_told(change, text):
    assert text in said(change)


def test_the_state_is_not_blamed_if_all_weights_are_wrong():
    """dW_hh alone being wrong speaks of its state; both matrices wrong, of their gradient."""
    text = said(lambda r: {"dW": r["dW"] + 1, "dU": r["dU"] + 1})
    assert "dW_ih are correct" not in text
    assert "dW_ih are correct" in said(lambda r: {"dU": r["dU"] + 1})


def test_a_slip_in_a_line_is_named_by_its_line():
    def lstm_step(x, h, c, W_ih, W_hh, b):
        i, f, g, o = np.split(x @ W_ih.T + h @ W_hh.T + b, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-a)) for a in (i, f, o))
        c = f * c + i * g
        return o * np.tanh(c), c

    report = checks.lstm_step(lstm_step, "en")
    assert "g is computed without its activation function." in str(report)
    assert "g의 계산에서 활성화 함수를" in str(checks.lstm_step(lstm_step, "ko"))


def test_a_function_that_draws_its_own_numbers_is_told():
    def rnn_step(x, h, W_ih, W_hh, b):
        return np.tanh(x @ W_ih.T + h @ W_hh.T + b) * np.random.default_rng().random(h.shape)

    assert "it returns something else" in str(checks.rnn_step(rnn_step, "en"))


def test_an_argument_without_an_effect_is_told():
    def drawn(x, h0, c0, W_ih, W_hh, b, draws, rate, training):
        own = np.random.default_rng(0).random(draws.shape) > rate
        return right("dropouts").rnndrop(x, h0, c0, W_ih, W_hh, b, own * 1.0, rate, training)

    text = str(checks.rnndrop(drawn, "en"))
    assert "these arguments have no effect on what it returns: draws (T = " in text


def test_clipping_in_the_loop_is_shown_by_small_gradients():
    def clipped(dy, dh_T, x, h0, W_ih, W_hh, b):
        y, _ = right("rnn_by_sequence").rnn_forward(x, h0, W_ih, W_hh, b)
        dh, dx, sums = dh_T, np.zeros_like(x), [0.0, 0.0, 0.0]
        for t in reversed(range(len(x))):
            da = (dh + dy[t]) * (1 - y[t] ** 2)
            dx[t], dh = da @ W_ih, np.clip(da @ W_hh, -0.5, 0.5)
            parts = (da.T @ x[t], da.T @ (y[t - 1] if t else h0), da.sum(0))
            sums = [a + b for a, b in zip(sums, parts, strict=True)]
        return dx, dh, *sums

    text = str(checks.rnn_backward(clipped, "en"))
    assert "if the gradients that are given are a thousand times smaller" in text


def test_a_result_that_is_zero_in_one_case_is_not_called_zero_everywhere():
    def truncated(dy, dh_T, x, h0, W_ih, W_hh, b, k):
        whole = right("rnn_by_sequence").rnn_truncated_backward
        grown = [0 if k > len(x) else 1 + 0.1 * np.arange(b.size)]
        dx, dh0, dW_ih, dW_hh, db = whole(dy, dh_T, x, h0, W_ih, W_hh, b, k)
        return dx, dh0, dW_ih, dW_hh, db * grown[0]

    assert "zero everywhere" not in str(checks.rnn_truncated_backward(truncated, "en"))


def test_a_condition_holds_in_more_than_one_draw():
    """With one unit, a mask may happen to drop nothing."""

    def wrong_if_something_is_dropped(*arguments):
        y, h, c = right("dropouts").rnndrop(*arguments)
        draws, training = arguments[6], arguments[8]
        return y, h, c if draws[0].all() or not training else c + 0.3 * h**2

    text = str(checks.rnndrop(wrong_if_something_is_dropped, "en"))
    assert "one hidden unit" not in text
    assert "in evaluation everything is correct" in text
