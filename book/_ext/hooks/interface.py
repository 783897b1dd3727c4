"""Sphinx extension: the frame of each page, in the site's language, and the way to the other one.

Texts of ``_config.yml`` and ``_toc.yml`` that readers see are written "한국어 · English"; the other
words of the site are in ``book/locale``.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment.adapters.toctree import TocTree
from sphinx.errors import ConfigError
from sphinx.util import logging
from sphinx.util.i18n import CatalogInfo

from ..one_language import LANGUAGES
from ..repository import Repository
from ..texts import LOCALE, words
from . import web_assets
from .skippable import mark_in_list

logger = logging.getLogger(__name__)


def half(text: str, language: str) -> str:
    """Return the part of "한국어 · English" that is in ``language``.

    Raises
    ------
    ConfigError
        The text is not of that form.
    """
    halves = text.split(" · ")
    if len(halves) != len(LANGUAGES):
        raise ConfigError(f"{text!r}: got {len(halves)} part(s), expected 'KOREAN · ENGLISH'")
    return halves[LANGUAGES.index(language)]


def speak_one_language(_app: Sphinx, config: Config) -> None:
    """Choose the words for the title and the captions of the contents in the site's language."""
    language = config.language
    if language not in LANGUAGES:
        raise ConfigError(f"language: got {language!r}, expected one of {', '.join(LANGUAGES)}")
    config.html_title = config.project = half(config.html_title, language)
    root = config.external_site_map.root
    root.title = root.title and half(root.title, language)
    for document in config.external_site_map.values():
        for part in document.subtrees:
            part.caption = part.caption and half(part.caption, language)
    config.nb_code_prompt_show = words(language)["show_code"]
    config.nb_code_prompt_hide = words(language)["hide_code"]
    config.repository = Repository.from_theme_options(config.html_theme_options)
    if not config.repository.is_set and language == LANGUAGES[0]:
        logger.info(
            "_config.yml: repository.url still says OWNER: no page links to Binder, Colab, "
            "the repository or its forms until it is set"
        )
    config.site_address = (config.html_baseurl or config.repository.pages_address).rstrip("/")
    config.html_baseurl = ""  # Sphinx knows one language only
    # Jupyter Book's options are for its own theme.
    config.html_theme_options = {"globaltoc_collapse": False}


def frame_page(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Give the templates the values that they show around the text."""
    language = app.config.language
    static = Path(app.outdir, "_static")
    contents = context["toctree"](maxdepth=1, collapse=False, includehidden=True)
    contents = f"{first_entry(app, pagename)}\n{contents}".replace(' role="heading"', "")
    title, repository = context.get("title", ""), app.config.repository
    context |= {
        "words": words(language),
        "shipped": list(web_assets.LICENCES),
        "static_version": lambda name: web_assets.address_with_version(static / name),
        "repository": repository.links(pagename) if repository.is_set else None,
        "contents": contents.replace('<a class="current', '<a aria-current="page" class="current'),
        "toc_below_title": table_of_sections(app, pagename) if doctree else "",
        "page_title": " – ".join(
            dict.fromkeys(filter(None, [nodes.unescape(title), app.config.project]))
        ),
    }
    if app.config.languages_side_by_side:
        other = next(name for name in LANGUAGES if name != language)
        up = "../" * (pagename.count("/") + 1)
        context["other_language"] = {
            "code": other,
            "name": words(language)["other_name"],
            "invitation": words(language)["other_invitation"],
            "address": f"{up}{other}/{app.builder.get_target_uri(pagename)}",
        }


def root_title(app: Sphinx) -> str:
    """Return the name of the contents' root, the page that says how to read the book."""
    title = app.config.external_site_map.root.title
    return title or app.env.titles[app.config.master_doc].astext()


def first_entry(app: Sphinx, pagename: str) -> str:
    """Return the menu entry of the contents' root, which Sphinx leaves out."""
    root = app.config.master_doc
    current = "current " if pagename == root else ""
    address = "#" if current else app.builder.get_relative_uri(pagename, root)
    link = f'<a class="{current}reference internal" href="{address}">{escape(root_title(app))}</a>'
    return f'<ul>\n<li class="{current}toctree-l1">{link}</li>\n</ul>'


def table_of_sections(app: Sphinx, pagename: str) -> str:
    """Return the page's headings below its title as a list of links; empty if there are few."""
    toc = TocTree(app.env).get_toc_for(pagename, app.builder)
    below = next(iter(toc.children[0].findall(nodes.bullet_list)), None)
    if below is None:
        return ""
    mark_in_list(app, pagename, below)
    return app.builder.render_partial(below)["fragment"]


def write_words(app: Sphinx) -> None:
    """Write the words that scripts use."""
    if app.builder.format == "html":
        text = json.dumps(words(app.config.language), ensure_ascii=False, indent=1)
        target = Path(app.outdir, "_static", "words.js")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f'"use strict";\n\nconst words = {text};\n', "utf-8")


def load_own_translations(app: Sphinx) -> None:
    """Load this book's words before those of other extensions.

    The catalogue that is loaded first wins; Sphinx itself loads only ``sphinx.po``.
    """
    messages = LOCALE / app.config.language / "LC_MESSAGES"
    for po in sorted(messages.glob("*.po")):
        catalogue = CatalogInfo(str(messages), po.stem, "utf-8")
        if catalogue.is_outdated():
            catalogue.write_mo(app.config.language)
        app.add_message_catalog(po.stem, str(LOCALE))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.add_config_value("languages_side_by_side", False, "html", types=(bool,))
    app.add_config_value("repository", None, "html")
    app.add_config_value("site_address", "", "html", types=(str,))
    # Jupyter Book sets this for an extension that is not among ours.
    app.add_config_value("comments_config", {}, "", types=(dict,))
    load_own_translations(app)
    app.connect("config-inited", speak_one_language, priority=950)  # after the contents are read
    app.connect("builder-inited", write_words)
    app.connect("html-page-context", frame_page)
    return {"parallel_read_safe": True}
