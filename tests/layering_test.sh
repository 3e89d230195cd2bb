#!/usr/bin/env bash
# Checks rules of the source tree that no compiler checks: layering_test.sh <source folder>. Prints every violation and
# exits with 1 if there is one.
set -euo pipefail
cd "$1"

# Each folder of src/ and the folders it may use, which includes what those may use. Dependencies point down only; apps/
# may use all of them.
declare -A uses=(
  [rung]="ladder"
  [report]="search inspect"
  [inspect]="train recipe"
  [export]="train recipe"
  [search]="sweep"
  [sweep]="ladder"
  [fetch]="import"
  [import]="data"
  [ladder]="train recipe"
  [recipe]="chip optim data"
  [train]="quantise optim data"
  [chip]="quantise"
  [data]="base"
  [optim]="kernels"
  [quantise]="nn"
  [nn]="kernels"
  [kernels]="base"
  [base]=""
)

status=0
breach() {
  echo "$1"
  status=1
}

# reaches <from> <to>: are they the same, or does the first use the second, perhaps through others?
reaches() {
  local next
  [[ $1 != "$2" ]] || return 0
  for next in ${uses[$1]}; do
    if reaches "$next" "$2"; then return 0; fi
  done
  return 1
}

for folder in src/*/; do
  [[ -v uses[$(basename "$folder")] ]] || breach "$folder: the table lacks this folder"
done
for folder in "${!uses[@]}"; do
  [[ -d src/$folder ]] || breach "src/$folder: the table has this folder, but it does not exist"
done

include='^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]'
while IFS=: read -r file line text; do
  from=${file#src/} from=${from%%/*}
  to=${text#*[<\"]} to=${to%%/*}
  if [[ $to == .* ]]; then
    breach "$file:$line: includes must be relative to src/: $text"
  elif [[ -v uses[$from] && -v uses[$to] ]] && ! reaches "$from" "$to"; then
    breach "$file:$line: $from may not use $to: $text"
  fi
done < <(grep -rnE --include='*.cc' --include='*.h' "${include}[^\">]*/" src apps)

# What is installed includes only itself and the standard library.
public="(\"rung/|\"base/error\\.h\"|<[a-z_]+>)"
while IFS= read -r found; do
  breach "a public header may not include this: $found"
done < <(grep -nE "$include" src/rung/*.h src/base/error.h | grep -vE "include $public")

# The library neither prints nor ends the process, but for base/require.h, where the mistake is the program's own and
# never the input's. Comments and strings may mention it.
start='(^|[^[:alnum:]_.])'
prints="$start(v?f?printf|f?puts|putchar|fmt::print|_?exit|_Exit|quick_exit|abort|terminate)[[:space:]]*\("
streams="std::(cout|cerr|clog)|${start}std(out|err)([^[:alnum:]_]|$)"
while IFS= read -r file; do
  found=$(sed -E 's/"([^"\\]|\\.)*"/""/g; s://.*::' "$file" | grep -nE "$prints|$streams") || continue
  breach "$file: the library does not print or exit: $found"
done < <(find src \( -name '*.cc' -o -name '*.h' \) ! -path src/base/require.h)

# Rung promises the bits of training, but other systems' libm rounds differently, so base/exact_math.h replaces it. A
# reference kernel may differ slightly.
names='(a?(sin|cos|tan)h?|atan2|exp|exp2|expm1|log|log2|log10|log1p|pow|cbrt|hypot|erfc?|[lt]gamma)[fl]?'
inexact="std::${names}([^[:alnum:]_]|$)|(^|[^[:alnum:]_.>])${names}[[:space:]]*\("
while IFS= read -r file; do
  found=$(sed -E 's/"([^"\\]|\\.)*"/""/g; s://.*::' "$file" | grep -nE "$inexact") || continue
  breach "$file: training must not use this system function: $found"
done < <(find src/{base,data,nn,optim,train,kernels} \( -name '*.cc' -o -name '*.h' \) ! -name '*_reference.cc')

# A command inverted by ! never ends a script, in spite of set -e; helpers.bash has `not`. With || it is intended.
inverted='(^|&&|[;{]|then|do|else)[[:space:]]*! '
while IFS= read -r file; do
  found=$(sed -E 's/\[\[ [^]]*(\][^]]+)*\]\]//g; s/^[[:space:]]*(if|elif|while|until|#) .*//; /\|\|/s/.*//' "$file" |
    grep -nE "$inverted") || continue
  breach "$file: a command inverted by ! never ends the script: $found"
done < <(find tests -name '*.sh' -o -name '*.bash')

# (A -inl.h is read once for each SIMD target, under Highway's own guard.)
while IFS= read -r file; do
  breach "$file: a header without #pragma once"
done < <(grep -rLx --include='*.h' --exclude='*-inl.h' '#pragma once' src apps tests fuzz bench)

# Tracked files are valid on every machine: they name no user's folders and no package registry's host.
paths='(^|[^[:alnum:]_.~)}-])/(home|root|Users|work|workspace|tmp|mnt)/'
hosts='(^|[^[:alnum:]-])(registry|deb|security|archive|pypi|files|npm|proxy|mirror|artifact[a-z]*)'
hosts+='(\.[a-z0-9-]+)*\.(com|org|net|io|dev|internal|local)([^[:alnum:]]|$)'
while IFS= read -r found; do
  breach "valid on one machine only: $found"
done < <({ git ls-files -z 2>/dev/null || find . -regex './\(\.git\|build\|data\|runs\)' -prune -o -type f -print0; } |
  xargs -0 grep -sInE "$paths|$hosts" --)

exit $status
