"""Sphinx extension: the site's own words in its language, and the way to the other language.

Texts of ``_config.yml`` and ``_toc.yml`` that readers see are written "한국어 · English".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from one_language import LANGUAGES
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError
from sphinx.util.i18n import CatalogInfo

LOCALE = Path(__file__).parent.parent / "locale"

NAMES = {"ko": "한국어", "en": "English"}
INVITATIONS = {"ko": "이 페이지를 한국어로 읽기", "en": "Read this page in English"}
SEARCH = {"ko": "이 책에서 찾기", "en": "Search this book"}
SHOW_CODE = {"ko": "코드 보기", "en": "Show the code"}
HIDE_CODE = {"ko": "코드 접기", "en": "Hide the code"}
LICENCES = {"ko": "글과 그림은 CC BY 4.0, 코드는 MIT", "en": "Text and figures CC BY 4.0, code MIT"}


def half(text: str, language: str) -> str:
    """Return the part of "한국어 · English" that is in ``language``.

    Raises
    ------
    ConfigError
        The text is not of that form.
    """
    halves = text.split(" · ")
    if len(halves) != len(LANGUAGES):
        raise ConfigError(f"{text!r}: got {len(halves)} part(s), expected '한국어 · English'")
    return halves[LANGUAGES.index(language)]


def speak_one_language(_app: Sphinx, config: Config) -> None:
    """Choose the language's words for the title, the captions of the contents and the theme."""
    language = config.language
    if language not in LANGUAGES:
        raise ConfigError(f"language: got {language!r}, expected one of {', '.join(LANGUAGES)}")
    config.html_title = config.project = half(config.html_title, language)
    for document in config.external_site_map.values():
        for part in document.subtrees:
            part.caption = part.caption and half(part.caption, language)
    config.nb_code_prompt_show = SHOW_CODE[language]
    config.nb_code_prompt_hide = HIDE_CODE[language]
    config.html_theme_options = config.html_theme_options | {
        "search_bar_text": SEARCH[language],
        "extra_footer": LICENCES[language],
    }


def link_languages(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """Tell the page where it stands in each language, for its switch and for search engines."""
    if not app.config.languages_side_by_side:
        return
    up = "../" * (pagename.count("/") + 1)
    page = app.builder.get_target_uri(pagename)
    addresses = {language: f"{up}{language}/{page}" for language in LANGUAGES}
    other = next(language for language in LANGUAGES if language != app.config.language)
    context["other_language"] = {
        "code": other,
        "name": NAMES[other],
        "invitation": INVITATIONS[other],
        "address": addresses[other],
    }
    # Like the root page: who reads neither language is sent to English.
    alternates = addresses | {"x-default": addresses["en"]}
    context["metatags"] = context.get("metatags", "") + "".join(
        f'<link rel="alternate" hreflang="{language}" href="{address}" />\n'
        for language, address in alternates.items()
    )


def first_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Add an ``index.html`` that leads to the book's first page."""
    address = app.builder.get_target_uri(app.config.root_doc)
    yield "index", {"address": address}, "first-page.html"


def load_own_translations(app: Sphinx) -> None:
    """Put this book's words before those of the theme and of other extensions.

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
    # Jupyter Book sets this for an extension that is not among ours.
    app.add_config_value("comments_config", {}, "", types=(dict,))
    load_own_translations(app)
    app.connect("config-inited", speak_one_language, priority=950)  # after the contents are read
    app.connect("html-page-context", link_languages)
    app.connect("html-collect-pages", first_page)
    return {"parallel_read_safe": True}
