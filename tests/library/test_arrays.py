"""The few array functions that the equations need, and the imports of the package."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from lessons_lib import arrays

libraries = pytest.mark.parametrize("library", [np.asarray, torch.tensor])


@libraries
def test_sigmoid_is_the_logistic_function_without_overflow(library):
    x = np.linspace(-30, 30, 61)
    with np.errstate(all="raise"):
        assert np.abs(np.asarray(arrays.sigmoid(library(x))) - 1 / (1 + np.exp(-x))).max() < 1e-15
        extreme = arrays.sigmoid(library(np.array([-1e308, -1e4, 0.0, 1e4, 1e308])))
    assert np.asarray(extreme).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


@libraries
def test_join_undoes_split(library):
    x = library(np.arange(24.0).reshape(2, 12))
    parts = arrays.split(x, 3)
    assert [p.shape for p in parts] == [(2, 4)] * 3
    assert np.array_equal(parts[1], np.arange(24.0).reshape(2, 12)[:, 4:8])
    assert np.array_equal(arrays.join(parts), x)
    assert np.array_equal(arrays.join(parts, axis=0)[2:4], parts[1])


@libraries
def test_columns_first_changes_the_order_in_memory_alone(library):
    matrix = library(np.arange(6.0).reshape(2, 3))
    columns = arrays.columns_first(matrix)
    assert np.array_equal(columns, matrix)
    assert np.asarray(columns).flags.f_contiguous
    assert not np.shares_memory(np.asarray(columns), np.asarray(matrix))


@libraries
def test_sums_over_steps_and_sequences(library):
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((4, 3, 2)), rng.standard_normal((4, 3, 5))
    products = arrays.sum_of_outer_products(library(left), library(right))
    assert np.abs(np.asarray(products) - np.einsum("tnk,tnm->km", left, right)).max() < 1e-14
    assert np.abs(np.asarray(arrays.sum_over_rows(library(left))) - left.sum((0, 1))).max() < 1e-14


@libraries
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zeros_take_dtype_and_shape(library, dtype):
    x = library(np.ones((2, 3), dtype=dtype))
    assert arrays.zeros_like(x).shape == (2, 3)
    zeros = arrays.zeros_like(x, (4,))
    assert zeros.shape == (4,)
    assert zeros.dtype == x.dtype
    assert type(zeros) is type(x)
    assert not np.asarray(zeros).any()


def test_zeros_are_made_on_the_device():
    assert arrays.zeros_like(torch.ones(2, device="meta")).device.type == "meta"


def test_importing_the_package_imports_neither_torch_nor_matplotlib():
    code = (
        "import sys, numpy, lessons_lib\n"
        "params = lessons_lib.lstm.init_params(2, 3, numpy.random.default_rng(0))\n"
        "lessons_lib.lstm.forward(params, numpy.zeros((4, 1, 2)))\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'torch', 'matplotlib', 'scipy', 'jax'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_every_public_name_exists():
    import lessons_lib

    assert sorted(lessons_lib.__all__) == lessons_lib.__all__
    for name in lessons_lib.__all__:
        assert name in (lessons_lib.__doc__ or ""), name
        assert getattr(lessons_lib, name).__doc__, name
