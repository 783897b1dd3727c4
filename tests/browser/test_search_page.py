"""The search while a reader types: it finds the pages' contents, titles first."""

import re
import unicodedata
from urllib.parse import quote

import pytest
from browsing import wait_for_results, watch
from bs4 import BeautifulSoup
from serving import Server

# The query, and the words that a page must hold to be found (all that the pages have).
KOREAN = {
    "행렬": "행렬",
    "은닉": "은닉",
    "소실": "소실",
    "망각": "망각",
    "기울기": "기울기",
    "기울기를": "기울기",
    "망각게이트": "망각 게이트",
    "망각 게이트": "망각 게이트",
    "경사": "경사",
    "학습률을": "학습률",
    "망각 게이트를": "망각 게이트",
    "역전파": "역전파",
    "변화도": "기울기",
    "삭제 게이트": "망각 게이트",
    "특이값": "특잇값",
    "RNN의": "RNN",
    "LSTM은": "LSTM",
    "zoneout": "zoneout",
    "셀": "셀",
    "∂L/∂W": "∂L/∂W",
}
ENGLISH = {
    "forget gate": "forget gate",
    "clipping": "clipping",
    "gradient": "gradient",
    "backprop": "backpropagation",
    "zoneout": "zoneout",
    "lstm.step": "lstm.step",
    "∂L/∂W": "∂L/∂W",
}
# The query, and the page that must come first: the one that explains it.
FIRST = {
    "ko": {
        "LSTM": "lstm",
        "LSTM은": "lstm",
        "BPTT": "bptt",
        "GRU": "gru",
        "RNN": "recurrence",
        "RNN의": "recurrence",
        "seq2seq": "seq2seq",
        "zoneout": "dropout#dropout-zoneout",
        "존아웃": "dropout#dropout-zoneout",
        "망각 게이트": "lstm#lstm-forward",
        "셀 상태": "lstm#lstm-forward",
        "드랍아웃": "dropout",
        "쌍방향": "bidirectional",
        "torch_modules.LSTM": "reference/torch_modules#lessons_lib.torch_modules.LSTM",
    },
    "en": {
        "LSTM": "lstm",
        "GRU": "gru",
        "BPTT": "bptt",
        "RNN": "recurrence",
        "seq2seq": "seq2seq",
        "zoneout": "dropout#dropout-zoneout",
        "forget gate": "lstm#lstm-forward",
        "BiLSTM": "bidirectional",
        "torch_modules.LSTM": "reference/torch_modules#lessons_lib.torch_modules.LSTM",
        "clip_by_norm": "reference/clipping#lessons_lib.clipping.clip_by_norm",
    },
}
CASES = [("ko", *case) for case in KOREAN.items()] + [("en", *case) for case in ENGLISH.items()]
ALIAS_TOO = "경사"  # a word of the book, and an alias of 기울기
LIMIT = 100  # milliseconds from a key to its results


def holds(text, words):
    """Return whether a text has words in sequence, with or without spaces between them.

    RNNDrop does not hold RNN.
    """
    pattern = r"\s*".join(map(re.escape, words.lower().split()))
    latin = words.isascii() and words.isalnum()
    border = r"(?<![a-z0-9])", r"(?![a-z0-9])"
    return re.search(pattern.join(border) if latin else pattern, text) is not None


@pytest.fixture(scope="module")
def texts(site):
    """Return the words of each page of the book; of the reference, names are searched only."""
    found = {}
    for language in ("ko", "en"):
        for path in sorted((site / language / "book").rglob("*.html")):
            if path.parent.name == "reference":
                continue
            page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
            article = page.article
            # Tables that cells print hold results, which the search leaves out.
            for part in article.select(".about, .headerlink, .katex-html, .cell_output table"):
                part.decompose()
            for formula in article.select(".katex"):
                formula.replace_with(spoken(formula.annotation.text))
            found[path.relative_to(site).as_posix()] = plain(article.text)
    return found


def plain(text):
    return unicodedata.normalize("NFC", text).lower()


