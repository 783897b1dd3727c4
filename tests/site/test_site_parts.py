"""What the site's pages are made with: packages under a lock, type, addresses, facts, cards."""

import json
import re
from types import SimpleNamespace

import pytest
from _ext import node
from _ext.equations import equation
from _ext.hooks import (
    front_page,
    library_tables,
    light_pages,
    moving_figures,
    page_facts,
    page_head,
    reference,
    social_card,
    symbols,
    typeface,
    web_assets,
)
from _ext.hooks.math_in_page import Typesetter
from _ext.hooks.tables import head_rows
from _ext.plain import library
from _ext.plain.code_digest import digest
from _ext.plain.moving import MOVING, moves
from _ext.plain.printed_tables import translate_tables
from _ext.repository import Repository
from _ext.texts import texts, translated_modules
from docutils import nodes
from docutils.core import publish_doctree, publish_from_doctree
from fontTools.ttLib import TTFont
from jinja2 import Environment, FileSystemLoader

from lessons_lib.lab import tables

OWNED = Repository("https://github.com/Someone/a-book", "main")


def test_lock_names_checksums_and_no_addresses():
    for folder in (web_assets.SITE, web_assets.ROOT / "tests" / "browser"):
        text = (folder / "package-lock.json").read_text("utf-8")
        packages = json.loads(text)["packages"]
        assert "resolved" not in text
        assert all("integrity" in entry for name, entry in packages.items() if name)


