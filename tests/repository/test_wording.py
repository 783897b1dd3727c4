"""Docstrings, comments and messages use no phrase that the project replaces."""

import pytest
from wording import ROOT, complaints, modules


def test_no_module_uses_a_replaced_phrase():
    found = [
        f"{path.relative_to(ROOT)}:{complaint}"
        for path in modules()
        for complaint in complaints(path.read_text("utf-8"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        '"""The text is no str."""',
        "x = 1  # what stands here",
        'def f():\n    """Return y.\n\n    The rate is none.\n    """',
        'raise ValueError(f"{x}: Where no mask stands")',
        'assert x, "the first state"',
        "# drawn once a sequence",
        "# put in the place of the bias",
        "class A:\n    '''Mend the sum, rightly.'''",
    ],
)
def test_a_replaced_phrase_is_found_with_its_line(source):
    (complaint, *_) = complaints(f"\n\n{source}\n")
    assert int(complaint.split(":")[0]) >= 3


@pytest.mark.parametrize(
    "source",
    [
        'text = "it stands in a string that nobody shows"',
        "# there is no state, and if there are none, standard ones; none of these",
        "# is no longer, is no more than",
        '"""The mask is None, or recommended, for understanding."""',
    ],
)
def test_other_words_are_not(source):
    assert not list(complaints(source))
