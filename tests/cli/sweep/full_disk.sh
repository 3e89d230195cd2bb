# A disk that fills up: one line, finished runs stay, and the sweep resumes once there is room.
source "$HELPERS"
make_dataset digits
make_recipe small.toml 's/^epochs = .*/epochs = 30/'
mkdir disk
# shellcheck disable=SC2016 # the inner bash expands
unshare --mount --map-root-user true 2>/dev/null || { echo "skipped: no disk can be mounted here" >&2 && exit 77; }
unshare --mount --map-root-user bash -euo pipefail -c '
  source "$HELPERS"
  mount -t tmpfs -o size=400k none disk
  "$RUNG" sweep small.toml --seeds 0..9 --out whole >/dev/null
  fails 1 "rung: error: cannot *disk/out/*: No space left on device (resume with \`*rung sweep small.toml --seeds 0..9 --out disk/out\`)" \
    "$RUNG" sweep small.toml --seeds 0..9 --out disk/out
  ls disk/out/runs/*/result.json >finished && [[ $(wc -l <finished) -gt 1 && $(wc -l <finished) -lt 10 ]]
  mount -o remount,size=4m disk
  "$RUNG" sweep small.toml --seeds 0..9 --out disk/out >log
  sed -n 2p log | grep -qx "disk/out resumes: $(wc -l <finished) of 10 runs are over"
  diff whole/sweep.md disk/out/sweep.md'