def spoken(tex):
    """Return a formula with its derivatives as one types them."""
    derivative = r"\\frac\{\\partial\s*(\w+)\}\{\\partial\s*([\w\\]+)"
    return re.sub(derivative, r"∂\1/∂\2", tex).replace(r"\partial ", "∂")


def results(page):
    """Return the addresses of all results, from the first to the last."""
    while page.locator(".found .more").count():
        page.locator(".found .more").click()
    return page.eval_on_selector_all(
        ".found li a", "links => links.map(link => new URL(link.href).pathname.slice(1))"
    )


@pytest.fixture(scope="module")
def asked(browser, server):
    """Return a function that types a query into one page for each language and returns the page.

    The text of the whole book is fetched and indexed once for all queries.
    """
    pages, wrong = {}, []

    def ask(language, typed):
        if language not in pages:
            pages[language] = browser.new_page(locale=language, reduced_motion="reduce")
            wrong.append(watch(pages[language], server.address))
            pages[language].goto(f"{server.address}{language}/search.html?q=a")
            wait_for_results(pages[language])
        pages[language].locator(".search input").fill(typed)
        return pages[language]

    yield ask
    for page in pages.values():
        page.close()
    assert not [line for lines in wrong for line in lines]


@pytest.mark.parametrize(("language", "typed", "held"), CASES)
def test_pages_that_hold_the_words_are_found(asked, texts, language, typed, held):
    page = asked(language, typed)
    of_language = {path: text for path, text in texts.items() if path.startswith(language)}
    expected = {path for path, text in of_language.items() if holds(text, held)}
    found = [path for path in results(page) if path in of_language]
    if expected:
        assert expected <= set(found), f"{typed}: missed {sorted(expected - set(found))}"
        assert found[0] in expected or typed == ALIAS_TOO
        assert page.locator(".found li").first.locator("mark").count(), "the hit is not marked"
    others = set(found) - expected
    if typed != ALIAS_TOO:
        for path in others:
            text = of_language[path]
            # A stem is enough: clip of clipping.
            assert all(word.lower()[:4] in text for word in re.split(r"[\s./]", held)), path


@pytest.mark.parametrize(
    ("language", "typed", "first"),
    [(language, *case) for language, cases in FIRST.items() for case in cases.items()],
)
def test_page_that_explains_a_term_comes_first(asked, language, typed, first):
    page = asked(language, typed)
    link = page.locator(".found li a").first
    address, _, anchor = link.get_attribute("href").partition("?q=")
    assert address.endswith(f"/book/{first.partition('#')[0]}.html")
    assert anchor.partition("#")[2] == first.partition("#")[2]
    if typed not in ("존아웃", "드랍아웃", "쌍방향"):
        assert link.locator("mark").count(), "the hit is not marked"


def test_results_of_a_phrase_show_it(opened):
    page = opened("ko/search.html?q=망각 게이트")
    wait_for_results(page)
    marks = page.locator(".found li a").evaluate_all(
        "links => links.slice(0, 5).map(link =>"
        " [...link.querySelectorAll('mark')].map(mark => mark.textContent))"
    )
    assert all(words and set(words) == {"망각 게이트"} for words in marks), marks


@pytest.mark.parametrize(
    ("chapter", "typed"),
    [("bptt", "∂L/∂W"), ("lstm", "∂L/∂W"), ("gru", "σ"), ("lstm", "⊙"), ("bptt", "⊙")],
)
def test_formulas_are_marked(opened, chapter, typed):
    page = opened(f"ko/book/{chapter}.html?q={quote(typed)}")
    page.wait_for_selector(".clear-marks")
    assert page.evaluate(
        "[...CSS.highlights.get('found')].some(range => range.startContainer.closest?.('.katex'))"
    )


def test_phrase_is_marked_on_its_page_and_not_its_words(opened):
    page = opened("ko/book/lstm.html?q=망각 게이트")
    page.wait_for_selector(".clear-marks")
    marks = page.evaluate("[...CSS.highlights.get('found')].map(range => range.toString())")
    assert {re.sub(r"\W", "", mark) for mark in marks} == {"망각게이트"}


