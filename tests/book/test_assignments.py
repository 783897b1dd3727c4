"""The assignments: their form, their solutions, and that each test rejects what it should."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import code_rules
import numpy as np
import pytest
from _ext.one_language import LANGUAGES
from pair_rules import read_as_stored
from parity import RULES
from release import BEGIN, BEGIN_HIDDEN, END, END_HIDDEN, HERE, NAMES, STUB, for_otter, sources
from submissions import partial_solutions, points, secrets, solution, stub, submissions

from lessons_lib import checks
from lessons_lib.checks import grading
from lessons_lib.checks.report import Report

SOURCES = {language: sources(language) for language in LANGUAGES}
POINTS = 20
IN_HEADINGS = {"ko": r"^## .*\((\d+)점\)$", "en": r"^## .*\((\d+) points?\)$"}


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kind(cell):
    return cell.metadata.get("nbgrader", {})


def fast_grade(name, function, lang):
    """Grade as the hidden tests do, without the fresh process, which the real graders try."""
    seed = grading.seed_for(name)
    report = checks.CHECKS[name](function, lang, seed, carry=True)
    return grading.Grade(report.passed, report.wrong, str(report))


def run(notebook, change):
    """Run the code with each solution changed by `change`; return the errors of failed tests."""
    names: dict = {"fast_grade": fast_grade}
    failed = {}
    for cell in code_cells(notebook):
        source = change(cell.source) if kind(cell).get("solution") else cell.source
        source = source.replace('runpy.run_path(place)["grade"]', "fast_grade")
        try:
            exec(source, names)
        except Exception as error:
            if not kind(cell).get("grade"):
                raise
            failed[cell.id] = error
    return failed


def test_there_are_seven():
    topics = {"bptt", "gradients", "lstm", "gru_bidirectional", "stacked_truncated", "dropout"}
    assert set(NAMES) == topics | {"linear"}


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_say_the_same(name):
    """The rules of the book's notebooks apply, except that no outputs are stored."""
    notebook = read_as_stored(HERE / f"{name}.ipynb")
    rules = [rule for rule in RULES if rule is not code_rules.executed]
    faults = [f"cell {cell}: {fault}" for rule in rules for cell, fault in rule(notebook)]
    assert not faults, "\n".join(faults)
    assert not any(cell.outputs or cell.execution_count for cell in code_cells(notebook))


def tasks_of(notebook):
    """Return the cells of each task: the solution, the visible test, the hidden ones."""
    tasks: list = []
    for cell in code_cells(notebook):
        if kind(cell)["solution"]:
            tasks.append([cell])
        elif kind(cell)["grade"]:
            tasks[-1].append(cell)
    return tasks


@pytest.mark.parametrize("name", NAMES)
def test_each_task_is_a_solution_a_visible_test_and_hidden_ones(name):
    assert all(kind(cell).get("grade_id") == cell.id for cell in code_cells(SOURCES["en"][name]))
    for task, visible, *hidden in tasks_of(SOURCES["en"][name]):
        ids = [f"{task.id}-test", f"{task.id}-hidden", f"{task.id}-hidden-weights"]
        assert [cell.id for cell in (visible, *hidden)] == ids[: 1 + len(hidden)]
        assert (task.source.count(BEGIN), task.source.count(END)) == (1, 1)
        assert BEGIN_HIDDEN not in visible.source
        assert kind(visible)["points"] == 0  # the notebook may have changed what it asserts
        assert all(cell.source.endswith(END_HIDDEN) for cell in hidden)
        assert all(kind(cell)["locked"] for cell in (visible, *hidden))


