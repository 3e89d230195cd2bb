#!/usr/bin/env bash
# How bench/run lists its peers where they cannot be installed, without a registry: bench_install_test.sh <source folder>
set -Eeuo pipefail
trap 'echo "bench_install_test.sh:$LINENO failed: $BASH_COMMAND" >&2; cat peers.tsv >&2' ERR
source=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

mkdir -p bin checkout/bench
cp -r "$source/bench/peers" checkout/bench
for program in bash cat chmod cmp cp cut dirname mkdir rm tail touch tr; do ln -s "$(command -v $program)" bin; done

# program <name>: the lines of standard input are a program on the PATH.
program() {
  { echo '#!/usr/bin/env bash' && cat; } >"bin/$1"
  chmod +x "bin/$1"
}

# list <peers...>: writes peers.tsv, and what is said meanwhile to said.
list() {
  PATH=$PWD/bin bash -euo pipefail -c '
    root=$PWD/checkout build=$PWD/checkout/build/bench log=$PWD/log
    have() { command -v "$1" >/dev/null; }
    source checkout/bench/peers/install.bash
    list_peers "$@"' list "$@" >peers.tsv 2>said
}

# has <line>: peers.tsv has it, with \t for tabs.
has() { grep -qxF "$(printf '%b' "$1")" peers.tsv; }

# Nothing is here: every peer is named, and libtorch, which the build has made, runs.
list libtorch pytorch jax burn
has "libtorch\trun\t$PWD/checkout/build/bench/bench/torch_peer/torch_peer\t--step\t{step}"
has 'pytorch\tmissing\tpython3 was not found'
has 'jax\tmissing\tpython3 was not found'
has 'burn\tmissing\tcargo was not found'

# The last line of a failure is the reason, without tabs.
program python3 <<<'echo Creating; printf "no\tensurepip\n" >&2; exit 1'
program cargo <<<'echo "error: no matching package" >&2; exit 101'
list jax burn
has 'jax\tmissing\tno ensurepip'
has 'burn\tmissing\terror: no matching package'
grep -q 'Installing jax (about 0.6 GB' said

# A virtual environment is made once, and again for other versions.
program python3 <<'END'
mkdir -p "$3/bin" && echo "made" >>"$MADE"
{ echo '#!/usr/bin/env bash' && echo 'exit 0'; } >"$3/bin/python"
chmod +x "$3/bin/python"
END
export MADE=$PWD/made
list jax
has "jax\trun\tenv\tJAX_COMPILATION_CACHE_DIR=$PWD/checkout/build/peers/jax/compiled\t$PWD/checkout/build/peers/jax/bin/python\t$PWD/checkout/bench/peers/jax_peer.py\t--task\t{task}"
list jax
[[ $(wc -l <made) == 1 ]]
echo 'jax==0' >checkout/bench/peers/jax.txt
list jax
[[ $(wc -l <made) == 2 ]]

# bench/run refuses a peer that it does not know.
if output=$("$source/bench/run" compare --peers tensorflow 2>&1); then exit 1; fi
[[ $output == *"unknown peer tensorflow; there are: libtorch pytorch jax burn"* ]]
