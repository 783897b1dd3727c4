"""The four-way check passes for the library's cells and fails, by name, for a broken one."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lessons_lib import gru, lstm, lstm_peepholes, rnn
from lessons_lib.verify import references

CELLS = [rnn.CELL, rnn.CELL_RELU, lstm.CELL, gru.CELL]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_compare_prints_a_row_for_each_cell(cell, capsys):
    case = references.random_case(cell, T=4, N=2, D=3, H=5, seed=3)
    worst = references.compare(case)
    assert set(worst) == {cell.name}
    assert set(worst[cell.name]) == set(references.REFERENCES)
    assert all(0 < difference < 1e-6 for difference in worst[cell.name].values())
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["finite_differences", "autograd", "torch.nn"]
    assert row.startswith(cell.name)
    assert row.count("✓") == 3


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
@pytest.mark.parametrize("reference", references.REFERENCES)
def test_a_wrong_gradient_is_named(cell, reference, monkeypatch):
    def forgets_the_bias(params, x, caches, da, masks):
        grads = cell.weight_gradients(params, x, caches, da, masks)
        return grads._replace(b=0.5 * grads.b)

    broken = replace(cell, weight_gradients=forgets_the_bias)
    case = references.random_case(broken, T=4, N=2, D=3, H=5)
    monkeypatch.setattr(references, "REFERENCES", {reference: references.REFERENCES[reference]})
    with pytest.raises(AssertionError, match=f"{cell.name}, db: by hand and {reference} on cpu"):
        references.compare(case)


def test_the_references_are_independent_of_the_backward_pass():
    """Each must find the same gradients without the hand-written backward pass."""
    case = references.random_case(lstm.CELL, T=4, N=2, D=3, H=5)
    hand = references.by_hand(case)

    def refuse(*_):
        raise RuntimeError("a reference called the hand-written backward pass")

    blind = replace(case, cell=replace(lstm.CELL, step_backward=refuse, weight_gradients=refuse))
    for gradients, bound in references.REFERENCES.values():
        found = gradients(blind, "cpu")
        for name, array in hand.items():
            np.testing.assert_allclose(found[name], array, atol=bound * np.abs(array).max())


def test_a_case_names_what_its_loss_depends_on():
    case = references.random_case(lstm.CELL, T=4, N=2, D=3, H=5)
    shapes = {name: array.shape for name, array in case.arrays().items()}
    expected = {"W_ih": (20, 3), "W_hh": (20, 5), "b": (20,)}
    assert shapes == {**expected, "x": (4, 2, 3), "h0": (2, 5), "c0": (2, 5)}


def test_layers_and_directions_are_named_and_compared():
    sizes: dict[str, Any] = {"T": 4, "N": 2, "D": 3, "H": 5}
    case = references.random_stack_case(
        "pair", lstm.CELL, **sizes, num_layers=2, bidirectional=True
    )
    names = set(case.arrays())
    assert {"W_ih_l0", "W_hh_l1_reverse", "b_l0_reverse", "x", "h0", "c0"} <= names
    assert set(references.compare(case)["pair"]) == set(references.REFERENCES)


def test_a_cell_that_torch_lacks_has_two_references(capsys):
    case = references.random_case(lstm_peepholes.CELL, T=4, N=2, D=3, H=5)
    assert set(references.compare(case)[case.name]) == {"finite_differences", "autograd"}
    assert capsys.readouterr().out.rstrip().endswith("—")
