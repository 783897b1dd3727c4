"""Screen readers get headings without signs, distinct controls, and exercises."""

import pytest
from browsing import lay_out


def tree(page):
    """Return the roles and names of the page that a browser gives to screen readers."""
    lay_out(page)
    session = page.context.new_cdp_session(page)
    found = session.send("Accessibility.getFullAXTree")["nodes"]
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in found
        if not node["ignored"]
    ]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_headings_are_read_without_signs(opened, language):
    page = opened(f"{language}/book/gru.html", language=language)
    headings = [name for role, name in tree(page) if role == "heading"]
    assert len(headings) > 10
    assert not [name for name in headings if "¶" in name]


def test_exercises_are_headings(opened):
    page = opened("en/book/gru.html", language="en")
    named = [name for role, name in tree(page) if role == "heading"]
    assert len([name for name in named if name.startswith("Exercise ")]) >= 4


def test_peeks_say_of_what(opened):
    page = opened("ko/book/gru.html")
    page.wait_for_timeout(500)
    labels = page.locator(".peek").evaluate_all("all => all.map(b => b.ariaLabel)")
    assert len(labels) > 4
    assert len(set(labels)) == len(labels)
    assert all(label.startswith("이 문단을 영어로 보기: ") for label in labels)
