# A disk that fills up: one line, finished runs stay, and the search goes on once there is room, to the same end.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
echo 'epochs = [2, 6]' >space.toml
mkdir disk
# shellcheck disable=SC2016 # the inner bash expands
unshare --mount --map-root-user true 2>/dev/null || { echo "skipped: no disk can be mounted here" >&2 && exit 77; }
unshare --mount --map-root-user bash -euo pipefail -c '
  source "$HELPERS"
  mount -t tmpfs -o size=400k none disk
  search=("$RUNG" search small.toml --target final_test_accuracy=60 --candidates 12 --claim-seeds 2 --space space.toml --out)
  "${search[@]}" whole >log
  fails 1 "rung: error: cannot *disk/out/*: No space left on device (resume with \`*rung search small.toml *--out disk/out\`)" \
    "${search[@]}" disk/out
  compgen -G "disk/out/runs/*/result.json" >/dev/null
  mount -o remount,size=16m disk
  "${search[@]}" disk/out >log
  diff <(grep -v seconds whole/candidates.json) <(grep -v seconds disk/out/candidates.json)'
