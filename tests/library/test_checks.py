"""Correct code passes, in whatever style it is written; wrong code gets a clear answer."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from learners import right

from lessons_lib import checks
from lessons_lib.checks import CHECKS
from lessons_lib.checks.texts import catalogue, language

RIGHT = [
    (file, name)
    for file in (
        *("rnn_by_sequence", "lstm_by_gate", "gru_with_vectors", "around", "dropouts", "stacking"),
        *("with_torch", "other_ways"),
    )
    for name in CHECKS
    if hasattr(right(file), name)
]


@pytest.mark.parametrize(("file", "name"), RIGHT)
def test_right_code_passes(file, name):
    for seed in (0, 1):
        report = CHECKS[name](getattr(right(file), name), "en", seed=seed)
        assert report, report
        assert str(report) == f"✓ {name}: correct in all {len(CHECKS[name].sizes)} cases."
    report.raise_if_failed()


def test_every_check_is_passed_by_someone():
    assert {name for _, name in RIGHT} == set(CHECKS)
    assert all(getattr(checks, name) is check for name, check in CHECKS.items())


def rnn_step(x, h_prev, W_ih, W_hh, b):
    return np.tanh(x @ W_ih.T + h_prev @ W_hh.T + b)


def check(function, lang="en", **options):
    report = checks.rnn_step(function, lang, **options)
    assert not report
    with pytest.raises(AssertionError, match=r"rnn_step: not correct yet\."):
        checks.rnn_step(function, "en", **options).raise_if_failed()
    return "\n".join(str(report).split("\n")[1:])


def test_code_that_raises_is_told_the_line():
    def wrong(x, h_prev, W_ih, W_hh, b):
        total = x @ W_ih  # the transpose is missing
        return np.tanh(total + b)

    text = check(wrong)
    assert "`total = x @ W_ih  # the transpose is missing`, raised an error. ValueError: " in text
    assert "input: x (3, 4), h_prev (3, 6), W_ih (6, 4), W_hh (6, 6), b (6,)" in text
    assert "lessons_lib" not in text
    assert "줄 `total = x @ W_ih" in check(wrong, "ko")


def test_the_innermost_line_of_the_learners_own_is_told():
    def wrong(x, h_prev, W_ih, W_hh, b):
        return np.linalg.inv(x)  # raised inside NumPy

    assert "`return np.linalg.inv(x)  # raised inside NumPy`" in check(wrong)


def test_leaving_the_program_is_caught():
    def wrong(x, h_prev, W_ih, W_hh, b):
        raise SystemExit(3)

    assert "SystemExit: 3" in check(wrong)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (
            lambda x, h: h,
            r"its parameters do not fit. Yours: \(x, h\). Expected: \(x, h_prev, W_ih",
        ),
        (3, "expected a function, got a value of type int"),
        (lambda *a: None, "it returns nothing. Is the return statement missing?"),
        (
            lambda *a: (a[1], a[1]),
            r"it returned 2 values \(tuple: ndarray, ndarray\). Expected, in this order: h",
        ),
        (
            lambda *a: [[0.0]],
            "h: got a value of type list, expected a NumPy array or a torch tensor",
        ),
        (lambda *a: 0.0, "h: got a value of type float, expected a NumPy array"),
        (lambda *a: a[1] > 0, "h: got dtype bool, expected a floating-point one"),
        (lambda *a: a[0], r"h: got shape \(3, 4\), expected \(3, 6\) \(N = 3, D = 4, H = 6\)"),
        (lambda *a: a[1] / 0, r"h: not finite; at \[0, 0\] it is -?inf"),
    ],
)
def test_what_does_not_fit_is_told(function, text):
    assert re.search(text, check(function))


def test_a_function_not_yet_written_is_told():
    def wrong(x, h_prev, W_ih, W_hh, b):
        raise NotImplementedError

    assert "not written yet." in check(wrong)


@pytest.mark.parametrize("swallow", [Exception, ValueError])
def test_a_loop_without_an_end_is_stopped(swallow):
    def wrong(x, h_prev, W_ih, W_hh, b):
        while True:
            with contextlib.suppress(swallow):
                x = x + 1

    started = time.perf_counter()
    assert "stopped after 0.2 seconds, at line " in check(wrong, time_limit=0.2)
    assert time.perf_counter() - started < 5


def test_what_is_printed_is_a_remark(capsys):
    def loud(*arguments):
        print("h" * 500)
        return rnn_step(*arguments)

    report = checks.rnn_step(loud, "en")
    assert report
    assert f"note: the function prints. {'h' * 200} …" in str(report)
    assert capsys.readouterr() == ("", "")


def test_a_changed_argument_is_told():
    def wrong(x, h_prev, W_ih, W_hh, b):
        b += x @ W_ih.T[:, 0].mean() if x.ndim == 1 else 1.0
        return rnn_step(x, h_prev, W_ih, W_hh, b - 1.0)

    text = check(wrong)
    assert "it changes its arguments: b." in text
    assert "elements are wrong" not in text


@pytest.mark.parametrize("where", ["results", "inside"])
def test_lost_precision_is_told(where):
    def wrong(*arguments):
        h = rnn_step(*(a.astype(np.float32) for a in arguments))
        return h if where == "results" else h.astype(np.float64)

    text = check(wrong)
    words = {"results": "too few digits (dtype float32)", "inside": "although all is float64"}
    assert words[where] in text


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_lost_precision_of_tensors_is_told(dtype):
    def wrong(*arguments):
        return torch.rnn_tanh_cell(*arguments, 0 * arguments[-1]).to(dtype)

    assert not checks.rnn_step(wrong, "en")


def test_results_in_another_order_are_told():
    def wrong(*arguments):
        h, c = right("lstm_by_gate").lstm_step(*arguments)
        return c, h

    report = checks.lstm_step(wrong, "en")
    assert report.mistakes == ("h-c-exchanged",)
    assert "diagnosis: h and c are exchanged." in str(report)


def test_a_missing_sum_is_told():
    def wrong(*arguments):
        out = right("rnn_by_sequence").rnn_step_backward(*arguments)
        dh, x, h_prev, W_ih, W_hh, b = arguments
        return *out[:-1], dh * (1 - rnn_step(x, h_prev, W_ih, W_hh, b) ** 2)

    text = str(checks.rnn_step_backward(wrong, "en"))
    assert "db: got shape (3, 6), expected (6,)" in text
    assert "db: the numbers show this: it is not summed over axis 0." in text


def test_a_single_mean_is_told():
    def wrong(*arguments):
        *out, db = right("rnn_by_sequence").rnn_step_backward(*arguments)
        return *out, db / len(arguments[0])

    text = str(checks.rnn_step_backward(wrong, "en"))
    assert "correct: dx, dh_prev, dW_ih, dW_hh." in text
    assert "divided by the batch's size N." in text
    assert "that you are given. [db]" in text


def test_swapped_axes_are_told_where_the_shapes_raise():
    def wrong(x, h0, W_ih, W_hh, b):
        h, ys = h0, []
        for t in range(x.shape[1]):
            h = rnn_step(x[:, t], h, W_ih, W_hh, b)
            ys.append(h)
        return np.stack(ys, axis=1), h

    report = checks.rnn_forward(wrong, "en")
    assert "raised an error" in str(report)
    assert report.mistakes == ("time-and-batch-swapped",)


def test_swapped_axes_are_told_where_the_result_has_them():
    def wrong(x, h0, W_ih, W_hh, b):
        y, h = right("rnn_by_sequence").rnn_forward(x, h0, W_ih, W_hh, b)
        return y.swapaxes(0, 1), h

    assert "y: got shape (3, 5, 6), expected (5, 3, 6)" in str(checks.rnn_forward(wrong, "en"))


def test_a_wrong_case_is_told_beside_one_that_raises():
    def wrong(x, h0, W_ih, W_hh, b):
        y, h = right("rnn_by_sequence").rnn_forward(x, h0, W_ih, W_hh, 0 * b)
        assert len(x) > 1
        return y, h

    report = checks.rnn_forward(wrong, "en")
    assert report.mistakes == ("no-bias",)
    assert "AssertionError" in str(report)


def test_the_same_seed_gives_the_same_text():
    def wrong(*arguments):
        return rnn_step(*arguments) + 0.01

    texts = [str(checks.rnn_step(wrong, "en", seed=seed)) for seed in (0, 0, 1)]
    assert texts[0] == texts[1] != texts[2]


def test_no_two_sizes_of_a_case_are_alike():
    for one in CHECKS.values():
        for sizes in one.sizes:
            numbers = [size for letter, size in sizes.items() if letter in "TNDH"]
            assert len(set(numbers)) == len(numbers)


def test_a_check_says_what_it_is_given():
    text = str(checks.lstm_step_backward)
    assert text.startswith(
        "lstm_step_backward(dh, dc, x, h_prev, c_prev, W_ih, W_hh, b) -> "
        "dx, dh_prev, dc_prev, dW_ih, dW_hh, db\n    dh: (N, H)\n"
    )
    assert "    W_ih: (4H, D)" in text


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match="lang: got 'fr', expected 'ko' or 'en'"):
        checks.rnn_step(rnn_step, "fr")
    with pytest.raises(TypeError, match=r"seed: got 1\.5, expected an int"):
        checks.rnn_step(rnn_step, "en", seed=1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_MESSAGES": "ko_KR.UTF-8", "LANG": "en_US.UTF-8"}, "ko"),
    ],
)
def test_the_locale_chooses_the_language(variables, expected, monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language(None) == expected


def test_both_languages_say_the_same_things():
    korean, english = catalogue("ko"), catalogue("en")
    assert list(korean) == list(english)
    for key, ko in korean.items():
        en = english[key]
        assert set(re.findall(r"\{(\w+)", ko)) == set(re.findall(r"\{(\w+)", en)), key
        assert re.search("[가-힣]", ko) or ko == en, key
        assert not re.search("[가-힣]", en), key


def test_every_text_is_of_a_mistake_or_a_finding_and_every_mistake_has_one():
    checks_mistakes = [(*one.mistakes, *one.slips()) for one in CHECKS.values()]
    used = {mistake.key for mistakes in checks_mistakes for mistake in mistakes}
    used |= {one.swapped.key for one in CHECKS.values() if one.swapped}
    known = {key for key in catalogue("en") if not key.startswith(("report.", "shown.", "when."))}
    assert used == known


def test_a_mistakes_text_in_korean_is_a_sentence():
    for one in CHECKS.values():
        for mistake in one.mistakes:
            assert mistake.text("ko").rstrip(".?").endswith(("다", "까", "오"))


def test_no_particle_depends_on_what_is_filled_in():
    for ko in catalogue("ko").values():
        assert not re.search(r"\}(은|는|이|가|을|를|과|와|으로|로)(?![가-힣])", ko), ko


def test_no_text_shows_the_line_that_would_be_right():
    for one in CHECKS.values():
        for mistake in one.mistakes:
            for edit in mistake.edits:
                if " " in edit.old:
                    assert edit.old not in mistake.text("en")
                    assert edit.old not in mistake.text("ko")


def test_the_checks_load_no_torch():
    """Check a correct and a wrong function in a process of their own."""
    code = (
        "import sys\nfrom learners import right, slips_of, wrong\nfrom lessons_lib import checks\n"
        "slip = slips_of('lstm_by_gate')['no-tanh-on-c']\n"
        "assert checks.lstm_step(right('lstm_by_gate').lstm_step)\n"
        "assert not checks.lstm_step(wrong('lstm_by_gate', [slip]).lstm_step)\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent)


def test_a_scan_that_divides_by_its_factors_is_told_when_it_fails():
    def by_division(a, b, h0):
        product = np.cumprod(a, axis=0)
        return product * (h0 + np.cumsum(b / product, axis=0))

    report = checks.linear_scan(by_division, "en")
    assert not report
    assert "some elements of a are exactly 0" in str(report)
