"""The search finds Korean as it is written: endings, spaces, single syllables, aliases.

Here Node runs the script of readers' browsers; tests/browser runs it in a browser.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from _ext.hooks import search_data, web_assets
from _ext.node import NODE
from docutils import nodes

WORDS = web_assets.SITE / "static" / "search-words.js"
SECTIONS: list[dict[str, Any]] = [
    {
        "address": "a.html",
        "page": "장단기 메모리",
        "heading": "장단기 메모리",
        "names": ["LSTM", "장단기 메모리"],
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
        "text": "셀을 밑에 씁니다. f ⊙ c. 학습률이 크면 망각이라는 게이트도, 기다리고 울기도.",
        "code": "gradients.clip_by_norm",
    },
    {
        "address": "c.html",
        "page": "적층 LSTM",
        "heading": "적층 LSTM",
        "text": "셀은 차례로 읽고, 결합합니다.",
        "code": "",
    },
    {
        "address": "c.html#gate",
        "page": "적층 LSTM",
        "heading": "셀과 게이트의 망각",
        "text": "숨은 셀",
        "code": "",
    },
    {
        "address": "r.html#LSTM",
        "page": "lessons_lib.torch_modules",
        "heading": "torch_modules.LSTM",
        "reference": ["lessons_lib.torch_modules.LSTM", "torch_modules.LSTM", "LSTM"],
        "text": "The LSTM, a layer with clip_by_norm.",
        "code": "",
    },
    {
        "address": "r.html#clip",
        "page": "lessons_lib.clipping",
        "heading": "clipping.clip_by_norm",
        "reference": ["lessons_lib.clipping.clip_by_norm", "clipping.clip_by_norm", "clip_by_norm"],
        "text": "Shorten gradients.",
        "code": "",
    },
]
ALIASES = {"변화도": "기울기", "삭제 게이트": "망각 게이트"}


def in_node(expression: str):
    """Return the value of ``expression`` in the script; ``search`` holds the sections above."""
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
    queries = ["RNN의", "LSTM은 왜", "∂L/∂W", "f⊙c", "lstm.step", "망각 게이트는", "_ +", ""]
    assert in_node(f"{json.dumps(queries)}.map(words.query_words)") == [
        ["rnn"],
        ["lstm", "왜"],
        ["∂l", "∂w"],
        ["f", "⊙", "c"],
        ["lstm", "step"],
        ["망각", "게이트는"],
        [],
        [],
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("망각게이트", ["a.html#gates"]),
        ("망각 게이트", ["a.html#gates", "c.html#gate"]),  # a phrase comes before its words
        ("셀을", ["b.html", "c.html#gate", "c.html"]),  # as typed comes before the syllable
        ("밑은", ["b.html"]),
        ("결과", []),
        ("차이", []),
        ("⊙", ["b.html"]),
        ("∂Whh", ["a.html#gates"]),
        ("은닉", ["a.html#gates"]),
        ("은닉 상태는", ["a.html#gates"]),
        ("척", ["a.html#gates"]),
        ("기울기를", ["b.html", "a.html#gates"]),  # a title comes before a text
        ("변화도를", ["b.html", "a.html#gates"]),
        ("삭제게이트", ["a.html#gates"]),
        ("학습률을", ["b.html"]),
        ("RNN의", []),
        ("LSTM은", ["a.html", "c.html"]),  # the name of a page comes before its title
        ("∂L/∂W", ["a.html#gates"]),
        ("clip_by", ["b.html"]),
        ("메모리", ["a.html", "a.html#gates"]),
        ("각게", []),
    ],
)
def test_sections_that_hold_the_words_are_found(query, found):
    if query == "기울기를":  # 기다리고 울기도 has both halves of it but is not a hit by itself
        assert "기울기" not in SECTIONS[2]["text"]
    result = in_node(f"find({json.dumps(query)})")
    assert result[: len(found)] == found
    assert found or query == "각게" or not result


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("LSTM", ["a.html", "c.html", "r.html#LSTM", "a.html#gates", "c.html#gate"]),
        ("lstm", ["a.html", "c.html", "a.html#gates", "c.html#gate", "r.html#LSTM"]),
        ("torch_modules.LSTM", ["r.html#LSTM"]),
        ("lessons_lib.torch_modules.LSTM", ["r.html#LSTM"]),
        ("clip_by_norm", ["r.html#clip", "b.html", "r.html#LSTM"]),  # b.html has it in code
        ("clip_by_norm()", ["r.html#clip", "b.html", "r.html#LSTM"]),
        ("clip", ["b.html", "r.html#clip", "r.html#LSTM"]),
    ],
)
def test_a_name_as_code_writes_it_leads_to_the_reference(query, found):
    assert in_node(f"find({json.dumps(query)})") == found


@pytest.mark.parametrize(
    ("word", "syllable"),
    [
        ("셀을", "셀"),
        ("셀로", "셀"),
        ("항에서", "항"),
        ("차는", "차"),
        ("차이", ""),
        ("사이", ""),
        ("셀으로", ""),
        ("셀하는", ""),
        ("셀", ""),
        ("rnn을", ""),
    ],
)
def test_syllable_is_left_where_the_particle_may_follow_it(word, syllable):
    assert in_node(f"words.syllable_before_particle({json.dumps(word)})") == syllable


def test_hits_are_marked_with_and_without_spaces():
    text = "망각 게이트, 망각게이트, 망각의 게이트"
    assert marks(text, "망각게이트를") == ["망각 게이트", "망각게이트"]


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("망각 게이트와 업데이트 게이트", "망각 게이트", ["망각 게이트"]),
        ("업데이트 게이트는 망각을", "망각 게이트", ["게이트", "망각"]),
        ("the forget-gate, a gate", "forget gate", ["forget-gate"]),
        ("셀은 셀, 세포와 LSTM셀, 셀로판", "셀을", ["셀", "셀", "셀"]),
        ("∂L∂Whh", "∂L/∂W", ["∂L∂W"]),
        ("", "+", []),
    ],
)
def test_phrase_is_marked_and_else_its_words(text, query, marked):
    assert marks(text, query) == marked


def marks(text, query):
    """Return what is marked in a text."""
    return in_node(
        f"((text, [pattern]) => pattern ? text.match(pattern) : [])({json.dumps(text)},"
        f" [words.mark_patterns({json.dumps(query)}, {{}})].map(patterns =>"
        f" words.first_held(patterns, [{json.dumps(text)}])))"
    )


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
            assert alias.lower() != word.lower(), f"{alias} is an alias of itself"
