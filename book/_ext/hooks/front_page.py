"""Sphinx extension: each language's front page, ``index.html``, and one page for lost readers.

The second replaces sphinx-notfound-page, which makes one page per language: a server shows only the
one at the root, where the reader's language is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

from ..one_language import LANGUAGES
from ..plain import books
from ..plain.chapters import unnumbered
from ..texts import texts, words
from . import diagrams, moving_figures
from .interface import root_title
from .learning_paths import learning_paths

MOVING, PICTURE, QUESTIONS = "lstm-driven", "six-dropouts.svg", "intro-chapters"


def chapters(app: Sphinx) -> list[dict[str, str]]:
    """Return the book's chapters: page, number, title and the question that each answers."""
    found, asked = [], questions(app)
    for part in app.config.external_site_map.root.subtrees[:1]:
        for item in part.items:
            page = str(item)
            number = app.env.chapter_numbers[page]
            title = unnumbered(number, app.env.titles[page].astext())
            found.append(
                {"page": page, "number": number, "title": title, "question": asked.get(page, "")}
            )
    return found


def questions(app: Sphinx) -> dict[str, str]:
    """Return the question that each chapter answers, from the table of the introduction."""
    labels = app.env.domaindata["std"]["labels"]
    doctree = app.env.get_doctree(app.config.master_doc)
    sections = [part for part in doctree.findall(nodes.section) if QUESTIONS in part["ids"]]
    found = {}
    for row in (row for section in sections for row in section.findall(nodes.row)):
        for reference in row.findall(pending_xref):
            found[labels[reference["reftarget"]][0]] = row.children[1].astext()
    return found


def front_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Add the front page."""
    front = texts(app.config.language)["front"]
    found = chapters(app)
    repository = app.config.repository
    drawing = diagrams.FIGURES / PICTURE
    picture = ElementTree.parse(drawing).getroot()
    context = {
        "title": "",
        "front": front,
        "description": f"{front['claim']} {front['lead']}"[:155].rsplit(" ", 1)[0] + "…",
        "chapters": found,
        "introduction": {"page": app.config.master_doc, "title": root_title(app)},
        "launchers": repository.launchers(f"{app.config.language}/{app.config.master_doc}.ipynb"),
        "moving": moving_figures.still(app, "index", MOVING, front["moving"]),
        "picture": diagrams.inline(picture, front["picture"], "front-"),
        "paths": learning_paths(app, front["paths"]),
        "has": set(app.env.found_docs),
        "books": books_to_take(app.config.language) if app.config.offer_books else [],
        "sheet": sheet_to_print(app),
    }
    yield "index", context, "front-page.html"


def books_to_take(language: str) -> list[dict[str, str]]:
    """Return the address and the name of each book to take along, and of the site's ZIP."""
    whole = {"file": f"../{books.ZIP}", "name": texts(language)["front"]["zip"]}
    named = [
        {"file": books.file_name(language, kind), "name": kind.upper()} for kind in books.KINDS
    ]
    return [*named, whole]


def sheet_to_print(app: Sphinx) -> dict[str, str] | None:
    """Return the exam sheet's file and the words that offer it; nothing if it does not exist."""
    language = app.config.language
    if not app.config.offer_sheet:
        return None
    return {"file": books.sheet_name(language), "name": texts(language)["printed"]["sheet_offer"]}


def offer_sheet(app: Sphinx, pagename: str, template: str, context: Any, doctree: Any) -> None:
    """Offer the exam sheet's PDF below the title of its page."""
    if pagename != books.SHEET_PAGE or not (sheet := sheet_to_print(app)):
        return
    address = context["pathto"](sheet["file"], 1)
    offer = f'<p class="take-sheet"><a href="{address}" download>{sheet["name"]}</a></p>'
    context["body"] = context["body"].replace("</h1>", f"</h1>\n{offer}", 1)


def write_pages_of_both_languages(app: Sphinx, error: Exception | None) -> None:
    """Write the page that leads to both languages, and ``404.html`` where GitHub looks for it.

    The latter is shown at whatever address is missing: its links start at the server's root.
    """
    if error or not app.config.languages_side_by_side or app.builder.format != "html":
        return
    context = {
        "base": urlsplit(app.config.site_address).path + "/",
        "words": {language: words(language) for language in LANGUAGES},
    }
    context["texts"] = {language: texts(language) for language in LANGUAGES}
    for template, name in (("root-page.html", "index.html"), ("not-found.html", "404.html")):
        text = app.builder.templates.render(template, context)
        Path(app.outdir).parent.joinpath(name).write_text(text, "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.add_config_value("offer_books", False, "html", types=(bool,))
    app.add_config_value("offer_sheet", False, "html", types=(bool,))
    app.connect("html-page-context", offer_sheet)
    app.connect("html-collect-pages", front_page)
    app.connect("build-finished", write_pages_of_both_languages)
    return {"parallel_read_safe": True}
