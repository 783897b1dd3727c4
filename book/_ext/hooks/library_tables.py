"""Sphinx extension: what runs on which layer, and what it costs, on the page of the library.

The first table is that of the front pages, which `make support` writes from what ran. The others
and their pictures are made from the files of `benchmarks/results`. No notebook stores either. The
section on installation gets a link to the repository, once its owner has set the address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from ..repository import Repository
from ..texts import texts, words

# The sections
INSTALL, SUPPORT, COST = "library-install", "library-support", "library-cost"
FRONT_PAGES = {"en": "README.md", "ko": "README.ko.md"}
MARKS, YES = ("<!-- support -->\n", "<!-- end -->"), "✓"
RESULTS = Path("benchmarks", "results")

# The picture, in pixels: the names' column, the scale, and the height of a row.
NAMES, SCALE, ROW = 250, 300, 26


def insert_tables(app: Sphinx, doctree: nodes.document) -> None:
    """Put the tables at the ends of their sections."""
    root, language = Path(app.srcdir), app.config.language
    for section in doctree.findall(nodes.section):
        if INSTALL in section["ids"]:
            section += link(app.config.repository, words(language)["repository"])
        if SUPPORT in section["ids"]:
            front = FRONT_PAGES[language]
            app.env.note_dependency(front)
            section += supported(*support(root / front), texts(language)["library"]["everywhere"])
        if COST in section["ids"]:
            paths = sorted((root / RESULTS).glob("*.json"))
            for path in paths:
                app.env.note_dependency(str(path.relative_to(root)))
            for result in sorted((json.loads(path.read_text("utf-8")) for path in paths), key=load):
                section += costs(result, texts(language)["library"])


def link(repository: Repository, text: str) -> list[nodes.Node]:
    """Return a paragraph that leads to the repository; nothing if it has no address yet."""
    if not repository.is_set:
        return []
    reference = nodes.reference("", text, refuri=repository.address)
    return [nodes.paragraph("", "", reference)]


def load(result: dict[str, Any]) -> float:
    """Return the load of the machine per core before it measured; above 1 it was busy."""
    machine = result["machine"]
    return machine["load average before"] / machine["cores"]


def support(front: Path) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of a front page's table."""
    text = front.read_text("utf-8")
    lines = text.partition(MARKS[0])[2].partition(MARKS[1])[0].strip().splitlines()
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return head, rows


def supported(head: list[str], rows: list[list[str]], said: str) -> list[nodes.Node]:
    """Return a sentence that names what every layer supports, and a table of the other rows."""
    everywhere = [row for row in rows if set(row[1:]) == {YES}]
    names = said.format("; ".join(row[0] for row in everywhere))
    return [_cell(names), table(head, [row for row in rows if row not in everywhere])]


def costs(result: dict[str, Any], said: dict[str, Any]) -> list[nodes.Node]:
    """Return the machine of a file of results, and for each kind a picture and a table.

    They show the rows that have a name in the catalogue: other libraries' layers have none.
    """
    machine = said["machine"].format(**result["machine"])
    if load(result) > 1:
        machine = f"{machine} {said['busy']}"
    found: list[nodes.Node] = [nodes.paragraph("", machine)]
    for kind, entries in by_kind(result["table"]).items():
        sizes = [", ".join(map(str, entry["T, N, D, H"])) for entry in entries]
        measured = [entry.get("rows") or entry["layers"] for entry in entries]
        reference = next(iter(measured[0]))
        ratios = {
            name: [rows[name]["ratio"] for rows in measured]
            for name in measured[0]
            if name in said["rows"]
        }
        named = {said["rows"][name]: values for name, values in ratios.items()}
        title = said["ratios"].format(kind=kind, reference=reference)
        found.append(nodes.raw("", picture(named, title), format="html"))
        body = [[name, *(f"{value:.2f}" for value in values)] for name, values in named.items()]
        found.append(table([said["size"], *sizes], body))
    return found


def by_kind(entries: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the entries in float32 by kind of layer."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        if entry["dtype"] == "float32":
            found.setdefault(entry.get("kind", "LSTM"), []).append(entry)
    return found


def picture(rows: dict[str, list[float]], title: str) -> str:
    """Draw each row's ratios as dots on a scale, larger for larger sizes, with a line at 1."""
    most = max(max(values) for values in rows.values())
    end = next(end for end in (1.25, 2.5, 5, 10, 20, 40, 80) if most <= end)
    height = ROW * len(rows) + 34

    def x(value: float) -> float:
        return round(NAMES + SCALE * value / end, 1)

    ticks = [end * part / 5 for part in range(6)]
    drawn = [
        f'<path class="axis" stroke="gray" d="M{x(tick)},8V{height - 22}"/>'
        f'<text x="{x(tick)}" y="{height - 6}" text-anchor="middle">{tick:g}</text>'
        for tick in ticks
    ]
    drawn.append(f'<path class="one" stroke="gray" d="M{x(1)},8V{height - 22}"/>')
    for number, (name, values) in enumerate(rows.items()):
        y = ROW * number + 22
        drawn.append(f'<text x="{NAMES - 12}" y="{y + 5}" text-anchor="end">{escape(name)}</text>')
        drawn += [
            f'<circle cx="{x(value)}" cy="{y}" r="{3 + size}"/>'
            for size, value in enumerate(values)
        ]
    shape = f'class="costs" viewBox="0 0 {NAMES + SCALE + 20} {height}"'
    return (
        f'<figure><svg {shape} role="img" aria-label="{escape(title)}">{"".join(drawn)}</svg>'
        f"<figcaption><p>{escape(title)}.</p></figcaption></figure>"
    )


def table(head: list[str], body: list[list[str]]) -> nodes.table:
    """Return a table whose first column holds the rows' names."""
    columns = [nodes.colspec(colwidth=1) for _ in head]
    group = nodes.tgroup("", *columns, cols=len(head))
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *map(_row, body))
    return nodes.table("", group)


def _row(cells: list[str]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", _cell(cell)) for cell in cells))


def _cell(text: str) -> nodes.paragraph:
    """Return a cell's text, with its code in code font."""
    parts = text.split("`")
    made = [nodes.literal("", part) if k % 2 else nodes.Text(part) for k, part in enumerate(parts)]
    return nodes.paragraph("", "", *made)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.connect("doctree-read", insert_tables)
    return {"parallel_read_safe": True}
