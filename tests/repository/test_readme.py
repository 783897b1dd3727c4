"""What the front pages say about the library works, and is the same in both languages."""

import re
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]


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


def test_links_lead_to_files():
    for name in ("README.md", "README.ko.md", "CONTRIBUTING.md", "deploy/README.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text("utf-8")):
            assert ((ROOT / name).parent / target).exists(), f"{name} links to {target}"


def test_address_of_the_repository_is_said_once():
    folders = [ROOT / name for name in ("src", "tests", "book", "binder", "deploy")]
    files = [path for folder in folders for path in folder.rglob("*.*")]
    files += [*ROOT.glob("*.*"), *(ROOT / ".github").rglob("*.*")]
    files = [path for path in files if "node_modules" not in path.parts]
    told = {
        path.name
        for path in files
        if path.suffix in {".md", ".py", ".toml", ".yml", ".html", ".js", ".ipynb"}
        if re.search(r"github\.com/[\w-]+/rnn-lessons", path.read_text("utf-8"))
    }
    assert told - {"conf.py"} == {"_config.yml"}
