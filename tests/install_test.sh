#!/usr/bin/env bash
# Installs Rung into a temporary folder and builds the example of docs/library.md with it: install_test.sh <source folder>
# <build folder>. CXX and CXXFLAGS are the build's.
set -Eeuo pipefail
trap 'echo "install_test.sh:$LINENO failed: $BASH_COMMAND" >&2; tail -n 20 log >&2' ERR
source=$1 build=$2
# shellcheck source=tests/cli/helpers.bash
source "$source/tests/cli/helpers.bash"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

cmake --install "$build" --prefix prefix >log
rung=$PWD/prefix/bin/rung
"$rung" help --man | cmp - prefix/share/man/man1/rung.1
"$rung" completion bash | cmp - prefix/share/bash-completion/completions/rung
"$rung" completion zsh | cmp - prefix/share/zsh/site-functions/_rung
(cd / && "$rung" summary step5 >/dev/null) # finds its recipes wherever it runs

# block <language>: the example's block of that language.
block() { awk -v begin="\`\`\`$1" '$0 == begin { on = 1; next } /^```/ { on = 0 } on' "$source/docs/library.md"; }
mkdir example
block cmake >example/CMakeLists.txt
block cpp >example/digits.cc
cmake -S example -B example/build -G Ninja -DCMAKE_PREFIX_PATH="$PWD/prefix" -DCMAKE_BUILD_TYPE=Debug >log 2>&1
cmake --build example/build >log 2>&1
digits=example/build/digits

# What only the program needs reaches neither its linker nor, through other libraries, it.
{ ninja -C example/build -t commands digits | tail -n 1 && ldd $digits; } >libraries
grep -q librung libraries
not grep -E 'not found|lib(curl|archive|protobuf|mpi)' libraries

make_dataset digits
make_recipe small.toml
images=digits/t10k-images-idx3-ubyte
$digits small.toml run $images >said
[[ $(grep -c '^epoch . of 3: ' said) == 3 ]]
# The class of each image is right as often as `rung eval` and the run's record say. (The labels are 0 to 9 in turn.)
correct=$(awk -F '[ :,]+' '/^image/ && $2 % 10 == $4 { ++n } END { print n + 0 }' said)
[[ $(grep -c '^image' said) == 64 ]]
"$rung" eval run --json | grep -qx "  \"correct\": $correct,"
"$rung" train small.toml --epochs 3 --out same >/dev/null
diff <(grep weights_sha256 run/result.json) <(grep weights_sha256 same/result.json)

# A run that is finished is not trained again; errors say what is wrong and what helps.
$digits small.toml run $images >again
diff <(grep -v ^epoch said) again
make_recipe wrong.toml 's/^lr = .*/lr = -1/'
fails 1 'wrong.toml:*optimizer.lr*' $digits wrong.toml other $images
