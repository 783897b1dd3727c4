"""The effect of each variant: at rates 0 and 1, in evaluation, and compared with the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from dropout_examples import EXAMPLES, PAIRS, RATE, VARIANTS, masked_problem
from dropout_oracle import TABLE
from registry import CELLS, D, H, N, Problem, T, problem
from torch_oracle import TORCH_LAYERS

from lessons_lib import dropout, lstm, scan
from lessons_lib.dropout import Dropout, Masks, RNNDrop, Sizes, Zoneout
from lessons_lib.verify.gradients import relative_difference

every_pair = pytest.mark.parametrize(("name", "cell"), PAIRS)


def everything(p: Problem) -> list[Any]:
    """Return all results of a network, forward and backward."""
    y, state, _ = p.forward()
    return [y, *state, *p.backward().values()]


@every_pair
def test_rate_0_is_the_plain_network_to_the_bit(name: str, cell: str) -> None:
    plain = problem(cell)
    for training in (True, False):
        p = masked_problem(name, cell, 0, training)
        assert all(map(np.array_equal, everything(p), everything(plain)))
    p, plain = p.to_torch(), plain.to_torch()
    assert all(map(np.array_equal, everything(p), everything(plain)))


@every_pair
def test_rate_1_gives_no_nan_and_float32_stays(name: str, cell: str) -> None:
    for training in (True, False):
        results = everything(masked_problem(name, cell, 1, training, dtype=np.float32))
        assert all(np.isfinite(a).all() for a in results)
        results += everything(masked_problem(name, cell, RATE, training, dtype=np.float32))
        assert {a.dtype for a in results} == {np.dtype("float32")}


#: The papers' masks in evaluation; all other variants have none.
IN_EVALUATION = {
    "RNNDrop in evaluation": Masks(y=1 - RATE),
    "RNNDrop scaled c in evaluation": Masks(c=1 - RATE),
    "RecurrentDropout in evaluation": Masks(g=1 - RATE),
    "Zoneout": Masks(keep_h=RATE, keep_c=RATE),
    "Zoneout h": Masks(keep_h=RATE),
    "Combined of Krueger": Masks(keep_h=RATE / 2, keep_c=RATE),
    "Combined of three": Masks(keep_h=RATE),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_evaluation_is_the_papers_rule(name: str) -> None:
    variant, expected = EXAMPLES[name](RATE), IN_EVALUATION.get(name, Masks())
    assert variant.evaluation_masks() == expected
    whole = variant.evaluation_stack(3, 2)
    later = Masks(keep_h=RATE) if name == "PerLayer of two" else expected
    of_layers = ((expected,) * 2, (later,) * 2, (later,) * 2)
    assert whole == dropout.StackMasks((None,) * 3, of_layers)
    assert variant.evaluation_stack() == dropout.StackMasks((None,), ((expected,),))


def test_a_number_is_an_array_that_holds_it() -> None:
    p = problem("lstm.CELL")
    for site, value in {"g": 0.7, "c": 0.6}.items():
        number: Any = {site: value}
        ours = everything(p._replace(masks=Masks(**number)))
        array: Any = {site: np.full((T, N, H), value)}
        expected = everything(p._replace(masks=Masks(**array)))
        assert all(map(np.array_equal, ours, expected))


def test_zoneouts_evaluation_is_the_expectation_of_its_training() -> None:
    """It is exact for one step: the state's mean over masks, whose frequency is the rate."""
    rng, n = np.random.default_rng(0), 40000
    params = lstm.init_params(D, H, rng)
    x, h, c = (rng.standard_normal((1, 1, w)) for w in (D, H, H))
    wide = [np.repeat(a, n, axis=1) for a in (x, h, c)]
    variant = Zoneout(h=0.3, c=0.6)
    masks = variant.sample(Sizes(1, n, D, H), rng)
    _, drawn, _ = lstm.forward(params, wide[0], (wide[1][0], wide[2][0]), masks)
    _, mean, _ = lstm.forward(params, x, (h[0], c[0]), variant.evaluation_masks())
    for of_masks, expected in zip(drawn, mean, strict=True):
        error = of_masks.std(axis=0) / np.sqrt(n)
        assert np.all(np.abs(of_masks.mean(axis=0) - expected[0]) <= 5 * error)


