"""Sphinx extension: what a page says of itself below its title, and where its notebook can be had.

How long it takes to read and to run, on what it was last executed, its notebook in one language to
download or to run elsewhere, and where to edit it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from ..one_language import Notebook, keep_language

SECONDS_A_WORD = {"ko": 60 / 130, "en": 60 / 200}  # Korean words (eojeol) hold more
SECONDS_A_FORMULA, SECONDS_A_LINE_OF_CODE = 15, 3


def reading_minutes(doctree: nodes.document, language: str) -> int:
    """Return how long the page takes to read, in minutes; above ten, in steps of five."""
    words = sum(len(text.astext().split()) for text in doctree.findall(nodes.paragraph))
    formulas = sum(1 for _ in doctree.findall(nodes.math_block))
    code = [block for block in doctree.findall(nodes.literal_block) if _is_input(block)]
    lines = sum(block.astext().count("\n") + 1 for block in code)
    seconds = words * SECONDS_A_WORD[language]
    seconds += formulas * SECONDS_A_FORMULA + lines * SECONDS_A_LINE_OF_CODE
    minutes = max(1, round(seconds / 60))
    return minutes if minutes <= 10 else 5 * round(minutes / 5)


def _is_input(block: nodes.literal_block) -> bool:
    return isinstance(block.parent, nodes.Element) and "cell_input" in block.parent["classes"]


def digest_of_code(notebook: Notebook) -> str:
    """Return the mark by which a record says which code was run (`verification.py`)."""
    code = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    texts = [source if isinstance(source, str) else "".join(source) for source in code]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16] if texts else ""


def verified_runs(records: dict[str, Any], page: str, digest: str) -> list[dict[str, Any]]:
    """Return the recorded runs of just this code, one for each kind of device."""
    runs = []
    for record in records.values():
        run = record["notebooks"].get(f"{page}.ipynb")
        if run and run["code"] == digest:
            about = {name: value for name, value in record.items() if name != "notebooks"}
            runs.append({**about, "seconds": run["seconds"]})
    return runs


def running_seconds(runs: list[dict[str, Any]]) -> int:
    """Return how long the page takes to run on the slowest device, in steps of five."""
    return 5 * max(1, round(max(run["seconds"] for run in runs) / 5))


def add_facts(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Put the facts below the page's title."""
    source = Path(app.srcdir, f"{pagename}.ipynb")
    if doctree is None or not source.exists():
        return
    language = app.config.language
    notebook = json.loads(source.read_text("utf-8"))
    digest = digest_of_code(keep_language(notebook, language))
    record = Path(app.srcdir, "book", "verified.json")
    records = json.loads(record.read_text("utf-8")) if record.exists() and digest else {}
    runs = verified_runs(records, pagename, digest_of_code(notebook))
    facts = {
        "minutes": reading_minutes(doctree, language),
        "runs": runs,
        "seconds": running_seconds(runs) if runs else None,
        "download": Path(pagename).name + ".ipynb" if app.config.languages_side_by_side else "",
        "launchers": app.config.repository.launchers(f"{language}/{pagename}.ipynb")
        if digest
        else {},
        "edit": context["repository"]["edit"],
    }
    about = app.builder.templates.render("about-page.html", {**context, "facts": facts})
    context["body"] = context["body"].replace("</h1>", f"</h1>\n{about}", 1)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.connect("html-page-context", add_facts, priority=700)  # after the frame's
    return {"parallel_read_safe": True}
