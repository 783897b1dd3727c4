"""Each known mistake is recognised in independently written code, alone and beside a second one."""

from __future__ import annotations

import numpy as np
import pytest
from learners import right, slips_of, wrong
from measure_checks import FILES as HANDED_IN_FILES
from measure_checks import wrong as handed_in

from lessons_lib.checks import CHECKS
from lessons_lib.checks.mistakes.sequence import ANY_CELL, SEQUENCE, TRUNCATED

#: Files of tools, in which no function has a second mistake that another shares.
TOOLS = ("around", "stacking")
FILES = ("rnn_by_sequence", "lstm_by_gate", "gru_with_vectors", "dropouts", *TOOLS)
SLIPS = {(file, name): slip for file in FILES for name, slip in slips_of(file).items()}
#: Candidates for the second mistake: the first that can be made in the same function is used.
PARTNERS = ("no-bias", "any/no-bias", "mean-over-batch", "candidate-sigmoid", "first-h-ignored")
#: Mistakes that show only through the slope of tanh, which the first mistake leaves out.
OWN_PARTNER = {"tanh-slope-missing": "mean-over-batch"}
#: Mistakes outside the cells are tried in pairs on one cell.
SHARED = {mistake.name for mistake in (*ANY_CELL, *SEQUENCE, *TRUNCATED)}
#: Orders of the gates are one mistake; if dropout is off, no other mistake in it shows.
BESIDE = [
    (file, name)
    for file, name in SLIPS
    if file not in TOOLS
    and name != "any/no-bias"
    and "off-in-training" not in name
    and (file == "rnn_by_sequence" or name not in SHARED)
    and ("order-" not in name or name in ("order-ifog", "order-fiog", "order-zrn"))
]


_SUBMISSIONS = [one for file in HANDED_IN_FILES for one in handed_in(file)]
#: Mistakes made for each gate or site, of which one is tried.
_GENERATED = (
    *("any.bias-of-another-gate", "dropout.scaling-missing-at", "dropout.scaling-doubled-at"),
    *("dropout.scaling-inverted-at", "dropout.scaled-by-rate-at"),
)
#: The mistakes that are named in code handed in.
HANDED_IN = {name for one in _SUBMISSIONS for name in one.says}
_SLIP_NAMES = {name.partition("/")[2] or name for _, name in SLIPS}
#: Of each set of mistakes that no slip makes, the first submission.
SAMPLE = list({one.says: one for one in _SUBMISSIONS[::-1] if one.says - _SLIP_NAMES}.values())


def explanations(report):
    """Return the named mistakes, one set for each explanation."""
    found = [f for f in report.findings if f.kind in ("mistake", "convention", "or_else")]
    return [{mistake.name for mistake in f.values["text"].parts} for f in found]


def bare(name: str) -> str:
    return name.partition("/")[2] or name


@pytest.mark.parametrize(("file", "name"), SLIPS)
def test_a_mistake_is_named(file, name):
    slip = SLIPS[file, name]
    learner = wrong(file, [slip])
    for check in {slip.checks[0], slip.checks[-1]}:
        report = CHECKS[check](getattr(learner, check), "en")
        assert not report
        assert explanations(report) == [{bare(name)}], report


@pytest.mark.parametrize(("file", "name"), BESIDE)
def test_a_mistake_is_named_beside_a_second_one(file, name):
    own = OWN_PARTNER.get(name)
    for partner in [own] if own else PARTNERS:
        if partner == name or (file, partner) not in SLIPS:
            continue
        slips = [SLIPS[file, name], SLIPS[file, partner]]
        common = [check for check in slips[0].checks if check in slips[1].checks]
        learner = wrong(file, slips)
        if learner is not None and common:
            report = CHECKS[common[0]](getattr(learner, common[0]), "en")
            assert explanations(report) == [{bare(name), bare(partner)}], report
            return
    pytest.fail(f"{name}: no second mistake can be made beside it")


@pytest.mark.parametrize("name", [name for file, name in SLIPS if file == "around"])
def test_a_mistake_is_named_beside_a_changed_argument(name):
    slip = SLIPS["around", name]
    function = getattr(wrong("around", [slip]), slip.checks[0])

    def careless(*arguments):
        results = function(*arguments)
        many = isinstance(results, list | tuple)
        results = [r.copy() for r in results] if many else results.copy()
        array = next(a for a in arguments if isinstance(a, np.ndarray | list))
        array[0] *= 2
        return results

    report = CHECKS[slip.checks[0]](careless, "en")
    assert explanations(report) == [{bare(name)}]
    assert "changed" in {finding.kind for finding in report.findings}


def test_every_known_mistake_is_tried():
    """In code of its own network or tool; the exchange of two biases once for all gates."""
    family = {"rnn": "rnn_by_sequence", "lstm": "lstm_by_gate", "gru": "gru_with_vectors"}
    for check in CHECKS.values():
        file = family.get(check.name.partition("_")[0])
        there = {bare(n) for f, n in SLIPS if file in (f, None)} | HANDED_IN
        untried = {m.name for m in check.mistakes if m.key not in _GENERATED} - there
        assert not untried, check.name


@pytest.mark.parametrize("one", SAMPLE, ids=lambda one: f"{one.check}: {one.why}")
def test_what_was_handed_in_is_named(one):
    """One submission for each mistake that no slip is made for; `measure_checks` counts all."""
    report = CHECKS[one.check](one.function, "en")
    assert set(report.mistakes) == one.says, report


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_every_check_knows_mistakes_and_tells_each_from_the_others(check):
    assert check.mistakes
    for said in ([m.name for m in check.mistakes], [m.text("en") for m in check.mistakes]):
        assert len(set(said)) == len(said)


@pytest.mark.parametrize("check", ["rnn_step", "lstm_backward", "gru_step", "clip_by_norm"])
def test_what_is_not_known_is_not_guessed(check):
    file = {"rnn": FILES[0], "lstm": FILES[1], "gru": FILES[2]}.get(
        check.partition("_")[0], "around"
    )
    function = getattr(right(file), check)
    rng = np.random.default_rng(0)

    def noisy(*arguments):
        results = function(*arguments)
        parts = results if isinstance(results, tuple | list) else [results]
        return [p * (1 + 0.1 * rng.standard_normal(p.shape)) for p in parts]

    report = CHECKS[check](noisy, "en")
    assert not report
    assert not explanations(report)
    assert "cause not recognised: " in str(report)
    assert "원인을 알아내지 못한 결과: " in str(CHECKS[check](noisy, "ko"))


def test_zeros_are_explained_by_no_mistake():
    def stub(dh, x, h_prev, W_ih, W_hh, b):
        return [np.zeros_like(a) for a in (x, h_prev, W_ih, W_hh, b)]

    report = CHECKS["rnn_step_backward"](stub, "en")
    assert not explanations(report)
    assert "it is zero everywhere" in str(report)


def test_a_part_is_explained_where_the_rest_is_not():
    """dW_hh uses the state after the step; db is wrong for an unrelated reason."""
    slip = SLIPS["lstm_by_gate", "state-after-in-dW"]
    learner = wrong("lstm_by_gate", [slip])

    def step_backward(*arguments):
        *others, db = learner.lstm_step_backward(*arguments)
        return *others, db + np.arange(len(db))

    report = CHECKS["lstm_step_backward"](step_backward, "en")
    assert explanations(report) == [{"state-after-in-dW"}]
    assert "correct: dx, dh_prev, dc_prev, dW_ih." in str(report)
    assert "cause not recognised: db." in str(report)
