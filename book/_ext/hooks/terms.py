"""Sphinx extension: each term of the glossary has an address, and chapters lead to it.

A text leads there by ``{ref}`망각 게이트 <term-forget-gate>```. Besides, a page's first mention of
a term that another page introduces is a link: ``static/popover.js`` explains it in place.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..plain.glossary import entries
from ..plain.library import REFERENCE
from ..plain.terms import GLOSSARY, address_of, label_of

# Everyday words, whose mention is seldom the term.
EVERYDAY = {
    *("step", "source", "sink", "key", "value", "by value", "rate", "bias", "query", "leak"),
    *(
        "evaluation",
        "bounded",
        "greedy",
        "candidate",
        "highway",
        "mask",
        "window",
        "stream",
        "stacked",
    ),
    *("값", "키", "질의", "편의", "값 기준", "비율", "단계"),
}
MOST = 2  # links to terms in a paragraph: more would be restless


class Terms(NamedTuple):
    """The glossary's terms in one language.

    Attributes
    ----------
    addresses : dict
        The address of each term by its names in small letters.
    mention : re.Pattern
        Finds a name in a text, long ones first, also before a plural's ending.
    """

    addresses: dict[str, str]
    mention: re.Pattern[str]


class TermAddresses(SphinxTransform):
    """Give each of the glossary's items that explains a term its label."""

    default_priority = 261  # before labels are made anchors (262)

    def apply(self, **kwargs: Any) -> None:
        """Walk over the page's items."""
        if self.env.docname != GLOSSARY:
            return
        for item in self.document.findall(nodes.list_item):
            if label := label_of(item.astext()):
                item["ids"].append(label)
                item["names"].append(label)
                self.document.note_explicit_target(item)


class LinkTerms(SphinxPostTransform):
    """Make a page's first mention of each term a link, unless the page introduces the term."""

    default_priority = 20  # references are resolved
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's paragraphs."""
        page, path = self.env.docname, Path(self.app.srcdir, f"{GLOSSARY}.ipynb")
        elsewhere = page.startswith(("book/appendix/", REFERENCE)) or not page.startswith("book/")
        if elsewhere or not path.exists():
            return
        terms = terms_of(path, self.config.language)
        left = set(terms.addresses.values()) - self.known(terms)
        glossary = self.app.builder.get_relative_uri(page, GLOSSARY)
        for paragraph in self.document.findall(nodes.paragraph):
            if isinstance(paragraph.parent, nodes.section):
                link_terms(paragraph, terms, left, glossary)

    def known(self, terms: Terms) -> set[str]:
        """Return the addresses of terms that the page introduces or already leads to."""
        bold = {
            terms.addresses.get(strong.astext().lower(), "")
            for strong in self.document.findall(nodes.strong)
        }
        led = {
            link.get("refid") or link.get("refuri", "")
            for link in self.document.findall(nodes.reference)
        }
        title = self.document.next_node(nodes.title)
        named = {
            terms.addresses[mention[0].lower()]
            for mention in terms.mention.finditer(title.astext() if title else "")
        }
        return bold | named | {address.rpartition("#")[2] for address in led}


@functools.cache
def terms_of(path: Path, language: str) -> Terms:
    """Return a glossary's terms in one language, without everyday words."""
    found: dict[str, str] = {}
    for entry in entries(language, path):
        for name in entry.names:
            hangul = bool(re.search("[가-힣]", name))
            if (hangul if language == "ko" else not hangul) or name.isupper():
                found[name.lower()] = address_of(entry.names)
    addresses = {name: address for name, address in found.items() if name not in EVERYDAY}
    names = "|".join(map(re.escape, sorted(addresses, key=len, reverse=True)))
    mention = rf"(?<![\w-])(?:{names})(?=(?:e?s)?(?![A-Za-z-]))"
    return Terms(addresses, re.compile(mention, re.IGNORECASE))


def link_terms(paragraph: nodes.paragraph, terms: Terms, left: set[str], glossary: str) -> None:
    """Link at most `MOST` mentions in a paragraph's own text; remove their terms from ``left``."""
    made = 0
    for text in [child for child in paragraph.children if isinstance(child, nodes.Text)]:
        parts, end = [], 0
        for mention in terms.mention.finditer(text):
            address = terms.addresses[mention[0].lower()]
            if address in left and made < MOST:
                left.discard(address)
                made += 1
                link = nodes.reference(
                    "", mention[0], refuri=f"{glossary}#{address}", internal=True
                )
                link["classes"].append("term")
                parts += [nodes.Text(text[end : mention.start()]), link]
                end = mention.end()
        if parts:
            paragraph.replace(text, [*parts, nodes.Text(text[end:])])


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.add_transform(TermAddresses)
    app.add_post_transform(LinkTerms)
    return {"parallel_read_safe": True}
