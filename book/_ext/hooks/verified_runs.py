"""Sphinx extension: a table in the appendix with the last execution of each page's notebook.

The table is at the end of the section `verified-runs`. It is made from ``book/verified.json``, so
that no notebook stores data that change with each new record.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

from ..plain.book_index import pages_of
from ..plain.code_digest import is_of
from ..texts import words
from .page_facts import RECORD, note_modules, recorded

SECTION = "verified-runs"


def insert_runs(app: Sphinx, doctree: nodes.document) -> None:
    """Put the machines and the table at the end of the page's section, if it has one."""
    sections = [node for node in doctree.findall(nodes.section) if SECTION in node["ids"]]
    if not sections:
        return
    root = Path(app.srcdir)
    app.env.note_dependency(str(RECORD))
    records = recorded(root)
    note_modules(app, records)
    sections[0] += runs(root, records, app.config.language)


def runs(root: Path, records: dict[str, Any], language: str) -> list[nodes.Element]:
    """Return a paragraph for each device and a table of all pages on record."""
    labels = words(language)
    if not records:
        return [nodes.paragraph("", labels["no_records"])]
    recorded = {path for record in records.values() for path in record["notebooks"]}
    paths = [f"{page}.ipynb" for page in pages_of(root) if f"{page}.ipynb" in recorded]
    machines = [
        nodes.paragraph("", f"{device.upper()} ({labels['verified_by'].format(**record)})")
        for device, record in records.items()
    ]
    head = [_text(labels["page"]), *(_text(device.upper()) for device in records)]
    body = [
        [_link(path), *(_text(_state(root, path, record, labels)) for record in records.values())]
        for path in paths
    ]
    return [*machines, _table(head, body)]


def _state(root: Path, path: str, record: dict[str, Any], labels: dict[str, str]) -> str:
    """Return how many cells of a page a device has run, in what memory, or that they changed."""
    run = record["notebooks"].get(path)
    if run is None:
        return "—"
    if not is_of(run, json.loads((root / path).read_text("utf-8")), root):
        return labels["changed_since"]
    memory = f", {run['megabytes']} MB" if "megabytes" in run else ""  # earlier records lack it
    return labels["cells_run"].format(cells=run["cells"]) + memory


def _text(text: str) -> nodes.paragraph:
    return nodes.paragraph("", text)


def _link(path: str) -> nodes.paragraph:
    page = "/" + path.removesuffix(".ipynb")
    link = pending_xref(
        "", nodes.inline(), refdomain="std", reftype="doc", reftarget=page, refexplicit=False
    )
    return nodes.paragraph("", "", link)


def _table(head: list[nodes.paragraph], body: Iterable[list[nodes.paragraph]]) -> nodes.table:
    columns = [nodes.colspec(colwidth=1) for _ in head]
    group = nodes.tgroup("", *columns, cols=len(head))
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *(_row(cells) for cells in body))
    return nodes.table("", group)


def _row(cells: Iterable[nodes.paragraph]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", cell) for cell in cells))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.connect("doctree-read", insert_runs)
    return {"parallel_read_safe": True}
