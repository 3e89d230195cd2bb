#!/usr/bin/env bash
# Checks rules of the source tree that no compiler checks: layering_test.sh <source folder>
# Prints every breach and exits with 1 if there is one.
set -euo pipefail
cd "$1"

# Each folder of src/ and what it may use, and through that whatever stands below. Dependencies point down only;
# apps/ may use all of them.
declare -A uses=(
  [report]="ladder"
  [ladder]="train recipe"
  [recipe]="nn optim data"
  [train]="nn optim data"
  [data]="base"
  [optim]="kernels"
  [nn]="kernels"
  [kernels]="base"
  [base]=""
)

status=0
breach() {
  echo "$1"
  status=1
}

# reaches <from> <to>: is the one the other, or does it use it, if only through others?
reaches() {
  local next
  [[ $1 != "$2" ]] || return 0
  for next in ${uses[$1]}; do
    if reaches "$next" "$2"; then return 0; fi
  done
  return 1
}

for folder in src/*/; do
  [[ -v uses[$(basename "$folder")] ]] || breach "$folder: a folder that the table does not have"
done
for folder in "${!uses[@]}"; do
  [[ -d src/$folder ]] || breach "src/$folder: only the table has this folder"
done

include='^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]'
while IFS=: read -r file line text; do
  from=${file#src/} from=${from%%/*}
  to=${text#*[<\"]} to=${to%%/*}
  if [[ $to == .* ]]; then
    breach "$file:$line: an include is named from src/ on, not from where it stands: $text"
  elif [[ -v uses[$from] && -v uses[$to] ]] && ! reaches "$from" "$to"; then
    breach "$file:$line: $from may not use $to: $text"
  fi
done < <(grep -rnE --include='*.cc' --include='*.h' "${include}[^\">]*/" src apps)

# The library neither prints nor ends the process. Comments and strings may speak of it.
start='(^|[^[:alnum:]_.])'
prints="$start(v?f?printf|f?puts|putchar|fmt::print|_?exit|_Exit|quick_exit|abort|terminate)[[:space:]]*\("
streams="std::(cout|cerr|clog)|${start}std(out|err)([^[:alnum:]_]|$)"
while IFS= read -r file; do
  found=$(sed -E 's/"([^"\\]|\\.)*"/""/g; s://.*::' "$file" | grep -nE "$prints|$streams") || continue
  breach "$file: the library does not print or exit: $found"
done < <(find src -name '*.cc' -o -name '*.h')

# The bits of training are promised, and the system's libm rounds otherwise elsewhere: base/exact_math.h is used in its place.
# A reference kernel may be a little off.
names='(a?(sin|cos|tan)h?|atan2|exp|exp2|expm1|log|log2|log10|log1p|pow|cbrt|hypot|erfc?|[lt]gamma)[fl]?'
inexact="std::${names}([^[:alnum:]_]|$)|(^|[^[:alnum:]_.>])${names}[[:space:]]*\("
while IFS= read -r file; do
  found=$(sed -E 's/"([^"\\]|\\.)*"/""/g; s://.*::' "$file" | grep -nE "$inexact") || continue
  breach "$file: training takes no such function from the system: $found"
done < <(find src/{base,data,nn,optim,train,kernels} \( -name '*.cc' -o -name '*.h' \) ! -name '*_reference.cc')

# A command that ! inverts never ends a script, whatever set -e says; helpers.bash has `not`. One with an || is asked for.
inverted='(^|&&|[;{]|then|do|else)[[:space:]]*! '
while IFS= read -r file; do
  found=$(sed -E 's/\[\[ [^]]*(\][^]]+)*\]\]//g; s/^[[:space:]]*(if|elif|while|until|#) .*//; /\|\|/s/.*//' "$file" |
    grep -nE "$inverted") || continue
  breach "$file: a failure that ! makes goes unseen: $found"
done < <(find tests -name '*.sh' -o -name '*.bash')

# (A -inl.h is read once for each SIMD target, under Highway's own guard.)
while IFS= read -r file; do
  breach "$file: a header without #pragma once"
done < <(grep -rLx --include='*.h' --exclude='*-inl.h' '#pragma once' src apps tests fuzz bench)

# What is tracked holds on every machine: it names no one's folders and no package registry's host.
paths='(^|[^[:alnum:]_.~)}-])/(home|root|Users|work|workspace|tmp|mnt)/'
hosts='(^|[^[:alnum:]-])(registry|deb|security|archive|pypi|files|npm|proxy|mirror|artifact[a-z]*)'
hosts+='(\.[a-z0-9-]+)*\.(com|org|net|io|dev|internal|local)([^[:alnum:]]|$)'
while IFS= read -r found; do
  breach "this holds on one machine only: $found"
done < <({ git ls-files -z 2>/dev/null || find . -regex './\(\.git\|build\|data\|runs\)' -prune -o -type f -print0; } |
  xargs -0 grep -sInE "$paths|$hosts" --)

exit $status