def test_every_check_is_asked_for():
    asked = {
        name
        for notebook in SOURCES["en"].values()
        for cell in code_cells(notebook)
        for name in re.findall(r"report = checks\.(\w+)\(", cell.source)
    }
    assert asked == set(checks.CHECKS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_points_are_those_in_the_headings(name, language):
    notebook = SOURCES[language][name]
    worth = [sum(kind(cell)["points"] for cell in task[1:]) for task in tasks_of(notebook)]
    told = re.findall(
        IN_HEADINGS[language], "\n".join(cell.source for cell in notebook.cells), re.MULTILINE
    )
    assert [int(each) for each in told] == worth
    assert sum(worth) == POINTS
    assert max(worth) <= POINTS / 4  # so that one slip costs a quarter at most


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes_and_the_stub_fails_every_test(name, language, capsys):
    notebook = SOURCES[language][name]
    assert run(notebook, lambda source: solution(source, {})) == {}
    assert bool(re.search("[가-힣]", capsys.readouterr().out)) == (language == "ko")
    failed = run(notebook, stub)
    assert set(failed) == set(points(notebook))
    told = [str(error) for error in failed.values() if "✗" in str(error)]
    assert all(bool(re.search("[가-힣]", text)) == (language == "ko") for text in told)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_partly_wrong_fails_its_own_tests_and_no_others(name):
    notebook = SOURCES["en"][name]
    code = "\n".join(cell.source for cell in code_cells(notebook))
    for one in partial_solutions(name):
        assert all(old in code for old in one.edits or {}), one.name
        failed = run(notebook, lambda source, edits=one.edits: solution(source, edits))
        assert set(failed) == one.fails
        lost = sum(points(notebook)[test] for test in failed)
        assert one.score == POINTS - lost
        assert lost <= POINTS / 4


def test_each_assignment_has_a_partial_solution():
    assert all(len(submissions(name, SOURCES["en"][name])) > 2 for name in NAMES)


def numbers(value):
    """Yield the bytes of all arrays and numbers in a value."""
    if isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from numbers(part)
    elif not callable(value):
        yield np.asarray(value).tobytes()


@pytest.mark.parametrize("name", checks.CHECKS)
def test_hidden_cases_are_others_and_depend_on_the_secret_seed(name, monkeypatch):
    check, drawn = checks.CHECKS[name], []
    for secret in (None, "1", "2"):
        if secret:
            monkeypatch.setenv("LESSONS_LIB_SEED", secret)
        for seed in {0, grading.seed_for(name)}:
            cases = [check.draw(np.random.default_rng((seed, 0)), **one) for one in check.sizes]
            drawn.append(b"".join(numbers(cases)))
    assert len(set(drawn)) == 4  # that of seed 0 is the same each time


def test_what_the_notebook_has_changed_does_not_reach_the_verdict(monkeypatch):
    """The fresh process grades by its own checks, reports and NumPy."""
    monkeypatch.setattr(checks, "rnn_step", lambda *a, **k: True)
    monkeypatch.setattr(Report, "__bool__", lambda self: True)
    monkeypatch.setattr(np, "abs", lambda a: 0 * np.absolute(a))
    monkeypatch.setattr(np, "isfinite", lambda a: np.ones(np.shape(a), bool))
    grade = runpy.run_path(grading.__file__)["grade"]
    graded = grade("rnn_step", lambda x, h, W_ih, W_hh, b: np.zeros_like(h))
    assert not graded.right("h")
    assert "not correct yet" in str(graded)
    right = grade("rnn_step", lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih.T + h @ W_hh.T + b))
    assert right.right("h")
    assert right.passed


def test_otters_source_holds_every_cell_and_hides_what_nbgrader_hides():
    notebook = SOURCES["ko"]["gradients"]
    result = for_otter(notebook)
    text = "\n\n".join(cell.source for cell in result.cells)
    assert all(cell.source in text for cell in notebook.cells if not kind(cell).get("grade_id"))
    assert text.count("# BEGIN QUESTION\nname: ") == text.count("# END QUESTION") == 4
    assert "name: norm\npoints:\n- 0\n- 5\n" in text
    assert text.count("# HIDDEN\n") == text.count(f"{STUB}\n") == 4
    assert BEGIN_HIDDEN not in text
    assert BEGIN not in text
    assert "nbgrader" not in str(result)


def test_secrets_are_the_lines_that_only_graders_see():
    found = secrets(SOURCES["en"]["bptt"])
    assert 'assert graded.right("dx", "dh_prev"), graded' in found
    assert "da = dh * (1 - h**2)" in found
    assert "report = checks.rnn_step(rnn_step, lang, carry=True)" not in found
    assert "assert report, report" not in found


def test_the_readme_is_there_in_both_languages():
    text = (Path(HERE) / "README.md").read_text("utf-8")
    assert "## 한국어" in text
    assert "## English" in text
