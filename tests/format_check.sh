#!/usr/bin/env bash
# Fails, with the difference, if a file of src/, apps/, python/, tests/, fuzz/ or bench/ is not formatted: format_check.sh
# <source folder> Versions of clang-format differ in their output, so only the one named here decides.
set -euo pipefail
version=14
skip=77

format=$(command -v "clang-format-$version" || command -v clang-format) || { echo "clang-format is missing"; exit $skip; }
"$format" --version | grep -q "version $version\." || { echo "this is not clang-format $version"; exit $skip; }

cd "$1"
status=0
while IFS= read -r file; do
  "$format" "$file" | diff -u --label "$file" --label "$file, formatted" "$file" - || status=1
done < <(find src apps python tests fuzz bench -name '*.cc' -o -name '*.h')
exit $status
