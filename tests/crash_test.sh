#!/usr/bin/env bash
# Kills training with SIGKILL at random moments and goes on, again and again: crash_test.sh <kills>
# Each life has another number of threads, instruction set and time between checkpoints. Every run that gets to its end must
# have the weights, epochs and results of one that was not interrupted. RUNG is the program under test.
set -euo pipefail

kills=$1
: "${RUNG:?is the path of the program}"
HELPERS=$(realpath "$(dirname "${BASH_SOURCE[0]}")/cli/helpers.bash")
READ_EVENTS=$(realpath "$(dirname "${BASH_SOURCE[0]}")/read_events.py")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# shellcheck source=tests/cli/helpers.bash disable=SC1091
source "$HELPERS"
make_dataset digits
make_recipe small.toml 's/^epochs = .*/epochs = 60/; s/\{ type = "relu" \}/{ type = "dropout", p = 0.1 }, &/'
printf '[[augment]]\ntype = "random_rotation"\ndegrees = 10\n' >>small.toml
printf '[lr_scheduler]\ntype = "step_lr"\nstep_size = 7\ngamma = 0.9\n' >>small.toml

# All instruction sets that compute the same bits; where there is none, the best.
# shellcheck disable=SC2034 # pick reads it
mapfile -t targets < <({ "$RUNG" train small.toml --simd none 2>&1 || true; } | grep -oE '\b(avx|neon)[a-z0-9_]*' || echo "")
pick() { local -n from=$1 && echo "${from[RANDOM % ${#from[@]}]}"; }
# shellcheck disable=SC2034 # pick reads it
threads=(1 2 3 7) seconds=(0 0.001 0.02 30)

timeless() { sed -E 's/("(train_|test_|total_)?seconds": ?)[0-9.e+-]+/\1/g; /"machine"/,/}/d' "$1"; }
events() { "$READ_EVENTS" "$1"/events.* | grep -v images_per_second; }
same() {
  cmp run/best.safetensors whole/best.safetensors
  diff <(timeless run/metrics.jsonl) <(timeless whole/metrics.jsonl)
  diff <(timeless run/result.json) <(timeless whole/result.json)
  diff <(events run) <(events whole)
}

# live <seconds>: trains in ./run for so long; false if it was killed.
live() {
  local simd start=(small.toml --out run) code=0
  simd=$(pick targets)
  if [[ -e run/recipe.toml ]]; then start=(--resume run); fi
  timeout --foreground --signal KILL "$1" "$RUNG" train "${start[@]}" --threads "$(pick threads)" ${simd:+--simd "$simd"} \
    --checkpoint-seconds "$(pick seconds)" >>log 2>>errors || code=$?
  ((code == 0 || code == 124 || code == 137)) || { echo "it ended with $code: $(tail -n 3 errors)" && exit 1; }
  ((code == 0))
}

"$RUNG" train small.toml --out whole >/dev/null
echo "Uninterrupted: $(grep '^  "weights_sha256"' whole/result.json)"
killed=0 finished=0
while ((killed < kills)); do
  if live "0.$(printf '%03d' $((RANDOM % 300 + 5)))"; then
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
echo "$killed kills, $((finished + 1)) runs finished, $(grep -c 'goes on after' log) times gone on from a checkpoint; all with the same bits"
