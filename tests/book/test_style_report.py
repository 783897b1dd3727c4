"""The two measures of Korean prose, on a text counted by hand."""

from __future__ import annotations

from style_report import measures


def test_things_and_short_sentences_are_counted():
    text = "짧은 것입니다. 이 문장은 스물두 글자보다 훨씬 더 길다는 것을 알 수 있습니다."
    words, things, short = measures([text])
    assert words == 2 + 11
    assert round(things * words / 1000) == 2
    assert short == 0.5