def test_query_without_a_word_finds_nothing_and_says_so(opened):
    page = opened("ko/search.html?q=%2B")
    page.get_by_text("찾지 못했습니다").wait_for()


@pytest.mark.parametrize(
    ("file", "said"), [("titles", "불러오지 못했습니다"), ("text", "본문을 불러오지 못했습니다")]
)
def test_search_recovers_from_a_file_that_did_not_come(browser, server, file, said):
    page = browser.new_page()
    page.route(f"**/search-{file}.js*", lambda route: route.abort(), times=1)
    page.goto(f"{server.address}ko/search.html?q=기울")
    page.locator(".found .count", has_text=said).wait_for()
    page.locator(".search input").fill("기울기")
    page.locator(".found .count", has_text=re.compile(r"^\d+곳을 찾았습니다\.$")).wait_for()
    page.close()


def search_in_the_other_language(page):
    page.locator(".found .elsewhere a").wait_for()
    page.wait_for_timeout(500)  # a click just after a change counts as meant for what was there
    page.locator(".found .elsewhere a").click()


def test_other_edition_is_found_below_a_path_like_a_languages(browser, site):
    served = Server(site, "/ko/rnn/")
    page = browser.new_page()
    page.goto(f"{served.address}en/search.html?q=없는낱말")
    search_in_the_other_language(page)
    page.wait_for_url("**/ko/rnn/ko/search.html?q=*")
    page.close()
    served.close()


def test_scripts_of_the_search_have_versions(opened):
    page = opened("ko/book/lstm.html")
    with page.expect_response("**/search-text.js?v=*"):
        page.locator(".search input").focus()
    names = page.evaluate(
        "(({ search, search_text }) => [...search.split(' '), search_text])"
        "(document.documentElement.dataset)"
    )
    assert all(re.fullmatch(r"[\w-]+\.js\?v=[0-9a-f]{8}", name) for name in names)


def test_result_leads_to_its_place_and_marks_the_words(opened):
    page = opened("ko/book/intro.html")
    page.keyboard.press("/")
    page.keyboard.type("망각게이트")
    page.wait_for_selector(".found li a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".clear-marks")
    marks = page.evaluate("[...CSS.highlights.get('found')].map(range => range.toString())")
    assert "망각 게이트" in marks
    page.wait_for_load_state("load")
    assert page.evaluate(
        "[...CSS.highlights.get('found')].some(range => {"
        " const box = range.getBoundingClientRect(); return box.top > 0 && box.top < innerHeight })"
    )
    page.locator(".clear-marks").click()
    assert page.evaluate("CSS.highlights.size") == 0
    assert "q=" not in page.url


def test_escape_closes_the_results_and_keeps_the_field(opened):
    page = opened("en/book/intro.html", language="en")
    page.locator(".search input").fill("gate")
    page.wait_for_selector(".found li a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert not page.locator(".found").is_visible()
    assert page.evaluate("document.activeElement.name") == "q"


def test_nothing_found_offers_the_other_language(opened):
    page = opened("en/search.html?q=없는낱말", language="en")
    search_in_the_other_language(page)
    page.wait_for_url("**/ko/search.html?q=*")
    assert page.locator(".search input").input_value() == "없는낱말"


def test_results_keep_up_with_typing(opened):
    page = opened("ko/search.html")
    page.locator(".search input").fill("가")
    wait_for_results(page)
    times = page.evaluate(
        """async (queries) => {
          const form = document.querySelector("form.search");
          const search = await load_search();
          return queries.map((query) => {
            const start = performance.now();
            show(form, search, query);
            document.body.offsetHeight; // lays the page out
            return performance.now() - start;
          });
        }""",
        [query[:end] for query in KOREAN for end in range(1, len(query) + 1)],
    )
    times.sort()
    assert times[len(times) * 9 // 10] < LIMIT, f"nine of ten took up to {times[-1]:.0f} ms"
