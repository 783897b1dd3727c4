"""The search finds Korean as it is written: endings, spaces, single syllables, other names.

The script that readers' browsers run is run here by Node; tests/browser has it in a browser.
"""

import json
import subprocess
from pathlib import Path

import pytest
import search_data
import web_assets
from docutils import nodes
from node import NODE

WORDS = web_assets.SITE / "static" / "search-words.js"
SECTIONS = [
    {
        "address": "a.html",
        "page": "장단기 메모리",
        "heading": "장단기 메모리",
        "text": "",
        "code": "",
    },
    {
        "address": "a.html#gates",
        "page": "장단기 메모리",
        "heading": "망각 게이트는 시간 척도입니다",
        "text": "은닉상태의 기울기가 LSTM의 ∂L/∂W_hh 에서 소실됩니다.",
        "code": "lstm.step(params)",
    },
    {
        "address": "b.html",
        "page": "기울기",
        "heading": "기울기",
        "text": "학습률이 크면 망각이라는 게이트도 소용없고, 기다리고 울기도 합니다.",
        "code": "gradients.clip_by_norm",
    },
]
ALIASES = {"변화도": "기울기", "삭제 게이트": "망각 게이트"}


def in_node(expression: str):
    """Return what the script's ``expression`` gives; ``search`` holds the sections above."""
    engine = web_assets.packages() / "minisearch/dist/cjs/index.cjs"
    script = f"""
    const words = require({json.dumps(str(WORDS))});
    const sections = {json.dumps(SECTIONS)}, aliases = {json.dumps(ALIASES)};
    const MiniSearch = require({json.dumps(str(engine))});
    const search = new words.BookSearch(MiniSearch, {{ sections, aliases }});
    const find = (query) => search.find(query).map(({{ section }}) => section.address);
    console.log(JSON.stringify({expression}));
    """
    done = subprocess.run([str(NODE), "-e", script], text=True, capture_output=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("기울기를", "기울기"),
        ("기울기", "기울기"),
        ("게이트로부터", "게이트"),
        ("행렬에서의", "행렬"),
        ("초기화하는", "초기화"),
        ("차이", "차이"),
    ],
)
def test_ending_of_a_word_is_left_out(word, stem):
    assert in_node(f"words.stems({json.dumps(word)})")[-1] == stem


def test_words_of_a_query():
    queries = ["RNN의", "LSTM은 왜", "∂L/∂W", "lstm.step", "망각 게이트는", ""]
    assert in_node(f"{json.dumps(queries)}.map(words.query_words)") == [
        ["rnn"],
        ["lstm", "왜"],
        ["∂l", "∂w"],
        ["lstm", "step"],
        ["망각", "게이트는"],
        [],
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("망각게이트", ["a.html#gates"]),
        ("은닉", ["a.html#gates"]),
        ("은닉 상태는", ["a.html#gates"]),
        ("척", ["a.html#gates"]),
        ("기울기를", ["b.html", "a.html#gates"]),  # a title comes before a text
        ("변화도를", ["b.html", "a.html#gates"]),
        ("삭제게이트", ["a.html#gates"]),
        ("학습률을", ["b.html"]),
        ("RNN의", []),
        ("LSTM은", ["a.html#gates"]),
        ("∂L/∂W", ["a.html#gates"]),
        ("clip_by", ["b.html"]),
        ("메모리", ["a.html", "a.html#gates"]),
        ("각게", []),
    ],
)
def test_sections_that_hold_the_words_are_found(query, found):
    if query == "기울기를":  # 기다리고 울기도 has both halves of it and is no hit by itself
        assert "기울기" not in SECTIONS[2]["text"]
    result = in_node(f"find({json.dumps(query)})")
    assert result[: len(found)] == found
    assert found or query == "각게" or not result


def test_hits_are_marked_with_and_without_spaces():
    text = "망각 게이트, 망각게이트, 망각의 게이트"
    marks = in_node(
        f"[...{json.dumps(text)}.matchAll(words.mark_pattern('망각게이트를', {{}}))].map(m => m[0])"
    )
    assert marks == ["망각 게이트", "망각게이트"]


def test_formula_is_searched_as_it_is_typed():
    assert search_data.formula_text(r"\frac{\partial L}{\partial W_{hh}}") == "∂L/∂W_hh"
    assert search_data.formula_text(r"c_t = f_t \odot c_{t-1}").startswith("c_t = f_t ⊙")


def test_section_holds_its_own_words_and_no_others():
    document = nodes.document("", "")
    inner = nodes.section("", nodes.title("", "안"), nodes.paragraph("", "속"), ids=["inner"])
    code = nodes.literal_block("", "x = 1")
    outer = nodes.section(
        "", nodes.title("", "밖"), nodes.paragraph("", "겉"), code, inner, ids=["outer"]
    )
    document += outer
    first, second = search_data.sections(document, "page.html", "쪽")
    assert (first["address"], first["text"], first["code"]) == ("page.html", "겉", "x = 1")
    assert (second["address"], second["text"]) == ("page.html#inner", "속")


def test_aliases_stand_for_other_words():
    names = Path(search_data.ALIASES).read_text("utf-8")
    for table in search_data.tomllib.loads(names).values():
        for alias, word in table.items():
            assert alias.lower() != word.lower(), f"{alias} stands for itself"
