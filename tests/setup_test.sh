#!/usr/bin/env bash
# What ./climb and ./test do before Rung runs (scripts/setup.sh), with a cmake, a compiler and a package manager that only
# pretend: setup_test.sh <source folder>
set -Eeuo pipefail
trap 'echo "setup_test.sh:$LINENO failed: $BASH_COMMAND" >&2; cat output >&2' ERR
source=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

mkdir -p bin clone/scripts data/mnist
cp "$source"/{climb,CMakeLists.txt} clone
cp "$source/scripts/setup.sh" clone/scripts
export PATH=$PWD/bin:$PATH RUNG_DATA=$PWD/data CALLS=$PWD/calls SAYS=$PWD/says GNUC=12

# program <name>: the lines of standard input are a program on the PATH.
program() {
  { echo '#!/usr/bin/env bash' && cat; } >"bin/$1"
  chmod +x "bin/$1"
}
program apt-get <<<'exit 1'
program dpkg-query <<<'printf "installed %s\n" "${@:4}"'
program c++ <<<'echo "$GNUC __clang_major__"'
# It configures as CMake does, and for a build prints the file $SAYS; where that says FAILED, the build fails.
program cmake <<'END'
if [[ $1 == --version ]]; then echo "cmake version 3.25.1" && exit; fi
echo "$*" >>"$CALLS"
if [[ $1 == -S ]]; then
  mkdir -p "$2/build/release"
  cd "$2/build/release"
  { echo "CMAKE_HOME_DIRECTORY:INTERNAL=$2" && echo "CMAKE_CACHEFILE_DIR:INTERNAL=$PWD" &&
    echo "CMAKE_CXX_COMPILER:FILEPATH=c++" && echo "RUNG_BUILD_TESTS:BOOL=OFF"; } >CMakeCache.txt
  touch build.ninja
else
  cat "$SAYS"
  if grep -q ^FAILED "$SAYS"; then exit 1; fi
  printf '#!/bin/sh\necho "$0 $*"\n' >"$2/rung" && chmod +x "$2/rung"
fi
END

# climbs <clone>: its ./climb ends with $code; what it says is in ./output, and what it asks of cmake in ./calls.
climbs() {
  code=0
  rm -f calls
  "$1/climb" --seed 7 >output 2>&1 || code=$?
}
says() { grep -qxF -- "$1" output; }
not() { if "$@"; then return 1; fi; }

{ echo '[0/2] Re-checking globbed directories...' && for step in {1..25}; do echo "[$step/25] Building CXX object x/y.cc.o"; done; } >says
climbs clone
[[ $code == 0 ]]
says "$PWD/clone/build/release/rung climb --seed 7"
[[ $(grep -c ^-S calls) == 1 ]]
not grep -q -- --fresh calls
says "Compiling into build/release (25 steps)..."
says "[3/25]"
says "[25/25]"
[[ $(grep -c '^\[' output) == 10 ]]

# Configured is configured; where nothing is to be compiled, nothing is said about it.
echo 'ninja: no work to do.' >says
climbs clone
[[ $code == 0 && $(wc -l <output) == 1 ]]
not grep -q ^-S calls

# A copy, beside the clone or in its place, is built anew, and builds itself.
cp -r clone copy
climbs copy
[[ $code == 0 ]]
grep -q -- --fresh calls
says "$PWD/copy/build/release/rung climb --seed 7"
climbs copy
[[ $code == 0 ]]
not grep -q ^-S calls
mv clone moved
climbs moved
[[ $code == 0 ]]
grep -q -- --fresh calls
says "$PWD/moved/build/release/rung climb --seed 7"
# Through a symbolic link it is the same folder.
ln -s moved linked
climbs linked
[[ $code == 0 ]]
not grep -q ^-S calls

# A build that fails: the compiler's words, without ninja's; advice about the compiler if that is the reason.
{ echo '[1/3] Building CXX object a.cc.o' && echo 'FAILED: b.cc.o' && echo 'c++ -c b.cc' && echo 'b.cc:1:1: error: what is this?' &&
  echo '[2/3] Building CXX object c.cc.o' && echo 'ninja: build stopped: subcommand failed.'; } >says
climbs moved
[[ $code == 1 ]]
says 'b.cc:1:1: error: what is this?'
says "Compiling failed. The whole log is $PWD/moved/build/setup.log"
not grep -qE 'c\+\+ -c|ninja:|C\+\+20' output
GNUC=10
climbs moved
[[ $code == 1 ]]
says "Rung needs C++20: GCC 12 or newer, or Clang 14 or newer. c++ is GCC 10."
GNUC=12

# On a terminal the progress is one line.
if command -v script >/dev/null; then
  { for step in 1 2 3; do echo "[$step/3] Building CXX object x/y$step.cc.o"; done; } >says
  script -qec "moved/climb" /dev/null >output </dev/null
  [[ $(tr '\r' '\n' <output | grep -c '^\[./3\] y..cc.o') == 3 ]]
  [[ $(grep -c 'y[123].cc.o' output) == 1 ]]
fi
