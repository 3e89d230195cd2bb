# A full disk: one line, no partial file, no folder of a run that never began.
source "$HELPERS"
make_dataset digits
make_recipe small.toml

# A small disk for the test needs root, or a user namespace.
small_disk() {
  local blocks=$1
  shift
  # shellcheck disable=SC2016 # the inner bash expands
  unshare --mount --map-root-user bash -c 'mount -t tmpfs -o size=64k none disk && cd disk && head -c $((($1) * 4096)) /dev/zero >ballast && shift && "$@" && code=$? || code=$?
    find . -mindepth 1 ! -name ballast -printf "%P\n" | sort >../left; exit "$code"' bash "$blocks" "$@"
}
mkdir disk
cp small.toml here.toml && sed -i "s:\./digits:$PWD/digits:" here.toml
if ! small_disk 0 true 2>/dev/null; then echo "skipped: no disk can be mounted here" >&2 && exit 77; fi
fails 1 "rung: error: cannot *a/b*: No space left on device" small_disk 16 "$RUNG" train "$PWD/here.toml" --out a/b
[[ ! -s left ]] || { cat left && exit 1; }
fails 1 "rung: error: cannot write run/*: No space left on device (resume with *)" small_disk 11 "$RUNG" train "$PWD/here.toml" --out run
if grep -vxE 'run|run/(recipe.toml|metrics.jsonl|best.safetensors|checkpoint(.previous)?.safetensors|events.*)' left; then exit 1; fi

# A disk fills up, or a folder is closed, during a run: the saved files stay whole, and then the run resumes.
# shellcheck disable=SC2016 # the inner bash expands
unshare --mount --map-root-user bash -euo pipefail -c '
  source "$HELPERS"
  mount -t tmpfs -o size=8m none disk
  "$RUNG" train here.toml --epochs 150 --out disk/whole >/dev/null && mv disk/whole .
  "$RUNG" train here.toml --epochs 150 --out disk/run 2>/dev/null | sed -n 3q || true
  head -c 9000000 /dev/zero >disk/ballast 2>/dev/null || true
  fails 1 "rung: error: cannot write disk/run/*: No space left on device*" "$RUNG" train --resume disk/run
  "$RUNG" eval disk/run >/dev/null
  if find disk/run -name "*.tmp" | grep . >&2; then exit 1; fi
  mount -o remount,ro disk
  fails 1 "rung: error: cannot write to the folder disk/run: Read-only file system" "$RUNG" train --resume disk/run
  mount -o remount,rw disk
  rm disk/ballast
  "$RUNG" train --resume disk/run | sed -n 2p
  cmp disk/run/best.safetensors whole/best.safetensors
  diff <(sed "s/\"[a-z]*_seconds[^,]*,//g" disk/run/metrics.jsonl) <(sed "s/\"[a-z]*_seconds[^,]*,//g" whole/metrics.jsonl)'
