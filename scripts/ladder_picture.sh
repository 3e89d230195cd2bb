#!/usr/bin/env bash
# Makes the README's picture from a finished ladder: scripts/ladder_picture.sh LADDER_DIR [OUT.png] It is the
# top of the ladder's report, as a browser shows it. Needs a built Rung, Python and Chromium.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ladder=${1:?the folder of a ladder}
out=${2:-$root/docs/ladder.png}
limit=300000  # bytes
page=$(mktemp --suffix=.html)
trap 'rm -f "$page"' EXIT

"$root/build/release/rung" report "$ladder" --out "$page" >/dev/null
python3 "$root/tests/browser/screenshot.py" "$page" "$out" --width 1060 --until "#sizes figure"
size=$(stat -c %s "$out")
((size <= limit)) || { echo "$out has $size bytes, more than $limit" >&2 && exit 1; }
echo "$out: $size bytes"
