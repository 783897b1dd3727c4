"""Links for a class: nbgitpuller fetches a notebook onto a hub and opens it.

    python deploy/links.py https://hub.example.edu
    python deploy/links.py https://hub.example.edu --language ko --format csv
    python deploy/links.py https://hub.example.edu --repository ADDRESS --branch main
    python deploy/links.py https://hub.example.edu --repository ADDRESS --branch main week1.ipynb

Without notebooks, the links lead to the book's pages in both languages: on branch ``notebooks`` of
the repository that _config.yml names, or where ``--repository`` and ``--branch`` say that the same
pages lie. Notebooks are named by their paths in the repository. Needs Python alone; runs in a clone
of the book's branch ``main``.
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("ko", "en")
BRANCH = "notebooks"
PLACEHOLDER = "OWNER"  # in _config.yml, until the owner sets the address


class Link(NamedTuple):
    """One notebook, the language of a page of the book, and where a student opens it."""

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
        An address is none or still has the placeholder, the branch is empty, or the notebook is
        none or lies outside the repository.
    """
    where = urlsplit(hub)
    if where.scheme not in ("http", "https") or not where.hostname:
        raise ValueError(f"hub: got {hub!r}, expected an address such as https://hub.example.edu")
    place = urlsplit(repository)
    folder = place.path.rstrip("/").rpartition("/")[2].removesuffix(".git")
    known = place.hostname if place.scheme in ("http", "https") else place.scheme == "file"
    if not known or not folder:
        example = "https://github.com/me/course"
        raise ValueError(f"repository: got {repository!r}, expected an address such as {example}")
    if PLACEHOLDER in place.path.split("/"):
        raise ValueError(
            f"repository: got {repository!r}, whose {PLACEHOLDER} stands for a name: "
            "set the address in _config.yml, or give another"
        )
    if not branch.strip():
        raise ValueError(f"branch: got {branch!r}, expected a name such as {BRANCH!r}")
    outside = {"", ".", ".."} & set(notebook.split("/")) or "\\" in notebook
    if outside or not notebook.endswith(".ipynb"):
        raise ValueError(
            f"notebook: got {notebook!r}, expected a path inside the repository, "
            "such as 'assignments/week1.ipynb'"
        )
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
    """Return a link for each page of the book, ``book/lstm`` say, in each language."""
    return [
        Link(language, chapter, nbgitpuller_link(hub, repository, branch, path))
        for chapter in chapters
        for language in languages
        for path in [f"{language}/{chapter}.ipynb"]
    ]


def chapters_of(root: Path) -> list[str]:
    """Return the book's pages in their order."""
    toc = (root / "_toc.yml").read_text("utf-8")
    return re.findall(r"^\s*(?:- file|root): *(\S+)$", toc, re.MULTILINE)


def own_repository(root: Path) -> str:
    """Return the address that _config.yml says, empty where there is none."""
    config = (root / "_config.yml").read_text("utf-8")
    match = re.search(r"^repository:\n\s+url: *(\S+)$", config, re.MULTILINE)
    return match[1] if match else ""


def main(arguments: list[str] | None = None) -> None:
    """Print the links, as a Markdown table or as CSV."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("hub", help="the hub's address")
    parser.add_argument("notebooks", nargs="*", help="paths in the repository; default: the book's")
    parser.add_argument("--repository", default=own_repository(ROOT), help="the course repository")
    parser.add_argument("--branch", default=BRANCH)
    parser.add_argument("--language", choices=LANGUAGES, help="one language; both by default")
    parser.add_argument("--format", choices=("markdown", "csv"), default="markdown")
    options = parser.parse_intermixed_args(arguments)  # options may stand before notebooks
    if options.notebooks and options.language:
        parser.error("--language: chooses among the book's pages; leave it out with notebooks")
    languages = [options.language] if options.language else LANGUAGES
    where = options.hub, options.repository, options.branch
    try:
        found = [Link("", path, nbgitpuller_link(*where, path)) for path in options.notebooks]
        found = found or links(where[0], chapters_of(ROOT), *where[1:], languages)
    except ValueError as error:
        parser.error(str(error))
    if options.format == "csv":
        csv.writer(sys.stdout, lineterminator="\n").writerows([Link._fields, *found])
        return
    print("| chapter | language | link |\n|---|---|---|")
    for language, chapter, address in found:
        print(f"| {chapter.removeprefix('book/')} | {language} | <{address}> |")


if __name__ == "__main__":
    # On Windows a pipe and a file have the code page of the country, a path may have any letter
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")
    main()
