"""Sphinx extension: the reference of the library, which autodoc and numpydoc make from docstrings.

A page in ``book/reference`` names its modules and nothing else. `plain.library` says which names
are public. The text is English on both sites; the Korean one says so and marks it.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from ..plain import library
from ..plain.library import LIBRARY, REFERENCE
from ..texts import texts, translated_modules, words

MODULES = "library-modules"  # the section that lists them
#: The pages by what they are for; texts["library"]["groups"] has the groups' names.
GROUPS = {
    "pytorch": ("torch_modules", "convert"),
    "dropout": ("dropout", "masks"),
    "cells": (
        *("rnn", "gru", "lstm", "lstm_peepholes", "lstm_projected"),
        *("min_gru", "min_lstm", "lru"),
    ),
    "networks": ("stack", "scan", "linear", "attention", "readout", "padding", "checkpoint"),
    "checks": ("checks", "verify"),
    "tools": ("clipping", "weights", "arrays", "cell", "nested", "trace"),
}
NAME = re.compile(r"\b[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
HEADING = re.compile(r"^(\w.*)\n-{3,}$", re.MULTILINE)
CODE_OR_BAR = re.compile(r"(`[^`]*`)|\|")


def skip_member(
    app: Sphinx, what: str, name: str, _value: Any, skip: bool, _options: Any
) -> bool | None:
    """Leave out what is not public, or is described on another page."""
    module, owner = (app.env.temp_data.get(f"autodoc:{kind}") for kind in ("module", "class"))
    if what == "module":
        return skip or name not in library.public_names(module)
    found: Any = functools.reduce(getattr, owner.split("."), sys.modules[module])
    return skip or name not in library.public_members(found)


def prepare_docstring(
    _app: Sphinx, what: str, _name: str, _value: Any, _options: Any, lines: list[str]
) -> None:
    """Make an indented block after a paragraph code, as docstrings write equations and calls.

    A module's headings become bold lines: they would be sections that hold all its functions.
    """
    if what == "module":
        lines[:] = HEADING.sub(r"\n.. rubric:: \1\n", "\n".join(lines)).split("\n")
    prepared: list[str] = []
    in_code = False
    for line in lines:
        indented = line.startswith("    ")
        after_paragraph = len(prepared) > 1 and not prepared[-1] and not prepared[-2][:1].isspace()
        if indented and after_paragraph and prepared[-2] and not in_code:
            in_code = True
            if not prepared[-2].endswith("::"):
                prepared += ["::", ""]
        elif line and not indented:
            in_code = False
        prepared.append(line if in_code else escape_bars(line))
    lines[:] = prepared


def escape_bars(line: str) -> str:
    """Escape vertical bars outside code: |λ| is a magnitude and no substitution."""
    return CODE_OR_BAR.sub(lambda part: part[1] or r"\|", line)


class DescribeChecks(SphinxDirective):
    """Describe each check: what the function that it checks takes and returns."""

    def run(self) -> list[nodes.Node]:
        """Return a description for each."""
        text = [f".. py:currentmodule:: {LIBRARY}.checks", ""]
        for check in library.public_names(f"{LIBRARY}.checks").values():
            text += [f".. py:function:: {check.name}({', '.join(check.shapes)})", ""]
            for name, shape in check.shapes.items():
                text += [f"   {name}", f"      {escape_bars(shape)}"]
            text += ["", f"   Returns {', '.join(check.results)}.", ""]
        return self.parse_text_to_nodes("\n".join(text))


class FramePages(SphinxTransform):
    """Say on each page of the reference what it is made from, and mark its language."""

    default_priority = 300

    def apply(self, **kwargs: Any) -> None:
        """Change the page's outer section."""
        if not self.env.docname.startswith(REFERENCE):
            return
        (section,) = (node for node in self.document.children if isinstance(node, nodes.section))
        language = self.config.language
        if language != "en":
            for node in section.children[1:]:
                if isinstance(node, nodes.Element):
                    node["classes"].append("language-en")
        module = self.env.docname.removeprefix(REFERENCE)
        before, after = words(language)["reference_made_from"].split("{module}")
        name = nodes.literal("", f"{LIBRARY}.{module}")
        made_from = nodes.paragraph("", "", nodes.Text(before), name, nodes.Text(after))
        section.insert(1, made_from)


