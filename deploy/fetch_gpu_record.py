"""Fetch the newest record of main that gpu.yml has kept, if there is one, into _build/verified.

publish.yml runs this; it uses GitHub's command ``gh``.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

#: Events that a fork, which may have a branch main too, cannot use to start gpu.yml.
EVENTS = {"push", "schedule", "workflow_dispatch"}
#: Beginning of gpu.yml's name for a run of a commit that is not main's.
FOREIGN = "GPU, pull request's commit"


def main() -> None:
    """Fetch the record, or print why the pages keep the committed one."""
    asked = ["--workflow", "gpu.yml", "--branch", "main", "--status", "success", "--limit", "100"]
    listed = gh("list", *asked, "--json", "databaseId,event,displayTitle")
    listed.check_returncode()
    run = newest(json.loads(listed.stdout))
    if run is None:
        print("No GPU run of main has succeeded: the pages keep the committed record.")
    elif gh("download", str(run), "--name", "verified-gpu", "--dir", "_build/verified").returncode:
        print(f"The record of run {run} is no longer kept: the pages keep the committed one.")


def newest(runs: list[dict[str, Any]]) -> int | None:
    """Return the number of the newest run that counts as main's; runs are sorted, newest first."""
    for run in runs:
        if run["event"] in EVENTS and not run["displayTitle"].startswith(FOREIGN):
            return run["databaseId"]
    return None


def gh(command: str, *words: str) -> subprocess.CompletedProcess:
    """Call ``gh run COMMAND`` for this repository."""
    whole = ["gh", "run", command, *words, "--repo", os.environ["GITHUB_REPOSITORY"]]
    return subprocess.run(whole, check=False, stdout=subprocess.PIPE, text=True)


if __name__ == "__main__":
    main()