def test_package_that_differs_from_its_checksum_is_refused(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    lock = json.loads((web_assets.SITE / "package-lock.json").read_text("utf-8"))
    entry = lock["packages"]["node_modules/minisearch"] | {"integrity": "sha512-" + "A" * 86 + "=="}
    package = {"dependencies": {"minisearch": entry["version"]}}
    lock["packages"] = {"": package, "node_modules/minisearch": entry}
    (project / "package.json").write_text(json.dumps(package), "utf-8")
    (project / "package-lock.json").write_text(json.dumps(lock), "utf-8")
    with pytest.raises(OSError, match="EINTEGRITY"):
        node.install(project, tmp_path / "installed")
    assert not (tmp_path / "installed" / "installed.json").exists()


def test_licences_of_what_is_shipped_are_there():
    for licence in web_assets.LICENCES.values():
        assert (web_assets.packages() / licence).stat().st_size > 500


def test_typeface_holds_just_the_characters_asked_for(tmp_path):
    package = web_assets.packages() / "pretendard"
    rules = typeface.write_fonts(package, "가나 Ab", tmp_path / "cache", tmp_path)
    assert rules.count("@font-face") == 4
    assert rules.count("optional") == typeface.for_folders(rules).count("swap") == 4
    held = {
        script: set(TTFont(tmp_path / f"Pretendard-400-{script}.woff2").getBestCmap())
        for script in typeface.RANGES
    }
    assert held == {"hangul": set(map(ord, "가나")), "latin": set(map(ord, " Ab"))}


def test_bold_letters_are_those_of_pages_and_of_words_that_scripts_write(tmp_path):
    site, words = tmp_path / "site", tmp_path / "book" / "locale" / "ko.toml"
    fonts = site / "_static" / "fonts"
    fonts.mkdir(parents=True)
    words.parent.mkdir(parents=True)
    words.write_text('found = "찾"', "utf-8")
    text = '<h2 id="x">제 <a>목</a></h2><p>본문 <strong>굵</strong></p><p class="home">집</p>'
    (site / "a.html").write_text(text, "utf-8")
    (site / "a.svg").write_text("<svg><text>그</text></svg>", "utf-8")
    package = web_assets.packages() / "pretendard"
    typeface.write_fonts(package, "제목본문굵집찾그가A", tmp_path / "cache", fonts)
    typeface.cut_written_fonts(site, tmp_path, tmp_path / "cache")
    kept = {
        weight: set(map(chr, TTFont(fonts / f"Pretendard-{weight}-hangul.woff2").getBestCmap()))
        for weight in typeface.WEIGHTS
    }
    assert kept == {400: set("제목본문굵집찾그가"), 600: set("제목굵집찾그")}


def test_meanings_of_symbols_name_chapters_by_their_numbers():
    for language, said in (("ko", "1장과 2장의 RNN에서"), ("en", "of chapter 1 and chapter 2, ")):
        meanings = symbols.meanings(web_assets.ROOT, language, "book/lstm")
        assert said in meanings["U"]
        assert not [text for text in meanings.values() if "{" in text or "`" in text]


def test_symbols_mean_what_they_mean_in_the_chapter():
    def meant(language, page, symbol):
        return symbols.meanings(web_assets.ROOT, language, f"book/{page}").get(symbol)

    assert meant("ko", "gru", "z") == "z: 업데이트 게이트"
    assert meant("en", "dropout", "z") == "z: the rate of zoneout"
    assert meant("en", "recurrence", "z") is None
    assert meant("ko", "bptt", "u") == "w, u: 예제에서 이전 상태와 입력의 가중치"
    assert meant("en", "bptt", "e") == "e: a one-hot vector (e_c_t)"
    assert meant("en", "stacked", "L") == "L: the number of layers"
    assert meant("en", "lstm", "L") == "L: the loss"


def test_names_in_printed_tables_are_code_in_both_languages():
    table = tables.table(["가중치 `W` · weights `W`"], [["`h_n`"], ["3"]])
    for language, head in (("ko", "가중치"), ("en", "weights")):
        data = {"text/html": table._repr_html_()}
        translate_tables({"cells": [{"outputs": [{"data": data}]}]}, language)
        assert f">{head} <code>W</code></th>" in data["text/html"]
        assert "><code>h_n</code></td>" in data["text/html"]
        assert "`" not in data["text/html"]


def test_fault_in_a_formula_is_said():
    typesetter = Typesetter()
    with pytest.raises(ValueError, match="Undefined control sequence"):
        typesetter.html(r"\nonsense", display=False)
    assert "<math" in typesetter.html(r"c_t", display=True)
    typesetter.close()


def test_addresses_follow_from_the_repository():
    assert OWNED.pages_address == "https://someone.github.io/a-book"
    mistake = OWNED.links("book/lstm")["mistake"]
    assert mistake.endswith(
        "/issues/new?template=mistake.yml&title=%5Bbook%2Flstm%5D%20&page=book%2Flstm"
    )
    found = OWNED.launchers("ko/book/lstm.ipynb")
    assert found["binder"].endswith("/notebooks?urlpath=lab/tree/ko/book/lstm.ipynb")
    assert found["colab"].endswith("/Someone/a-book/blob/notebooks/ko/book/lstm.ipynb")


def test_no_address_while_the_owner_is_not_set():
    assert Repository(OWNED.address.replace("Someone", "OWNER"), "main").pages_address == ""
    options = {"repository_url": "git@somewhere", "repository_branch": "main"}
    with pytest.raises(ValueError, match=r"repository\.url: got 'git@somewhere'"):
        Repository.from_theme_options(options)


def test_the_library_page_leads_to_the_repository_once_it_has_an_address():
    (paragraph,) = library_tables.link(OWNED, "Repository")
    assert paragraph.children[0]["refuri"] == OWNED.address
    unset = Repository(OWNED.address.replace("Someone", "OWNER"), "main")
    assert library_tables.link(unset, "Repository") == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_each_page_of_the_reference_is_in_one_group_that_has_a_name(language):
    assert sorted(sum(reference.GROUPS.values(), ())) == library.pages()
    assert texts(language)["library"]["groups"].keys() == reference.GROUPS.keys()


def test_each_module_is_described_in_korean_as_in_english():
    assert sorted(translated_modules("ko")) == library.pages()
    for page in library.pages():
        assert re.search("[가-힣]", reference.described(page, "ko")), page
        assert not re.search("[가-힣]", reference.described(page, "en")), page


@pytest.mark.parametrize(("before", "busy"), [(2.1, True), (1.9, False)])
def test_a_machine_with_more_load_than_cores_is_said_to_be_busy(before, busy):
    said = texts("en")["library"]
    texts_of = dict.fromkeys(["processor", "threads", "date", "torch", "numpy"], "?")
    machine = {**texts_of, "cores": 2, "load average before": before}
    (paragraph,) = library_tables.costs({"machine": machine, "table": []}, said)
    assert (said["busy"] in paragraph.astext()) is busy


@pytest.mark.parametrize(
    ("address", "base"), [("", "/"), ("https://a.example", "/"), ("https://a.example/rnn", "/rnn/")]
)
def test_page_for_missing_addresses_starts_where_the_site_does(tmp_path, address, base):
    templates = Environment(loader=FileSystemLoader(web_assets.SITE / "templates"))
    app = SimpleNamespace(
        config=SimpleNamespace(site_address=address, languages_side_by_side=True),
        builder=SimpleNamespace(
            format="html",
            templates=SimpleNamespace(
                render=lambda name, context: templates.get_template(name).render(context)
            ),
        ),
        outdir=tmp_path / "ko",
    )
    front_page.write_pages_of_both_languages(app, None)
    text = (tmp_path / "404.html").read_text("utf-8")
    found = re.findall('(?:href|src)="(.*?)(?:ko|en)/', text)
    assert found == [base] * 7


def test_page_with_an_address_names_its_twin_and_itself():
    tags = page_head.addresses("https://a.example/rnn", "ko", "book/lstm.html")
    assert tags[0] == '<link rel="canonical" href="https://a.example/rnn/ko/book/lstm.html">'
    assert sum("hreflang" in tag for tag in tags) == 3
    text = page_head.site_map("https://a.example/rnn", ["index.html", "book/lstm.html"])
    assert text.count("<loc>") == 4
    assert text.count("xhtml:link") == 8


def test_scripts_of_a_page_take_no_name_from_each_other():
    """They share one space of names: a second function of a name takes the place of the first."""
    layout = (web_assets.SITE / "templates/layout.html").read_text("utf-8")
    names: dict[str, list[str]] = {}
    for path in (web_assets.SITE / "static").glob("*.js"):
        if path.name in layout or path.name == "search-words.js":
            for name in re.findall(
                r"^(?:async )?(?:function|const|let|class) (\w+)",
                path.read_text("utf-8"),
                re.MULTILINE,
            ):
                names.setdefault(name, []).append(path.name)
    assert len(names) > 40
    assert not {name: files for name, files in names.items() if len(files) > 1}


def test_what_nobody_sees_is_left_out():
    cite = '<a class="reference internal" href="r.html#x" title="The work">2014</a>'
    again = cite.replace(' title="The work"', "")
    body = f'<span class="n">h</span><span class="k">if</span> {cite} {cite}'
    body += '<a class="headerlink" href="#a" title="Link">¶</a>'
    assert light_pages.lighter(body) == (
        f'h<span class="k">if</span> {cite} {again}<a class="headerlink" href="#a">¶</a>'
    )
    code = '<code class="docutils literal notranslate"><span class="pre">h_n</span></code>'
    cell = '<td style="text-align: left">1</td><td style="text-align: right">2</td>'
    assert light_pages.lighter(code + cell) == (
        '<code>h_n</code><td>1</td><td style="text-align: right">2</td>'
    )
    math = '<math xmlns="http://www.w3.org/1998/Math/MathML">'
    math += '<i style="height:0.6944em;margin-left:-0.25em;top:-3.0em;margin-right:-0.001em;">'
    math += '<annotation encoding="application/x-tex">'
    assert light_pages.lighter(math) == (
        '<math><i style="height:.69em;margin-left:-.25em;top:-3em;margin-right:0em"><annotation>'
    )


def test_description_ends_at_a_word():
    document = nodes.document("", "", "", nodes.paragraph("", "낱말 " * 100))
    found = page_head.describe(document)
    assert found.endswith("낱말…")
    assert len(found) <= page_head.LENGTH


def test_card_is_drawn_in_both_languages(tmp_path):
    for language, title in (("ko", "기울기 소실과 폭발"), ("en", "Vanishing gradients")):
        name = social_card.write(tmp_path, "book/gradients", title, "RNN", language)
        assert (tmp_path / name).stat().st_size < 60_000


def test_stamp_is_only_for_the_code_that_was_run(tmp_path):
    notebook = {"cells": [{"cell_type": "code", "source": ["x = ", "1"]}]}
    code = digest(notebook, "", tmp_path)
    run = {"cells": 1, "skipped": 0, "seconds": 13.0, "modules": "", "code": code}
    records = {"cpu": {"date": "2026-11-20", "notebooks": {"book/a.ipynb": run}}}
    found = page_facts.verified_runs(records, "book/a", notebook, tmp_path)
    assert found == [{"date": "2026-11-20", "seconds": 13.0}]
    assert page_facts.running_seconds(found) == 15
    del run["modules"]  # a record that says nothing of the library
    assert not page_facts.verified_runs(records, "book/a", notebook, tmp_path)
    run["modules"] = ""
    notebook["cells"][0]["source"] = "x = 2"
    assert not page_facts.verified_runs(records, "book/a", notebook, tmp_path)


def test_reading_takes_longer_with_more_to_read():
    short = nodes.document("", "", "", nodes.paragraph("", "word " * 200))
    long = nodes.document("", "", "", nodes.paragraph("", "word " * 6100))
    assert page_facts.reading_minutes(short, "en") == 1
    assert page_facts.reading_minutes(long, "en") == 30


def test_scripts_of_moving_figures_hold_equations_and_words():
    assert moving_figures.scripts_of("lstm-driven") == ["frame", "equations-lstm", "lstm-driven"]
    frame = moving_figures.script("frame", "en")
    assert "function withTime(" in frame
    assert moving_figures.script("equations-lstm", "en").startswith("equations.lstm = withTime({")
    assert moving_figures.drawing("lstm-driven", "en").startswith("<svg ")
    for language, word in (("en", "keep"), ("ko", "유지")):
        assert f'"keep":"{word}"' in moving_figures.script("lstm-driven", language)


def test_a_figure_may_have_a_picture_for_one_language():
    for language, letter in (("ko", ">ㅇ<"), ("en", ">g<")):
        assert letter in moving_figures.drawing("charlm-explainer", language)
    assert "ㅇ" not in moving_figures.drawing("charlm-explainer", "en")
    assert moves("figures/charlm-explainer.ko.svg")
    assert not moves("figures/no-such.ko.svg")
    for language in ("ko", "en"):
        assert moving_figures.picture_of("lstm-driven", language).name == "lstm-driven.svg"


def test_an_unknown_equation_is_refused():
    with pytest.raises(KeyError, match=r"got 'lstn', expected one of .*lstm"):
        equation("lstn")


def test_no_moving_figure_computes_a_cell_itself():
    """What squashes is the library's: a script that needs it calls the recorded equations."""
    for path in MOVING.glob("*.js"):
        assert not re.search(r"Math\.(tanh|exp|log1p|expm1)", path.read_text("utf-8")), path.name


def test_equations_and_bars_of_a_docstring_are_kept():
    lines = [
        "The norm |λ| of `a | b`:",
        "",
        "    h = |λ| h",
        "",
        "ends.",
        "",
        "Notes",
        "-----",
        "x",
    ]
    reference.prepare_docstring(None, "module", "", None, None, lines)
    assert lines == [
        *(r"The norm \|λ\| of `a | b`:", "", "::", "", "    h = |λ| h", "", "ends.", "", ""),
        *(".. rubric:: Notes", "", "x"),
    ]


@pytest.mark.parametrize(("corner", "tag"), [("  ", "th"), ("n", "td")])
def test_a_table_with_an_empty_corner_has_heads_of_rows(corner, tag):
    line = "==  ==\n"
    text = f"{line}{corner:2}  a\n{line}b   1\n{line}"
    document = publish_doctree(text)
    for table in document.findall(nodes.table):
        head_rows(table)
    html = publish_from_doctree(document, writer_name="html5").decode()
    assert re.search(rf"<{tag}[^>]*><p>b</p></{tag}>", html)
    assert re.search("<td><p>1</p></td>", html)
