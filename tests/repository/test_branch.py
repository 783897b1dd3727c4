"""Branch `notebooks`: its README names existing files, and saved notebooks keep working."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from _ext.one_language import LANGUAGES
from _ext.plain.book_index import pages_of

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "deploy"))

from branch import README  # noqa: E402

WHEELS = [f"lessons_lib-{version}-py3-none-any.whl" for version in ("0.9.0", "0.10.0")]


def test_the_readme_names_notebooks_that_are_there():
    first = pages_of(ROOT)[0]
    named = re.findall(r"`([^`]+\.ipynb)`", README)
    assert named == [f"{language}/{first}.ipynb" for language in LANGUAGES]


def git(*words: str, cwd: Path) -> str:
    done = subprocess.run(["git", *words], cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def publish(tmp_path):
    """Return a function that pushes files like publish.yml, and the repository that gets them."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text("utf-8"))
    (script,) = (step["run"] for step in workflow["jobs"]["notebooks"]["steps"] if "run" in step)
    bare = tmp_path / "me" / "course.git"
    git("init", "--quiet", "--bare", str(bare), cwd=tmp_path)
    environ = {**os.environ, "GITHUB_SERVER_URL": tmp_path.as_uri(), "TOKEN": "none"}
    environ |= {"GITHUB_REPOSITORY": "me/course"}

    def push(commit: str, files: dict[str, str]) -> None:
        runner = tmp_path / commit
        for name, text in files.items():
            path = runner / "branch" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        command = ["bash", "-e", "-o", "pipefail", "-c", script]
        subprocess.run(command, cwd=runner, env={**environ, "GITHUB_SHA": commit}, check=True)

    return push, bare


def test_the_wheel_that_a_saved_notebook_installs_outlives_its_version(publish):
    push, bare = publish
    push("first", {WHEELS[0]: "old", "ko/book/a.ipynb": "1", "ko/book/b.ipynb": "1"})
    push("again", {WHEELS[0]: "new", "ko/book/a.ipynb": "2", "ko/book/b.ipynb": "1"})
    push("next", {WHEELS[1]: "next", "ko/book/a.ipynb": "3"})
    files = git("ls-tree", "-r", "--name-only", "notebooks", cwd=bare).split()
    assert files == ["ko/book/a.ipynb", *sorted(WHEELS)]
    assert git("show", f"notebooks:{WHEELS[0]}", cwd=bare) == "new"
    subjects = git("log", "--format=%s", "notebooks", cwd=bare).splitlines()
    assert subjects == [f"The notebooks of {commit}" for commit in ("next", "again", "first")]
    push("same", {WHEELS[1]: "next", "ko/book/a.ipynb": "3"})
    assert git("log", "--format=%s", "notebooks", cwd=bare).splitlines() == subjects


def test_binder_installs_the_newest_of_the_wheels(tmp_path):
    """Run its line with pip on empty wheels of two versions; nothing is installed."""
    script = (ROOT / "binder" / "postBuild").read_text("utf-8")
    (words,) = re.findall(r"^ +pip install (.* --find-links .*)$", script, re.MULTILINE)
    for name in WHEELS:
        empty_wheel(tmp_path / name)
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
    done = subprocess.run(
        [*command, *words.split()], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert re.search("Would install lessons[-_]lib-0.10.0$", done.stdout, re.MULTILINE)


def empty_wheel(path: Path) -> None:
    name, version = path.name.split("-")[:2]
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")
