"""The site: two languages from one set of notebooks, with the same pages and the same anchors."""

import ast
import json
import re
import tomllib
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections import Counter
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import support
from _ext.hooks import diagrams, interface
from _ext.hooks.learning_paths import PATHS
from _ext.notebooks import BIBLIOGRAPHY
from _ext.one_language import LANGUAGES
from _ext.plain import books
from _ext.plain.book_index import index_book, read_notebook
from _ext.plain.book_index import pages_of as pages_of_book
from _ext.plain.citations import Bibliography
from bs4 import BeautifulSoup
from site_sample import DIAGRAM, ROOT, anchors, build_or_fail, names_of_pages, pages_of
from sphinx.errors import ConfigError

from lessons_lib.checks import CHECKS


@pytest.fixture(scope="module")
def site():
    """Return the folder of this book's own site, built where `make book` builds it."""
    build_or_fail(ROOT)
    return ROOT / "_build/site"


def test_both_languages_have_the_same_pages(site):
    assert names_of_pages(site / "ko") == names_of_pages(site / "en")


def test_both_languages_have_the_same_anchors(site):
    for name in names_of_pages(site / "ko" / "book"):
        korean, english = (anchors(page) for page in pages_of(site, f"book/{name}").values())
        assert korean == english, f"{name}: the sections' ids differ"
        assert None not in korean, f"{name}: a heading has no label"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_copies_count_as_sphinx_does(site, language):
    """Two ways of counting meet: the index of the copies, and the numbers on the built pages."""
    notebooks = {page: read_notebook(ROOT / f"{page}.ipynb") for page in pages_of_book(ROOT)}
    index = index_book(notebooks, language, Bibliography(ROOT / BIBLIOGRAPHY))
    counted = {
        (target.page, target.kind, label): target.number
        for label, target in index.targets.items()
        if target.kind in ("equation", "figure", "exercise")
    }
    shown = {}
    for page in notebooks:
        text = (site / language / f"{page}.html").read_text("utf-8")
        soup = BeautifulSoup(text, "html.parser")
        for kind, block, number in (
            ("equation", "div.math[id^=equation-]", ".eqno"),
            ("figure", "figure[id]", ".caption-number"),
            ("exercise", ".exercise[id]", ".admonition-title, summary"),
        ):
            for element in soup.select(f"article {block}"):
                label = element["id"].removeprefix("equation-")
                shown[page, kind, label] = int(
                    re.findall(r"\d+", element.select_one(number).text)[0]
                )
    assert {kind for _, kind, _ in counted} == {"equation", "figure", "exercise"}
    assert counted == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_has_a_description_of_its_own(site, language):
    found = {}
    for name in names_of_pages(site / language / "book"):
        page = BeautifulSoup((site / language / "book" / name).read_text("utf-8"), "html.parser")
        found[name] = page.select_one("meta[name=description]")["content"]
    assert len({text[:25] for text in found.values()}) == len(found), "they begin alike"
    assert not [name for name, text in found.items() if not 40 <= len(text) <= 155]
    said = " ".join(found.values()).lower()
    for words in ("zoneout", "recurrent dropout", "pytorch", "lstm", "gru", "bptt"):
        assert words in said


def test_links_within_the_site_lead_somewhere(site):
    broken = []
    for name in names_of_pages(site):
        page = BeautifulSoup((site / name).read_text("utf-8"), "html.parser")
        for element in page.find_all(["a", "link", "script", "img"]):
            address = urlsplit(element.get("href") or element.get("src") or "")
            if address.scheme or address.netloc or not address.path:
                continue
            path = unquote(address.path)
            if name == "404.html":  # shown anywhere: its links start where the site does
                path = path.removeprefix(page.a["href"].removesuffix("ko/index.html"))
            if not (site / name).parent.joinpath(path).exists():
                broken.append(f"{name}: {address.path}")
    assert not broken


