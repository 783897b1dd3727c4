"""Both languages of a catalogue have the same names and the same placeholders."""

import pytest
from catalogues import ROOT, catalogues, differences, main

FOUND = dict(catalogues(ROOT))


@pytest.mark.parametrize("name", FOUND)
def test_the_catalogues_of_the_project_agree(name):
    assert not differences(FOUND[name]["ko"], FOUND[name]["en"])


def test_the_words_of_the_site_and_of_the_checks_are_among_them(capsys):
    assert {"book/locale/en.toml", "src/lessons_lib/checks/texts/en.toml"} <= FOUND.keys()
    assert main() == 0
    assert capsys.readouterr().out == ""


def test_both_forms_of_a_catalogue_are_found(tmp_path):
    (tmp_path / "book/site").mkdir(parents=True)
    (tmp_path / "book/site/words.toml").write_text('[ko]\na = "ㄱ"\n[en]\na = "x"\n', "utf-8")
    (tmp_path / "src/lessons_lib/texts").mkdir(parents=True)
    (tmp_path / "src/lessons_lib/texts/en.toml").write_text('a = "x"\n', "utf-8")
    found = dict(catalogues(tmp_path))
    assert found["book/site/words.toml"] == {"ko": {"a": "ㄱ"}, "en": {"a": "x"}}
    assert found["src/lessons_lib/texts/en.toml"] == {"ko": {}, "en": {"a": "x"}}


@pytest.mark.parametrize(
    ("ko", "en", "expected"),
    [
        ({"a": "{n}곳"}, {"a": "{n} places"}, []),
        ({"a": "{n}곳"}, {"a": "places"}, ["a: placeholders ['n'] in ko, [] in en"]),
        ({"a": {"b": "ㄱ"}}, {}, ["a.b: missing in en"]),
        ({}, {"a": [{"b": "x"}, {"b": "y"}]}, ["a.0.b: missing in ko", "a.1.b: missing in ko"]),
        ({"a": ["ㄱ"]}, {"a": ["x", "y"]}, []),
        ({"a": "{t}"}, {"a": "{t:.4g}"}, []),
        ({"a": "W = {"}, {"a": "W = {"}, []),
    ],
)
def test_differences_are_named(ko, en, expected):
    assert differences(ko, en) == expected
