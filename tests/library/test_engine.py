"""The compiled loop equals the equations, whatever the sizes, strides, values and vectors."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from registry import CELLS
from trace_cases import cases, masked_problem

from lessons_lib import lstm, rnn, scan, trace
from lessons_lib.arrays import array_namespace
from lessons_lib.cell import Cell
from lessons_lib.masks import Masks
from lessons_lib.trace import compiled, llvm_module, processor
from lessons_lib.trace.threads import thread_count
from lessons_lib.verify.gradients import relative_difference
from lessons_lib.weights import draw_params, project, weight_gradients

EACH = pytest.mark.parametrize(("cell", "masks"), cases())
TOLERANCE = {"float64": 1e-10, "float32": 1e-5}


def outcome(p, loop):
    """Return a loop's results by name: outputs, last state, all gradients."""
    y, state, cache = loop.forward(p.cell, p.params, p.x, p.state, p.masks)
    gradients = p.named(loop.backward(p.cell, p.params, cache, p.dy, p.dstate))
    last = {f"last {k}": part for k, part in zip(p.cell.state_names, state, strict=True)}
    return {"y": y, **last, **{f"d{name}": array for name, array in gradients.items()}}


def assert_equal_by_hand(p):
    actual, expected = outcome(p, compiled), outcome(p, scan)
    for name, array in expected.items():
        assert actual[name].shape == array.shape, name
        assert actual[name].dtype == array.dtype, name
        scale = max(np.abs(array).max(), 0.1)  # terms near 1 may cancel, their rounding does not
        difference = np.abs(actual[name] - array).max() / scale
        assert difference < TOLERANCE[str(array.dtype)], name


@EACH
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_each_cell_with_each_mask(cell, masks, dtype):
    assert_equal_by_hand(masked_problem(cell, masks, dtype))


@EACH
def test_without_a_backward_pass_outputs_are_the_same(cell, masks):
    for T in (1, 2, 5):  # the state has two buffers, used by turns
        p = masked_problem(cell, masks, T=T)
        y, state, cache = compiled.forward(p.cell, p.params, p.x, p.state, p.masks, keep=False)
        y2, state2, _ = compiled.forward(p.cell, p.params, p.x, p.state, p.masks)
        assert cache is None
        assert np.array_equal(y, y2)
        assert all(map(np.array_equal, state, state2))


def sized_problem(name, sizes, dtype, seed=0):
    """Draw a problem with sizes given by letter."""
    cell, rng = CELLS[name], np.random.default_rng(seed)

    def normal(*shape):
        return rng.standard_normal(shape).astype(dtype)

    letters = {"P": 1, **sizes}
    own = {k: letters[k] for k in cell.sizes(masked_problem(name, "no masks").params)}
    shapes = cell.param_shapes(**own)
    params = cell.params_type(*(normal(*shape) * dtype(0.6) for shape in shapes.values()))
    T, N, D = (sizes[k] for k in "TND")
    widths = cell.state_widths(params)
    state, dstate = (tuple(normal(N, w) for w in widths) for _ in "01")
    p = masked_problem(name, "no masks")
    return p._replace(
        params=params, x=normal(T, N, D), state=state, dy=normal(T, N, widths[0]), dstate=dstate
    )


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(sorted(CELLS)),
    st.fixed_dictionaries(
        {
            "T": st.integers(1, 6),
            "N": st.integers(1, 27),
            "D": st.integers(1, 40),
            "H": st.integers(1, 40),
            "P": st.integers(1, 9),
        }
    ),
    st.sampled_from([np.float32, np.float64]),
)
def test_sizes_of_any_kind(name, sizes, dtype):
    assert_equal_by_hand(sized_problem(name, sizes, dtype))


def test_long_sequences_and_many_rows_go_through_several_blocks():
    for sizes in (
        {"T": 131, "N": 3, "D": 33, "H": 37},  # several blocks of steps in the weights' gradients
        {"T": 3, "N": 301, "D": 5, "H": 34},  # a block is one step; a chunk is less than one
    ):
        assert_equal_by_hand(sized_problem("lstm.CELL", sizes, np.float64))


