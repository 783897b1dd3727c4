"""Fetch the newest record that gpu.yml has kept of main, where there is one, into _build/verified.

Run by publish.yml, with GitHub's command ``gh``.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

#: A fork can call its branch main and start gpu.yml by events of its own, but not by these.
EVENTS = {"push", "schedule", "workflow_dispatch"}
#: How gpu.yml names a run of a commit that is not main's.
FOREIGN = "GPU, pull request's commit"


def main() -> None:
    """Fetch it, or say why the pages keep the committed record."""
    asked = ["--workflow", "gpu.yml", "--branch", "main", "--status", "success", "--limit", "100"]
    listed = gh("list", *asked, "--json", "databaseId,event,displayTitle")
    listed.check_returncode()
    run = newest(json.loads(listed.stdout))
    if run is None:
        print("No GPU run of main has succeeded: the pages keep the committed record.")
    elif gh("download", str(run), "--name", "verified-gpu", "--dir", "_build/verified").returncode:
        print(f"The record of run {run} is no longer kept: the pages keep the committed one.")


def newest(runs: list[dict[str, Any]]) -> int | None:
    """Return the number of the first run that counts as main's, of runs from new to old."""
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
