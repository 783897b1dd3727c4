"""Links for a class lead to existing chapters, in the form that nbgitpuller parses."""

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "deploy"))

from links import chapters_of, main, nbgitpuller_link  # noqa: E402

HUB = "https://hub.example.edu"
COURSE = "https://github.com/me/course"


def test_a_link_says_repository_branch_and_notebook():
    link = nbgitpuller_link(HUB, "https://github.com/me/course.git", "main", "ko/book/a b.ipynb")
    parts = urlsplit(link)
    assert parts.netloc == "hub.example.edu"
    assert parts.path == "/hub/user-redirect/git-pull"
    assert parse_qs(parts.query) == {
        "repo": ["https://github.com/me/course.git"],
        "branch": ["main"],
        "targetpath": ["course"],
        "urlpath": ["lab/tree/course/ko/book/a%20b.ipynb"],
    }


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("hub", "hub.example.edu", "such as https://"),
        ("hub", "https:///x", "such as https://"),
        ("hub", "file:///x", "such as https://"),
        ("repository", "", "such as https://"),
        ("repository", "git@github.com:me/course.git", "such as https://"),
        ("repository", "https:///me/course", "such as https://"),
        ("repository", "https://github.com", "such as https://"),
        ("repository", "https://github.com/OWNER/course", "with the placeholder OWNER"),
        ("branch", "", "a name such as 'notebooks'"),
        ("branch", " ", "a name such as 'notebooks'"),
        ("notebook", "../a.ipynb", "inside the repository"),
        ("notebook", "/a.ipynb", "inside the repository"),
        ("notebook", "./a.ipynb", "inside the repository"),
        ("notebook", r"week1\a.ipynb", "inside the repository"),
        ("notebook", "week1", "such as 'assignments/week1.ipynb'"),
    ],
)
def test_what_leads_nowhere_is_refused(name, value, reason):
    words = {"hub": HUB, "repository": COURSE, "branch": "main", "notebook": "a.ipynb"}
    with pytest.raises(ValueError, match=f"^{name}: got {re.escape(repr(value))}.*{reason}"):
        nbgitpuller_link(**words | {name: value})


def test_a_repository_may_lie_on_this_machine():
    assert "targetpath=course" in nbgitpuller_link(HUB, "file:///srv/course", "main", "a.ipynb")


def rows_of(capsys, *arguments):
    main([HUB, "--repository", COURSE, "--format", "csv", *arguments])
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def test_every_chapter_in_both_languages(capsys):
    rows = rows_of(capsys)
    chapters = chapters_of(ROOT)
    assert chapters[0] == "book/intro"
    assert all((ROOT / f"{chapter}.ipynb").is_file() for chapter in chapters)
    assert [row["chapter"] for row in rows[::2]] == chapters
    assert {row["language"] for row in rows} == {"ko", "en"}
    assert len({row["address"] for row in rows}) == len(rows) == 2 * len(chapters)


def test_one_language_as_a_table(capsys):
    main([HUB + "/", "--language", "ko", "--repository", COURSE])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(chapters_of(ROOT))
    assert lines[2].startswith(f"| intro | ko | <{HUB}/hub/user-redirect/git-pull?repo=")


def test_notebooks_of_ones_own(capsys):
    names = ["week1/lstm.ipynb", "과제/둘째 주.ipynb"]
    rows = rows_of(capsys, "--branch", "main", *names)
    assert [(row["language"], row["chapter"]) for row in rows] == [("", name) for name in names]
    queries = [parse_qs(urlsplit(row["address"]).query) for row in rows]
    assert [unquote(query["urlpath"][0]) for query in queries] == [
        f"lab/tree/course/{name}" for name in names
    ]
    assert all(query["branch"] == ["main"] for query in queries)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--branch", ""], "branch: got ''"),
        (["a.ipynb", "--language", "ko"], "--language: applies only to the book's pages"),
        (["week1"], "notebook: got 'week1'"),
    ],
)
def test_bad_arguments_end_the_command(arguments, text, capsys):
    with pytest.raises(SystemExit, match="2"):
        main([HUB, "--repository", COURSE, *arguments])
    assert text in capsys.readouterr().err


def test_as_a_command_into_a_pipe_of_windows():
    command = [sys.executable, str(ROOT / "deploy" / "links.py"), HUB, "--repository", COURSE]
    environ = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run([*command, "과제.ipynb"], capture_output=True, env=environ, check=True)
    assert "| 과제.ipynb |  | <https://" in done.stdout.decode("utf-8")
