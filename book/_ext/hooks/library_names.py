"""Sphinx extension: names of the library in chapters lead to the reference.

A page's first mention in code becomes a link: ``torch_modules.LSTM``, ``lstm.step``. So does a name
without its module if nothing else has it, ``Zoneout(h=0.05)``; a name that several modules have, or
torch too, stays as it is.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..plain.library import LIBRARY, REFERENCE
from .reference import link, place_of

Place = tuple[str, str]  # a page and an anchor on it

CALL = r"(?:\([^()]*\))?"
DOTTED = re.compile(rf"([a-z_]+(?:\.\w+)+){CALL}")
ALONE = re.compile(rf"([A-Z]\w+|\w+_\w+){CALL}")  # a word such as "stack" may mean anything
#: Names that torch.nn has, too.
THEIRS = {"Dropout", "RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell"}
LINKED = (nodes.reference, nodes.title)


class LinkLibraryNames(SphinxPostTransform):
    """Make a page's first mention of each name in code a link."""

    default_priority = 21  # after the glossary's terms
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's inline code."""
        page = self.env.docname
        if page.startswith(REFERENCE) or not page.startswith("book/"):
            return
        alone, seen = names_alone(self.env), set()
        for code in list(self.document.findall(nodes.literal)):
            place = place_of_mention(self.env, code.astext(), alone)
            if place and place not in seen and not _is_inside(code, LINKED):
                seen.add(place)
                code.replace_self(link(self.app, page, place, code.deepcopy()))


def place_of_mention(env: BuildEnvironment, text: str, alone: dict[str, Place]) -> Place | None:
    """Return the page and the anchor of what a text in code names; None if that is not clear."""
    if name := DOTTED.fullmatch(text):
        return place_of(env, name[1], LIBRARY) or place_of(env, name[1], f"{LIBRARY}.verify")
    name = ALONE.fullmatch(text)
    return alone.get(name[1]) if name else None


def names_alone(env: BuildEnvironment) -> dict[str, Place]:
    """Return the places of functions and classes whose names nothing else has.

    The checks of learners' functions have the names of what they check, which are meant.
    """
    found: dict[str, Place | None] = dict.fromkeys(THEIRS)
    for full, entry in env.domains["py"].objects.items():
        module, _, name = full.rpartition(".")
        if (
            entry.objtype in ("function", "class")
            and not entry.aliased
            and module != f"{LIBRARY}.checks"
        ):
            found[name] = None if name in found else (entry.docname, entry.node_id)
    return {name: place for name, place in found.items() if place}


def _is_inside(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    while node is not None and not isinstance(node, kinds):
        node = node.parent
    return node is not None


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_post_transform(LinkLibraryNames)
    return {"parallel_read_safe": True}
