"""The assignments: their form, their solutions, and that each test rejects what it should."""

from __future__ import annotations

import re
from pathlib import Path

import code_rules
import numpy as np
import pytest
from _ext.one_language import LANGUAGES
from pair_rules import read_as_stored
from parity import RULES
from release import BEGIN, BEGIN_HIDDEN, END, END_HIDDEN, HERE, NAMES, STUB, for_otter, sources
from submissions import partial_solutions, points, secrets, solution, stub, submissions

SOURCES = {language: sources(language) for language in LANGUAGES}
POINTS = 20
IN_HEADINGS = {"ko": r"^## .*\((\d+)점\)$", "en": r"^## .*\((\d+) points?\)$"}


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kind(cell):
    return cell.metadata.get("nbgrader", {})


def run(notebook, change):
    """Run the code with each solution changed by `change`; return the errors of failed tests."""
    names: dict = {}
    failed = {}
    for cell in code_cells(notebook):
        source = change(cell.source) if kind(cell).get("solution") else cell.source
        try:
            exec(source, names)
        except Exception as error:
            if not kind(cell).get("grade"):
                raise
            failed[cell.id] = error
    return failed


def test_there_are_six():
    topics = {"bptt", "gradients", "lstm", "gru_bidirectional", "stacked_truncated", "dropout"}
    assert set(NAMES) == topics


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_say_the_same(name):
    """The rules of the book's notebooks apply, except that no outputs are stored."""
    notebook = read_as_stored(HERE / f"{name}.ipynb")
    rules = [rule for rule in RULES if rule is not code_rules.executed]
    faults = [f"cell {cell}: {fault}" for rule in rules for cell, fault in rule(notebook)]
    assert not faults, "\n".join(faults)
    assert not any(cell.outputs or cell.execution_count for cell in code_cells(notebook))


@pytest.mark.parametrize("name", NAMES)
def test_each_task_is_a_solution_a_visible_test_and_a_hidden_one(name):
    cells = code_cells(SOURCES["en"][name])
    assert all(kind(cell).get("grade_id") == cell.id for cell in cells)
    tasks = [at for at, cell in enumerate(cells) if kind(cell)["solution"]]
    for at in tasks:
        task, visible, hidden = cells[at : at + 3]
        assert (visible.id, hidden.id) == (f"{task.id}-test", f"{task.id}-hidden")
        assert (task.source.count(BEGIN), task.source.count(END)) == (1, 1)
        assert hidden.source.endswith(END_HIDDEN)
        assert BEGIN_HIDDEN not in visible.source
        for cell in (visible, hidden):
            assert (kind(cell)["grade"], kind(cell)["locked"]) == (True, True)
    assert sum(kind(cell)["grade"] for cell in cells) == 2 * len(tasks)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_points_are_those_in_the_headings(name, language):
    notebook = SOURCES[language][name]
    tests = list(points(notebook).values())
    told = re.findall(
        IN_HEADINGS[language], "\n".join(cell.source for cell in notebook.cells), re.MULTILINE
    )
    assert [int(each) for each in told] == [
        visible + hidden for visible, hidden in zip(tests[::2], tests[1::2], strict=True)
    ]
    assert sum(tests) == POINTS


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


def test_each_assignment_has_a_partial_solution():
    assert all(len(submissions(name, SOURCES["en"][name])) > 2 for name in NAMES)


class Memory:
    """Replace a function: first record its answers, then repeat them."""

    def __init__(self, function):
        self.function, self.answers = function, {}

    def __call__(self, *arguments):
        key = b"".join(np.asarray(a).tobytes() for a in arguments if isinstance(a, np.ndarray))
        if self.function:
            self.answers[key] = self.function(*arguments)
        return self.answers[key]


@pytest.mark.parametrize("name", NAMES)
def test_who_only_knows_the_visible_answers_fails_the_hidden_tests(name):
    notebook = SOURCES["en"][name]
    names: dict = {}
    for cell in code_cells(notebook):
        if not kind(cell)["grade"]:
            exec(solution(cell.source, {}), names)
    cells = {cell.id: cell.source for cell in code_cells(notebook)}
    for test in [test for test in points(notebook) if test.endswith("-test")]:
        called = re.search(r"checks\.\w+\((\w+), lang\)", cells[test])
        if not called or called[1].startswith("clip"):  # lists cannot be keys
            continue
        right = names[called[1]]
        memory = names[called[1]] = Memory(right)
        exec(cells[test], names)
        memory.function = None
        exec(cells[test], names)
        with pytest.raises(AssertionError):
            exec(cells[test.replace("-test", "-hidden")], names)
        names[called[1]] = right


def test_otters_source_holds_every_cell_and_hides_what_nbgrader_hides():
    notebook = SOURCES["ko"]["gradients"]
    result = for_otter(notebook)
    text = "\n\n".join(cell.source for cell in result.cells)
    assert all(cell.source in text for cell in notebook.cells if not kind(cell).get("grade_id"))
    assert text.count("# BEGIN QUESTION\nname: ") == text.count("# END QUESTION") == 4
    assert "name: norm\npoints:\n- 3\n- 2\n" in text
    assert text.count("# HIDDEN\n") == text.count(f"{STUB}\n") == 4
    assert BEGIN_HIDDEN not in text
    assert BEGIN not in text
    assert "nbgrader" not in str(result)


def test_secrets_are_the_lines_that_only_graders_see():
    found = secrets(SOURCES["en"]["bptt"])
    assert "report = checks.rnn_step(rnn_step, lang, seed=101)" in found
    assert "da = dh * (1 - h**2)" in found
    assert "report = checks.rnn_step(rnn_step, lang)" not in found
    assert "assert report, report" not in found


def test_the_readme_is_there_in_both_languages():
    text = (Path(HERE) / "README.md").read_text("utf-8")
    assert "## 한국어" in text
    assert "## English" in text
