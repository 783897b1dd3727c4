"""What readers type leads to the section that answers: the files of queries, on the built site.

Node runs the search of the page, with the page's data.
``PYTHONPATH=book python tests/browser/test_search_queries.py`` prints those that lead elsewhere.
"""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path

import pytest
from _ext.hooks import search_data, web_assets
from _ext.node import NODE

HERE = Path(__file__).parent
SITE = Path(__file__).parents[2] / "_build" / "site"
FIRST, THREE = 0.90, 0.98  # smallest shares of right sections: the first result, one of three
TITLES_FIRST, TITLES_THREE = 0.90, 0.95  # before the text has come
LEAST = 150  # queries a language


def wanted(language: str) -> dict[str, list[str]]:
    """Return the sections that answer each query."""
    return tomllib.loads((HERE / "queries" / f"{language}.toml").read_text("utf-8"))


def in_node(language: str, expression: str):
    """Return an expression's value; ``titles`` is the search of titles, ``search`` of the whole."""
    static = SITE / language / "_static"
    engine = web_assets.packages() / "minisearch/dist/cjs/index.cjs"
    script = f"""
    const fs = require("fs"), vm = require("vm");
    const {{ BookSearch }} = require({json.dumps(str(static / "search-words.js"))});
    const MiniSearch = require({json.dumps(str(engine))});
    for (const file of ["stemmer.js", "search-titles.js", "search-text.js"]) {{
      vm.runInThisContext(fs.readFileSync({json.dumps(str(static))} + "/" + file, "utf8"));
    }}
    const [stem, data, texts] = vm.runInThisContext("[stemmer, search_data, search_texts]");
    const titles = new BookSearch(MiniSearch, stem, data);
    titles.with_texts(texts).then((search) => console.log(JSON.stringify({expression})));
    """
    done = subprocess.run([str(NODE), "-e", script], text=True, capture_output=True, check=True)
    return json.loads(done.stdout)


def label(address: str) -> str:
    """Return a section's label: the anchor, or the page's name."""
    page, _, anchor = address.partition("#")
    return anchor or Path(page).stem


def results(language: str, by: str = "search") -> dict[str, list[str]]:
    """Return the labels of the sections that each query finds, the best first."""
    queries = json.dumps(list(wanted(language)))
    found = in_node(language, f"{queries}.map(query => {by}.find(query).map(s => s.address))")
    return {
        query: [label(address) for address in addresses]
        for query, addresses in zip(wanted(language), found, strict=True)
    }


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(
    ("by", "least_first", "least_three"),
    [("search", FIRST, THREE), ("titles", TITLES_FIRST, TITLES_THREE)],
)
def test_readers_find_what_they_look_for(language, by, least_first, least_three):
    right, found = wanted(language), results(language, by)
    first = [query for query in right if set(found[query][:1]) & set(right[query])]
    three = [query for query in right if set(found[query][:3]) & set(right[query])]
    print(f"{language}, {by}: {len(first)} and {len(three)} of {len(right)} queries")
    assert len(right) >= LEAST
    assert len(first) >= least_first * len(right), sorted(right.keys() - first)
    assert len(three) >= least_three * len(right), sorted(right.keys() - three)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_sections_of_queries_and_of_readers_names_exist(language):
    known = {label(address) for address in in_node(language, "search.sections.map(s => s.address)")}
    assert {name for names in wanted(language).values() for name in names} <= known
    assert tomllib.loads(search_data.ALIASES.read_text("utf-8"))["sections"].keys() <= known


if __name__ == "__main__":
    for language in ("ko", "en"):
        for query, labels in results(language).items():
            if not set(labels[:1]) & set(wanted(language)[query]):
                print(language, query, wanted(language)[query], labels[:5], sep=" | ")