@settings(max_examples=12, deadline=None)
@given(st.permutations([0, 1, 2]), st.sampled_from([1, 2, -1]), st.sampled_from([1, 3, -2]))
def test_strides_of_any_kind(order, step, last_step):
    """Every array is a view with other strides than its copy."""
    p = masked_problem("lstm.CELL", "zoneout")

    def strided(array):
        if array.ndim < 3:
            wide = np.zeros((*array.shape[:-1], array.shape[-1] * abs(last_step)), array.dtype)
            wide[..., ::last_step] = array
            return wide[..., ::last_step]
        moved = np.ascontiguousarray(array.transpose(order)).transpose(np.argsort(order))
        doubled = np.repeat(moved, abs(step), axis=1)
        return doubled[:, :: abs(step)] if step > 0 else np.flip(np.flip(moved, 1).copy(), 1)

    q = p.with_arrays(strided)._replace(masks=p.masks.map(strided))
    assert any(not a.flags.c_contiguous for a in (q.x, q.dy, *q.params)) or (step, last_step) == (
        1,
        1,
    )
    actual, expected = outcome(q, compiled), outcome(p, compiled)
    for name, array in expected.items():
        assert relative_difference(actual[name], array) < 1e-12, name


@pytest.mark.parametrize("cell", CELLS)
def test_a_batch_of_no_sequences(cell):
    p = masked_problem(cell, "zoneout", N=0)
    actual = outcome(p, compiled)
    for name, array in outcome(p, scan).items():
        assert np.array_equal(actual[name], array), name


def test_masks_that_time_and_batch_share():
    p = masked_problem("lstm.CELL", "all")
    whole = p.masks
    for T, N in ((slice(1), slice(None)), (slice(None), slice(1)), (slice(1), slice(1))):
        shared = Masks(
            *(m[T, N] if getattr(m, "ndim", 0) == 3 else m for m in whole[:-3]), *whole[-3:]
        )
        assert_equal_by_hand(p._replace(masks=shared))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
def test_nan_and_infinities_reach_what_they_reach_by_hand(cell, dtype, seed):
    p = masked_problem(cell, "zoneout", dtype, seed=seed)
    rng = np.random.default_rng(seed)
    for value in (np.nan, np.inf, -np.inf, 1e30, 1e-40):
        p.x[tuple(rng.integers(p.x.shape))] = value
    actual, expected = outcome(p, compiled), outcome(p, scan)
    for name, array in expected.items():
        assert np.array_equal(np.isnan(actual[name]), np.isnan(array)), name
        assert np.allclose(actual[name], array, rtol=1e-4, atol=1e-5, equal_nan=True), name


class TestThreads:
    def outcomes(self, p):
        before = torch.get_num_threads()
        try:
            for threads in (1, 2, 3):
                torch.set_num_threads(threads)
                assert thread_count() == threads
                yield outcome(p, compiled)
        finally:
            torch.set_num_threads(before)

    @pytest.mark.parametrize("masks", ["no masks", "untied", "all"])
    @pytest.mark.parametrize("cell", ["lstm.CELL", "gru.CELL_BEFORE"])
    def test_any_number_gives_the_same_bits(self, cell, masks):
        p = masked_problem(cell, masks, np.float32, N=7)
        first, *others = self.outcomes(p)
        for other in others:
            assert all(np.array_equal(first[name], other[name]) for name in first)

    def test_more_threads_than_sequences(self):
        p = masked_problem("lstm.CELL", "no masks", N=2)
        first, *others = self.outcomes(p)
        for other in others:
            assert all(np.array_equal(first[name], other[name]) for name in first)

    def test_after_fork_there_is_one(self):
        p = masked_problem("lstm.CELL", "no masks", N=4)
        expected = outcome(p, compiled)
        child = os.fork()
        if child == 0:
            actual = outcome(p, compiled)
            same = thread_count() == 1 and all(
                np.array_equal(actual[k], expected[k]) for k in actual
            )
            os._exit(0 if same else 1)
        assert os.waitpid(child, 0)[1] == 0

    def test_without_torch_pythons_threads_give_the_same(self):
        code = """
import sys, numpy as np
from lessons_lib import lstm
from lessons_lib.trace import compiled
from lessons_lib.trace.threads import thread_count
rng = np.random.default_rng(0)
params = lstm.init_params(3, 5, rng)
x = rng.standard_normal((4, 6, 3))
y, state, cache = compiled.forward(lstm.CELL, params, x)
y2, *_ = lstm.forward(params, x)
assert "torch" not in sys.modules and thread_count() == 2
assert abs(y - y2).max() < 1e-12
"""
        env = {**os.environ, "OMP_NUM_THREADS": "2", "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", code], check=True, env=env)


