"""Korean particles after references: the form that fits the reference's final text."""

from __future__ import annotations

import pytest
from _ext.hooks.particles import fitting


@pytest.mark.parametrize(
    ("words", "written", "right"),
    [
        ("장단기 메모리", "과", "와"),
        ("순환 계산", "와", "과"),
        ("기울기 소실과 폭발", "를", "을"),
        ("적층 LSTM", "를", "을"),
        ("GRU", "을", "를"),
        ("식 (43)", "를", "을"),  # 사십삼
        ("식 (49)", "을", "를"),  # 사십구
        ("식 (50)", "는", "은"),  # 오십
        ("식 (52)", "과", "와"),
        ("식 (21)", "으로", "로"),  # 이십일: an L before 로
        ("식 (23)", "로", "으로"),
        ("식 (21)", "가", "이"),
        ("서울", "으로", "로"),
        ("zoneout", "는", "는"),  # its pronunciation is unknown: as the author wrote it
    ],
)
def test_the_form_that_fits(words, written, right):
    assert fitting(written, words) == right
