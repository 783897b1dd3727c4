"""Strings of code that are written in both languages: each keeps its own half."""

from __future__ import annotations

import ast

import pytest
from _ext.one_language import half_strings, keep_language
from sample_book import code, sample_notebook


@pytest.mark.parametrize(
    ("source", "ko", "en"),
    [
        ('draw(x="시차 $k$ · lag $k$")', 'draw(x="시차 $k$")', 'draw(x="lag $k$")'),
        ("f'편향 {b} · bias {b}'", "f'편향 {b}'", "f'bias {b}'"),
        (r'r"길이 $\|v\|$ · length $\|v\|$"', r'r"길이 $\|v\|$"', r'r"length $\|v\|$"'),
        ("{'값 · value': 1, '수 · number': 2}", "{'값': 1, '수': 2}", "{'value': 1, 'number': 2}"),
        ("f'{x[\"a\"]} 곱 · product'", "f'{x[\"a\"]} 곱'", "f'product'"),
        ('"""값\n · value\n"""', '"""값\n"""', '"""value\n"""'),
        ('a = "값"; b = "시차 · lag"', 'a = "값"; b = "시차"', 'a = "값"; b = "lag"'),
        ('("가 · a",\n "나 · b")', '("가",\n "나")', '("a",\n "b")'),
    ],
)
def test_each_language_keeps_its_half(source, ko, en):
    assert half_strings(source, "ko") == ko
    assert half_strings(source, "en") == en
    ast.parse(en)


@pytest.mark.parametrize(
    "source",
    [
        'print("a · b")',  # one language
        'print("값 · 수")',
        'print("value · 값")',  # Korean comes first
        "%matplotlib inline\nx = '값 · value'",
        "# 값 · value",
    ],
)
def test_other_code_stays_as_it_is(source):
    assert half_strings(source, "ko") == half_strings(source, "en") == source


def test_a_notebook_in_one_language_has_its_halves():
    notebook = sample_notebook()
    notebook.cells.append(code("label", 'x = "시차 · lag"', 5))
    assert keep_language(notebook, "en")["cells"][-1].source == 'x = "lag"'
    assert notebook.cells[-1].source == 'x = "시차 · lag"'
