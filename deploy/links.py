"""Links for a class: nbgitpuller fetches a chapter onto a hub and opens it, in either language.

    python deploy/links.py https://hub.example.edu
    python deploy/links.py https://hub.example.edu --language ko --format csv
    python deploy/links.py https://hub.example.edu --repository ADDRESS --branch main

Without ``--repository`` the links lead to this book's own notebooks. Needs Python alone; runs in
the book's repository or on branch ``notebooks``.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("ko", "en")
BRANCH = "notebooks"


class Link(NamedTuple):
    """One chapter in one language, and where a student opens it."""

    language: str
    chapter: str
    address: str


def nbgitpuller_link(hub: str, repository: str, branch: str, notebook: str) -> str:
    """Return the link that pulls the repository onto a hub and opens one notebook in JupyterLab.

    A student who follows it again gets what has changed since; nbgitpuller never overwrites what
    the student has changed.

    Parameters
    ----------
    hub
        The hub's address, ``https://hub.example.edu`` say.
    repository
        The repository's address.
    branch
        The branch that holds the notebooks.
    notebook
        The notebook's path in it, ``ko/book/lstm.ipynb`` say.

    Raises
    ------
    ValueError
        An address is none, or the notebook's path leaves the repository.
    """
    for name, address in (("hub", hub), ("repository", repository)):
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https", "file") or not (parts.netloc or parts.path):
            raise ValueError(f"{name}: got {address!r}, expected an address such as https://…")
    if notebook.startswith("/") or ".." in notebook.split("/"):
        raise ValueError(f"notebook: got {notebook!r}, expected a path inside the repository")
    folder = urlsplit(repository).path.rstrip("/").rpartition("/")[2].removesuffix(".git")
    query = {
        "repo": repository,
        "branch": branch,
        "targetpath": folder,
        "urlpath": f"lab/tree/{quote(folder)}/{quote(notebook)}",
    }
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(query)}"


def links(
    hub: str,
    chapters: Iterable[str],
    repository: str,
    branch: str = BRANCH,
    languages: Iterable[str] = LANGUAGES,
) -> list[Link]:
    """Return a link for each chapter, ``book/lstm`` say, in each language."""
    return [
        Link(language, chapter, nbgitpuller_link(hub, repository, branch, path))
        for chapter in chapters
        for language in languages
        for path in [f"{language}/{chapter}.ipynb"]
    ]


def chapters_of(root: Path) -> list[str]:
    """Return the book's chapters in their order, or those that lie on branch ``notebooks``."""
    toc = root / "_toc.yml"
    if toc.exists():
        return re.findall(r"^\s*(?:- file|root): *(\S+)$", toc.read_text("utf-8"), re.MULTILINE)
    found = (path.relative_to(root / "ko") for path in sorted((root / "ko").rglob("*.ipynb")))
    return [path.with_suffix("").as_posix() for path in found]


def own_repository(root: Path) -> str:
    """Return the address that _config.yml says, empty where there is none."""
    config = root / "_config.yml"
    text = config.read_text("utf-8") if config.exists() else ""
    match = re.search(r"^repository:\n\s+url: *(\S+)$", text, re.MULTILINE)
    return match[1] if match else ""


def main(arguments: list[str] | None = None) -> None:
    """Print the links, as a Markdown table or as CSV."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("hub", help="the hub's address")
    parser.add_argument("--repository", default=own_repository(ROOT), help="the course repository")
    parser.add_argument("--branch", default=BRANCH)
    parser.add_argument("--language", choices=LANGUAGES, help="one language; both by default")
    parser.add_argument("--format", choices=("markdown", "csv"), default="markdown")
    options = parser.parse_args(arguments)
    languages = [options.language] if options.language else LANGUAGES
    try:
        found = links(options.hub, chapters_of(ROOT), options.repository, options.branch, languages)
    except ValueError as error:
        parser.error(str(error))
    if options.format == "csv":
        csv.writer(sys.stdout, lineterminator="\n").writerows([Link._fields, *found])
        return
    print("| chapter | language | link |\n|---|---|---|")
    for language, chapter, address in found:
        print(f"| {chapter.removeprefix('book/')} | {language} | <{address}> |")


if __name__ == "__main__":
    main()
