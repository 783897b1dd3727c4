"""Links for a class lead to chapters that exist, in forms that nbgitpuller takes apart again."""

import csv
import io
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "deploy"))

from links import chapters_of, main, nbgitpuller_link  # noqa: E402

HUB = "https://hub.example.edu"


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
    ("hub", "repository", "notebook", "word"),
    [
        ("hub.example.edu", "https://example.org/a", "a.ipynb", "hub: got"),
        (HUB, "", "a.ipynb", "repository: got ''"),
        (HUB, "https://example.org/a", "../a.ipynb", "notebook: got"),
    ],
)
def test_what_is_no_address_is_refused(hub, repository, notebook, word):
    with pytest.raises(ValueError, match=word):
        nbgitpuller_link(hub, repository, "main", notebook)


def test_every_chapter_in_both_languages(capsys):
    main([HUB, "--format", "csv"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    chapters = chapters_of(ROOT)
    assert chapters[0] == "book/intro"
    assert all((ROOT / f"{chapter}.ipynb").is_file() for chapter in chapters)
    assert [row["chapter"] for row in rows[::2]] == chapters
    assert {row["language"] for row in rows} == {"ko", "en"}
    assert len({row["address"] for row in rows}) == len(rows) == 2 * len(chapters)


def test_one_language_as_a_table(capsys):
    main([HUB + "/", "--language", "ko", "--repository", "https://github.com/me/course"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(chapters_of(ROOT))
    assert lines[2].startswith(f"| intro | ko | <{HUB}/hub/user-redirect/git-pull?repo=")


def test_chapters_are_found_on_the_branch_of_the_notebooks(tmp_path):
    (tmp_path / "ko/book/appendix").mkdir(parents=True)
    for name in ("book/lstm", "book/appendix/references"):
        (tmp_path / f"ko/{name}.ipynb").touch()
    assert chapters_of(tmp_path) == ["book/appendix/references", "book/lstm"]
