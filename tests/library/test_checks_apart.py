"""A function without a check runs in a process of its own, and its results come back."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch

from lessons_lib.checks import run_apart


def test_arrays_and_tensors_come_back_as_they_are():
    def padded(pairs):
        x = torch.zeros(max(len(rows) for rows, _ in pairs), len(pairs))
        for n, (rows, _) in enumerate(pairs):
            x[: len(rows), n] = rows
        return x, torch.tensor([k for _, k in pairs])

    pairs = [(torch.arange(3.0), 1), (torch.ones(5), 0)]
    both = zip(run_apart(padded, pairs), padded(pairs), strict=True)
    assert all(a.dtype == b.dtype and torch.equal(a, b) for a, b in both)
    assert run_apart(lambda x: x > 1, np.arange(3)).tolist() == [False, False, True]
    first, second = run_apart(lambda x: [x, 2 * x], np.arange(3))
    assert (second == 2 * first).all()
    assert run_apart(lambda n: n + 1, 3) == 4


def test_nothing_of_this_process_changes():
    given, pid = np.zeros(3), os.getpid()

    def careless(x):
        x += 1
        os.environ["CARELESS"] = "1"
        return np.array(os.getpid())

    assert run_apart(careless, given) != pid
    assert not given.any()
    assert "CARELESS" not in os.environ


@pytest.mark.parametrize(
    ("function", "error", "text"),
    [
        (lambda n: n / 0, RuntimeError, "ZeroDivisionError: division by zero"),
        (lambda n: "text", TypeError, "it returned str, expected an array"),
        (lambda: 1, TypeError, "its parameters do not fit"),
        (lambda n: os._exit(3), RuntimeError, r"the process ended \(exit code 3\)"),
    ],
)
def test_a_failure_is_an_error_here(function, error, text):
    with pytest.raises(error, match=text):
        run_apart(function, 1)


def test_what_is_not_written_and_what_does_not_end_is_told():
    def unwritten(n):
        raise NotImplementedError

    def endless(n):
        while True:
            pass

    with pytest.raises(NotImplementedError):
        run_apart(unwritten, 1)
    with pytest.raises(TimeoutError, match="stopped after"):
        run_apart(endless, 1, time_limit=0.3)
