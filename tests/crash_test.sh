#!/usr/bin/env bash
# Repeatedly kills training with SIGKILL at random moments and resumes it: crash_test.sh <kills>
# Each life draws a number of threads, an instruction set and a time between checkpoints, and lasts up to 70 % of an
# uninterrupted run's time. Every run that finishes must have the uninterrupted run's weights, epochs, results and
# events. RUNG is the program under test.
set -euo pipefail

kills=$1
: "${RUNG:?set it to the path of the program}"
HELPERS=$(realpath "$(dirname "${BASH_SOURCE[0]}")/cli/helpers.bash")
READ_EVENTS=$(realpath "$(dirname "${BASH_SOURCE[0]}")/read_events.py")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# shellcheck source=tests/cli/helpers.bash disable=SC1091
source "$HELPERS"
make_dataset digits
# (More epochs than a checkpoint holds the lines of.)
make_recipe small.toml 's/^epochs = .*/epochs = 160/; s/\{ type = "relu" \}/{ type = "dropout", p = 0.1 }, &/'
printf '[[augment]]\ntype = "random_rotation"\ndegrees = 10\n' >>small.toml
printf '[lr_scheduler]\ntype = "step_lr"\nstep_size = 7\ngamma = 0.9\n' >>small.toml

# All instruction sets that compute the same bits, or the best if there are none.
# shellcheck disable=SC2034 # pick reads it
mapfile -t targets < <(fused_targets small.toml)
((${#targets[@]})) || targets=("")
pick() { local -n from=$1 && echo "${from[RANDOM % ${#from[@]}]}"; }
# shellcheck disable=SC2034 # pick reads it
threads=(1 2 3 7) seconds=(0 0.001 0.02 30)

timeless() { sed -E 's/("[a-z_]*seconds": ?)[0-9.e+-]+/\1/g; /"machine"/,/}/d' "$1"; }
events() { "$READ_EVENTS" "$1"/events.* | grep -v images_per_second || { echo "no events in $1" >&2 && return 1; }; }
same() {
  cmp run/best.safetensors whole/best.safetensors
  diff <(timeless run/metrics.jsonl) <(timeless whole/metrics.jsonl)
  diff <(timeless run/result.json) <(timeless whole/result.json)
  events run >run.events
  diff run.events whole.events
}

# live <seconds>: trains in ./run for that long; false if it was killed.
live() {
  local simd start=(small.toml --out run) code=0
  simd=$(pick targets)
  if [[ -e run/recipe.toml ]]; then start=(--resume run); fi
  timeout --foreground --signal KILL "$1" "$RUNG" train "${start[@]}" --threads "$(pick threads)" ${simd:+--simd "$simd"} \
    --checkpoint-seconds "$(pick seconds)" >>log 2>>errors || code=$?
  ((code == 0 || code == 124 || code == 137)) || { echo "it ended with $code: $(tail -n 3 errors)" && exit 1; }
  ((code == 0))
}

now() { echo "${EPOCHREALTIME//[^0-9]/}"; } # in microseconds
begun=$(now)
"$RUNG" train small.toml --out whole >/dev/null
longest=$((($(now) - begun) * 7 / 10))
events whole >whole.events
echo "Uninterrupted: $(grep '^  "weights_sha256"' whole/result.json)"
killed=0 finished=0
while ((killed < kills)); do
  life=$((SRANDOM % longest + 1))
  if live "$((life / 1000000)).$(printf '%06d' $((life % 1000000)))"; then
    same
    finished=$((finished + 1))
    rm -r run
  else
    killed=$((killed + 1))
  fi
done
live 1000
same
if [[ -s errors ]]; then sort errors | uniq -c; fi
resumed=$(grep -c 'resumes after' log || true)
echo "$killed kills, $((finished + 1)) runs finished, $resumed times resumed from a checkpoint; all with the same bits"
((resumed > 0)) || { echo "nothing was ever resumed from a checkpoint" && exit 1; }
