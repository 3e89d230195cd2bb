#!/usr/bin/env bash
# bench/python's list of contenders where they cannot be installed, and its table: bench_python_test.sh <source folder>
set -Eeuo pipefail
trap 'echo "bench_python_test.sh:$LINENO failed: $BASH_COMMAND" >&2; cat contenders.tsv table said >&2' ERR
source=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# list <names...>: writes contenders.tsv, on a machine without python3.
list() {
  bash -euo pipefail -c '
    root=$1 build=$1/build log=$PWD/log
    shift
    have() { [[ $1 != python3 ]]; }
    source "$root/bench/peers/install.bash"
    source "$root/bench/python/install.bash"
    peers_build=$PWD
    list_contenders "$@"' list "$source" "$@" >contenders.tsv 2>said
}

list rung keras
diff contenders.tsv - <<<$'rung\tmissing\tpython3 was not found\nkeras\tmissing\tpython3 was not found'

# contender <name> <seconds> <seconds to 98 %> <seconds to 99 %>: a program that prints these figures, and its line.
contender() {
  cat >"$1.sh" <<EOF
echo '{"version": "$1 1.0", "import_seconds": 0.2, "first_epoch_seconds": 1, "seconds": $2,
  "seconds_to": {"98": $3, "99": $4}, "best_accuracy": 98.7, "peak_rss_mib": 100}'
EOF
  printf '%s\trun\tbash\t%s\n' "$1" "$PWD/$1.sh" >>contenders.tsv
}

# Ratios are those to rung; where a goal is not reached, the seconds spent are the least that it takes.
: >contenders.tsv
contender rung 4.5 2.5 4.5
contender slow 240 40 null
printf 'absent\tmissing\tno such version\nbad\trun\tbash\t-c\techo oops >&2; exit 3\n' >>contenders.tsv
python3 "$source/bench/python/compare.py" --contenders contenders.tsv --rounds 2 --out out.json >table 2>said
[[ $(tr -s ' ' <table | sed -n 2,5p) == "rung 2.5 1.0 4.5 1.0 98.70 0.20 1.00 100
slow 40.0 16.0 >240.0 >53.3 98.70 0.20 1.00 100
absent - - - - - - - -
bad - - - - - - - -" ]]
grep -qx 'absent: missing: no such version' table
grep -qx 'bad: failed: exit code 3: oops' table
grep -qx 'round 2 of 2: slow 98 % after 40.0 s, best 98.70 % in 240.0 s' said
python3 -c 'import json; slow = json.load(open("out.json"))["contenders"]["slow"]; assert len(slow["runs"]) == 2'

# It fails if Rung does.
printf 'rung\trun\tfalse\n' >contenders.tsv
if python3 "$source/bench/python/compare.py" --contenders contenders.tsv --rounds 1 --out out.json >table 2>said; then exit 1; fi
