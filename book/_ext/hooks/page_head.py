"""Sphinx extension: the metadata of a page for search engines and social networks.

A page always has a description. Absolute addresses (canonical, other language, card) and the site's
map are written only if the site's address is set: ``html.baseurl`` in ``_config.yml``, or a
repository's owner.

This replaces sphinxext-opengraph and sphinx-sitemap. The first writes broken addresses while no
address is set, and has neither canonical nor alternate links. The second writes one map per
language instead of one for both, and warns (which fails the build) while no address is set.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape as xml_escape

from docutils import nodes
from sphinx.application import Sphinx

from ..one_language import LANGUAGES
from ..plain.library import LIBRARY, REFERENCE, first_sentence, public_modules
from ..texts import texts
from . import social_card

LENGTH = 155  # of a description, in characters; search engines show no more
LOCALES = {"ko": "ko_KR", "en": "en_GB"}


def describe(doctree: nodes.document) -> str:
    """Return the beginning of a page's text in the length of a description, cut between words."""
    paragraphs = [" ".join(p.astext().split()) for p in doctree.findall(nodes.paragraph)]
    text = ""
    for paragraph in paragraphs:
        if len(text) > LENGTH // 2:
            break
        text = f"{text} {paragraph}".strip()
    if len(text) <= LENGTH:
        return text
    return text[: LENGTH - 1].rsplit(" ", 1)[0].rstrip(".,:;") + "…"


def describe_module(page: str) -> str:
    """Return a module's name and its docstring's first line, in the length of a description."""
    module = f"{LIBRARY}.{page}"
    text = f"{module}: {first_sentence(public_modules()[module])}"
    return text if len(text) <= LENGTH else text[: LENGTH - 1].rsplit(" ", 1)[0] + "…"


def add_head(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Write the page's ``meta`` and ``link`` elements into the template's ``metatags``."""
    language, config = app.config.language, app.config
    title = nodes.unescape(context.get("title", "")) or config.project
    written = texts(language)["descriptions"].get(Path(pagename).name)
    if pagename.startswith(REFERENCE):
        written = describe_module(pagename.removeprefix(REFERENCE))
    begins = describe(doctree) if doctree else context.get("description", config.project)
    description = written or begins
    tags = [f'<meta name="description" content="{escape(description)}">']
    tags += [
        f'<meta property="og:{name}" content="{escape(value)}">'
        for name, value in {
            "type": "article" if doctree else "website",
            "title": title,
            "description": description,
            "site_name": config.project,
            "locale": LOCALES[language],
        }.items()
    ]
    if config.site_address and config.languages_side_by_side and pagename != "search":
        page = app.builder.get_target_uri(pagename)
        tags += addresses(config.site_address, language, page)
        card = social_card.write(Path(app.outdir), pagename, title, config.project, language)
        tags += [
            f'<meta property="og:image" content="{config.site_address}/{language}/{card}">',
            f'<meta property="og:image:alt" content="{escape(title)}">',
            '<meta name="twitter:card" content="summary_large_image">',
        ]
    if pagename == "search":
        tags.append('<meta name="robots" content="noindex">')
    context["metatags"] = "\n    ".join(tags)


def addresses(site: str, language: str, page: str) -> list[str]:
    """Return the tags with the page's addresses in both languages."""
    found = {name: f"{site}/{name}/{page}" for name in LANGUAGES}
    # Like the root page: readers of neither language are sent to English.
    alternates = found | {"x-default": found["en"]}
    return [
        f'<link rel="canonical" href="{found[language]}">',
        f'<meta property="og:url" content="{found[language]}">',
        *(
            f'<link rel="alternate" hreflang="{name}" href="{address}">'
            for name, address in alternates.items()
        ),
    ]


def site_map(site: str, pages: list[str]) -> str:
    """Return a map of the site (sitemaps.org): each page in each language, with its twins."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:xhtml="http://www.w3.org/1999/xhtml">'
    )
    for page in pages:
        twins = "".join(
            f'<xhtml:link rel="alternate" hreflang="{name}" '
            f'href="{xml_escape(f"{site}/{name}/{page}")}"/>'
            for name in LANGUAGES
        )
        for language in LANGUAGES:
            address = xml_escape(f"{site}/{language}/{page}")
            lines.append(f"<url><loc>{address}</loc>{twins}</url>")
    return "\n".join([*lines, "</urlset>", ""])


def write_site_map(app: Sphinx, error: Exception | None) -> None:
    """Write the map, and the file that points robots to it, beside the languages' folders."""
    site = app.config.site_address
    if error or not site or not app.config.languages_side_by_side or app.builder.format != "html":
        return
    root = Path(app.outdir).parent
    documents = sorted(app.env.found_docs)
    pages = [app.builder.get_target_uri(name) for name in ["index", *documents]]
    (root / "sitemap.xml").write_text(site_map(site, pages), "utf-8")
    (root / "robots.txt").write_text(
        f"User-agent: *\nAllow: /\n\nSitemap: {site}/sitemap.xml\n", "utf-8"
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.connect("html-page-context", add_head, priority=600)  # after the frame's
    app.connect("build-finished", write_site_map)
    return {"parallel_read_safe": True}
