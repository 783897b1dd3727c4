"""Turn the roles of running text into links and words in plain Markdown."""

from __future__ import annotations

import posixpath
import re

from ..hooks.particles import PARTICLE, fitting
from .book_index import BookIndex, Target, address
from .chapters import at_start, name_of_page, name_of_section, numbered
from .myst_blocks import Block, MarkupError, Span, parse, role_target, role_text, walk

# A link to a program in the repository; what is not a notebook is on the site only.
_PROGRAM = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)\s]+\.py\)")

# A role, or a code span, which may quote a role and is left alone.
_ROLE = re.compile(
    r"\{(?P<name>[\w:-]+)\}(?P<tick>`+)(?P<value>.+?)(?<!`)(?P=tick)(?!`)"
    rf"(?P<particle>{PARTICLE})?"
    r"|(?P<code>`+).+?(?<!`)(?P=code)(?!`)",
    re.DOTALL,
)


class RoleWriter:
    """Write the running text of one page."""

    def __init__(self, page: str, index: BookIndex):
        self.page = page
        self.index = index

    def plain(self, text: str, block: Block | None = None) -> str:
        """Return the text without roles; ``block`` is the parsed text, if known.

        Raises
        ------
        MarkupError
            A role leads nowhere, or the Markdown parser finds other roles here than this writer.
        """
        read = list(walk([block] if block else parse(text)))
        seen = sum(span.kind == "role" for one in read for span in one.spans)
        written = sum(bool(match["name"]) for match in _ROLE.finditer(text))
        if seen != written:
            raise MarkupError(f"{seen} roles are read and {written} are seen in {text!r}")
        for span in (span for one in read for span in one.spans if span.kind == "link"):
            self._check_link(span.value)
        written_out = _ROLE.sub(
            lambda match: self._words(match) if match["name"] else match[0], text
        )
        return _PROGRAM.sub(r"`\1`", written_out)

    def _words(self, match: re.Match[str]) -> str:
        """Return the text of a role, followed by the fitting particle, if there is one."""
        words, particle = self._role(match), match["particle"] or ""
        read = re.sub(r"\]\([^)]*\)$", "", words)
        if match["name"].startswith("cite:"):
            read = re.sub(r"\(\d+\)$", "", read)  # the year is not read aloud
            if not re.search("[가-힣]$", read):
                return words + particle
        return words + (fitting(particle, read) if particle else "")

    def _check_link(self, link: str) -> None:
        """Reject links that a copy cannot follow: only notebooks and their labels work.

        A link to a program is downloaded from the site; a copy has only its words.
        """
        if re.match(r"https?://", link) or link.endswith(".py"):
            return
        path, _, label = link.partition("#")
        page = self.page
        if path:
            page = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
            page, suffix = posixpath.splitext(page)
            if suffix != ".ipynb" or page not in self.index.titles:
                raise MarkupError(f"link {link!r} leads to no page of the book")
        if label and self.index.target(label).page != page:
            raise MarkupError(f"link {link!r} leads to no label of that page")

    def _role(self, match: re.Match[str]) -> str:
        # A role may span two lines, and a quotation marks each line.
        span = Span("role", re.sub(r"\s*\n[\s>]*", " ", match["value"]), match["name"])
        label, words = role_target(span), role_text(span)
        if span.name.startswith("cite:"):
            keys = [key.strip() for key in span.value.split(",")]
            return self.index.bibliography.cite(keys, span.name == "cite:t", self.index.language)
        if span.name == "doc":
            return self._page_link(words, label)
        target = self.index.target(label)
        if span.name == "eq":
            number = f"({target.number})"
            return number if target.page == self.page else self._link(number, label)
        if span.name == "numref":
            words = words.replace("%s", str(target.number)) or self.index.numbered(label)
        return self._link(words or self._name(target, match), label)

    def _name(self, target: Target, match: re.Match[str]) -> str:
        """Return how the text names a page or a section, as `hooks.names` does on the site."""
        language, number = self.index.language, self.index.numbers.get(target.page)
        if not target.title:
            return ""
        if target.title == self.index.titles.get(target.page):
            name = name_of_page(language, number, target.title)
        else:
            elsewhere = number if target.page != self.page else None
            name = name_of_section(language, elsewhere, target.title)
        return at_start(name, match.string[: match.start()])

    def _page_link(self, words: str, name: str) -> str:
        page = posixpath.normpath(posixpath.join(posixpath.dirname(self.page), name))
        if page not in self.index.titles:
            raise MarkupError(f"page {name!r} is not in the table of contents")
        words = words or numbered(self.index.numbers.get(page), self.index.titles[page])
        return f"[{words}]({address(self.page, page)})"

    def _link(self, words: str, label: str) -> str:
        if not words:
            raise MarkupError(f"a reference to {label!r} needs words of its own")
        return f"[{words}]({self.index.link(self.page, label)})"
