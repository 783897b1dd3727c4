"""What contributors are given works: hooks, forms, the dev container."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from notebook_text import lines

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
(LOCAL,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
FORMS = {
    path.stem: yaml.safe_load(path.read_text("utf-8"))
    for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")
    if path.stem != "config"
}


def is_target(name: str) -> bool:
    return re.search(rf"^{name}:.*##", MAKEFILE, re.MULTILINE) is not None


@pytest.mark.parametrize("hook", LOCAL["hooks"], ids=lambda hook: hook["id"])
def test_a_hook_runs_from_the_projects_own_environments(hook):
    assert LOCAL["repo"] == "local"
    assert hook["language"] == "system", "would make an environment and download into it"
    words = [word for word in shlex.split(hook["entry"]) if word != "env" and "=" not in word]
    if words[0] == "make":
        assert is_target(words[1])
    else:
        assert words[0] == ".venv/bin/python"
        assert words[1] == "-m" or (ROOT / words[1]).is_file()


def test_a_page_can_fill_in_the_form_for_a_mistake():
    """The site's links give these names, which are the ids of the form's fields."""
    fields = [field["id"] for field in FORMS["mistake"]["body"]]
    assert fields[:3] == ["page", "paragraph", "text"]


@pytest.mark.parametrize("name", FORMS)
def test_a_form_speaks_both_languages(name):
    texts = [FORMS[name]["name"], FORMS[name]["description"]]
    texts += [field["attributes"]["label"] for field in FORMS[name]["body"]]
    for text in texts:
        assert re.fullmatch(r".*[가-힣].* · .*[A-Za-z].*", text), text


def test_the_dev_container_starts_with_commands_of_the_makefile():
    settings = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
    for command in settings["postCreateCommand"].split(" && "):
        program, target = command.split()
        assert program == "make"
        assert is_target(target)


def test_a_notebook_as_text_has_sentences_and_no_pictures():
    notebook = {
        "cells": [
            {
                "id": "a-ko",
                "cell_type": "markdown",
                "metadata": {"tags": ["ko"]},
                "source": "한 줄",
            },
            {
                "id": "b",
                "cell_type": "code",
                "metadata": {},
                "source": ["x = 1\n", "print(x)"],
                "outputs": [
                    {"output_type": "stream", "text": ["1\n"]},
                    {"data": {"text/plain": "<Figure>", "image/png": "iVBO"}},
                ],
            },
        ]
    }
    assert list(lines(notebook)) == [
        "## a-ko (markdown, ko)",
        "한 줄",
        "",
        "## b (code)",
        "x = 1",
        "print(x)",
        "> 1",
        "> <Figure>",
        "> [image/png]",
        "",
    ]
