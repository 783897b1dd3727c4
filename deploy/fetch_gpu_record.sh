#!/bin/bash
# Fetch the newest record that gpu.yml has kept of main into _build/verified, where there is one.
# Runs of pull requests do not count: a fork can call its branch main.
set -euo pipefail

run=$(gh run list --repo "$GITHUB_REPOSITORY" --workflow gpu.yml --branch main --status success \
  --limit 50 --json databaseId,event \
  --jq '[.[] | select(.event != "pull_request")][0].databaseId // empty')
if [ -z "$run" ]; then
  echo "No GPU run of main has succeeded: the pages keep the committed record."
elif ! gh run download "$run" --repo "$GITHUB_REPOSITORY" --name verified-gpu --dir _build/verified; then
  echo "The record of run $run is no longer kept: the pages keep the committed one."
fi
