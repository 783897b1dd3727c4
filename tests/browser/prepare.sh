#!/bin/bash
# Install what the site's tests need from Debian's packages if it is missing: Chromium and Java, or, with
# the argument firefox, Firefox.
set -euo pipefail

missing=()
if [ "${1:-}" = firefox ]; then
  command -v firefox-esr firefox >/dev/null || missing+=(firefox-esr)
else
  command -v chromium chromium-browser google-chrome >/dev/null || missing+=(chromium)
  command -v java >/dev/null || missing+=(default-jre-headless)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ]; then as_root=(); elif command -v sudo >/dev/null; then as_root=(sudo); else
  echo "the site's tests need ${missing[*]}; as root: apt-get install ${missing[*]}" >&2
  exit 1
fi
"${as_root[@]}" apt-get update --quiet
"${as_root[@]}" apt-get install --yes --quiet --no-install-recommends "${missing[@]}"