def processors():
    """Return this processor, and the same one without its widest vectors."""
    own = processor.this_processor()
    features = {f[1:]: f[0] == "+" for f in own.features.split(",") if f}
    narrow = {k: v and "avx512" not in k and "evex" not in k for k, v in features.items()}
    oldest = {
        k: v and not k.startswith(("avx", "fma", "f16c", "xop", "vaes", "vpcl", "gfni"))
        for k, v in narrow.items()
    }
    kinds = {"own": own}
    if own.vector_bytes == 64:
        kinds["AVX2"] = processor.make_processor("x86-64-v3", narrow)
    if own.vector_bytes >= 32:
        kinds["SSE"] = processor.make_processor("x86-64", oldest)
    return kinds


@pytest.mark.parametrize("name", ["lstm.CELL", "gru.CELL", "lstm_projected.CELL"])
@pytest.mark.parametrize("kind", processors())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_older_vectors_give_the_same(name, kind, dtype, monkeypatch):
    monkeypatch.setattr(compiled, "this_processor", lambda: processors()[kind])
    sizes = {"T": 3, "N": 11, "D": 19, "H": 21, "P": 7}
    assert_equal_by_hand(sized_problem(name, sizes, dtype))
    p = masked_problem(name, "all", dtype)
    assert_equal_by_hand(p)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", processors())
def test_tanh_is_within_three_units_in_the_last_place(dtype, kind, monkeypatch):
    monkeypatch.setattr(compiled, "this_processor", lambda: processors()[kind])
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [rng.uniform(-20, 20, 4000), rng.normal(size=4000), 10 ** rng.uniform(-40, 2, 2000), [0.0]]
    ).astype(dtype)[:, None, None]
    params = rnn.Params(*(np.full(s, v, dtype) for s, v in (((1, 1), 1), ((1, 1), 0), ((1,), 0))))
    y, *_ = compiled.forward(rnn.CELL, params, x)
    expected = np.tanh(x.astype(np.longdouble))
    assert (np.abs(y - expected) <= 3 * np.spacing(np.abs(expected).astype(dtype))).all()
    special = np.array([np.inf, -np.inf, np.nan, 0.0], dtype)[:, None, None]
    saturated = compiled.forward(rnn.CELL, params, special[:1])[0]
    assert saturated == 1


class OwnParams(NamedTuple):
    W_ih: Any
    b: Any
    scale: Any


class OwnCache(NamedTuple):
    m_prev: Any
    gate: Any
    candidate: Any


def own_step(params, projected, state, masks):
    """A cell without a recurrent matrix, with a state of another name and functions of its own."""
    (m,) = state
    H = m.shape[-1]
    a, candidate = projected[..., :H], projected[..., H:]
    xp = array_namespace(m)
    gate = 1 / (1 + xp.exp(-a))
    return (gate * m + (1 - gate) * params.scale * candidate,), OwnCache(m, gate, candidate)


def own_step_backward(params, cache, dstate, masks):
    (dm,) = dstate
    m, gate, candidate = cache
    xp = array_namespace(m)
    dgate = dm * (m - params.scale * candidate)
    dcandidate = dm * (1 - gate) * params.scale
    dscale = dm * (1 - gate) * candidate
    return xp.concat([dgate * gate * (1 - gate), dcandidate, dscale], axis=-1), (dm * gate,)


def own_weight_gradients(params, x, caches, da, masks):
    H = params.scale.shape[0]
    grads = weight_gradients(
        lstm.Params(params.W_ih, params.W_ih, params.b),
        x,
        _Fields(h_prev=caches.m_prev),
        da[..., : 2 * H],
        masks,
    )
    xp = array_namespace(x)
    dscale = xp.sum(xp.reshape(da[..., 2 * H :], (-1, H)), axis=0)
    return OwnParams(grads.W_ih, grads.b, dscale)


