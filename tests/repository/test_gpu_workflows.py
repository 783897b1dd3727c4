"""Which commits run on the GPU, by whose word, and which of these runs the pages show."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from test_workflows import ROOT, WORKFLOWS, job_of, triggers

sys.path.insert(0, str(ROOT / "deploy"))

import fetch_gpu_record


def test_of_a_pull_request_the_label_takes_nothing_but_the_commits_number():
    assert triggers("gpu-label") == {"pull_request_target": {"types": ["labeled"]}}
    (job,) = WORKFLOWS["gpu-label"]["jobs"].values()
    assert job["permissions"] == {"actions": "write"}
    assert job["if"] == "github.event.label.name == 'run-gpu'"
    (step,) = job["steps"]
    assert step.keys() == {"run", "env"}, "an action could fetch the pull request's files"
    assert step["env"] == {
        "GH_TOKEN": "${{ github.token }}",
        "RUNNER": "${{ vars.GPU_RUNNER }}",
        "SHA": "${{ github.event.pull_request.head.sha }}",
    }
    assert "${{" not in step["run"], "the pull request would write a part of the script"
    start = 'gh workflow run gpu.yml --repo "$GITHUB_REPOSITORY" --ref main --raw-field sha="$SHA"'
    check, command, *rest = step["run"].splitlines()
    assert command == start
    assert not re.search(r"\b(gh|git|curl|make|python)\b", " ".join([check, *rest]))


def test_the_gpu_runs_what_is_merged_and_commits_that_a_maintainer_names():
    gpu = job_of("gpu", "gpu")
    started = {"push", "schedule", "release", "workflow_dispatch"}
    assert triggers("gpu").keys() == started, "a pull request would bring its own gpu.yml"
    assert triggers("gpu")["push"] == {"branches": ["main"]}
    assert gpu["if"] == "vars.GPU_RUNNER != ''"
    assert gpu["runs-on"] == "${{ vars.GPU_RUNNER }}"
    assert gpu["timeout-minutes"] <= 30
    assert gpu["environment"] == "${{ inputs.sha && 'gpu-pull-request' || 'gpu' }}"
    assert WORKFLOWS["gpu"]["concurrency"]["group"] == "gpu-${{ inputs.sha || github.ref }}"
    _, checkout = gpu["steps"][:2]
    assert checkout["with"]["ref"] == "${{ inputs.sha || github.sha }}"


@pytest.mark.parametrize(
    ("sha", "taken"),
    [
        ("0123456789abcdef0123456789abcdef01234567", True),
        ("0123456789abcdef0123456789abcdef0123456", False),
        ("0123456789abcdef0123456789abcdef012345678", False),
        ("0123456789ABCDEF0123456789abcdef01234567", False),
        ("0123456789abcdef0123456789abcdef01234567\n", False),
        ("refs/heads/main", False),
        ("", False),
    ],
)
def test_only_a_whole_commits_number_is_checked_out(sha, taken):
    check = job_of("gpu", "gpu")["steps"][0]
    assert check["if"] == "inputs.sha"
    assert check["env"] == {"SHA": "${{ inputs.sha }}"}
    done = subprocess.run(
        ["bash", "-e", "-c", check["run"]], env={"SHA": sha}, capture_output=True, text=True
    )
    assert (done.returncode == 0) is taken
    assert taken or "expected 40 digits" in done.stdout


def test_what_is_not_mains_is_not_shown():
    assert job_of("gpu", "show")["if"] == "github.ref == 'refs/heads/main' && !inputs.sha"
    foreign = f"'{fetch_gpu_record.FOREIGN.replace(chr(39), chr(39) * 2)} {{0}}'"
    name = WORKFLOWS["gpu"]["run-name"]
    assert name == f"${{{{ inputs.sha && format({foreign}, inputs.sha) || '' }}}}"


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