def test_site_starts_with_a_choice_of_languages(site):
    page = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    assert [link["href"] for link in page.find_all("a")] == ["ko/index.html", "en/index.html"]
    for language in LANGUAGES:
        first = BeautifulSoup((site / language / "index.html").read_text("utf-8"), "html.parser")
        start = first.select_one("a.button.main")["href"]
        assert (site / language / start).exists()


@pytest.mark.parametrize(
    ("language", "title"), [("ko", "이 책을 읽는 법"), ("en", "How to read this book")]
)
def test_menu_begins_with_how_to_read_the_book(site, language, title):
    book = site / language / "book"
    intro = BeautifulSoup((book / "intro.html").read_text("utf-8"), "html.parser")
    (current,) = intro.select(".contents [aria-current=page]")
    assert current == intro.select_one(".contents a")
    assert current.text == title
    for name in ("book/lstm.html", "book/appendix/glossary.html", "index.html"):
        path = site / language / name
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        first = page.select_one(".contents a")
        assert (first.text, first.get("aria-current")) == (title, None)
        assert (path.parent / first["href"]).resolve() == book / "intro.html"
    assert page.select_one('main a[href="book/intro.html"]').text == title  # the front page


def test_passages_in_the_other_language_say_so(site):
    for name in names_of_pages(site / "en"):
        page = BeautifulSoup((site / "en" / name).read_text("utf-8"), "html.parser")
        silent = [
            str(text)
            for text in page.body.find_all(string=re.compile("[가-힣]"))
            if not text.find_parent("pre") and text.find_parent(lang=True)["lang"] != "ko"
        ]
        assert not silent, name
        korean = "".join(run.text for run in page.select("article [lang=ko]"))
        assert not re.search("[A-Za-z]", korean), name
    assert len(page_of(site, "en", "glossary").select("article p > [lang=ko]")) > 100
    works = page_of(site, "ko", "references").select(".citation")
    assert len(works) > 30
    assert all(work["lang"] == "en" for work in works)
    assert not page_of(site, "en", "references").select(".citation[lang]")


def page_of(site, language, name):
    path = site / language / "book/appendix" / f"{name}.html"
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def test_korean_citations_are_korean(site):
    cited = BeautifulSoup((site / "ko/book/gru.html").read_text("utf-8"), "html.parser")
    texts = [cite.text + str(cite.next_sibling) for cite in cited.select(".bibtex-citation")]
    assert any(text.startswith("Cho 등[2014]과") for text in texts)
    assert not [text for text in texts if "et al" in text or " and " in text.split("]")[0]]


def test_terms_of_the_glossary_have_addresses(site):
    for language in LANGUAGES:
        terms = page_of(site, language, "glossary").select("li[id^=term-] > p > strong")
        assert len(terms) > 100
        assert terms[0].parent.parent["id"] == "term-sequence"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_front_page_has_the_learning_paths_with_their_times(site, language):
    front = BeautifulSoup((site / language / "index.html").read_text("utf-8"), "html.parser")
    for name, labels in tomllib.loads(PATHS.read_text("utf-8")).items():
        path = front.select_one(f"#path-{name}")
        links = [link["href"] for link in path.select("li a")]
        # A section that is renamed or removed must not vanish from a path unnoticed.
        assert [link.partition("#")[2] for link in links] == labels
        for link in links:
            page, _, anchor = link.partition("#")
            assert f'id="{anchor}"' in (site / language / page).read_text("utf-8")
        minutes = [int(re.sub(r"\D", "", span.text)) for span in path.select("li span")]
        assert re.search(rf"\b{sum(minutes)}(?!\d)", path.select_one("p").text)
        assert sum(minutes) <= 160, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_front_page_says_which_question_each_chapter_answers(site, language):
    front, intro = (
        BeautifulSoup((site / language / name).read_text("utf-8"), "html.parser")
        for name in ("index.html", "book/intro.html")
    )
    rows = intro.select("#intro-chapters tbody tr")
    expected = [(row.a["href"].partition("#")[0], row.select("td")[1].text) for row in rows]
    shown = [(link["href"], link.span.text) for link in front.select(".chapters a")]
    assert shown == [(f"book/{page}", question) for page, question in expected]
    assert len(shown) == 13
    assert all(question.strip().endswith("?") for _, question in shown)


