"""Each rule of `prose_rules` rejects a notebook and names the place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from parity import assert_refused, broken_rules, define, prose, rules_broken_by, shared
from prose_rules import RULES
from sample_book import edited

FIGURE_EN = "```{figure} figures/cell.svg\n:name: fig-b\n:alt: round\nIt.\n```"
# The fault, the cell that the message names, words of the message.
BROKEN: dict[str, tuple[Callable, str, str]] = {
    "prose without a language": (
        lambda: shared("Some words."),
        "lone",
        "has no language and holds a paragraph",
    ),
    "figure without a language": (
        lambda: shared(FIGURE_EN),
        "lone",
        "has no language and holds a figure",
    ),
    "title without a language": (
        lambda: shared("```{exercise-start} A\n:label: a\n```"),
        "lone",
        "has no language and holds a exercise-start",
    ),
    "Hangul in a shared formula": (
        lambda: edited("step-eq", "z_t)", "z_t) \\text{값}"),
        "step-eq",
        "has no language and holds Hangul",
    ),
    "Korean without Hangul": (lambda: prose("One.", "One."), "more-ko", "holds no Hangul"),
    "Hangul in English": (lambda: prose("값", "The 값 here"), "more-en", "The 값 here"),
    "Hangul in English strings": (
        lambda: edited("say-en", "It is", "값은"),
        "say-en",
        "holds Hangul outside parentheses",
    ),
    "Hangul in shared comments": (
        lambda: edited("numbers", "print(x)", "print(x)  # 값"),
        "numbers",
        "a comment with Hangul",
    ),
    "emphasis before a particle": (
        lambda: prose("그 **'값'**은 셋.", "The **'value'** is three."),
        "more-ko",
        "shows its markup",
    ),
    "a formula left open": (lambda: prose("값 $x", "Value $x"), "more-en", "shows its markup"),
    "figure without a name": (
        lambda: edited("figure-ko", ":name: fig-cell\n", ""),
        "figure-ko",
        "has no :name:",
    ),
    "figure without alt": (
        lambda: edited("figure-en", ":alt: a circle\n", ""),
        "figure-en",
        "has no alt text",
    ),
    "alt with a formula": (
        lambda: edited("figure-en", "a circle", "a circle $c$"),
        "figure-en",
        "has no alt text in plain words",
    ),
    "figure without caption": (
        lambda: edited("figure-ko", "상태. {cite:p}`pascanu2013`\n", ""),
        "figure-ko",
        "has no caption",
    ),
    "Korean alt in English": (
        lambda: edited("figure-ko", "원 하나", "a circle"),
        "figure-ko",
        "its Korean alt text holds no Hangul",
    ),
    "another term": (
        lambda: prose("그래디언트를 구합니다.", "The gradient."),
        "more-ko",
        "says 그래디언트, the book says 기울기",
    ),
    "another term over a line's end": (
        lambda: prose("갱신\n게이트", "The update gate."),
        "more-ko",
        "the book says 업데이트 게이트",
    ),
    "another English term": (
        lambda: prose("초기 상태입니다.", "The behaviour of the first states."),
        "more-en",
        "says behaviour, the book says American spelling",
    ),
    "a term twice": (
        lambda: prose("정칙화라고도 합니다. 정칙화입니다.", "Regularization, twice."),
        "more-ko",
        "the book says 규제",
    ),
    "misspelled prose": (
        lambda: prose("값.", "Right.\n\nIt is teh value."),  # codespell:ignore teh
        "more-en",
        "spelling: teh ==> the",  # codespell:ignore teh
    ),
    "misspelled code": (
        lambda: define("x  # the lenght"),  # codespell:ignore lenght
        "more",
        "lenght ==> length",  # codespell:ignore lenght
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_refused_with_the_place(name):
    make, cell, words = BROKEN[name]
    assert_refused(make(), cell, words)


def test_every_rule_can_be_broken():
    assert set(RULES) <= rules_broken_by(make() for make, *_ in BROKEN.values())


@pytest.mark.parametrize(
    ("ko", "en"),
    [
        ("정칙화라고도 합니다.", "Also called regularization (정칙화)."),
        ("$\\text{손실} = 1$ 입니다.", "It is $\\text{loss} = 1$."),
    ],
    ids=["a term once", "words in a formula"],
)
def test_what_is_allowed_passes(ko, en):
    assert broken_rules(prose(ko, en), "sample") == []


def test_a_gate_without_words_needs_no_language():
    assert broken_rules(shared("```{exercise-end}\n```"), "sample") == []