class LinkNames(SphinxPostTransform):
    """Let names in the reference lead to what they mean in the module that uses them."""

    default_priority = 8  # before Sphinx looks for names that end alike (10)
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's names in code and its parameters' types."""
        page = self.env.docname
        if not page.startswith(REFERENCE):
            return
        for name in list(self.document.findall(pending_xref)):
            if name.get("refdomain") == "py":
                text = nodes.literal("", name.astext())
                place = place_of(self.env, name["reftarget"], name.get("py:module"), name)
                name.replace_self(self._link(place, text) if place else text)
        for kind in list(self.document.findall(nodes.classifier)):
            parts = list(self._linked(kind.astext(), module_of(kind)))
            kind.clear()
            kind += parts

    def _linked(self, text: str, module: str | None) -> Iterator[nodes.Node]:
        end = 0
        for match in NAME.finditer(text):
            place = place_of(self.env, match[0], module) if match[0][0].isupper() else None
            if place:
                yield nodes.Text(text[end : match.start()])
                yield self._link(place, nodes.Text(match[0]))
                end = match.end()
        yield nodes.Text(text[end:])

    def _link(self, place: tuple[str, str], text: nodes.Node) -> nodes.reference:
        return link(self.app, self.env.docname, place, text)


def link(app: Sphinx, page: str, place: tuple[str, str], text: nodes.Node) -> nodes.reference:
    """Return a link from a page to a name's place in the reference."""
    address = app.builder.get_relative_uri(page, place[0])
    reference = nodes.reference("", "", text, refuri=f"{address}#{place[1]}", internal=True)
    reference["classes"].append("api")
    return reference


def module_of(node: nodes.Node) -> str | None:
    """Return the module of the description that a node is in."""
    while node is not None:
        if isinstance(node, nodes.Element) and node.tagname == "desc":
            signature = node.children[0]
            return signature["module"] or None
        node = node.parent
    return None


def place_of(
    env: BuildEnvironment, name: str, module: str | None = None, near: nodes.Element | None = None
) -> tuple[str, str] | None:
    """Return the page and the anchor of what a name means in a module; None if it has none."""
    owner = near.get("py:class") if near is not None else None
    prefixes = [f"{module}.{owner}.", f"{module}.", f"{LIBRARY}.", ""]
    for prefix in prefixes:
        if place := _described(env, prefix + name):
            return place
    return _described(env, _home(name, module)) if module else None


def _described(env: BuildEnvironment, full: str) -> tuple[str, str] | None:
    python = env.domains["py"]
    entry = python.objects.get(full) or python.modules.get(full)
    return (entry.docname, entry.node_id) if entry else None


def _home(name: str, module: str) -> str:
    """Return the full name of what a module imports under a name, empty if it is nothing."""
    try:
        value = functools.reduce(getattr, name.split("."), sys.modules[module])
    except (AttributeError, KeyError):
        return ""
    full = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
    return getattr(value, "__name__", "") if isinstance(value, type(sys)) else full


def list_modules(app: Sphinx, doctree: nodes.document) -> None:
    """Put the list of modules at the end of the section that is for it."""
    for section in doctree.findall(nodes.section):
        if MODULES in section["ids"]:
            for group, name in texts(app.config.language)["library"]["groups"].items():
                section += nodes.rubric("", name)
                section += _modules(app, GROUPS[group])


def _modules(app: Sphinx, pages: Sequence[str]) -> nodes.definition_list:
    listed = nodes.definition_list()
    for page in pages:
        name = pending_xref(
            "",
            nodes.literal("", page),
            refdomain="std",
            reftype="doc",
            reftarget=f"/{REFERENCE}{page}",
            refexplicit=True,
        )
        text = nodes.paragraph("", described(page, app.config.language))
        item = nodes.definition_list_item("", nodes.term("", "", name), nodes.definition("", text))
        listed += item
    return listed


def described(page: str, language: str) -> str:
    """Return in one sentence what a module is; in English, its docstring says so."""
    if language != "en":
        return translated_modules(language)[page]
    sentence = library.first_sentence(library.public_modules()[f"{LIBRARY}.{page}"])
    return sentence.replace("`", "")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("numpydoc")
    app.add_directive("describe-checks", DescribeChecks)
    app.add_transform(FramePages)
    app.add_post_transform(LinkNames)
    app.connect("autodoc-skip-member", skip_member)
    app.connect("autodoc-process-docstring", prepare_docstring, priority=400)  # before numpydoc
    app.connect("doctree-read", list_modules)
    return {"parallel_read_safe": True}
