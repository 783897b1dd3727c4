"""nbgrader and Otter themselves grade the assignments: `make test-assignments`.

Stubs are in Korean, solutions and partly wrong solutions in English, each in its own process.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from _ext.one_language import LANGUAGES
from release import BEGIN, NAMES, release, run, sources
from submissions import answer, points, secrets, submissions

SOURCES = {language: sources(language) for language in LANGUAGES}
READ_SCORES = """
import json, sys
from nbgrader.api import Gradebook

with Gradebook("sqlite:///gradebook.db") as book:
    scores = {
        one.student.id: {grade.name: grade.score for each in one.notebooks for grade in each.grades}
        for one in book.assignment_submissions(sys.argv[1])
    }
print(json.dumps(scores))
"""


def language_of(submission):
    return "ko" if submission.name == "stub" else "en"


def expected(submission, tests):
    """Return the points that a submission should get for each test."""
    return {name: 0 if name in submission.fails else worth for name, worth in tests.items()}


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assignments")
    release(folder, NAMES)
    return folder


def student_files(released: Path, name: str, language: str) -> list[Path]:
    """Return all files of an assignment that a student gets, from both tools."""
    folders = (
        released / "nbgrader" / language / "release" / name,
        released / "otter" / language / name / "student",
    )
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {f"{name}.ipynb"}
    return files


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_students_get_no_solution_and_no_hidden_test(released, name, language):
    source = SOURCES[language][name]
    for path in student_files(released, name, language):
        text = path.read_text("utf-8")
        tasks = sum(BEGIN in cell.source for cell in source.cells)
        assert text.count("raise NotImplementedError") == tasks
        for secret in secrets(source):
            assert json.dumps(secret, ensure_ascii=False)[1:-1] not in text, f"{path}: {secret}"


@pytest.mark.parametrize("name", NAMES)
def test_nbgrader_gives_the_points_that_are_due(released, name):
    tests = points(SOURCES["en"][name])
    due: dict[str, dict[str, int]] = {}
    given: dict[str, dict[str, float]] = {}
    for one in submissions(name, SOURCES["en"][name]):
        course = released / "nbgrader" / language_of(one)
        stub = nbformat.read(course / "release" / name / f"{name}.ipynb", 4)
        path = course / "submitted" / one.name / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(answer(stub, SOURCES[language_of(one)][name], one), path)
        due[one.name] = expected(one, tests)
        assert sum(due[one.name].values()) == one.score
    for language in LANGUAGES:
        course = released / "nbgrader" / language
        run(course, "nbgrader", "autograde", name)
        given |= json.loads(run(course, "python", "-c", READ_SCORES, name))
    assert given == due


@pytest.mark.parametrize("name", NAMES)
def test_otter_gives_the_points_that_are_due(released, name, tmp_path):
    tests = points(SOURCES["en"][name])
    for one in submissions(name, SOURCES["en"][name]):
        folder = released / "otter" / language_of(one) / name
        stub = nbformat.read(folder / "student" / f"{name}.ipynb", 4)
        submitted, results = tmp_path / one.name / f"{name}.ipynb", tmp_path / one.name / "results"
        results.mkdir(parents=True)
        nbformat.write(answer(stub, SOURCES[language_of(one)][name], one), submitted)
        (archive,) = (folder / "autograder").glob("*.zip")
        run(results, "otter", "run", str(submitted), "-a", str(archive), "-o", str(results))
        due: dict[str, int] = {}
        for test, worth in expected(one, tests).items():
            question = re.sub("-(test|hidden|hidden-weights)$", "", test).replace("-", "_")
            due[question] = due.get(question, 0) + worth
        graded = json.loads((results / "results.json").read_text("utf-8"))["tests"]
        scores = {test["name"]: test for test in graded if "score" in test}
        assert {question: test["score"] for question, test in scores.items()} == due
        assert {test["visibility"] for test in scores.values()} == {"hidden"}
        shown = [test["output"] for test in graded if test["visibility"] != "hidden"]
        assert not any("seed=" in text for text in shown)
