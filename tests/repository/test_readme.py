"""The code on the front pages runs, is the same in both languages, and the links lead somewhere."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDERS = ("", ".github", "assignments", "benchmarks", "book", "book/site", "deploy")
PAGES = [page for folder in FOLDERS for page in sorted((ROOT / folder).glob("*.md"))]


def code_of(name):
    """Return the Python of a page, without its comments."""
    code = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
    assert code, f"{name} shows no Python"
    return re.sub(r" *#.*", "", "\n".join(code))


def test_readme_shows_code_that_runs():
    names: dict = {}
    exec(code_of("README.md"), names)
    assert names["y"].shape == (7, 2, 5)
    assert names["dx"].shape == names["x"].shape
    assert all(np.isfinite(gradient).all() for gradient in names["grads"])
    assert names["output"].shape == (7, 2, 10)
    assert all(weight.grad is not None for weight in names["layer"].parameters())
    assert names["losses"][-1] < 0.5 * names["losses"][0]


def test_both_languages_show_the_same_code():
    assert code_of("README.ko.md") == code_of("README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page):
    for target, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", page.read_text("utf-8")):
        linked = page.parent / target if target else page
        assert linked.exists(), f"links to {target}"
        if heading:
            assert heading in anchors(linked), f"links to {target}#{heading}"


def anchors(page):
    """Return the addresses that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_contributing_is_short():
    lines = (ROOT / "CONTRIBUTING.md").read_text("utf-8").splitlines()
    assert len(lines) <= 90, "move parts that few readers need to the page of their folder"


def test_address_of_the_repository_is_the_one_of_config():
    folders = [ROOT / name for name in ("src", "book", "binder", "deploy")]
    files = [path for folder in folders for path in folder.rglob("*.*")]
    files += [*ROOT.glob("*.*"), *(ROOT / ".github").rglob("*.*")]
    files = [path for path in files if "node_modules" not in path.parts]
    addresses = {
        path.name: set(re.findall(r"https://github\.com/[\w-]+/rnn-lessons", text))
        for path in files
        if path.suffix in {".md", ".py", ".toml", ".yml", ".cff", ".html", ".js", ".ipynb"}
        if "github.com" in (text := path.read_text("utf-8"))
    }
    (config,) = addresses["_config.yml"]
    found = {name: found for name, found in addresses.items() if found and name != "conf.py"}
    assert found.keys() == {"_config.yml", "pyproject.toml", "CITATION.cff"}
    assert all(address == {config} for address in found.values())


def test_the_citation_names_the_version_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == project["version"]
    assert citation["authors"] == [{"name": "RNN Lessons authors"}]
