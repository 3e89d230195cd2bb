#!/usr/bin/env bash
# Runs one command-line test: run.sh tests/cli/<area>/<name>.sh
#
# The script runs in its own temporary folder and stops at the first command that fails. Its environment has
#   RUNG       the program under test
#   RECIPES    the folder of the recipes
#   RUNG_DATA  the folder of the datasets
#   READ_EVENTS  a program that prints what TensorBoard's event files hold
#   HELPERS    a file to source: generated datasets and recipes, and helpers for tests of bad input
# It must exit with 0. If there is a <name>.stdout beside it, the script must print that, line by line; * in a line
# stands for any text.
# A script whose tool is missing says so and exits with 77; so does this one, and the test counts as skipped.
set -euo pipefail

script=$(realpath "$1")
expected=${script%.sh}.stdout
: "${RUNG:?is the path of the program}"
RUNG_DATA=$(realpath -m "${RUNG_DATA:-$(dirname "$script")/../../../data}")
HELPERS=$(realpath "$(dirname "${BASH_SOURCE[0]}")/helpers.bash")
READ_EVENTS=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../read_events.py")
export RUNG_DATA HELPERS READ_EVENTS

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/folder"
failed=0

code=0
# shellcheck disable=SC2016 # the inner bash expands
(cd "$scratch/folder" && bash -Eeuo pipefail -c '
  trap "echo \"(\${BASH_SOURCE##*/}:\$LINENO failed: \$BASH_COMMAND)\" >&2" ERR
  source "$0"' "$script") >"$scratch/stdout" 2>"$scratch/stderr" || code=$?

if ((code == 77)); then
  cat "$scratch/stderr"
  exit 77
fi
if ((code != 0)); then
  echo "exit code $code; stderr was:"
  cat "$scratch/stderr"
  failed=1
fi

# An expected line that matches is replaced by the actual one, so that diff shows the others.
if [[ -e $expected ]]; then
  exec 3<"$scratch/stdout"
  while IFS= read -r line || [[ -n $line ]]; do
    actual=""
    IFS= read -r actual <&3 || true
    # shellcheck disable=SC2001 # all but letters, digits and * stands for itself
    pattern=$(sed 's/[^[:alnum:]*]/\\&/g' <<<"$line")
    # shellcheck disable=SC2053 # the right side is a pattern
    if [[ $actual == $pattern ]]; then printf '%s\n' "$actual"; else printf '%s\n' "$line"; fi
  done <"$expected" >"$scratch/expected"
  diff -u --label "expected stdout" --label "actual stdout" "$scratch/expected" "$scratch/stdout" || failed=1
fi
exit $failed
