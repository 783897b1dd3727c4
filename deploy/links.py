"""Links for a class: nbgitpuller fetches a notebook onto a hub and opens it.

    python deploy/links.py https://hub.example.edu
    python deploy/links.py https://hub.example.edu --language ko --format csv
    python deploy/links.py https://hub.example.edu --repository ADDRESS --branch main
    python deploy/links.py https://hub.example.edu --repository ADDRESS --branch main week1.ipynb

Without notebooks, the links lead to the book's pages in both languages: on branch ``notebooks`` of
the repository in _config.yml or, with ``--repository`` and ``--branch``, in another place with the
same pages. Notebooks are named by their paths in the repository. The script needs only Python, and
runs in a clone of the book's branch ``main``.
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
    """A notebook, its language if it is a page of the book, and the address that opens it."""

    language: str
    chapter: str
    address: str


def nbgitpuller_link(hub: str, repository: str, branch: str, notebook: str) -> str:
    """Return the link that pulls the repository onto a hub and opens one notebook in JupyterLab.

    A student who follows the link again receives later changes; nbgitpuller never overwrites the
    student's own changes.

    Parameters
    ----------
    hub
        The hub's address, for example ``https://hub.example.edu``.
    repository
        The repository's address.
    branch
        The branch that holds the notebooks.
    notebook
        The notebook's path in the repository, for example ``ko/book/lstm.ipynb``.

    Raises
    ------
    ValueError
        An address is invalid or still has the placeholder, the branch is empty, or the notebook is
        not a notebook inside the repository.
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
            f"repository: got {repository!r} with the placeholder {PLACEHOLDER}, expected a real "
            "address; set it in _config.yml or pass --repository"
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
    """Return a link for each page of the book, for example ``book/lstm``, in each language."""
    return [
        Link(language, chapter, nbgitpuller_link(hub, repository, branch, path))
        for chapter in chapters
        for language in languages
        for path in [f"{language}/{chapter}.ipynb"]
    ]


def chapters_of(root: Path) -> list[str]:
    """Return the book's pages in order."""
    toc = (root / "_toc.yml").read_text("utf-8")
    return re.findall(r"^\s*(?:- file|root): *(\S+)$", toc, re.MULTILINE)


def own_repository(root: Path) -> str:
    """Return the address in _config.yml, or an empty string if there is none."""
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
    options = parser.parse_intermixed_args(arguments)  # options may come before notebooks
    if options.notebooks and options.language:
        parser.error("--language: applies only to the book's pages, not to notebooks of your own")
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
    # On Windows, pipes and files use the country's code page, but a path may have any letter
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")
    main()
