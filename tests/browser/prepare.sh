#!/bin/bash
# Install Chromium and Java, which the site's tests need, from Debian's packages if they are missing.
set -euo pipefail

missing=()
command -v chromium chromium-browser google-chrome >/dev/null || missing+=(chromium)
command -v java >/dev/null || missing+=(default-jre-headless)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ]; then as_root=(); elif command -v sudo >/dev/null; then as_root=(sudo); else
  echo "make test-site needs ${missing[*]}; as root: apt-get install ${missing[*]}" >&2
  exit 1
fi
"${as_root[@]}" apt-get update --quiet
"${as_root[@]}" apt-get install --yes --quiet --no-install-recommends "${missing[@]}"
