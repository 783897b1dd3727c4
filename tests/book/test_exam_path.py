"""The front page's plan for an exam leads to every section that an exam answer names."""

import json
import re
import tomllib
from pathlib import Path

from _ext.hooks.learning_paths import PATHS

BOOK = Path(__file__).resolve().parents[2] / "book"
HEADING = re.compile(r"^\(([\w-]+)\)=\n(#+) ", re.MULTILINE)


def prose(chapter):
    cells = json.loads((BOOK / f"{chapter}.ipynb").read_text("utf-8"))["cells"]
    of_korean = [cell for cell in cells if "en" not in cell["metadata"].get("tags", [])]
    return "\n".join("".join(c["source"]) for c in of_korean if c["cell_type"] == "markdown")


def sections_around(label):
    """Return the labels of a section and of those that contain it, without the chapter's."""
    around: list[str | None] = []
    for found, marks in HEADING.findall(prose(label.partition("-")[0])):
        around = [*around[: len(marks) - 1], *[None] * (len(marks) - 1 - len(around)), found]
        if found == label:
            return around[1:]
    raise AssertionError(f"no section {label}")


def test_the_plan_for_an_exam_leads_to_the_sections_that_answer():
    path = set(tomllib.loads(PATHS.read_text("utf-8"))["exam"])
    questions = prose("exam").partition("(exam-questions)=")[2]
    named = set(re.findall(r"\{ref\}`([\w-]+)`", questions))
    assert len(named) > 20
    assert {label for label in named if not path & set(sections_around(label))} == set()