@pytest.mark.parametrize(
    ("language", "words"), [("ko", "건너뛰어도 됩니다"), ("en", "May be skipped")]
)
def test_a_section_that_may_be_skipped_says_so_in_the_page_and_its_lists(site, language, words):
    page = BeautifulSoup((site / language / "book/bptt.html").read_text("utf-8"), "html.parser")
    marked = {mark.find_parent("section")["id"]: mark for mark in page.select("p.may-be-skipped")}
    assert list(marked) == ["bptt-newton", "bptt-recompute"]
    for anchor, mark in marked.items():
        assert mark.text.startswith(f"{words}. ")
        assert re.fullmatch("h[23]", mark.find_previous_sibling().name)
        lists = page.select(f"nav a[href='#{anchor}'], details a[href='#{anchor}']")
        assert lists
        assert all(link.select_one(".may-be-skipped").text == words for link in lists)
    assert len({link["href"] for link in page.select("a:has(> .may-be-skipped)")}) == len(marked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chapter_leads_from_a_first_mention_to_the_glossary(site, language):
    glossary = page_of(site, language, "glossary")
    addresses = {item["id"] for item in glossary.select("li[id^=term-]")}
    total = 0
    for path in (site / language / "book").glob("*.html"):
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        led = [link["href"].partition("#")[2] for link in page.select("a.term")]
        assert len(led) == len(set(led)), path.name
        assert addresses.issuperset(led), path.name
        assert all(len(p.select("a.term")) <= 2 for p in page.select("article p")), path.name
        total += len(led)
    assert total > 100
    lstm = BeautifulSoup((site / language / "book/lstm.html").read_text("utf-8"), "html.parser")
    assert lstm.select_one("a.term[href$='#term-gradient-clipping']")
    # The page's title names its term, and everyday words are seldom the term.
    assert not lstm.select("a.term[href$='#term-long-short-term-memory']")
    assert not lstm.select("a.term[href$='#term-key']")


def test_korean_particles_fit_the_links_before_them(site):
    """Tell the last sound of words, numbers and capitals in another way than the site does."""
    wrong, seen = [], 0
    for path in (site / "ko/book").rglob("*.html"):
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for link in page.select("article a.reference.internal"):
            particle = re.match("[을를은는과와](?![가-힣])", str(link.next_sibling))
            last = re.search(r"([가-힣0-9A-Z])\W*$", link.text)
            if particle and last:
                seen += 1
                name = unicodedata.normalize("NFD", last[1])  # a final consonant is a third letter
                if (len(name) == 3 or name in "013678LMNR") != (particle[0] in "을은과"):
                    wrong.append(f"{path.name}: {link.text}{particle[0]}")
    assert seen > 10
    assert not wrong, wrong


def test_only_pages_are_published(site):
    found = {path.name for path in site.iterdir()}
    assert found - {"robots.txt", "sitemap.xml", books.ZIP} == {
        "404.html",
        "en",
        "index.html",
        "ko",
    }
    assert not list(site.rglob("*.po")), "a source file"


@pytest.mark.parametrize(("language", "scripts"), [("ko", ["latin", "hangul"]), ("en", ["latin"])])
def test_the_letters_of_text_and_headings_are_fetched_first(site, language, scripts):
    """Letters that come late are not shown on a first visit: `font-display: optional`."""
    for name in ("index.html", "book/lstm.html"):
        page = (site / language / name).read_text("utf-8")
        fetched = re.findall(r'<link rel="preload"[^>]*/([\w-]+)\.woff2"', page)
        assert fetched == [f"Pretendard-{w}-{script}" for script in scripts for w in (400, 600)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_shipped_that_no_page_loads(site, language):
    static = site / language / "_static"
    pages = [*(site / language).rglob("*.html"), site / "index.html"]
    loading = "".join(path.read_text("utf-8") for path in [*pages, *static.glob("*.[cj]s*")])
    shipped = [path.name for path in static.rglob("*") if path.is_file()]
    assert [name for name in shipped if name not in loading] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_teachers_reading_times_are_near_those_of_the_pages(site, language):
    cells = json.loads((ROOT / "book/appendix/teachers.ipynb").read_text("utf-8"))["cells"]
    (weeks,) = ("".join(cell["source"]) for cell in cells if cell["id"] == f"weeks-{language}")
    rows = [line.split("|")[3] for line in weeks.splitlines() if re.match(r"\| \$\d", line)]
    assert len(rows) == 6
    for row in rows:
        pages = [site / language / f"book/{label}.html" for label in re.findall(r"`([\w-]+)`", row)]
        texts = [page.read_text("utf-8") for page in pages if page.exists()]  # else a section
        minutes = [re.findall(r"(?:읽기 약|About) (\d+)", text)[0] for text in texts]
        told = int(re.findall(r"\$(\d+)\$", row)[0])
        assert minutes
        assert abs(told - sum(map(int, minutes))) <= 10, row


def test_half_of_a_text_in_two_languages():
    assert interface.half("가 · A", "ko") == "가"
    assert interface.half("가 · A", "en") == "A"
    with pytest.raises(ConfigError, match=r"'Lessons': got 1 part\(s\)"):
        interface.half("Lessons", "ko")


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ('<rect fill="red"/>', "<rect fill=…>: looks are said by classes only"),
        ("<image/>", "<image> is not among the elements of a diagram"),
        ('<use href="other.svg#a"/>', "<use href='other.svg#a'> leads out of the file"),
    ],
)
def test_faults_of_a_diagram_are_named(wrong, fault):
    assert diagrams.faults(ElementTree.fromstring(DIAGRAM)) == []
    svg = ElementTree.fromstring(DIAGRAM.replace("<use", f"{wrong}<use", 1))
    assert diagrams.faults(svg) == [fault]