@pytest.mark.parametrize("cell", [name for name, cell in CELLS.items() if cell.sites])
@pytest.mark.parametrize("training", [True, False])
def test_zoneout_1_freezes_the_state(cell: str, training: bool) -> None:
    p = problem(cell)
    variant = Zoneout(h=1, c=1 if "c" in p.cell.state_names else 0)
    masks: Any = variant.evaluation_masks()
    if training:
        masks = variant.sample(Sizes.of(p.cell, p.params, p.x), np.random.default_rng(0))
    y, last, cache = scan.forward(p.cell, p.params, p.x, p.state, masks)
    assert all(map(np.array_equal, last, p.state))
    assert all(np.array_equal(y_t, p.state[0]) for y_t in y)
    grads, dx, dstate0 = scan.backward(p.cell, p.params, cache, p.dy, p.dstate)
    assert not any(gradient.any() for gradient in (*grads, dx))
    assert relative_difference(dstate0[0], p.dy.sum(0) + p.dstate[0]) <= 1e-12


def test_what_zoneout_does_not_choose_reaches_nothing() -> None:
    p = problem("lstm.CELL")
    p.x[2, 1] = np.nan
    keep: Any = np.zeros((T, N, H), dtype=bool)
    keep[2, 1] = True
    p = p._replace(masks=Masks(keep_h=keep, keep_c=keep))
    for q in (p, p.to_torch()):
        y, _, _ = q.forward()
        assert np.isfinite(np.asarray(y)).all()


def test_three_masks_are_one_subnetwork() -> None:
    """A binary m for each sequence on c, on g, or on every read of h, from c_0 = h_0 = 0."""
    p = problem("lstm.CELL")
    m = (np.random.default_rng(0).random((1, N, H)) > 0.4).astype(float)
    of_c, of_g, of_h = (
        lstm.forward(p.params, p.x, masks=masks)[0]
        for masks in (Masks(c=m), Masks(g=m), Masks(h=m))
    )
    assert np.array_equal(of_c, of_g)
    assert np.array_equal(of_c, m * of_h)
    assert not np.array_equal(of_c, of_h)


@pytest.mark.parametrize("options", [{}, {"scaled": "c"}, {"scaled_in": "evaluation"}])
def test_a_unit_that_rnndrop_drops_is_zero_for_the_whole_sequence(options: Any) -> None:
    p = problem("lstm.CELL")
    masks: Any = RNNDrop(0.5, **options).sample(
        Sizes.of(p.cell, p.params, p.x), np.random.default_rng(0)
    )
    y, (_, c), _ = lstm.forward(p.params, p.x, p.state, masks)
    gone = masks.c[0] == 0
    assert 0 < gone.mean() < 1
    assert not y[:, gone].any()
    assert not c[gone].any()
    assert np.all(y[:, ~gone] != 0)


#: The sites that a cell does not have, by the papers' equations: a GRU has no c, an RNN no g.
LACKS: dict[str, set[str]] = {"lstm": set(), "gru": {"c", "keep_c"}, "rnn": {"c", "keep_c", "g"}}


@pytest.mark.parametrize("cell", TORCH_LAYERS)
def test_a_cell_takes_the_variants_whose_sites_it_has(cell: str) -> None:
    taken = {name for name, of in PAIRS if of == cell and name in VARIANTS}
    lacks = LACKS[cell.partition(".")[0].partition("_")[0]]
    assert taken == {name for name in VARIANTS if name in TABLE and not lacks & set(TABLE[name])}
    assert ("Zoneout h", cell) in PAIRS
    assert issubclass(Zoneout, Dropout)
