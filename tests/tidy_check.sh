#!/usr/bin/env bash
# Runs clang-tidy on every .cc of src/ and apps/, and of bench/ and fuzz/ if they are built:
# tidy_check.sh <source folder> <build folder>
# A file that passed is checked again only after it, one of our headers that it includes, or the settings change.
# (Files that include torch's headers are left out, because those are full of findings.)
# Kernels are checked for only one SIMD target: the source is the same, and it takes a third of the time.
set -euo pipefail
skip=77

tidy=$(command -v clang-tidy-14 || command -v clang-tidy) || { echo "clang-tidy is missing"; exit $skip; }
version=$("$tidy" --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
((version >= 14)) || { echo "clang-tidy 14 or newer is needed; this is $version"; exit $skip; }

cd "$1"
build=$2
passed=$build/clang-tidy-passed
includes=$passed/includes
mkdir -p "$passed"

# Lines "<source><tab><file of ours that it reads>", as the last build recorded them.
ninja -C "$build" -t deps | awk -v ours="$PWD/" '
  /#deps/ { source = "" }
  sub(/^ +/, "") && index($0, ours) == 1 { if (!source) source = $0; print source "\t" $0 }' >"$includes"

# A hash over everything that a file's verdict depends on.
digest() {
  {
    echo "$version"
    grep -F "$PWD/$1" "$build/compile_commands.json"
    cat .clang-tidy "$1"
    awk -F '\t' -v source="$PWD/$1" '$1 == source { print $2 }' "$includes" | xargs -r -d '\n' cat
  } | sha256sum | cut -d' ' -f1
}

check() {
  local stamp report
  stamp=$passed/$(digest "$1")
  [[ ! -e $stamp ]] || return 0
  # clang may not know the warning options of the build's compiler.
  report=$("$tidy" -p "$build" --quiet --extra-arg-before=-Wno-unknown-warning-option \
    --extra-arg=-DHWY_COMPILE_ONLY_STATIC "$1" 2>&1) && touch "$stamp" && return
  echo "$report"
  return 1
}

export tidy version build passed includes
export -f digest check
sources() {
  local file
  find src apps -name '*.cc' -print0
  find bench fuzz -name '*.cc' | while IFS= read -r file; do
    grep -qF "$PWD/$file" "$build/compile_commands.json" || continue
    grep -q '#include <torch/' "$file" || printf '%s\0' "$file"
  done
}

# shellcheck disable=SC2016 # the inner bash expands $1
sources | xargs -0 -r -n1 -P "$(getconf _NPROCESSORS_ONLN)" bash -c 'check "$1"' check