def public_names() -> list[str]:
    """Return the library's public names, read off the sources alone."""
    found = []
    for path in sorted((ROOT / "src/lessons_lib").rglob("*.py")):
        parts = path.relative_to(ROOT / "src").with_suffix("").parts
        module = ".".join(part for part in parts if part != "__init__")
        package, listed = path.name == "__init__.py", None
        names = set()
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name) and target.id == "__all__":
                    listed = ast.literal_eval(node.value)
                elif isinstance(target, ast.Name) and re.fullmatch("[A-Z_]+", target.id):
                    names.add(target.id)
        if package and len(parts) > 2 and listed is not None:
            names |= set(listed) - {"Masks", "StackMasks"}  # they are at home in `masks`
        if listed is not None:
            names &= set(listed)
        inner = {"trace.compiled"} | {f"verify.{p.stem}" for p in path.parent.glob("[a-z]*.py")}
        described = len(parts) == 2 or (package and len(parts) == 3)
        if (described or module.removeprefix("lessons_lib.") in inner) and parts[1] != "lab":
            found += [f"{module}.{name}" for name in names if not name.startswith("_")]
    return [name for name in found if "._" not in name]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reference_describes_each_public_name_once(site, language):
    described: Counter[str] = Counter()
    for path in (site / language / "book/reference").glob("*.html"):
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        described.update(signature["id"] for signature in page.select("dt.sig[id]"))
    names = public_names()
    assert len(names) > 200
    assert not [name for name in names if described[name] != 1]
    assert not [name for name in described if re.search(r"\._(?!_call__)|\.lab\.", name)]
    checks = {f"lessons_lib.checks.{name}" for name in CHECKS}
    assert checks <= described.keys()


