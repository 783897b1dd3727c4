"""Sphinx extension: each section's titles and text, for the search in the browser.

Titles and names are one script, which answers soon on a slow line, and the texts another
(site/static/search.js).
Sphinx's index has whole pages and whole Korean words with their endings; it is switched off.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from pylatexenc.latex2text import LatexNodes2Text
from sphinx.application import Sphinx

from ..plain import glossary
from ..plain.library import LIBRARY, REFERENCE
from .web_assets import address_with_version

ALIASES = Path("book", "site", "search-aliases.toml")
SCRIPTS = ("minisearch.js", "stemmer.js", "search-words.js")
Section = dict[str, Any]

_to_text = LatexNodes2Text(math_mode="text")


def formula_text(tex: str) -> str:
    """Return a formula as readers type it: ``∂L/∂W_hh``."""
    return " ".join(_to_text.latex_to_text(tex.replace("&", " ")).split())


def sections(doctree: nodes.document, address: str, page: str) -> Iterator[Section]:
    """Return the page's sections that have an anchor, each with its own text and code."""
    for section in doctree.findall(nodes.section):
        title = next(iter(section.findall(nodes.title)), None)
        if title is None or title.parent is not section:
            continue
        anchor = "" if section.parent is doctree else f"#{section['ids'][0]}"
        text, code = _own_words(section)
        yield {
            "address": address + anchor,
            "page": page,
            "heading": " ".join(_words(title)),
            "text": text,
            "code": code,
        }


def descriptions(doctree: nodes.document, address: str) -> Iterator[Section]:
    """Return what a page of the reference describes: its modules, and their functions and classes.

    Each has its names, from the full one to the last part, and what its docstring says; signatures
    and arguments would be found by too many words. A check has the name of the function that it
    checks, which is meant by the last part alone; and lstm.CELL is not what LSTMCell means.
    """
    module = ""
    for node in doctree.findall(lambda node: node.tagname in ("section", "desc")):
        if isinstance(node, nodes.section):
            full = module = node[0].astext()
            anchor = "" if node.parent is doctree else f"#{node['ids'][0]}"
            blocks = node.children
        else:
            signature, content = node.children[0], node.children[-1]
            full, blocks = f"{signature['module']}.{signature['fullname']}", content.children
            anchor = f"#{signature['ids'][0]}"
        parts = full.split(".")
        names = [".".join(parts[start:]) for start in range(len(parts))]
        if parts[-1] == "CELL":
            names = names[:1]
        elif module == f"{LIBRARY}.checks":
            names = names[:-1]
        yield {
            "address": address + anchor,
            "page": module,
            "heading": ".".join(parts[1:]),
            "reference": names,
            "text": " ".join(b.astext() for b in blocks if isinstance(b, nodes.paragraph)),
            "code": "",
        }


def _own_words(section: nodes.section) -> tuple[str, str]:
    """Return the text and code of a section without those of its subsections."""
    text: list[str] = []
    code: list[str] = []
    for child in section.children:
        if isinstance(child, nodes.title) or _is_headed(child):
            continue
        text += _words(child)
        code += [block.astext() for block in child.findall(nodes.literal_block)]
    return re.sub(r"\s+", " ", " ".join(text)).strip(), "\n".join(code)


def _is_headed(node: nodes.Node) -> bool:
    return isinstance(node, nodes.section) and bool(
        node.children and isinstance(node.children[0], nodes.title)
    )


def _words(node: nodes.Node) -> list[str]:
    """Return the text of each block below a node, with formulas as readers type them."""
    if isinstance(node, nodes.literal_block | nodes.raw | nodes.comment):
        return []
    if isinstance(node, nodes.math_block):
        return [formula_text(node.astext())]
    if isinstance(node, nodes.TextElement):
        return ["".join(_inline(child) for child in node.children)]
    return [word for child in node.children for word in _words(child)]


def _inline(node: nodes.Node) -> str:
    if isinstance(node, nodes.math):
        return formula_text(node.astext())
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.raw):
        return ""
    return "".join(_inline(child) for child in node.children)


