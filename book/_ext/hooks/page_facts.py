"""Sphinx extension: the facts about a page below its title.

How long it takes to read and to run, on which machine it was last executed, its notebook in one
language to download or to run elsewhere, and where to report a mistake.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from ..one_language import Notebook, keep_language
from ..plain.code_digest import code_cells, is_of, module_file
from ..plain.colab import install_command, wheel_address
from .folded_code import folded_as

SECONDS_A_WORD = {"ko": 60 / 130, "en": 60 / 200}  # a Korean word (eojeol) holds more
SECONDS_A_FORMULA, SECONDS_A_LINE_OF_CODE = 15, 3
RECORD = Path("book", "verified.json")


def reading_minutes(doctree: nodes.document, language: str) -> int:
    """Return the page's reading time in minutes; above ten, in steps of five."""
    minutes = max(1, round(reading_seconds(doctree, language) / 60))
    return minutes if minutes <= 10 else 5 * round(minutes / 5)


def reading_seconds(part: nodes.Element, language: str) -> float:
    """Return the reading time of a page or of a section, with the sections inside it."""
    words = sum(len(text.astext().split()) for text in part.findall(nodes.paragraph))
    formulas = sum(1 for _ in part.findall(nodes.math_block))
    code = [block for block in part.findall(nodes.literal_block) if _is_read(block)]
    lines = sum(block.astext().count("\n") + 1 for block in code)
    seconds = words * SECONDS_A_WORD[language]
    return seconds + formulas * SECONDS_A_FORMULA + lines * SECONDS_A_LINE_OF_CODE


def _is_read(block: nodes.literal_block) -> bool:
    """Return whether a block is the code of a cell that is not folded."""
    box = block.parent
    return "cell_input" in box.get("classes", []) and not folded_as(box.parent)


def verified_runs(
    records: dict[str, Any], page: str, notebook: Notebook, root: Path
) -> list[dict[str, Any]]:
    """Return the recorded runs of exactly this code, one for each kind of device."""
    runs = []
    for record in records.values():
        run = record["notebooks"].get(f"{page}.ipynb")
        if run and is_of(run, notebook, root):
            about = {name: value for name, value in record.items() if name != "notebooks"}
            runs.append({**about, "seconds": run["seconds"]})
    return runs


def recorded(root: Path) -> dict[str, Any]:
    """Return the record of each kind of device on which the notebooks were run."""
    path = root / RECORD
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def note_modules(app: Sphinx, records: dict[str, Any], page: str | None = None) -> None:
    """Let Sphinx rebuild this page if library code changes that it, or any page, has run."""
    root = Path(app.srcdir)
    for record in records.values():
        for path, run in record["notebooks"].items():
            if page is None or path == f"{page}.ipynb":
                for module in run.get("modules", "").split():
                    app.env.note_dependency(str(module_file(root, module).relative_to(root)))


def note_own_modules(app: Sphinx, _doctree: nodes.document) -> None:
    """Record the modules that the page being read has run."""
    note_modules(app, recorded(Path(app.srcdir)), app.env.docname)


def running_seconds(runs: list[dict[str, Any]]) -> int:
    """Return the page's running time on the slowest device, in steps of five seconds."""
    return 5 * max(1, round(max(run["seconds"] for run in runs) / 5))


def has_exercises(section: nodes.section) -> bool:
    """Say whether a section is the chapter's exercises, which can be printed alone."""
    return any(anchor.endswith("-exercises") for anchor in section["ids"])


def add_facts(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Put the facts below the page's title."""
    source = Path(app.srcdir, f"{pagename}.ipynb")
    if doctree is None or not source.exists():
        return
    language = app.config.language
    notebook = json.loads(source.read_text("utf-8"))
    has_code = bool(code_cells(keep_language(notebook, language)))
    root = Path(app.srcdir)
    runs = verified_runs(recorded(root), pagename, notebook, root) if has_code else []
    repository, wheel = app.config.repository, wheel_address(root)
    facts = {
        "minutes": reading_minutes(doctree, language),
        "runs": runs,
        "seconds": running_seconds(runs) if runs else None,
        "download": Path(pagename).name + ".ipynb" if app.config.languages_side_by_side else "",
        "launchers": repository.launchers(f"{language}/{pagename}.ipynb")
        if has_code and repository.is_set
        else {},
        "wheel": wheel,
        "exercises": any(has_exercises(part) for part in doctree.findall(nodes.section)),
        "install": install_command(wheel) if has_code else "",
    }
    about = app.builder.templates.render("about-page.html", {**context, "facts": facts})
    context["body"] = context["body"].replace("</h1>", f"</h1>\n{about}", 1)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.connect("doctree-read", note_own_modules)
    app.connect("html-page-context", add_facts, priority=700)  # after the frame's
    return {"parallel_read_safe": True}