class _Fields:
    def __init__(self, **fields):
        self.__dict__.update(fields)


OWN: Cell = Cell(
    name="a cell of one's own",
    params_type=OwnParams,
    shapes={"W_ih": "2H D", "b": "2H", "scale": "H"},
    state={"m": "H"},
    init_params=lambda D, H, rng: draw_params(OWN, rng, np.float64, D=D, H=H),
    project=project,
    step=own_step,
    step_backward=own_step_backward,
    weight_gradients=own_weight_gradients,
    sites=("x",),
)


def test_a_cell_of_ones_own_is_compiled():
    rng = np.random.default_rng(0)
    params = OWN.init_params(3, 19, rng)
    x, dy = rng.standard_normal((6, 4, 3)), rng.standard_normal((6, 4, 19))
    y, (m,), cache = scan.forward(OWN, params, x)
    y2, (m2,), cache2 = compiled.forward(OWN, params, x)
    assert relative_difference(y2, y) < 1e-12
    assert relative_difference(m2, m) < 1e-12
    grads, dx, (first,) = scan.backward(OWN, params, cache, dy)
    grads2, dx2, (first2,) = compiled.backward(OWN, params, cache2, dy)
    for a, b in zip((*grads2, dx2, first2), (*grads, dx, first), strict=True):
        assert relative_difference(a, b) < 1e-12
    assert "weights" in cache2.program.passes


def test_weight_gradients_that_cannot_be_recorded_run_by_the_cells_own_function():
    def unusual(params, x, caches, da, masks):
        return lstm.weight_gradients(params, x, caches, np.asarray(da), masks)

    cell = replace(lstm.CELL, weight_gradients=unusual)
    p = masked_problem("lstm.CELL", "variational")._replace(cell=cell)
    _, _, cache = compiled.forward(p.cell, p.params, p.x, p.state, p.masks)
    assert "weights" not in cache.program.passes
    assert_equal_by_hand(p)


def test_what_cannot_be_compiled_says_so():
    def step(params, projected, state, masks):
        new, cache = rnn.step(params, projected, state, masks)
        return (new[0] / array_namespace(new[0]).sum(new[0], axis=-1, keepdims=True),), cache

    cell = replace(rnn.CELL, step=step)
    p = masked_problem("rnn.CELL", "no masks")
    with pytest.raises(trace.RecordingError, match=r"sum cannot be compiled \(test_engine.py:"):
        compiled.forward(cell, p.params, p.x)


def test_arguments_are_checked_as_by_hand():
    p = masked_problem("lstm.CELL", "no masks")
    with pytest.raises(ValueError, match=r"x: got shape \(7, 3\), expected \(T, N, D\)"):
        compiled.forward(p.cell, p.params, p.x[..., 0])


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble])
def test_other_dtypes_are_refused(dtype):
    p = masked_problem("lstm.CELL", "no masks").with_arrays(lambda a: a.astype(dtype))
    with pytest.raises(TypeError, match=r"x: got dtype float.*, expected float32 or float64"):
        compiled.forward(p.cell, p.params, p.x, p.state)


def test_tensors_that_autograd_follows_are_refused():
    p = masked_problem("lstm.CELL", "no masks").to_torch(requires_grad=True)
    with pytest.raises(TypeError, match=r"requires its gradient.*torch_modules.Layer"):
        compiled.forward(p.cell, p.params, p.x, p.state)
    with torch.no_grad():
        y, *_ = compiled.forward(p.cell, p.params, p.x, p.state)
        expected, *_ = p.forward()
    assert relative_difference(y.numpy(), expected.numpy()) < 1e-12


def test_the_code_names_its_source():
    program = compiled.program_of(lstm.CELL, *masked_problem("lstm.CELL", "no masks")[1:3], Masks())
    text = program.passes["forward"].text
    assert "call <8 x double> @tanh" in text or "x double> @tanh" in text
    assert "; lstm.py:" in text
    vectors = llvm_module.vectors_of(processor.this_processor(), "double")
    assert program.panel == vectors.panel