def test_the_reference_is_english_and_says_so_in_korean(site):
    for name, page in pages_of(site, "book/reference/torch_modules.html").items():
        heading = page.select_one("article h1")
        assert heading.text.startswith("lessons_lib.torch_modules")
        about = heading.find_next("p")
        assert ("영어" in about.text) == (name == "ko")
        signatures = page.select("article dl.py > dt.sig")
        marked = {dt.find_parent(lang="en") for dt in signatures}
        assert (page.html in marked) == (name == "en")
        assert None not in marked


def test_names_in_the_reference_lead_to_what_they_mean_there(site):
    page = pages_of(site, "book/reference/lstm.html")["en"]
    step = page.find(id="lessons_lib.lstm.step").find_next("dd")
    links = {link.text: link["href"] for link in step.select("a.api")}
    assert links == {
        "Params": "#lessons_lib.lstm.Params",
        "project": "weights.html#lessons_lib.weights.project",
        "Masks": "masks.html#lessons_lib.masks.Masks",
        "Cache": "#lessons_lib.lstm.Cache",
        "step_backward": "#lessons_lib.lstm.step_backward",
    }


def test_anchors_of_links_into_the_reference_exist(site):
    ids, links = {}, []
    for name in names_of_pages(site / "en"):
        page = BeautifulSoup((site / "en" / name).read_text("utf-8"), "html.parser")
        ids[name] = {element["id"] for element in page.find_all(id=True)}
        links += [(name, urljoin(name, link["href"])) for link in page.select("a.api")]
    assert links
    split = {link: link.partition("#") for _, link in links}
    assert not [(name, link) for name, link in links if split[link][2] not in ids[split[link][0]]]


def test_the_library_page_lists_the_modules(site):
    for page in pages_of(site, "book/appendix/library.html").values():
        listed = [link["href"] for link in page.select("#library-modules dt a")]
        pages = (site / "en/book/reference").glob("*.html")
        assert sorted(listed) == sorted(f"../reference/{path.name}" for path in pages)


@pytest.mark.parametrize(("language", "front"), [("ko", "README.ko.md"), ("en", "README.md")])
def test_the_library_page_has_the_table_of_the_front_pages(site, language, front):
    page = pages_of(site, "book/appendix/library.html")[language]
    rows = [
        [cell.text.strip() for cell in row.select("th, td")]
        for row in page.select("#library-support tr")
    ]
    written = support.written(front).replace("`", "").splitlines()
    head, _, *expected = [[cell.strip() for cell in line.strip("|").split("|")] for line in written]
    differ = [row for row in expected if "–" in row]
    assert rows == [head, *differ]
    said = page.select_one("#library-support > p:last-of-type").text
    assert [row[0] for row in expected if row not in differ and row[0] not in said] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_library_page_has_each_measured_ratio_with_its_machine(site, language):
    section = pages_of(site, "book/appendix/library.html")[language].select_one("#library-cost")
    shown = [
        [float(cell.text) for cell in row.select("td")[1:]] for row in section.select("tbody tr")
    ]
    said = [paragraph.text for paragraph in section.find_all("p")]
    expected: list[list[float]] = []
    for path in sorted((ROOT / "benchmarks/results").glob("*.json")):
        result = json.loads(path.read_text("utf-8"))
        machine = result["machine"]
        assert [text for text in said if machine["processor"] in text and machine["date"] in text]
        kinds: dict[tuple[str, str], list[float]] = {}
        for entry in result["table"]:
            for name, row in (entry.get("rows") or entry["layers"]).items():
                if entry["dtype"] == "float32" and not name.startswith(("torch.nn", "Keras")):
                    kinds.setdefault((entry.get("kind"), name), []).append(round(row["ratio"], 2))
        expected += kinds.values()
    assert sorted(shown) == sorted(expected)
    dots = sum(len(values) for values in expected)
    assert len(section.select("svg circle")) == dots


def test_the_front_page_leads_to_the_library(site):
    for page in pages_of(site, "index.html").values():
        links = [link["href"] for link in page.select("main a")]
        assert links.count("book/appendix/library.html") == 2
