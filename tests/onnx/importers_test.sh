#!/usr/bin/env bash
# Other programs compute what Rung computes: ONNX Runtime and OpenCV, old and new, run a file of every form in which a
# layer becomes operators, and a trained step 5 on all test images of MNIST; ONNX's own checker reads them. So does the C
# code of the trained step 5. The tables in docs/export.md say what each takes, and must be right.
#   importers_test.sh <folder that keeps the importers, each set of versions in a virtual environment>
# Its environment has RUNG, the program under test, and CASES, which writes the files. The versions are for Python 3.11.
set -euo pipefail
: "${RUNG:?is the path of the program}" "${CASES:?is the path of rung_onnx_cases}"
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
source=$(dirname "$(dirname "$here")")
data=${RUNG_DATA:-$source/data}
mkdir -p "$1"
kept=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export OMP_NUM_THREADS=1

declare -A versions=(
  [old]="onnx==1.13.1 onnxruntime==1.15.1 opencv-python-headless==4.6.0.66 numpy==1.26.4 protobuf==3.20.3"
  [middle]="opencv-python-headless==4.14.0.94 numpy==2.4.6"
  [new]="onnx==1.23.2 onnxruntime==1.32.0 opencv-python-headless==5.0.0.93 numpy==2.4.6"
)

skip() {
  echo "skipped: $1" >&2
  exit 77
}

# has <set>: installs it where it is not yet.
has() {
  local folder=$kept/$1
  [[ $(cat "$folder/versions" 2>/dev/null) != "${versions[$1]}" ]] || return 0
  rm -rf "$folder"
  # shellcheck disable=SC2086 # a word for each package
  python3 -m venv "$folder" &&
    "$folder/bin/pip" install --quiet --disable-pip-version-check --no-compile ${versions[$1]} &&
    echo "${versions[$1]}" >"$folder/versions"
}
command -v python3 >/dev/null || skip "there is no python3"
for set in "${!versions[@]}"; do
  has "$set" >"$scratch/log" 2>&1 ||
    { tail -n 3 "$scratch/log" && skip "the packages ${versions[$set]} cannot be installed"; }
done

"$CASES" "$scratch"
if [[ -d $data/mnist ]]; then
  "$RUNG" train "$source/recipes/ladder/step5.toml" --epochs 1 --data "$data" --out "$scratch/run" --quiet
  for option in "" --keep-batch-norm --raw-input; do
    "$RUNG" export onnx "$scratch/run" ${option:+"$option"} --quiet --out "$scratch/trained$option.onnx"
  done
  for form in qdq qlinear; do
    for option in "" --raw-input; do
      "$RUNG" export onnx "$scratch/run" --int8 --form "$form" ${option:+"$option"} --data "$data" --quiet \
        --out "$scratch/trained-int8-$form$option.onnx"
    done
  done
  "$CASES" "$scratch" "$scratch/run" "$data"
  "$RUNG" export c "$scratch/run" --name net --data "$data" --quiet
  cc -O2 -shared -fPIC "$scratch/run/c/net.c" -o "$scratch/net.so"
  python3 "$here/compare_c.py" "$scratch"
else
  echo "There is no MNIST in $data: nothing trained is compared."
fi

for set in old middle new; do
  "$kept/$set/bin/python" -W ignore "$here/run_importers.py" "$scratch"
done >"$scratch/results.tsv"
python3 "$here/compare.py" "$scratch" "$source/docs/export.md"

# `rung bench --inference` runs ONNX Runtime itself, and refuses logits that are not Rung's.
for set in old new; do
  RUNG_PYTHON=$kept/$set/bin/python "$RUNG" bench step5 --inference --no-peak --seconds 0.5 --json |
    grep '"version"' | sort | uniq -c | grep '2 .*"1\.'
done
