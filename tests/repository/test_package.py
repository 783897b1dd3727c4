"""The sdist can be tested without the book, and the pinned lists agree."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from lessons_lib.torch_modules import engines

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SDIST = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]
LISTS = ("requirements.txt", "binder/requirements.txt", "deploy/hub.txt", "deploy/tools.txt")
SYSTEMS = [
    {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.7", "sys_platform": system}
    for minor in (11, 12, 13)
    for system in ("linux", "darwin", "win32")
]


def imported_by(path: Path) -> set[str]:
    """Return the top-level names of a file's imports, including those in functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_the_sdists_tests_need_only_what_it_holds():
    held = {path for pattern in SDIST["include"] for path in ROOT.glob(pattern.lstrip("/"))}
    held |= {path for folder in held for path in folder.glob("*.py")}
    tests = {path.stem: path for path in held if path.parent.name == "library"}
    here = [*(ROOT / "tests").glob("*/*.py"), *(ROOT / "book" / "_ext").rglob("*.py")]
    lacking = {path.stem for path in here if path not in held} | {"benchmarks"}
    assert {"registry", "test_cells", "test_torch_modules"} <= tests.keys()
    for name, path in tests.items():
        if path.suffix == ".py":
            needs = imported_by(path) & lacking
            assert not needs, f"tests/library/{name}.py is in the sdist, but not {', '.join(needs)}"


def test_every_pattern_of_the_sdist_finds_something():
    empty = [pattern for pattern in SDIST["include"] if not list(ROOT.glob(pattern.lstrip("/")))]
    assert not empty, f"pyproject.toml puts {empty} into the sdist; there are no such files"


def pins(name: str) -> dict[str, list[Requirement]]:
    """Return the pinned packages of a list."""
    found: dict[str, list[Requirement]] = {}
    for line in (ROOT / name).read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "--")):
            requirement = Requirement(line)
            found.setdefault(requirement.name, []).append(requirement)
    return found


def test_every_list_is_exact():
    for name in LISTS:
        for requirements in pins(name).values():
            for one in requirements:
                assert re.fullmatch(r"==[\w.]+(\+cpu)?", str(one.specifier)), f"{name}: {one}"
                assert not one.url


def test_the_books_list_serves_every_machine():
    text = (ROOT / "requirements.txt").read_text("utf-8")
    for word in ("+cpu", "--hash", "http", "file:", "nvidia-", "cuda-", "triton"):
        assert word not in text, f"requirements.txt names {word}"


def test_at_most_one_version_of_a_package_on_any_machine():
    for name in ("requirements.txt", "deploy/hub.txt", "deploy/tools.txt"):
        for package, requirements in pins(name).items():
            for system in SYSTEMS:
                chosen = [r for r in requirements if not r.marker or r.marker.evaluate(system)]
                assert len(chosen) < 2, f"{name}: {package} twice on {system}"


def test_what_is_asked_for_is_pinned_within_its_range():
    extras = PROJECT["project"]["optional-dependencies"]
    requirements = [*PROJECT["project"]["dependencies"], *extras["torch"], *extras["chapters"]]
    requirements += [*extras["test"], *extras["book"]]
    pinned = pins("requirements.txt")
    for requirement in map(Requirement, requirements):
        if requirement.name != "lessons-lib":
            for one in pinned[requirement.name]:
                version = str(one.specifier).removeprefix("==")
                assert requirement.specifier.contains(version), f"{one}, expected {requirement}"


def test_what_makes_the_wheel_is_pinned_within_its_range():
    (backend,) = map(Requirement, PROJECT["build-system"]["requires"])
    (pinned,) = pins("deploy/tools.txt")[backend.name]
    assert backend.specifier.contains(str(pinned.specifier).removeprefix("=="))


def test_binder_and_the_hub_run_the_books_versions():
    book = pins("requirements.txt")
    for name in ("binder/requirements.txt", "deploy/hub.txt"):
        for package in pins(name).keys() & {"numpy", "torch", "matplotlib", "array-api-compat"}:
            (one,), (books,) = pins(name)[package], book[package]
            assert str(one.specifier).removesuffix("+cpu") == str(books.specifier), name


def test_the_layers_use_the_versions_of_llvmlite_that_the_extra_allows():
    (allowed,) = PROJECT["project"]["optional-dependencies"]["fast"]
    assert allowed == f"llvmlite>={'.'.join(map(str, engines.OLDEST))}"
