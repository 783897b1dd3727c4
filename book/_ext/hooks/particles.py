"""Sphinx extension: Korean particles that fit the words or numbers that a reference turns into.

Which form a particle has, 을 or 를, hangs on whether the word before it ends in a consonant. An
author who writes a reference to a chapter or an equation cannot know: titles change, equations are
renumbered.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

AFTER_CONSONANT = {"를": "을", "는": "은", "가": "이", "와": "과", "로": "으로"}
AFTER_VOWEL = {closed: opened for opened, closed in AFTER_CONSONANT.items()}
# A particle at the head of what follows, alone or with another one behind it.
PARTICLE = r"(?:으로|[을를은는이가과와로])(?=[도는의서]?(?![가-힣]))"
_PARTICLE = re.compile(PARTICLE)
_LAST = re.compile(r"([가-힣]|[0-9]|[A-Z])[^\w]*$")
# How digits and letters are read aloud: 영, 일, 삼, 육, 칠, 팔; 엘, 엠, 엔, 알.
_ENDS_IN_L, _ENDS_IN_CONSONANT = "178LR", "036MN"


def fitting(particle: str, words: str) -> str:
    """Return the form of a particle that fits after some words; itself where none can be told."""
    last = _LAST.search(words)
    if not last:
        return particle
    forms = AFTER_CONSONANT if _ends_in_consonant(last[1], particle) else AFTER_VOWEL
    return forms.get(particle, particle)


def _ends_in_consonant(letter: str, particle: str) -> bool:
    """Say so of what is read aloud; before 로 an L counts as a vowel: 서울로."""
    if "가" <= letter <= "힣":
        final = (ord(letter) - ord("가")) % 28
        ends_in_l, ends_in_another = final == 8, final not in (0, 8)
    else:
        ends_in_l, ends_in_another = letter in _ENDS_IN_L, letter in _ENDS_IN_CONSONANT
    return ends_in_another or (ends_in_l and particle not in ("로", "으로"))


class FitParticles(SphinxPostTransform):
    """Let the particle behind each link fit, once references have their words."""

    default_priority = 20  # after references are resolved (10)

    def run(self, **kwargs: Any) -> None:
        """Walk over the page's references."""
        if self.app.config.language != "ko":
            return
        for link in list(self.document.findall(nodes.reference)):
            _fit(link, link.astext())
        for citation in list(self.document.findall(nodes.inline)):
            authors = citation.astext().partition("[")[0]  # the year is not read aloud
            if "bibtex-citation" in citation["classes"] and re.search("[가-힣]$", authors):
                _fit(citation, authors)


def _fit(words: nodes.Element, read: str) -> None:
    """Let the particle behind some words fit what is read aloud of them."""
    after = words.next_node(descend=False, siblings=True)
    found = isinstance(after, nodes.Text) and _PARTICLE.match(after)
    if found:
        words.parent.replace(after, nodes.Text(fitting(found[0], read) + after[found.end() :]))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hook."""
    app.add_post_transform(FitParticles)
    return {"parallel_read_safe": True}