def remember_sections(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Store the page's sections; a later build reads only the pages that changed."""
    if doctree is not None:
        page = nodes.unescape(re.sub("<[^>]*>", "", context.get("title", "")))
        address = app.builder.get_target_uri(pagename)
        of_reference = pagename.startswith(REFERENCE)
        found = list(
            descriptions(doctree, address) if of_reference else sections(doctree, address, page)
        )
        path = _notes(app, pagename)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    static = Path(app.outdir, "_static")
    scripts = [address_with_version(static / name) for name in SCRIPTS]
    context["search_scripts"] = " ".join([*scripts, f"search-titles.js?v={_version(app)}"])
    context["search_text"] = f"search-text.js?v={_version(app)}"


@functools.cache
def _version(app: Sphinx) -> str:
    """Return a mark that changes with the sources of the data, which are not yet written."""
    made_of = [
        Path(app.srcdir, ALIASES),
        Path(__file__),
        *map(app.env.doc2path, sorted(app.env.found_docs)),
    ]
    return hashlib.sha256(b"".join(Path(path).read_bytes() for path in made_of)).hexdigest()[:8]


def _notes(app: Sphinx, pagename: str) -> Path:
    return Path(app.doctreedir, "sections", f"{pagename.replace('/', '.')}.json")


def name_sections(app: Sphinx, by_address: dict[str, Section], calls: dict[str, list[str]]) -> None:
    """Give sections names: the terms that the glossary explains there, and readers' words for it.

    Parameters
    ----------
    by_address : dict
        The sections.
    calls : dict
        Readers' words, by label. A label that does not exist is passed over: a build may have a
        part of the book only; tests/browser/test_search_queries.py knows the whole.
    """
    labels = app.env.domains["std"].data["labels"]
    entries = glossary.entries(app.config.language)
    names = [(label, entry.names) for entry in entries for label in entry.references]
    for label, words in [*names, *calls.items()]:
        if label in labels:
            page, anchor, _ = labels[label]
            uri = app.builder.get_target_uri(page)
            section = by_address.get(f"{uri}#{anchor}") or by_address[uri]
            section.setdefault("names", []).extend(words)


def write_search_data(app: Sphinx, error: Exception | None) -> None:
    """Write titles, names and aliases as a script of data, and texts and code as another.

    Sections are in the order of the book. Their texts go by address, because a browser may have
    kept one of the two from an earlier edition.
    """
    if error or app.builder.format != "html":
        return
    found: list[Section] = []
    reference = sorted(page for page in app.env.found_docs if page.startswith(REFERENCE))
    for page in [*app.config.external_site_map, *reference]:
        notes = _notes(app, page)
        if notes.exists():
            found += json.loads(notes.read_text("utf-8"))
    words = tomllib.loads(Path(app.srcdir, ALIASES).read_text("utf-8"))
    name_sections(app, {section["address"]: section for section in found}, words["sections"])
    texts = {
        section["address"]: {field: section.pop(field) for field in ("text", "code")}
        for section in found
    }
    titles = {"aliases": words[app.config.language], "sections": found}
    _write_script(app, "search-titles.js", "search_data", titles)
    _write_script(app, "search-text.js", "search_texts", texts)


def _write_script(app: Sphinx, file: str, name: str, value: Any) -> None:
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = f'"use strict";\n\nconst {name} = {data};\n'
    Path(app.outdir, "_static", file).write_text(text, "utf-8")


def search_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Add the page of search results."""
    yield "search", {"title": ""}, "search.html"


def switch_off_sphinx_search(app: Sphinx) -> None:
    """Keep Sphinx from writing its own index and search page."""
    if app.builder.format == "html":
        app.builder.search = False


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.connect("builder-inited", switch_off_sphinx_search)
    app.connect("html-page-context", remember_sections)
    app.connect("html-collect-pages", search_page)
    app.connect("build-finished", write_search_data)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
