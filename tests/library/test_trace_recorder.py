"""The recorder: what it records, what it rejects, and sizes as letters."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from lessons_lib import trace
from lessons_lib.attention import softmax
from lessons_lib.trace.sizes import Size, solve, text, value


def recorded_product():
    recorder = trace.Recorder()
    x, W = recorder.array("x", ("N", "H")), recorder.array("W", (4 * Size.of("H"), "H"))
    return recorder.recording(a=recorder.run(lambda x, W: x @ W.T, x, W))


def test_a_recording_runs_on_tensors_too():
    x, W = torch.randn(3, 2), torch.randn(8, 2)
    assert torch.equal(trace.execute(recorded_product(), {"x": x, "W": W})["a"], x @ W.T)


def test_equal_operations_are_recorded_once():
    recorder = trace.Recorder()
    x = recorder.array("x", ("N", "H"))
    recording = recorder.recording(y=recorder.run(lambda x: (x + 1) * (x + 1) - (x + 1.0), x))
    assert [v.operation for v in recording.values] == [
        "input", "add", "multiply", "add", "subtract",
    ]  # fmt: skip  # 1 and 1.0 are two constants, for they may give two dtypes


def test_what_no_output_needs_is_left_out():
    def function(x):
        x.__array_namespace__().tanh(x)
        return x * 2

    recorder = trace.Recorder()
    recording = recorder.recording(y=recorder.run(function, recorder.array("x", ("N",))))
    assert [v.operation for v in recording.values] == ["input", "multiply"]


def test_slices_indices_and_new_axes_are_recorded():
    def function(x):
        xp = x.__array_namespace__()
        first, last = x[0], x[..., -2:]
        both = xp.stack([first[1:, 1], last[0, 1:, 0]])
        return first[:, None], both, xp.reshape(last, (-1, 2)), xp.concat([last, x[:, :, :1]], -1)

    recorder = trace.Recorder()
    outputs = recorder.run(function, recorder.array("x", ("T", "N", "H")))
    names = "abcd"
    recording = recorder.recording(**dict(zip(names, outputs, strict=True)))
    x = np.random.default_rng(0).standard_normal((4, 3, 5))
    actual, expected = trace.execute(recording, {"x": x}), function(x)
    for name, array in zip(names, expected, strict=True):
        assert np.array_equal(actual[name], array)


def test_softmax_is_recorded_with_its_sum_its_maximum_and_its_division():
    recorder = trace.Recorder()
    scores = recorder.array("scores", ("N", "C"))
    recording = recorder.recording(p=recorder.run(softmax, scores, -1))
    assert [v.operation for v in recording.values] == [
        "input", "max", "subtract", "exp", "sum", "divide",
    ]  # fmt: skip
    x = 5 * np.random.default_rng(0).standard_normal((4, 7))
    assert np.array_equal(trace.execute(recording, {"scores": x})["p"], softmax(x, -1))


def test_logarithm_root_and_comparisons_are_recorded():
    def function(x, y):
        xp = x.__array_namespace__()
        normal = (x - xp.sum(x, axis=-1, keepdims=True) / 3) / xp.sqrt(
            xp.sum(x * x, axis=-1, keepdims=True)
        )
        return xp.where(x < y, xp.log(y), normal), xp.where(x >= y, -x, xp.max(y, axis=-1)[:, None])

    recorder = trace.Recorder()
    x, y = recorder.array("x", ("N", "H")), recorder.array("y", ("N", "H"))
    a, b = recorder.run(function, x, y)
    rng = np.random.default_rng(0)
    arrays = {"x": rng.uniform(1, 2, (3, 4)), "y": rng.uniform(1, 2, (3, 4))}
    actual = trace.execute(recorder.recording(a=a, b=b), arrays)
    expected = function(**arrays)
    assert np.array_equal(actual["a"], expected[0])
    assert np.array_equal(actual["b"], expected[1])


class TestErrors:
    def recorded(self, function, *shapes):
        recorder = trace.Recorder()
        arrays = [recorder.array(f"x{k}", shape) for k, shape in enumerate(shapes)]
        return recorder.run(function, *arrays)

    def test_an_unknown_function_is_named_with_its_line_and_variable(self):
        def step(x):
            y = x + 1
            z = y.__array_namespace__().erf(y)
            return z + 1

        with pytest.raises(trace.RecordingError) as error:
            self.recorded(step, ("N", "H"))
        message = str(error.value)
        assert "erf cannot be recorded, of y of shape (N, H)" in message
        assert "test_trace_recorder.py" in message
        assert "in step" in message
        assert "z = y.__array_namespace__().erf(y), for z" in message

    @pytest.mark.parametrize(
        ("function", "message"),
        [
            (lambda x: 1 if x else 2, "bool cannot be recorded, of x0"),
            (lambda x: float(x), "float cannot be recorded"),
            (lambda x: list(x), "iter cannot be recorded"),
            (lambda x: x**3, r"\*\* 3 cannot be recorded"),
            (lambda x: x[::2], "slice(None, None, 2)"),
            (lambda x: x[:, x], "cannot be recorded"),
            (lambda x: x[0, 0, 0], "cannot be recorded"),
            (lambda x: x @ x, r"@ cannot be recorded, of x0 of shape (N, H), x0 of shape (N, H)"),
            (lambda x: x[:, :, None].T, "T of an array that is not a matrix"),
            (lambda x: x + x.T, "add cannot be recorded, of x0 of shape (N, H), "),
            (lambda x: x * np.ones(3), "multiply cannot be recorded, of x0 .*, with ndarray"),
            (lambda x: np.ones(3) * x, "with ndarray"),
            (lambda x: x.__array_namespace__().sum(x), "sum over axis None cannot be recorded"),
            (lambda x: x.__array_namespace__().reshape(x, (3, 4)), "reshape to"),
            (lambda x: x.__array_namespace__().concat([x, x.T]), "concat of different shapes"),
            (lambda x: x.mean(), "has no attribute 'mean'"),
        ],
    )
    def test_what_has_no_operation_is_refused(self, function, message):
        if "(N, H)" in message or "slice(" in message:
            message = message.replace("(", r"\(").replace(")", r"\)")
        with pytest.raises(trace.RecordingError, match=message):
            self.recorded(function, ("N", "H"))

    def test_a_missing_input_is_named(self):
        with pytest.raises(KeyError, match="got x, W missing"):
            trace.execute(recorded_product(), {"x": np.ones((3, 2))})

    def test_shapes_that_contradict_each_other_are_refused(self):
        with pytest.raises(ValueError, match="got 9, expected 4 H with"):
            trace.execute(recorded_product(), {"x": np.ones((3, 2)), "W": np.ones((9, 2))})

    def test_a_trace_function_that_was_set_before_is_set_again(self):
        before = sys.gettrace()
        with pytest.raises(trace.RecordingError):
            self.recorded(lambda x: x**3, ("N",))
        assert sys.gettrace() is before


class TestSizes:
    def test_arithmetic_keeps_the_letters(self):
        H, D = Size.of("H"), Size.of("D")
        assert text(4 * H + 1) == "4 H + 1"
        assert text((H + D) * (H - D)) == "H H - D D"
        assert text(4 * H * D // (2 * H)) == "2 D"
        assert text(H * D + H, "*") == "H + D*H"
        assert H - H == 0
        assert type(H - H) is int
        assert 3 - (3 - H) == H
        assert -H + H == 0

    def test_sizes_are_equal_only_if_their_letters_are(self):
        H, D = Size.of("H"), Size.of("D")
        assert 2 * H + D == H + D + H
        assert H != D
        assert H * D == D * H
        assert 4 * H != 4 * D

    def test_what_is_not_a_multiple_is_refused(self):
        H, D = Size.of("H"), Size.of("D")
        for size, divisor in ((H, 2), (H, D), (H + 1, H), (H * D, H + D)):
            with pytest.raises(ValueError, match="is not a multiple of"):
                size // divisor

    def test_values_are_read_off_shapes(self):
        H, D, P = map(Size.of, "HDP")
        assert solve([((4 * H, D), (12, 5)), ((H * P,), (6,))]) == {"H": 3, "D": 5, "P": 2}
        assert solve([((4 * H + P,), (14,)), ((H,), (3,))]) == {"H": 3, "P": 2}
        assert value(4 * H + D, {"H": 3, "D": 5}) == 17

    @pytest.mark.parametrize("pairs", [[((1,), (2,))], [(("H", "H"), (2, 3))], [(("H+D",), (5,))]])
    def test_contradicting_or_open_values_are_refused(self, pairs):
        sizes = {"H": Size.of("H"), "H+D": Size.of("H") + Size.of("D")}
        pairs = [(tuple(sizes.get(n, n) for n in shape), actual) for shape, actual in pairs]
        with pytest.raises(ValueError, match="expected"):
            solve(pairs)
