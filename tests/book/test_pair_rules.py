"""Each rule of `pair_rules` rejects a notebook and names the place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pair_rules import RULES
from parity import assert_refused, changed, prose, rules_broken_by, swapped, without
from sample_book import edited

LISTED = "- 하나\n- 둘\n\n문단"
# The fault, the cell that the message names, words of the message.
BROKEN: dict[str, tuple[Callable, str, str]] = {
    "twin missing": (lambda: without("state-en"), "state-ko", "no twin"),
    "twins apart": (lambda: swapped("title-en", "state-ko"), "title-ko", "has no twin"),
    "English first": (lambda: swapped("title-ko", "title-en"), "title-en", "has no twin"),
    "both tags": (
        lambda: changed("title-ko", metadata={"tags": ["ko", "en"]}),
        "title-ko",
        "both tags",
    ),
    "id without language": (lambda: changed("title-en", id="title-e"), "title-e", "end in -en"),
    "id twice": (lambda: changed("draw", id="numbers"), "numbers", "2 times"),
    "no valid notebook": (lambda: changed("draw", execution_count="4"), "notebook", "not valid"),
    "code with a prose twin": (
        lambda: changed("say-en", cell_type="markdown"),
        "say-ko",
        "its twin a markdown cell",
    ),
    "a paragraph more": (
        lambda: prose("하나.\n\n둘.", "One."),
        "more-ko / more-en",
        "ko has paragraph, paragraph; en has paragraph",
    ),
    "another kind of block": (
        lambda: prose(LISTED, "One.\n\nTwo."),
        "more-ko / more-en",
        "ko has bullet_list of 2, paragraph; en has paragraph, paragraph",
    ),
    "an item less": (
        lambda: edited("state-en", "- second\n", ""),
        "state-ko / state-en",
        "bullet_list of 1",
    ),
    "a nested item less": (
        lambda: prose("- 하나\n  - 둘\n  - 셋", "- one\n  - two"),
        "more-ko / more-en",
        "in bullet_list of 1: in list_item: ko has paragraph, bullet_list of 2",
    ),
    "a row less": (
        lambda: edited("state-en", "| input | $i$ |\n", ""),
        "state-ko / state-en",
        "table of 1 × 2",
    ),
    "a column less": (
        lambda: prose("| 가 | 나 |\n|---|---|\n| 다 | 라 |", "| a |\n|---|\n| b |"),
        "more-ko / more-en",
        "ko has table of 2 × 2; en has table of 2 × 1",
    ),
    "another directive": (
        lambda: edited("state-en", "{note}", "{tip}"),
        "state-ko / state-en",
        "{tip}",
    ),
    "a block less in a directive": (
        lambda: edited("state-en", "\n$$c_t = f c_{t-1}$$\n", ""),
        "state-ko / state-en",
        "in {note} :class: dropdown: ko has paragraph, math; en has paragraph",
    ),
    "another heading level": (
        lambda: edited("state-en", "## The", "### The"),
        "state-ko / state-en",
        "en has label (state)=, heading h3",
    ),
    "another label": (
        lambda: edited("state-en", "(state)=", "(stat)="),
        "state-ko / state-en",
        "label (stat)=",
    ),
    "another directive's label": (
        lambda: edited("exercise-en", ":label: ex-latch", ":label: ex-lock"),
        "exercise-ko / exercise-en",
        ":label: ex-lock",
    ),
    "another figure": (
        lambda: edited("figure-en", "figures/cell.svg", "figures/other.svg"),
        "figure-ko / figure-en",
        "figures/other.svg",
    ),
    "another citation": (
        lambda: edited("state-en", "{cite:t}`elman1990`", "{cite:t}`pascanu2013`"),
        "state-ko / state-en",
        "only en has the citation 'pascanu2013'",
    ),
    "another reference": (
        lambda: edited("figure-en", "{numref}`fig-cell`", "{numref}`ex-latch`"),
        "figure-ko / figure-en",
        "only ko has the numref 'fig-cell'",
    ),
    "another link": (
        lambda: edited("state-en", "example.org/a", "example.org/b"),
        "state-ko / state-en",
        "only en has the inline link 'https://example.org/b'",
    ),
    "another formula in a note": (
        lambda: edited("state-en", "f c_{t-1}$$", "f c_t$$"),
        "state-ko / state-en",
        "only en has the math 'c_t = f c_t'",
    ),
    "no label": (
        lambda: prose("## 가\n\n나", "## A\n\nb"),
        "more-ko",
        "no label directly before the heading '가'",
    ),
    "a label with capitals": (
        lambda: prose("(A_b)=\n## 가", "(A_b)=\n## A"),
        "more-en",
        "label 'A_b'",
    ),
    "a second h1": (lambda: prose("(a)=\n# 가", "(a)=\n# A"), "more-ko", "once and at the top"),
    "unknown role": (lambda: prose("가 {py}`x`", "A {py}`x`"), "more-ko", "line 1: role {py}"),
    "unknown directive": (
        lambda: prose("가\n\n```{danger}\n나\n```", "A\n\n```{danger}\nB\n```"),
        "more-en",
        "line 3: directive {danger}",
    ),
    "raw HTML": (lambda: prose("가 <b>나</b>", "A <b>b</b>"), "more-ko", "html_inline"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_refused_with_the_place(name):
    make, cell, words = BROKEN[name]
    assert_refused(make(), cell, words)


def test_every_rule_can_be_broken():
    assert set(RULES) <= rules_broken_by(make() for make, *_ in BROKEN.values())


def test_sentences_are_each_languages_own():
    """The number and order of sentences, inline formulas, code and repeated references are free."""
    ko = "$h_t$는 {numref}`fig-cell`에 있습니다. {cite:t}`elman1990`이 제안했습니다. $h_t$입니다."
    en = "See {numref}`fig-cell` in {cite:p}`elman1990`, again {numref}`fig-cell`; `step`."
    assert not rules_broken_by([prose(ko, en)])
