"""Memory is used again, and never while an array of it is in use."""

from __future__ import annotations

import gc
import os
import signal

import numpy as np
import pytest
import torch

from lessons_lib import lstm
from lessons_lib.trace import compiled, workspace


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    gc.collect()
    monkeypatch.setattr(workspace, "_free", [])
    workspace._returned.clear()


def address(array):
    return array.__array_interface__["data"][0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_does_not_wait_for_a_thread_that_it_lacks():
    with workspace._lock:
        child = os.fork()
        if child == 0:
            signal.alarm(20)  # ends the child if it waits
            workspace.empty((100, 300), np.float32)
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def test_memory_is_used_again_when_its_array_is_gone():
    first = workspace.empty((100, 300), np.float32)
    at = address(first)
    other = workspace.empty((100, 300), np.float32)
    assert address(other) != at
    del first
    again = workspace.empty((299, 100), np.float32)
    assert address(again) == at
    assert again.shape == (299, 100)
    assert again.flags.writeable
    assert again.flags.c_contiguous


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[3:, :5],
        lambda a: a.reshape(-1)[::2].reshape(-1, 1),
        lambda a: torch.from_numpy(a)[1:],
        lambda a: memoryview(a[0]),
    ],
)
def test_a_view_keeps_it(view):
    first = workspace.empty((100, 300), np.float64)
    first[:] = 7
    kept = view(first)
    del first
    gc.collect()
    workspace.empty((100, 300), np.float64)[:] = 0
    assert np.all(np.asarray(kept) == 7)


def test_much_larger_memory_is_not_taken():
    large = workspace.empty((1000, 300), np.float64)
    at = address(large)
    del large
    assert address(workspace.empty((100, 300), np.float64)) != at


def test_of_what_is_kept_there_is_a_limit(monkeypatch):
    monkeypatch.setattr(workspace, "LIMIT", 500_000)
    arrays = [workspace.empty((100, 300), np.float64) for _ in range(4)]
    arrays.clear()
    gc.collect()
    workspace.empty((1, 20_000), np.float64)
    assert sum(memory.size for memory in workspace._free) <= 500_000


def test_results_of_one_call_survive_the_next():
    rng = np.random.default_rng(0)
    params = lstm.init_params(8, 64, rng)
    x = rng.standard_normal((40, 16, 8))
    y, state, cache = compiled.forward(lstm.CELL, params, x)
    gradients = compiled.backward(lstm.CELL, params, cache, y)
    results = [y, *state, *gradients[0], gradients[1], *gradients[2]]
    copies = [array.copy() for array in results]
    for seed in range(3):
        other = np.random.default_rng(seed).standard_normal(x.shape)
        y2, _, cache2 = compiled.forward(lstm.CELL, params, other)
        compiled.backward(lstm.CELL, params, cache2, y2)
    assert all(map(np.array_equal, results, copies))
