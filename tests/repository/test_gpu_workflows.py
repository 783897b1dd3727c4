"""Which commits run on the GPU, who decides that, and which of these runs the pages show."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from expressions import value
from test_workflows import ROOT, WORKFLOWS, job_of, triggers

sys.path.insert(0, str(ROOT / "deploy"))

import fetch_gpu_record

SHA = "0123456789abcdef0123456789abcdef01234567"


def test_of_a_pull_request_the_label_takes_nothing_but_the_commits_number():
    assert triggers("gpu-label") == {"pull_request_target": {"types": ["labeled"]}}
    (job,) = WORKFLOWS["gpu-label"]["jobs"].values()
    assert job["permissions"] == {"actions": "write"}
    for label in ("run-gpu", "bug"):
        event = {"event": {"label": {"name": label}}}
        assert value(job["if"], github=event) is (label == "run-gpu")
    (step,) = job["steps"]
    assert step.keys() == {"run", "env"}, "an action could fetch the pull request's files"
    read = re.findall(r"github\.event\.[\w.]+", "\n".join(step["env"].values()))
    assert read == ["github.event.pull_request.head.sha"]
    assert "${{" not in step["run"], "the pull request would write a part of the script"


@pytest.mark.parametrize("sha", [SHA, "$(touch broken)", "a; touch broken", "a b"])
@pytest.mark.parametrize("runner", ["a-gpu", ""])
def test_the_label_starts_mains_own_run_on_the_commit_if_there_is_a_runner(tmp_path, sha, runner):
    """The script of gpu-label.yml, with a `gh` that only says what it was asked for."""
    (step,) = WORKFLOWS["gpu-label"]["jobs"]["start"]["steps"]
    for program in ("gh", "git", "curl"):
        fake = tmp_path / program
        fake.write_text('#!/bin/bash\nprintf "%s\\n" "${0##*/}" "$@" >> calls\n')
        fake.chmod(0o755)
    environ = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "GITHUB_REPOSITORY": "me/rnn",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "RUNNER": runner,
        "SHA": sha,
    }
    assert step["env"].keys() == {"GH_TOKEN", "RUNNER", "SHA"}
    command = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    calls = tmp_path / "calls"
    assert not (tmp_path / "broken").exists()
    assert (done.returncode == 0) is calls.exists() is bool(runner)
    if not runner:
        assert "GPU_RUNNER" in done.stdout
        return
    words = calls.read_text().splitlines()
    assert words[:4] == ["gh", "workflow", "run", "gpu.yml"]
    options = dict(zip(words[4::2], words[5::2], strict=True))
    assert options == {"--repo": "me/rnn", "--ref": "main", "--raw-field": f"sha={sha}"}


def inputs(sha: str, ref: str = "refs/heads/main") -> dict[str, dict[str, str]]:
    """Return what a run of gpu.yml can read: a pull request's commit, if one was named."""
    return {"inputs": {"sha": sha}, "github": {"sha": "f" * 40, "ref": ref}}


def test_the_gpu_runs_what_is_merged_and_commits_that_a_maintainer_names():
    gpu = job_of("gpu", "gpu")
    started = {"push", "schedule", "release", "workflow_dispatch"}
    assert triggers("gpu").keys() == started, "a pull request would bring its own gpu.yml"
    assert triggers("gpu")["push"] == {"branches": ["main"]}
    assert gpu["timeout-minutes"] <= 30
    for runner in ("", "a-gpu"):
        assert value(gpu["if"], vars={"GPU_RUNNER": runner}) is bool(runner)
        assert value(gpu["runs-on"], vars={"GPU_RUNNER": runner}) == runner
    (checkout,) = (step for step in gpu["steps"] if "checkout" in step.get("uses", ""))
    assert value(checkout["with"]["ref"], **inputs("")) == "f" * 40
    assert value(checkout["with"]["ref"], **inputs(SHA)) == SHA


def test_a_pull_requests_run_is_kept_apart_from_mains():
    """By its environment, whose reviewers may differ, its queue, its artifact and its name."""
    gpu = job_of("gpu", "gpu")
    (kept,) = (step for step in gpu["steps"] if "upload-artifact" in step.get("uses", ""))
    settings = {
        "environment": gpu["environment"],
        "group": WORKFLOWS["gpu"]["concurrency"]["group"],
        "artifact": kept["with"]["name"],
        "name": WORKFLOWS["gpu"]["run-name"],
    }
    for setting, text in settings.items():
        assert value(text, **inputs("")) != value(text, **inputs(SHA)), setting
    groups = {value(settings["group"], **inputs(sha)) for sha in ("", SHA, SHA[::-1])}
    assert len(groups) == 3


@pytest.mark.parametrize(
    ("sha", "taken"),
    [
        (SHA, True),
        ("0123456789abcdef0123456789abcdef0123456", False),
        ("0123456789abcdef0123456789abcdef012345678", False),
        ("0123456789ABCDEF0123456789abcdef01234567", False),
        ("0123456789abcdef0123456789abcdef01234567\n", False),
        ("refs/heads/main", False),
        ("", False),
    ],
)
def test_only_a_whole_commits_number_is_checked_out(sha, taken):
    steps = job_of("gpu", "gpu")["steps"]
    (number,) = (n for n, step in enumerate(steps) if "checkout" in step.get("uses", ""))
    (check,) = steps[:number]  # nothing else runs before the files are there
    assert value(check["if"], **inputs(SHA))
    assert not value(check["if"], **inputs(""))
    assert {name: value(text, **inputs("ab")) for name, text in check["env"].items()} == {
        "SHA": "ab"
    }
    done = subprocess.run(
        ["bash", "-e", "-c", check["run"]], env={"SHA": sha}, capture_output=True, text=True
    )
    assert (done.returncode == 0) is taken
    assert taken or "expected 40 digits" in done.stdout


@pytest.mark.parametrize("sha", ["", SHA])
@pytest.mark.parametrize("ref", ["refs/heads/main", "refs/heads/other", "refs/tags/v1"])
def test_what_is_not_mains_is_not_shown(sha, ref):
    shown = value(job_of("gpu", "show")["if"], **inputs(sha, ref))
    assert shown is (ref == "refs/heads/main" and not sha)
    name = value(WORKFLOWS["gpu"]["run-name"], **inputs(sha, ref))
    assert name.startswith(fetch_gpu_record.FOREIGN) is bool(sha)


def test_only_runs_of_main_count_as_its_record():
    def run(number, event, title="Say more"):
        return {"databaseId": number, "event": event, "displayTitle": title}

    others = [
        run(1, "pull_request"),  # of a fork, which calls its branch main
        run(2, "pull_request_review"),
        run(3, "workflow_dispatch", f"{fetch_gpu_record.FOREIGN} {'0f' * 20}"),
    ]
    assert fetch_gpu_record.newest(others) is None
    for event in ("push", "schedule", "workflow_dispatch"):
        assert fetch_gpu_record.newest([*others, run(4, event), run(5, "push")]) == 4
