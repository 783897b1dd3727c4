"""The workflows are safe, and run commands of the Makefile, which every machine can run.

`make lint-workflows` checks their form; these tests check this repository's own rules.
"""

from __future__ import annotations

import re
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from expressions import value

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in FILES}
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
#: The only jobs with write permissions, and which ones.
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
    """Return the events that start a workflow; YAML reads the key `on` as true."""
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
    """Only after the checkout; before it, a job may use GitHub's own tools."""
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


def number_of_step(name: str, job: str, word: str) -> int:
    """Return which of a job's steps runs a command, or uses an action, of some name."""
    steps = job_of(name, job)["steps"]
    told = [step.get("run", step.get("uses", "")) for step in steps]
    (number,) = (n for n, text in enumerate(told) if re.search(rf"\b{word}\b", text))
    return number


def test_the_job_that_takes_screenshots_keeps_them_whatever_the_tests_say():
    run, keep = (number_of_step("ci", "browser", word) for word in ("test-site", "upload-artifact"))
    kept = job_of("ci", "browser")["steps"][keep]
    assert run < keep
    assert value(kept["if"], always=lambda: True, failure=lambda: False, success=lambda: False)
    browsing = (ROOT / "tests" / "browser" / "browsing.py").read_text("utf-8")
    assert f'"{Path(kept["with"]["path"]).name}"' in browsing, "where the tests put pictures"


@pytest.mark.parametrize("ref", ["refs/heads/main", "refs/heads/other", "refs/tags/v1"])
@pytest.mark.parametrize("job", ["pages", "notebooks"])
def test_only_main_reaches_students_and_readers(job, ref):
    runs = value(job_of("publish", job)["if"], github={"ref": ref})
    assert runs is (ref == "refs/heads/main")


RESULTS = ("success", "failure", "cancelled", "skipped")


def test_a_night_that_does_not_succeed_is_told():
    """Of whatever jobs: if a job's time is up, it is cancelled, and `failure()` is not true."""
    tell = job_of("nightly", "tell")
    others = [job for job in WORKFLOWS["nightly"]["jobs"] if job != "tell"]
    assert tell["needs"] == others
    for results in product(RESULTS, repeat=len(others)):
        needs = {job: {"result": result} for job, result in zip(others, results, strict=True)}
        told = value(tell["if"], needs=needs, always=lambda: True, failure=lambda: False)
        assert told is (set(results) != {"success"}), results


def test_each_night_looks_for_weak_packages_whatever_the_tests_say():
    steps = job_of("nightly", "newest")["steps"]
    run, audit = (number_of_step("nightly", "newest", word) for word in ("test-newest", "audit"))
    assert run < audit
    assert value(steps[audit]["if"], cancelled=lambda: False)
    most = job_of("nightly", "newest")["timeout-minutes"]
    assert steps[run]["timeout-minutes"] < most, "no time would be left for what comes after it"


def test_each_night_runs_what_passes_here_as_on_other_processors():
    """One command covers every simulated processor of the Makefile."""
    job = job_of("nightly", "processors")
    number_of_step("nightly", "processors", "test-processors")
    names = job["strategy"]["matrix"]["newest"]
    assert [value(job["env"]["PROCESSORS"], matrix={"newest": name}) for name in names] == names
    known = dict(re.findall(r"^AS_(\w+) := (.*)", MAKEFILE, re.MULTILINE))
    assert names == list(known)
    for chosen in (*([name] for name in names), names):
        told = commands_of("test-processors", *([f"PROCESSORS={chosen[0]}"] * (len(chosen) == 1)))
        for name, settings in known.items():
            assert "ONEDNN_MAX_CPU_ISA" in settings
            lines = [line for line in told if line.startswith(settings) and "pytest" in line]
            assert [line.split()[-2:] for line in lines] == [["tests/library", "book"]] * (
                name in chosen
            )


def test_each_job_of_ci_caches_its_own_packages():
    """With one key for two jobs, the cache would hold the packages of the faster one."""
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


def commands_of(*words: str) -> list[str]:
    """Return the commands that make would run, with the environments as they are."""
    ready = [word for name in (".venv", ".venv-tools") for word in ("-o", f"{name}/.ready")]
    command = ["make", "--dry-run", *ready, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.replace("\\\n", " ").splitlines()


@pytest.mark.parametrize("tool", ["zizmor", "actionlint", "check-jsonschema", "ruff", "mypy"])
def test_make_test_begins_with_every_lint(tool):
    commands = commands_of("test")
    (tests,) = (n for n, line in enumerate(commands) if "--record-verification cpu" in line)
    assert any(re.search(rf"\b{tool}\b", line) for line in commands[:tests])


def test_every_file_that_a_schema_describes_is_checked_by_it():
    told = "\n".join(commands_of("lint-workflows"))
    files = [*FILES, *(ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")]
    files += [ROOT / ".github" / "dependabot.yml", ROOT / "CITATION.cff"]
    checked = {
        path
        for line in told.splitlines()
        if "check-jsonschema" in line
        for word in line.split()
        if word.endswith((".yml", ".cff"))
        for path in ROOT.glob(word)
    }
    assert set(files) <= checked
