"""The search finds Korean as it is written: endings, spaces, single syllables, aliases.

Here Node runs the script of readers' browsers; tests/browser runs it in a browser.
"""

import json
import subprocess
from typing import Any

import pytest
from _ext.hooks import search_data, web_assets
from _ext.node import NODE
from docutils import nodes
from sphinx import addnodes

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
    {web_assets.stemmer()}
    const search = new words.BookSearch(MiniSearch, stemmer, {{ sections, aliases }});
    const find = (query) => search.find(query).map((section) => section.address);
    Promise.resolve({expression}).then((value) => console.log(JSON.stringify(value)));
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
    assert in_node(f"{json.dumps(queries)}.map(words.words_of)") == [
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
    ("query", "first"),
    [
        ("망각게이트", "a.html#gates"),
        ("망각 게이트", "a.html#gates"),  # a pair comes before its words
        ("셀을", "c.html#gate"),  # a heading with the syllable before a text with the word
        ("밑은", "b.html"),
        ("⊙", "b.html"),
        ("∂Whh", "a.html#gates"),
        ("은닉", "a.html#gates"),
        ("은닉 상태는", "a.html#gates"),
        ("망긱 게이트", "a.html#gates"),  # one letter is wrong
        ("척", "a.html#gates"),
        ("기울기를", "b.html"),  # a title comes before a text
        ("기 울기", "b.html"),
        ("기올기", "b.html"),
        ("변화도를", "b.html"),
        ("삭제게이트", "a.html#gates"),
        ("시간척도", "a.html#gates"),
        ("게이트시간", "a.html#gates"),  # the book writes two words
        ("학습률을", "b.html"),
        ("LSTM은", "a.html"),  # the name of a page comes before its title
        ("LTSM", "a.html"),
        ("clip_by", "r.html#clip"),
        ("clipping norms", "r.html#clip"),
        ("메모리", "a.html"),
    ],
)
def test_the_best_section_is_found_first(query, first):
    assert in_node(f"find({json.dumps(query)})")[:1] == [first]


def test_titles_are_searched_first_and_texts_when_they_have_come():
    found = in_node(
        """(async () => {
          const titles = sections.map(({ text, code, ...title }) => title);
          const texts = Object.fromEntries(sections.map((section) => [section.address, section]));
          const first = new words.BookSearch(MiniSearch, stemmer, { sections: titles, aliases });
          const whole = await first.with_texts(texts);
          const queries = ["기울기", "학습률", "LSTM", "clip_by_norm"];
          return [first, whole, search].map((one) =>
            queries.map((query) => one.find(query).map(({ address }) => address)));
        })()"""
    )
    of_titles, of_whole, at_once = found
    assert of_whole == at_once
    assert of_titles[0] == ["b.html"]
    assert of_titles[1] == []


def test_a_syllable_is_found_without_its_particle():
    assert set(in_node("find('셀을')")) == {"b.html", "c.html", "c.html#gate"}


@pytest.mark.parametrize("query", ["결과", "차이", "RNN의", "", "+"])
def test_nothing_is_found_for_what_the_book_lacks(query):
    assert in_node(f"find({json.dumps(query)})") == []


def test_halves_of_a_word_are_not_the_word():
    assert "기울기" not in SECTIONS[2]["text"]  # 기다리고 울기도 has both halves of it
    text = {"address": "x", "page": "", "heading": "", "text": SECTIONS[2]["text"], "code": ""}
    found = in_node(
        "new words.BookSearch(MiniSearch, stemmer, "
        f"{{ sections: [{json.dumps(text)}], aliases: {{}} }}).find('기울기')"
    )
    assert found == []


@pytest.mark.parametrize(
    ("query", "first", "also"),
    [
        ("LSTM", "a.html", "r.html#LSTM"),  # the chapter comes before the class
        ("torch_modules.LSTM", "r.html#LSTM", None),
        ("lessons_lib.torch_modules.LSTM", "r.html#LSTM", None),
        ("clip_by_norm", "r.html#clip", "b.html"),  # b.html has it in code
        ("clip_by_norm()", "r.html#clip", "b.html"),
        ("clip", "r.html#clip", "b.html"),
    ],
)
def test_a_name_as_code_writes_it_leads_to_the_reference(query, first, also):
    found = in_node(f"find({json.dumps(query)})")
    assert found[0] == first
    assert also is None or also in found


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
    """Return what is marked in a text, which is the whole book."""
    section = {"address": "x", "page": "", "heading": "", "text": text, "code": ""}
    book = json.dumps({"sections": [section], "aliases": {}})
    patterns = (
        f"new words.BookSearch(MiniSearch, stemmer, {book}).mark_patterns({json.dumps(query)})"
    )
    held = f"words.first_held({patterns}, [{json.dumps(text)}])"
    return in_node(f"((pattern) => pattern ? {json.dumps(text)}.match(pattern) : [])({held})")


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
    names = (web_assets.ROOT / search_data.ALIASES).read_text("utf-8")
    tables = search_data.tomllib.loads(names)
    for language in ("ko", "en"):
        for alias, word in tables[language].items():
            assert alias.lower() != word.lower(), f"{alias} is an alias of itself"


def described(module: str, name: str) -> dict[str, Any]:
    """Return what the search keeps of a page that describes one function."""
    signature = addnodes.desc_signature("", "", ids=[f"{module}.{name}"])
    signature["module"], signature["fullname"] = module, name
    content = addnodes.desc_content("", nodes.paragraph("", "Says what it does."))
    document = nodes.document("", "")
    title = nodes.title("", module)
    document += nodes.section("", title, addnodes.desc("", signature, content), ids=["top"])
    page, function = search_data.descriptions(document, "page.html")
    assert (page["address"], page["heading"]) == ("page.html", module.partition(".")[2])
    return function


def test_a_function_is_kept_with_its_names_and_without_its_signature():
    assert described("lessons_lib.lstm", "step") == {
        "address": "page.html#lessons_lib.lstm.step",
        "page": "lessons_lib.lstm",
        "heading": "lstm.step",
        "reference": ["lessons_lib.lstm.step", "lstm.step", "step"],
        "text": "Says what it does.",
        "code": "",
    }
    assert described("lessons_lib.lstm", "CELL")["reference"] == ["lessons_lib.lstm.CELL"]
    check = described("lessons_lib.checks", "lstm_step")
    assert check["reference"] == ["lessons_lib.checks.lstm_step", "checks.lstm_step"]
