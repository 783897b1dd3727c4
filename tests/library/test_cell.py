"""A cell's declarations and their consequences; the contract of every cell."""

from __future__ import annotations

import inspect
import pickle
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from registry import CELLS, D, H, N, T, problem

from lessons_lib import gru, lstm, lstm_peepholes, lstm_projected, rnn, scan
from lessons_lib.cell import Stacked, Trace, axes, letters, shape
from lessons_lib.masks import NO_MASKS

every_cell = pytest.mark.parametrize("name", CELLS)


def test_shapes_are_read_from_text():
    assert axes("4H D") == ((4, "H"), (1, "D"))
    assert axes("12H") == ((12, "H"),)
    assert shape("4H D", {"H": 5, "D": 3, "P": 2}) == (20, 3)
    assert (letters("4H D"), letters("H")) == ("(4H, D)", "(H,)")


@pytest.mark.parametrize("text", ["", "4", "h", "4H*D", "H2", "HD"])
def test_a_text_that_is_not_a_shape_is_refused(text):
    with pytest.raises(
        ValueError, match=f"^shape: got '{text}', expected letters".replace("*", ".")
    ):
        axes(text)


def test_the_sizes_of_parameters_by_letter():
    rng = np.random.default_rng(0)
    assert rnn.CELL.sizes(rnn.init_params(3, 5, rng)) == {"D": 3, "H": 5}
    projected = lstm_projected.init_params(3, 5, rng, proj_size=4)
    assert lstm_projected.CELL.sizes(projected) == {"D": 3, "H": 5, "P": 4}
    assert lstm_projected.CELL.state_widths(projected) == (4, 5)
    assert lstm_projected.CELL.output_width(projected) == 4
    assert lstm_projected.CELL.param_shapes(D=3, H=5, P=4) == {
        key: array.shape for key, array in projected._asdict().items()
    }


def test_what_follows_from_the_shapes():
    cells = (rnn.CELL, lstm.CELL, gru.CELL, gru.CELL_BEFORE, lstm_peepholes.CELL)
    assert [cell.gates for cell in cells] == [1, 4, 3, 3, 4]
    assert lstm_peepholes.CELL.matrices == ("W_ih", "W_hh")
    assert lstm_projected.CELL.matrices == ("W_ih", "W_hh", "W_hr")
    assert lstm_projected.CELL.recurrent == ("W_hh", "W_hr")
    assert lstm_projected.CELL.letters == ("D", "H", "P")
    assert rnn.CELL.all_sites == ("x", "h", "y", "keep_h", "W_ih", "W_hh")
    assert lstm_projected.CELL.all_sites == (
        *("x", "h", "g", "c", "y", "keep_h", "keep_c", "W_ih", "W_hh", "W_hr"),
    )


def test_sizes_are_read_where_a_letter_has_no_factor():
    """Thus the message names the matrix with a wrong number of rows."""
    params = lstm.init_params(3, 5, np.random.default_rng(0))
    cut = params._replace(W_ih=params.W_ih[:-4], b=params.b[:-4])
    assert lstm.CELL.sizes(cut) == {"D": 3, "H": 5}
    message = r"^params.W_ih: got shape \(16, 3\), expected \(4H, D\) = \(20, 3\) for D = 3, H = 5"
    with pytest.raises(ValueError, match=message):
        lstm.forward(cut, np.zeros((T, N, 3)))


def test_shapes_have_to_be_those_of_the_parameters():
    with pytest.raises(
        ValueError, match=r"^lstm: shapes: got W_ih, b, expected W_ih, W_hh, b, the"
    ):
        replace(lstm.CELL, shapes={"W_ih": "4H D", "b": "4H"})


@every_cell
def test_every_cell_keeps_the_contract(name):
    cell, p = CELLS[name], problem(name)
    for seed in (0, 1):
        params = cell.init_params(D, H, np.random.default_rng(seed))
        assert cell.sizes(params).items() >= {"D": D, "H": H}.items()
    for function in (cell.project, cell.step, cell.step_backward, cell.weight_gradients):
        assert inspect.isfunction(function)
        *_, masks = inspect.signature(function).parameters.values()
        assert (masks.name, masks.default) == ("masks", NO_MASKS)
    projected = cell.project(p.params, p.x)
    assert projected.shape[:2] == (T, N)
    state, cache = cell.step(p.params, projected[0], p.state)
    da, dstate = cell.step_backward(p.params, cache, state)
    assert da[:, : projected.shape[2]].shape == projected[0].shape
    assert [a.shape for a in dstate] == [a.shape for a in state]


@pytest.mark.parametrize("module", [rnn, lstm, gru, lstm_peepholes, lstm_projected])
def test_every_module_of_a_cell_has_the_names_that_are_documented(module):
    cell = module.CELL
    for name in ("init_params", "project", "step", "step_backward", "weight_gradients"):
        assert getattr(module, name) is getattr(cell, name)
    assert module.Params is cell.params_type
    assert module.Cache.__name__ == "Cache"


@every_cell
def test_a_cell_can_be_pickled_and_be_a_key(name):
    cell = CELLS[name]
    assert pickle.loads(pickle.dumps(cell)) == cell
    assert {cell: 1}[cell] == 1


@pytest.mark.parametrize("module", [rnn, lstm, gru, lstm_peepholes, lstm_projected])
@pytest.mark.parametrize("name", ["forward", "backward", "truncated_backward"])
def test_a_bound_function_can_be_pickled(module, name):
    function = getattr(module, name)
    assert inspect.isfunction(function)
    assert pickle.loads(pickle.dumps(function)) is function
    assert sys.modules[function.__module__] is module


def test_stacked_caches_are_stacked_field_by_field():
    p = problem("lstm.CELL")
    *_, trace = p.forward()
    assert isinstance(trace, Trace)
    assert isinstance(trace.stacked, Stacked)
    for field in lstm.Cache._fields:
        expected = np.stack([getattr(step, field) for step in trace.steps])
        assert np.array_equal(getattr(trace.stacked, field), expected)
    with pytest.raises(AttributeError, match="'Cache' object has no attribute 'u'"):
        _ = trace.stacked.u


def test_the_lstms_cache_holds_the_new_cell_state():
    p = problem("lstm.CELL")
    _, (_, c), trace = p.forward()
    assert np.array_equal(trace.steps[-1].c, c)


@pytest.mark.parametrize("masks", [None, ()])
def test_no_masks_have_one_encoding(masks: Any):
    p = problem("lstm.CELL")
    with pytest.raises(TypeError, match=r"^masks: got (NoneType|tuple), expected dropout.Masks"):
        scan.forward(p.cell, p.params, p.x, masks=masks)
