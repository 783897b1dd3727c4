"""The appendix on verification names existing things and shows the records."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from _ext.hooks import verified_runs
from _ext.plain.code_digest import digest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("verified", "teachers", "conventions")


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_command_that_a_page_names_is_there(page):
    cells = nbformat.read(ROOT / "book" / "appendix" / f"{page}.ipynb", as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    named = re.findall(r"`(?:python )?((?:tests|deploy)/[\w./]+)", text)
    commands = re.findall(r"`make ([\w-]+)`", text)
    assert named or commands
    assert not [path for path in named if not (ROOT / path).exists()]
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert not set(commands) - set(targets)


def tree(tmp_path: Path) -> tuple[Path, str]:
    notebook = {"cells": [{"cell_type": "code", "source": "x = 1"}]}
    (tmp_path / "book").mkdir()
    toc = "format: jb-book\nroot: book/b\nchapters:\n  - file: book/a\n"
    (tmp_path / "_toc.yml").write_text(toc, "utf-8")
    for name in ("a", "b"):
        (tmp_path / "book" / f"{name}.ipynb").write_text(json.dumps(notebook), "utf-8")
    return tmp_path, digest(notebook, "", tmp_path)


@pytest.mark.parametrize(
    ("language", "same", "changed"),
    [("ko", "코드 셀 7개", "그 뒤 바뀜"), ("en", "7 code cells", "changed since")],
)
def test_the_table_tells_what_was_run_from_what_has_changed(tmp_path, language, same, changed):
    root, code = tree(tmp_path)
    machine = {"device": "Xeon", "date": "2026-11-20", "python": "3", "numpy": "2", "torch": "2"}
    done = {"cells": 7, "modules": "", "code": code}
    measured = {**done, "megabytes": 146}
    gone = {"book/gone.ipynb": done}
    records = {
        "cpu": {**machine, "notebooks": {"book/a.ipynb": done, "book/b.ipynb": measured, **gone}},
        "gpu": {**machine, "notebooks": {"book/a.ipynb": {**done, "code": "other"}}},
    }
    cpu, gpu, table = verified_runs.runs(root, records, language)
    for device, paragraph in (("CPU", cpu), ("GPU", gpu)):
        assert paragraph.astext().startswith(f"{device} (")
        assert "Xeon" in paragraph.astext()
    rows = [[cell.astext() for cell in row] for row in table.findall(verified_runs.nodes.row)]
    assert [row[1:] for row in rows] == [["CPU", "GPU"], [f"{same}, 146 MB", "—"], [same, changed]]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_without_a_record_the_page_says_so(tmp_path, language):
    (paragraph,) = verified_runs.runs(tmp_path, {}, language)
    assert paragraph.astext() == verified_runs.words(language)["no_records"]
