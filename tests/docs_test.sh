#!/usr/bin/env bash
# Checks that the documents name files that exist: docs_test.sh <source folder>. Looks at every relative link of a
# Markdown file, at every path that begins with a folder of the source tree, and at source files that are named without
# their folder. CHANGELOG.md is history: only its links are checked. Prints every violation and exits with 1 if there is
# one.
set -euo pipefail
cd "$1"

status=0
breach() {
  echo "$1"
  status=1
}

documents() {
  git ls-files '*.md' 2>/dev/null ||
    find . -regex './\(\.git\|build\|data\|runs\)' -prune -o -name '*.md' -printf '%P\n'
}

sources=$(find src apps tests fuzz bench -name '*.cc' -o -name '*.h')
links='\]\([^()[:space:]]+\)'
paths='(^|[^[:alnum:]_./-])(src|apps|tests|docs|fuzz|bench|scripts|recipes|cmake)/[[:alnum:]_./-]*'
checked=0
while IFS= read -r document; do
  while IFS=: read -r line link; do
    link=${link#](} link=${link%)} link=${link%%#*}
    [[ -n $link && $link != *:* ]] || continue
    checked=$((checked + 1))
    [[ -e $(dirname "$document")/$link ]] || breach "$document:$line: the link leads nowhere: $link"
  done < <(grep -onE "$links" "$document")
  [[ $document != CHANGELOG.md ]] || continue
  while IFS=: read -r line path; do
    path=${path#[^[:alnum:]]} path=${path%%[.-]}
    [[ ! $path =~ [A-Z]{3,} ]] || continue  # NAME, AREA, TARGET stand for any
    checked=$((checked + 1))
    [[ -e $path ]] || breach "$document:$line: no such file: $path"
  done < <(sed -E 's/\]\([^()]*\)//g; s#https?://[^[:space:]]*##g' "$document" | grep -onE "$paths")
  while IFS=: read -r line name; do
    name=${name//\`/}
    [[ ! $name =~ [A-Z]{3,} ]] || continue
    grep -qE "(^|/)${name//./\\.}$" <<<"$sources" || breach "$document:$line: no source file has this name: $name"
  done < <(grep -onE '`[[:alnum:]_/-]+\.(cc|h)`' "$document")
done < <(documents)
((checked > 0)) || breach "no link and no path was found"

exit $status
